"""Puts the demo estate into an empty database, through the same doors as any installation."""

from dataclasses import dataclass
from pathlib import Path

from linli.app.demo.accounts import ACCOUNTS, PASSWORD
from linli.app.demo.base import seed_base, seed_people
from linli.app.demo.cameras import seed_cameras
from linli.app.demo.entering import (
    SeededControl,
    SeededDoor,
    SeededEstate,
    SeededWorld,
    enter_accounts,
    enter_devices,
    enter_estate,
    enter_organisations,
    enter_places,
    enter_simulator,
)
from linli.app.demo.grids import draw_grids
from linli.app.demo.key_people import seed_key_people
from linli.app.demo.plan import read_plan
from linli.app.demo.rosters import plan_rosters
from linli.directory.identity.public import Passwords
from linli.directory.organisation.public import (
    all_organisations,
)
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher


@dataclass(frozen=True, slots=True)
class DemoDoors:
    """Where the simulator finds this installation."""

    mqtt_host: str
    mqtt_port: int
    http_url: str
    films: Path = Path("footage")
    """Where the simulator writes the films that the demo's cameras show."""


async def is_seeded(work: Work) -> bool:
    """Whether the demo is there already: then nothing is to be done."""
    return bool(await all_organisations(work))


async def seed(work: Work, cipher: Cipher, passwords: Passwords, doors: DemoDoors) -> SeededWorld:
    """Fill an empty installation with the demo estate; returns what the simulator needs."""
    plan = read_plan()
    organisations = await enter_organisations(work, plan)
    estate = await enter_estate(work, plan.estate, organisations)
    password_hash = await passwords.hashed(PASSWORD)
    accounts = await enter_accounts(
        work, cipher, organisations, dict.fromkeys(ACCOUNTS, password_hash), basis="演示账号"
    )
    await plan_rosters(work, organisations, accounts)
    places = await enter_places(work, estate, plan.estate)
    await draw_grids(work, organisations, accounts)
    living = await seed_people(work, cipher, estate.id, plan.estate, places)
    await seed_base(work, cipher, estate.id, living)
    await seed_key_people(work, cipher, estate.id, plan.estate, living, accounts)
    devices = await enter_devices(work, estate, plan.estate, places)
    vision = await seed_cameras(work, cipher, estate, places, doors.films)
    control = await enter_simulator(work, estate, "演示模拟器")
    return SeededWorld(
        mqtt=SeededDoor(doors.mqtt_host, doors.mqtt_port),
        http=doors.http_url,
        estates=(SeededEstate(estate.code, estate.title, devices),),
        control=control,
        vision=SeededControl(vision.username, vision.token),
    )
