"""What stands before every request: who is calling, how much they may send, and what is logged.

All of it is plain ASGI, so that streams pass through untouched.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

import structlog
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linli.app.listening import is_away, is_collision
from linli.app.web.answers import Away, TooLarge, UnusableMoment, UnusableText, answer, unexpected
from linli.kernel.time import Clock
from linli.kernel.work import Work

Network = IPv4Network | IPv6Network

MEGABYTE = 1_000_000
MOST_BODY = MEGABYTE
MOST_FILE_BODY = 21 * MEGABYTE
MOST_FILM_BODY = 68 * MEGABYTE
FILE_ADDRESSES = ("/api/files", "/device/v1/child/")
FILM_ADDRESS = "/device/v1/file"
MOST_SHEET_BODY = 33 * MEGABYTE
SHEET_ADDRESS = "/api/imports"
# Lasts for hours: its seconds would drown all others.
STREAM_ADDRESS = "/api/live"
QUIET_ADDRESSES = frozenset({"/healthz", "/readyz", "/metrics"})
SERVER_FAULT = 500
# Refused for who is asking or how often: somebody may be trying doors.
DOUBTFUL = frozenset({401, 403, 429})
SLOW_S = 2.0

# Charts and panels set positions in style attributes; style elements stay forbidden.
CONTENT_SECURITY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob: data:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
YEAR_S = 31_536_000
# What Python says of a moment before year 1 or after 9999.
BEYOND_CALENDAR = "date value out of range"
# PostgreSQL's character_not_in_repertoire and untranslatable_character.
NO_TEXT = frozenset({"22021", "22P05"})
# In a demonstration time may be ahead; pages and the simulator go by this and not by `Date`.
TIME_HEADER = "Linli-Time"

log = structlog.get_logger()


class TrustedAddress:
    """Puts the caller's real address into the scope.

    `X-Forwarded-For` and `X-Forwarded-Proto` count only when the connection comes from a
    configured proxy; of the addresses in the first, the last that is no such proxy is the caller.
    """

    def __init__(self, app: ASGIApp, *, proxies: Sequence[Network]) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client and self._trusted(str(client[0])):
            headers = Headers(scope=scope)
            caller = self._caller(headers.getlist("X-Forwarded-For"))
            if caller is not None:
                scope["client"] = (caller, 0)
            if headers.get("X-Forwarded-Proto") == "https":
                scope["scheme"] = "https"
        await self._app(scope, receive, send)

    def _trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)

    def _caller(self, forwarded: Sequence[str]) -> str | None:
        hops = [hop.strip() for line in forwarded for hop in line.split(",") if hop.strip()]
        for hop in reversed(hops):
            if not self._trusted(hop):
                return hop if _is_address(hop) else None
        return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_no_text(error: BaseException | None) -> bool:
    """Whether the request brought a sign that no text can hold: a zero byte, half a character."""
    while error is not None:
        sqlstate = getattr(error, "sqlstate", None)
        if isinstance(error, UnicodeEncodeError) or sqlstate in NO_TEXT:
            return True
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return False


def _is_no_moment(error: BaseException | None) -> bool:
    """Whether the request brought a moment that no calendar of ours holds (year 10000 in UTC)."""
    while error is not None:
        if isinstance(error, OverflowError) and BEYOND_CALENDAR in str(error):
            return True
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return False


class Watch:
    """Sees every request to its end: security headers, one log line, and an answer to a bug."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        count: Callable[[str, int, float], None],
        told_clock: Clock | None = None,
    ) -> None:
        self._app = app
        self._count = count
        self._told_clock = told_clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                _add_headers(scope, headers)
                if self._told_clock is not None:
                    told = self._told_clock.now().isoformat(timespec="milliseconds")
                    headers[TIME_HEADER] = told
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 (the last guard of the process: logged, counted, answered)
            failure = self._failure(scope, error)
            if status == 0:
                await failure(scope, receive, send_guarded)
        finally:
            self._log(scope, status, time.perf_counter() - began)

    def _failure(self, scope: Scope, error: Exception) -> ASGIApp:
        if is_away(error) or is_collision(error):
            log.warning("request_to_be_repeated", path=scope["path"], error=repr(error))
            return answer(Away(), headers={"Retry-After": "2"})
        if _is_no_text(error):
            log.warning("request_with_unusable_text", path=scope["path"])
            return answer(UnusableText())
        if _is_no_moment(error):
            log.warning("request_beyond_the_calendar", path=scope["path"])
            return answer(UnusableMoment())
        error_id = secrets.token_hex(4)
        log.error("request_failed", path=scope["path"], error_id=error_id, exc_info=error)
        return unexpected(error_id)

    def _log(self, scope: Scope, status: int, took_s: float) -> None:
        if scope["path"] != STREAM_ADDRESS:
            self._count(scope["method"], status, took_s)
        if scope["path"] in QUIET_ADDRESSES and status < SERVER_FAULT:
            return
        client = scope.get("client")
        work = scope.get("state", {}).get("work")
        account_id = work.scope.account_id if isinstance(work, Work) else None
        # Without the query: it may hold a name that somebody searched for.
        say = _loudness(scope["path"], status, took_s)
        say(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            took_ms=round(took_s * 1000, 1),
            address=client[0] if client else None,
            account_id=str(account_id) if account_id else None,
        )


def _loudness(path: str, status: int, took_s: float) -> Callable[..., None]:
    """What goes well is for those who look for it; what fails, is slow or doubtful is told."""
    if status >= SERVER_FAULT or status == 0:
        return log.warning
    if status in DOUBTFUL or (took_s >= SLOW_S and path != STREAM_ADDRESS):
        return log.info
    return log.debug


def _add_headers(scope: Scope, headers: MutableHeaders) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    if scope["scheme"] == "https":
        headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")


def most_body(path: str) -> int:
    """How many bytes a request to this address may carry."""
    if path == FILM_ADDRESS:
        return MOST_FILM_BODY
    if path == SHEET_ADDRESS:
        return MOST_SHEET_BODY
    return MOST_FILE_BODY if path.startswith(FILE_ADDRESSES) else MOST_BODY


class BodyLimit:
    """Refuses bodies that are too long, said in advance or found while reading."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = most_body(scope["path"])
        refusal = answer(TooLarge(f"上传的内容太大，最多 {most // MEGABYTE} MB"))
        declared = Headers(scope=scope).get("Content-Length", "")
        if declared.isdecimal() and int(declared) > most:
            await refusal(scope, receive, send)
            return
        taken = 0
        exceeded = answered = False

        async def receive_counted() -> Message:
            nonlocal taken, exceeded
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                exceeded = True
                # The reader stops here; what it then says is replaced by the refusal.
                return {"type": "http.disconnect"}
            return message

        async def send_or_refuse(message: Message) -> None:
            nonlocal answered
            if answered or not exceeded:
                answered = True
                await send(message)

        try:
            await self._app(scope, receive_counted, send_or_refuse)
        except Exception:
            if not exceeded:
                raise
        if exceeded and not answered:
            await refusal(scope, receive, send)
