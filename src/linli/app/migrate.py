"""Bring a database to the newest schema. Forward only."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from linli.app.engine.urls import for_sqlalchemy

MIGRATIONS = Path(__file__).parents[1] / "migrations"
ONE_AT_A_TIME = 0x6D696772  # "migr": nodes that start together take turns


def configuration() -> Config:
    """Alembic's configuration; `migrations/env.py` finds the open connection in its attributes."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


async def upgrade_database(url: str) -> None:
    """Migrate the database to the newest schema, in one transaction; nothing to do is fine.

    `url` connects as `linli_owner`. A second migrating node waits for the first.

    Raises:
        sqlalchemy.exc.DBAPIError: a statement failed; the database is as before.
        OSError: the server cannot be reached.
    """
    engine = create_async_engine(for_sqlalchemy(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def upgrade(url: str) -> None:
    """`upgrade_database` for callers outside an event loop."""
    asyncio.run(upgrade_database(url))


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
