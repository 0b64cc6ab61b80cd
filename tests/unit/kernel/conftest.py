"""A stage that is rolled back, and workshops on a new database for what only commits show."""

from collections.abc import AsyncGenerator

import pytest
from tests.support.stage import Stage, stage_on
from tests.support.workshops import workshops_on

from linli.app.engine.roles import DatabaseUrls
from linli.kernel.work import Workshop


@pytest.fixture
async def stage(database: DatabaseUrls) -> AsyncGenerator[Stage]:
    async with stage_on(database.admin) as found:
        yield found


@pytest.fixture
async def workshops(fresh_database: DatabaseUrls) -> AsyncGenerator[tuple[Workshop, Workshop]]:
    """People's workshop (`linli_app`) and linli's own (`linli_gateway`) on one new database."""
    async with workshops_on(fresh_database) as both:
        yield both


@pytest.fixture
def machine(workshops: tuple[Workshop, Workshop]) -> Workshop:
    return workshops[1]
