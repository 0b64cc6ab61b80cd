"""Workshops of a web process and of a worker on a test's database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from linli.app.engine.roles import DatabaseUrls
from linli.kernel.database import engine_for
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop


@asynccontextmanager
async def workshops_on(urls: DatabaseUrls) -> AsyncGenerator[tuple[Workshop, Workshop]]:
    """People's workshop (`linli_app`) and linli's own (`linli_gateway`)."""
    people = engine_for(urls.app, connections=8)
    machine = engine_for(urls.gateway, connections=8)
    yield Workshop(people, SystemClock()), Workshop(machine, SystemClock())
    await people.dispose()
    await machine.dispose()
