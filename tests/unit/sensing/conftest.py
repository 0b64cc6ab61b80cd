"""The county of the directory's tests, with devices. All counties of a run share one database."""

from collections.abc import AsyncGenerator

import pytest
from tests.unit.directory.town import (
    Offices,
    Town,
    build_town,
    database_beside,
    fill_town,
    offices,
)

from linli.app.engine.roles import DatabaseUrls


@pytest.fixture(scope="session")
async def sensing_database(database: DatabaseUrls) -> AsyncGenerator[DatabaseUrls]:
    """A database in which counties may stay: each test builds its own and sees no other."""
    template = database.name.rpartition("_")[0] + "_template"
    async with database_beside(database, template) as urls:
        yield urls


@pytest.fixture
async def desks(sensing_database: DatabaseUrls) -> AsyncGenerator[Offices]:
    """People's and linli's own way into the database."""
    async with offices(sensing_database) as made:
        yield made


@pytest.fixture
async def town(desks: Offices) -> Town:
    """A county with one account of each kind."""
    async with desks.machine.work() as work:
        built = await build_town(work)
        await fill_town(work, built, desks.passwords)
    return built
