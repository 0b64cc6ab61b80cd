"""A stage for the stories of files."""

from collections.abc import AsyncGenerator

import pytest
from tests.support.stage import Stage, stage_on

from linli.app.engine.roles import DatabaseUrls


@pytest.fixture
async def stage(database: DatabaseUrls) -> AsyncGenerator[Stage]:
    async with stage_on(database.admin) as found:
        yield found
