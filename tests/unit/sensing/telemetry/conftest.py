"""Devices that report, in a transaction that is rolled back."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.unit.sensing.telemetry.reporting import Site, rolled_back

from linli.app.engine.roles import DatabaseUrls
from linli.kernel.database import engine_for


@pytest.fixture(scope="session")
async def gateway_engine(database: DatabaseUrls) -> AsyncGenerator[AsyncEngine]:
    engine = engine_for(database.gateway, connections=4)
    yield engine
    await engine.dispose()


@pytest.fixture
async def site(gateway_engine: AsyncEngine) -> AsyncGenerator[Site]:
    async with rolled_back(gateway_engine) as site:
        yield site
