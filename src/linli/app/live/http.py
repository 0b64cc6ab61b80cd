"""The live stream's endpoint."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.listening import is_away
from linli.app.live import wire
from linli.app.live.follow import missed
from linli.app.live.hub import Hub, LiveSession
from linli.kernel.errors import NotSignedIn, Refusal
from linli.kernel.scope import Scope
from linli.kernel.web import Door

api = APIRouter(tags=["live"])
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream speaks, and how often it asks whether its session still holds."""

    beat_s: float = 5.0
    look_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Live:
    """What streams need: the hub, a way to read what was missed, and the door."""

    hub: Hub
    engine: AsyncEngine
    door: Door
    pace: Pace


@api.get(
    "/api/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "事件流"}},
)
async def live(request: Request) -> StreamingResponse:
    """What happens, as server-sent events, for as long as the session holds.

    Events carry `id:` (the offset), their name and a JSON object `{offset, name, estate_id, at, …}`
    with ids, versions and codes only. The first is `joined`. With `Last-Event-ID` what was missed
    comes next; `reset` means: read everything again. A comment beats every 5 s. `signed_out` is
    the last event when the session ended or its last right was taken.
    """
    the = cast("Live", request.app.state.live)
    last_event_id = request.headers.get("Last-Event-ID")
    scope = await _scope_of(the.door, request)
    if scope.account_id is None:
        raise NotSignedIn
    await the.hub.ready.wait()
    session = the.hub.join(scope.account_id, wire.topics_of(scope))
    stream = _Stream(the, request, session, after=_offset(last_event_id))
    return StreamingResponse(
        stream.frames(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _scope_of(door: Door, request: Request) -> Scope:
    async with door.enter(request) as work:
        return work.scope


def _offset(last_event_id: str | None) -> int | None:
    """The offset a browser has seen; one that cannot be read counts as too old."""
    if last_event_id is None:
        return None
    return int(last_event_id) if last_event_id.isdecimal() else -1


class _Stream:
    """One browser's stream, from its first frame to its last."""

    def __init__(
        self, live: Live, request: Request, session: LiveSession, *, after: int | None
    ) -> None:
        self._live = live
        self._request = request
        self._session = session
        self._after = after
        self._begin = live.hub.position

    async def frames(self) -> AsyncGenerator[bytes]:
        hub, session = self._live.hub, self._session
        try:
            if self._after is not None:
                topics = session.topics
                upto = self._begin
                past = missed(self._live.engine, topics, after=self._after, upto=upto)
                async with aclosing(past) as frames:
                    async for frame in frames:
                        yield frame
            yield wire.joined(self._begin)
            look_at = self._now() + self._live.pace.look_s
            while not session.closing:
                woken = await self._wait()
                if session.rights_changed or self._now() >= look_at:
                    held = await self._look_again()
                    look_at = self._now() + self._live.pace.look_s
                    if held is None:
                        yield wire.signed_out()
                        return
                    yield held
                waiting = hub.take(session)
                if waiting:
                    yield waiting
                elif not woken:
                    yield wire.BEAT
        finally:
            hub.leave(session)

    async def _wait(self) -> bool:
        """Wait for something to say; False when it is only time to beat."""
        session = self._session
        try:
            async with asyncio.timeout(self._live.pace.beat_s):
                await session.wake.wait()
        except TimeoutError:
            return False
        session.wake.clear()
        return True

    async def _look_again(self) -> bytes | None:
        """Whether the session still holds; its new topics take force at once.

        None: it does not. Otherwise what to say first: nothing, or `reset` when its rights are
        others than before.
        """
        session = self._session
        session.rights_changed = False
        try:
            scope = await _scope_of(self._live.door, self._request)
        except Refusal:
            return None
        except (DBAPIError, OSError) as error:
            if not is_away(error):
                raise
            log.warning("live_session_not_looked_up", error=repr(error))
            session.rights_changed = True
            return b""
        if scope.account_id != session.account_id:
            return None
        topics = wire.topics_of(scope)
        if topics == session.topics:
            return b""
        if not scope.permissions() and not scope.incidents:
            return None
        self._live.hub.move(session, topics)
        return wire.reset(self._live.hub.position)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
