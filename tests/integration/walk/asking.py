"""Asks the application as a browser would, and watches what the database is asked meanwhile."""

import asyncio
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

from fastapi import FastAPI
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

STREAM = b"text/event-stream"
WRITE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE)\s+(\w+)", re.IGNORECASE)
WHO = (
    "SELECT current_user::text, rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"
)
TOLD = "walk_told"
LONGEST_S = 30.0
NO_ANSWER = 599


@dataclass(slots=True)
class Asked:
    """What the database saw of one request: the roles, and the tables whose writes were kept."""

    roles: set[str] = field(default_factory=set[str])
    bypassing: bool = False
    transactions: int = 0
    written: set[str] = field(default_factory=set[str])


ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """The application's answer, whole; of a stream, what came until it had joined."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def _before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    asked = ASKED.get()
    if asked is None:
        return
    held = connection.info
    if TOLD not in held:
        # Who speaks is asked of the server itself, once in each transaction.
        held[TOLD] = set[str]()
        role, bypasses = connection.exec_driver_sql(WHO).one()
        asked.roles.add(str(role))
        asked.bypassing |= bool(bypasses)
        asked.transactions += 1
    if "SET ROLE" in statement.upper() or "SESSION AUTHORIZATION" in statement.upper():
        asked.roles.add(statement)
    cast("set[str]", held[TOLD]).update(table.lower() for table in WRITE.findall(statement))


def _kept(connection: Connection) -> None:
    written = cast("set[str]", connection.info.pop(TOLD, set[str]()))
    asked = ASKED.get()
    if asked is not None:
        asked.written |= written


def _undone(connection: Connection) -> None:
    connection.info.pop(TOLD, None)


@contextmanager
def watching() -> Generator[None]:
    """Watch every statement of every engine meanwhile."""
    listeners = (("before_cursor_execute", _before), ("commit", _kept), ("rollback", _undone))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to be sent. `path` is as it stands in the address, not yet quoted."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    address: str = "10.0.0.7"

    def __str__(self) -> str:
        shown = {k: v for k, v in self.headers.items() if k not in {"Cookie", "X-CSRF-Token"}}
        return f"{self.method} {self.path}?{self.query} {shown} {self.body[:600]!r}"


async def ask(app: FastAPI, request: Request) -> tuple[Answer, Asked]:
    """Send the request into the application; a stream is left once it has said `joined`."""
    asked = Asked()
    token = ASKED.set(asked)
    over = asyncio.Event()
    inbox: list[dict[str, Any]] = [{"type": "http.request", "body": request.body}]
    status, headers, body, streams = 0, dict[str, str](), bytearray(), False

    async def receive() -> dict[str, Any]:
        if inbox:
            return inbox.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, streams
        if message["type"] == "http.response.start":
            status = message["status"]
            pairs: list[tuple[bytes, bytes]] = list(message["headers"])
            headers.update({k.decode().lower(): v.decode("latin-1") for k, v in pairs})
            streams = any(STREAM in value for _, value in pairs)
            return
        body.extend(message.get("body", b""))
        if (streams and b"event: joined" in body) or not message.get("more_body", False):
            over.set()

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode("utf-8", "replace"),
        "root_path": "",
        "query_string": request.query.encode(),
        "headers": [
            (b"host", b"linli.test"),
            (b"content-length", str(len(request.body)).encode()),
            *((k.lower().encode(), v.encode()) for k, v in request.headers.items()),
        ],
        "client": (request.address, 40_000),
        "server": ("linli.test", 80),
        "state": {},
    }
    try:
        async with asyncio.timeout(LONGEST_S):
            await cast("Any", app)(scope, receive, send)
    except TimeoutError:
        status = NO_ANSWER
    finally:
        ASKED.reset(token)
    return Answer(status, headers, bytes(body)), asked
