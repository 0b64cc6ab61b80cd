"""Which role of the database works: people's requests as `linli_app`, devices' as themselves."""

from collections.abc import AsyncGenerator, Generator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from linli.app.demo.entering import SeededWorld
from linli.app.demo.seeding import DemoDoors, seed
from linli.app.doors.http_door import open_http_door
from linli.app.engine.roles import DatabaseUrls
from linli.app.keys import generate_keys
from linli.app.metrics import Metrics
from linli.app.processes.surroundings import cipher_of, vault_of
from linli.app.processes.web import application
from linli.app.settings import Settings
from linli.directory.identity.public import HashCost, Passwords
from linli.kernel.database import engine_for
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop

ASKED: ContextVar[str] = ContextVar("asked", default="")
DEVICES = "/device/v1"


@pytest.fixture
def roles() -> Generator[dict[str, set[str]]]:
    """Which roles ran a statement, by the path that was asked for."""
    seen: dict[str, set[str]] = {}

    def note(connection: Connection, *_: Any) -> None:
        role = str(connection.engine.url.username)
        seen.setdefault(ASKED.get(), set()).add(role)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
async def web(
    fresh_database: DatabaseUrls, tmp_path: Path
) -> AsyncGenerator[tuple[FastAPI, SeededWorld]]:
    """The web process's application as it is, on a seeded database."""
    keys = msgspec.structs.replace(
        generate_keys(),
        owner_password="owner-of-tests",
        app_password="app-of-tests",
        gateway_password="gateway-of-tests",
    )
    settings = Settings(data=tmp_path, database_url=fresh_database.admin, demo=True)
    settings.run_folder.mkdir(parents=True)
    machine = Workshop(engine_for(fresh_database.gateway, connections=4), SystemClock())
    async with machine.work() as work:
        doors = DemoDoors("127.0.0.1", 1883, "http://127.0.0.1:8000")
        world = await seed(work, cipher_of(keys), Passwords(HashCost(8, 1)), doors)
    app = application(settings, keys, Metrics("web", settings.run_folder))
    async with open_http_door(machine, vault_of(settings)) as door:
        app.state.http_door = door
        yield app, world
    await machine.engine.dispose()
    await app.state.workshop.engine.dispose()


def pages_of(app: FastAPI) -> list[str]:
    """Every path people may read without naming one thing; the live stream never ends."""
    document = app.openapi()["paths"]
    return sorted(
        path
        for path, methods in document.items()
        if "get" in methods and "{" not in path and path != "/api/live"
    )


async def test_people_are_served_by_their_own_role_and_devices_by_theirs(
    web: tuple[FastAPI, SeededWorld], roles: dict[str, set[str]]
) -> None:
    app, world = web
    answered: list[str] = []
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as page:
        for login in ("xian", "admin", "weixiu"):
            ASKED.set("/api/session")
            body = {"login": login, "password": "linli-demo"}
            assert (await page.post("/api/session", json=body)).status_code == 200
            for path in pages_of(app):
                if path.startswith(DEVICES):
                    continue
                ASKED.set(path)
                answer = await page.get(path)
                assert answer.status_code < 500, f"{path}: {answer.text}"
                if answer.status_code == 200:
                    answered.append(path)
        device = next(one for one in world.estates[0].devices if one.kind == "sos_button")
        ASKED.set(f"{DEVICES}/state")
        bearer = {"Authorization": f"Bearer {device.username}:{device.token}"}
        told = await page.post(f"{DEVICES}/state", json={"online": True}, headers=bearer)
        assert told.status_code < 300, told.text
    people = {path: used for path, used in roles.items() if path.startswith("/api")}
    assert len(set(answered)) > 20
    assert len(people) > 20
    assert {role for used in people.values() for role in used} == {"linli_app"}
    assert "linli_gateway" in roles[f"{DEVICES}/state"]
    assert "linli_app" not in roles[f"{DEVICES}/state"]
