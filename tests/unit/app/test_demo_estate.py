"""The demo estate is seeded through the same doors as any installation."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from linli.app.demo.accounts import ACCOUNTS
from linli.app.demo.cameras import read_cameras
from linli.app.demo.entering import SeededWorld
from linli.app.demo.scenes import SCENES
from linli.app.demo.seeding import DemoDoors, is_seeded, seed
from linli.app.engine.roles import DatabaseUrls
from linli.app.processes.declared import declared_rules
from linli.directory.identity.public import HashCost, Passwords
from linli.directory.people.contracts import PeopleSearch
from linli.directory.people.public import find_people
from linli.kernel.database import engine_for
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop
from linli.responding.rosters.public import on_duty
from linli.responding.rules.public import declare, load_book
from linli.sensing.devices.contracts import DeviceFilter
from linli.sensing.devices.public import all_kinds, count_devices
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher
from linli_simulator.footage.demo import FILMS, wish_of
from linli_simulator.footage.scene import made
from linli_simulator.scenes import BY_CODE

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
async def workshop(fresh_database: DatabaseUrls) -> AsyncGenerator[Workshop]:
    engine = engine_for(fresh_database.gateway, connections=2)
    yield Workshop(engine, SystemClock())
    await engine.dispose()


async def test_seeding_fills_an_empty_installation_once(workshop: Workshop) -> None:
    cipher = AesGcmCipher(Keys.of(bytes(32)))
    doors = DemoDoors("127.0.0.1", 1883, "http://127.0.0.1:8000")
    async with workshop.work() as work:
        assert not await is_seeded(work)
        world: SeededWorld = await seed(work, cipher, Passwords(HashCost(8, 1)), doors)
    async with workshop.work() as work:
        assert await is_seeded(work)
        counts = await count_devices(work, DeviceFilter())
        people = await find_people(work, cipher, PeopleSearch(words="王秀兰"))
        everybody = (
            await work.connection.execute(text("SELECT id FROM directory_account"))
        ).scalars()
        at_work = await on_duty(work, everybody.all())
    devices = world.estates[0].devices
    eyes = read_cameras()
    # Beside what the simulator plays: its own connection, the vision node and its cameras.
    assert counts.total == len(devices) + 2 + len(eyes.cameras)
    played = set(all_kinds()) - {"simulator", *(camera.kind for camera in eyes.cameras)}
    assert {device.kind for device in devices} >= played
    assert world.vision is not None
    assert world.vision.token
    assert all(device.token for device in devices)
    assert len({account.login for account in ACCOUNTS}) == len(ACCOUNTS)
    assert people.total == 1
    assert at_work, "at whatever hour the demo begins, somebody is on duty"


async def test_every_declared_rule_listens_to_something(workshop: Workshop) -> None:
    drafts = declared_rules()
    async with workshop.work() as work:
        assert await declare(work, drafts) == len(drafts)
        assert await declare(work, drafts) == 0
        book = await load_book(work)
    listening = {
        rule.draft.code
        for index in (book.by_property, book.by_event, book.by_clock, book.looked, book.by_flood)
        for rules in index.values()
        for rule in rules
    }
    assert listening == {draft.code for draft in drafts}


def test_a_camera_is_calibrated_as_its_film_is_made() -> None:
    films = {f"{film.name}.mp4": film for film in FILMS}
    for camera in read_cameras().cameras:
        film = films[camera.film]
        walls = made(wish_of(film, film.falls)).truth.walls
        for facade, wall in zip(camera.facades, walls, strict=False):
            assert (facade.storeys, facade.columns) == (wall.storeys, wall.columns)
            assert facade.storey_height_m == pytest.approx(wall.storey_height_m, abs=0.01)
            for drawn, true in zip(facade.corners, wall.corners, strict=True):
                assert drawn == pytest.approx(true, abs=0.001)


def test_every_scene_offered_is_one_the_simulator_plays() -> None:
    offered = {
        scene.code: (scene.title, scene.words, scene.forward is not None) for scene in SCENES
    }
    assert offered == {
        scene.code: (scene.title, scene.words, scene.needs_time) for scene in BY_CODE.values()
    }
