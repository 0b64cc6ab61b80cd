"""Reach the installation's database from a command, whether or not `linli up` is running."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from linli.app.engine.postgres import Postgres, running_port
from linli.app.engine.urls import DatabaseUrls, on_database, urls_for
from linli.app.keys import Keys
from linli.app.settings import Settings, database_urls


@asynccontextmanager
async def database_access(settings: Settings, keys: Keys) -> AsyncGenerator[DatabaseUrls]:
    """The URLs of the database, which answers meanwhile.

    linli's own PostgreSQL is used when it runs, and otherwise started and stopped again.

    Raises:
        Problem: it does not start.
    """
    if not settings.embedded:
        yield database_urls(settings, keys)
        return
    cluster = settings.cluster(keys)
    port = await asyncio.to_thread(running_port, cluster.files)
    if port is not None:
        yield _urls(port, keys)
        return
    server = Postgres(cluster)
    await asyncio.to_thread(server.start)
    try:
        yield _urls(server.port, keys)
    finally:
        await asyncio.to_thread(server.stop)


def _urls(port: int, keys: Keys) -> DatabaseUrls:
    admin = f"postgresql://linli_admin:{keys.admin_password}@127.0.0.1:{port}"
    return urls_for(on_database(admin, "postgres"), keys.passwords)
