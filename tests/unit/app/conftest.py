"""Fixtures of the application's tests: two workshops on a new database, and a web process."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import structlog
from tests.support.workshops import workshops_on
from tests.unit.app.web_process import Served, web_process

from linli.app.engine.roles import DatabaseUrls
from linli.kernel.work import Workshop

# The default draws coloured tracebacks with all variables, which takes seconds each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture
async def workshops(fresh_database: DatabaseUrls) -> AsyncGenerator[tuple[Workshop, Workshop]]:
    """People's workshop (`linli_app`) and linli's own (`linli_gateway`) on one new database."""
    async with workshops_on(fresh_database) as both:
        yield both


@pytest.fixture
async def served(workshops: tuple[Workshop, Workshop], tmp_path: Path) -> AsyncGenerator[Served]:
    async with web_process(workshops, routers=(), folder=tmp_path) as process:
        yield process
