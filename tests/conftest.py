"""The real database for every test that asks, and no skipped test where skipping is not allowed.

One server serves a whole run, also when several workers share it. A template is migrated once;
each worker gets a clone. `LINLI_TEST_DATABASE_URL` (an administrator's URL) puts the same tests
on a server that is already there.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.demo import MORNING, SeededDatabase, StandingClock, seed_demo

from linli.app.engine.postgres import Cluster, Postgres
from linli.app.engine.roles import (
    DatabaseUrls,
    Passwords,
    connected,
    ensure_roles_and_database,
    on_database,
    quoted,
    urls_for,
)
from linli.app.migrate import upgrade_database
from linli.kernel.time import Clock, SystemClock

EXTERNAL = "LINLI_TEST_DATABASE_URL"
PASSWORDS = Passwords(owner="owner-of-tests", app="app-of-tests", gateway="gateway-of-tests")
ONE_AT_A_TIME = 0x74657374  # "test"


@dataclass(frozen=True, slots=True)
class TestServer:
    """The server of this run; `run` tells its databases from another run's."""

    __test__ = False

    admin_url: str
    run: str

    def name(self, purpose: str) -> str:
        return f"linli_test_{self.run}_{purpose}"


class OwnServer:
    """The embedded server of this run, in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="linli-test-"))
        self.folder.chmod(0o711)
        password = secrets.token_urlsafe(16)
        self.postgres = Postgres(Cluster(self.folder, password, durable=False))
        self.postgres.start()

    def stop(self) -> None:
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


OWN_SERVER = pytest.StashKey[OwnServer]()
SERVER = pytest.StashKey[TestServer]()


def server_of(config: pytest.Config) -> TestServer:
    """The run's server, started at the first call. Workers are told of their controller's."""
    if SERVER in config.stash:
        return config.stash[SERVER]
    told: dict[str, str] | None = getattr(config, "workerinput", None)
    if told is not None:
        server = TestServer(told["linli_admin_url"], told["linli_run"])
    else:
        run = secrets.token_hex(4)
        url = os.environ.get(EXTERNAL)
        if url is None:
            own = OwnServer()
            config.stash[OWN_SERVER] = own
            url = own.postgres.admin_url
        server = TestServer(url, run)
    config.stash[SERVER] = server
    return server


class Controller:
    """What only the controller of several workers does (the hook exists only with the plugin)."""

    def pytest_configure_node(self, node: object) -> None:
        config: pytest.Config = getattr(node, "config")  # noqa: B009 (the plugin's type is untyped)
        told: dict[str, str] = getattr(node, "workerinput")  # noqa: B009
        server = server_of(config)
        told["linli_admin_url"] = server.admin_url
        told["linli_run"] = server.run


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Controller())


def pytest_unconfigure(config: pytest.Config) -> None:
    if OWN_SERVER in config.stash:
        config.stash[OWN_SERVER].stop()
    elif SERVER in config.stash and not hasattr(config, "workerinput"):
        asyncio.run(_drop_databases(config.stash[SERVER]))


async def _drop_databases(server: TestServer) -> None:
    async with connected(server.admin_url) as connection:
        names = await connection.execute(
            text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)"),
            {"prefix": server.name("")},
        )
        for name in names.scalars().all():
            await connection.execute(text(f"DROP DATABASE {quoted(str(name))} WITH (FORCE)"))


async def _template(server: TestServer) -> str:
    """Migrate the template once for all workers; the database's lock lets one do it."""
    template = server.name("template")
    async with connected(server.admin_url) as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        there = await connection.execute(
            text("SELECT true FROM pg_database WHERE datname = :name"), {"name": template}
        )
        if there.scalar() is None:
            urls = await ensure_roles_and_database(server.admin_url, PASSWORDS, template)
            await upgrade_database(urls.owner)
    return template


async def _clone(server: TestServer, purpose: str, template: str | None = None) -> DatabaseUrls:
    template = template or await _template(server)
    name = server.name(purpose)
    async with connected(server.admin_url) as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        await connection.execute(
            text(
                f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)} "
                # Takes 0.1 s instead of 0.2 with its dropping: whole files, no write-ahead log.
                "STRATEGY file_copy OWNER linli_owner"
            )
        )
        # A clone takes the template's tables and grants, but not the rights on the database.
        await connection.execute(text(f"REVOKE ALL ON DATABASE {quoted(name)} FROM PUBLIC"))
        await connection.execute(
            text(f"GRANT CONNECT ON DATABASE {quoted(name)} TO linli_app, linli_gateway")
        )
    return urls_for(server.admin_url, PASSWORDS, name)


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> TestServer:
    """The server all tests of this run share."""
    return server_of(pytestconfig)


@pytest.fixture(scope="session")
async def database(database_server: TestServer) -> DatabaseUrls:
    """A migrated database of this worker's own; tests leave it as they found it."""
    return await _clone(database_server, f"w{secrets.token_hex(3)}")


@pytest.fixture
async def fresh_database(database_server: TestServer) -> AsyncGenerator[DatabaseUrls]:
    """A migrated database for one test, which may commit what it likes."""
    async with _lent(database_server) as urls:
        yield urls


@pytest.fixture(scope="session")
async def morning(database_server: TestServer) -> SeededDatabase:
    """The demo estate on one fixed morning, made once for each worker: clone it, never use it."""
    return await _seeded(database_server, StandingClock(MORNING))


@pytest.fixture
async def morning_database(
    database_server: TestServer, morning: SeededDatabase
) -> AsyncGenerator[DatabaseUrls]:
    """The demo estate on that morning, for one test."""
    async with _lent(database_server, morning.template) as urls:
        yield urls


@pytest.fixture(scope="session")
async def today(database_server: TestServer) -> SeededDatabase:
    """The demo estate as of now, made once for each worker: clone it, never use it."""
    return await _seeded(database_server, SystemClock())


@pytest.fixture
async def today_database(
    database_server: TestServer, today: SeededDatabase
) -> AsyncGenerator[DatabaseUrls]:
    """The demo estate as of now, for one test."""
    async with _lent(database_server, today.template) as urls:
        yield urls


async def _seeded(server: TestServer, clock: Clock) -> SeededDatabase:
    urls = await _clone(server, f"s{secrets.token_hex(3)}")
    return SeededDatabase(urls.name, await seed_demo(urls, clock))


@asynccontextmanager
async def _lent(server: TestServer, template: str | None = None) -> AsyncGenerator[DatabaseUrls]:
    urls = await _clone(server, f"t{secrets.token_hex(3)}", template)
    yield urls
    async with connected(on_database(server.admin_url, "postgres")) as connection:
        await connection.execute(text(f"DROP DATABASE {quoted(urls.name)} WITH (FORCE)"))


@pytest.fixture
def data_folder() -> Generator[Path]:
    """An empty data folder that a system user may enter (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="linli-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
