"""A web process for tests: the real application and server, a door that knows people by name."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, Request
from httpx import AsyncClient, HTTPError

from linli.app.live.stream import Pace
from linli.app.web.application import WebContext, create_app
from linli.app.web.serving import Address, serve
from linli.kernel.errors import NotSignedIn
from linli.kernel.scope import Actor, Scope
from linli.kernel.work import Work, Workshop
from linli.support.files.vault import memory_vault

WHO = "X-Who"
# Longer than any test: what a stream learns of rights, it learns from an event.
SELDOM_S = 3600.0


@dataclass(slots=True)
class NamedDoor:
    """Lets in whoever names himself in a header, with the scope kept for that name."""

    workshop: Workshop
    scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])

    @asynccontextmanager
    async def enter(self, request: Request) -> AsyncGenerator[Work]:
        scope = self.scopes.get(request.headers.get(WHO, ""))
        if scope is None:
            raise NotSignedIn
        actor = Actor(kind="person", name=request.headers[WHO], account_id=scope.account_id)
        async with self.workshop.work(actor=actor, scope=scope) as work:
            yield work


def sees(account_id: UUID, permission: str, *estates: UUID) -> Scope:
    """The scope of somebody with one permission on some estates."""
    return Scope(account_id=account_id, estates={permission: frozenset(estates)})


@dataclass(frozen=True, slots=True)
class Served:
    """A running web process: its address, its door, and linli's own workshop beside it."""

    url: str
    door: NamedDoor
    machine: Workshop
    stop: asyncio.Event
    ended: asyncio.Event


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def until_it_answers(url: str) -> None:
    async with AsyncClient(base_url=url) as client:
        while True:
            try:
                await client.get("/healthz")
            except HTTPError:
                await asyncio.sleep(0.01)
            else:
                return


@asynccontextmanager
async def web_process(
    workshops: tuple[Workshop, Workshop],
    *,
    routers: tuple[APIRouter, ...],
    folder: Path,
    look_s: float = SELDOM_S,
) -> AsyncGenerator[Served]:
    people, machine = workshops
    door = NamedDoor(people)
    context = WebContext(
        workshop=people,
        door=door,
        vault=memory_vault(),
        routers=routers,
        folder=folder,
        pace=Pace(beat_s=0.2, look_s=look_s),
    )
    port = free_port()
    stop, ended = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        await serve(create_app(context), Address("127.0.0.1", port), stop)
        ended.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run())
        url = f"http://127.0.0.1:{port}"
        await until_it_answers(url)
        yield Served(url, door, machine, stop, ended)
        stop.set()
