"""The county of `town`, with its people, in a database of the test's own."""

from collections.abc import AsyncGenerator

import pytest
from tests.unit.directory.town import Offices, Town, build_town, fill_town, offices

from linli.app.engine.roles import DatabaseUrls


@pytest.fixture
async def desks(fresh_database: DatabaseUrls) -> AsyncGenerator[Offices]:
    """People's and linli's own way into an empty database."""
    async with offices(fresh_database) as made:
        yield made


@pytest.fixture
async def town(desks: Offices) -> Town:
    """The county with one account of each kind."""
    async with desks.machine.work() as work:
        built = await build_town(work)
        await fill_town(work, built, desks.passwords)
    return built
