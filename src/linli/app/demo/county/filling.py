"""Fills one estate of the county, in one transaction and in a process of its own.

Sealing phones and working out search keys keep a processor busy for seconds: the worker, which has
other things to do, hands an estate to a process and waits for its number.
"""

import asyncio
import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from uuid import UUID

from linli.app.demo.county import history, invent, living
from linli.app.demo.county.contracts import SEED, Measure
from linli.app.demo.county.ground import Ground, add_facilities, lay_out, note_homes
from linli.app.demo.county.invent import InventedEstate
from linli.app.demo.county.register import Registers, Visitor, home_states
from linli.app.demo.county.standing import Standing, set_up
from linli.app.demo.entering import SeededDevice, SeededEstate, write_estate
from linli.directory.identity.public import staff_of
from linli.directory.organisation.contracts import Duty
from linli.directory.organisation.public import company_for
from linli.directory.places.contracts import Estate, PlaceKind
from linli.directory.places.public import all_estates, sizes_of
from linli.kernel.database import engine_for
from linli.kernel.deadlines import Deadline, set_deadline
from linli.kernel.ids import new_id
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work, Workshop
from linli.responding.incidents.service import DUE
from linli.sensing.devices.contracts import Registered, Registration
from linli.sensing.devices.public import register_device
from linli.support.sealing.contracts import Keys
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import AesGcmCipher


@dataclass(frozen=True, slots=True)
class Job:
    """An estate to be filled, with all that another process needs for it."""

    database: str = field(repr=False)
    keys: Keys = field(repr=False)
    no: int
    measure: Measure
    now: datetime
    played: Path
    """Where the simulator looks for estates to play."""


@dataclass(frozen=True, slots=True)
class Filled:
    """How many of what were entered, and what of it the simulator plays."""

    counts: Mapping[str, int]
    played: SeededEstate | None = None


@dataclass(frozen=True, slots=True)
class _Still:
    """The moment at which everything of the load is entered."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def fill_beside(job: Job) -> Mapping[str, int]:
    """Fill the estate; answers how many of what were entered. Called in another process."""
    # What is made lives until the end of the job: looking for garbage finds nothing.
    gc.disable()
    try:
        return asyncio.run(_fill_beside(job))
    finally:
        gc.enable()


async def _fill_beside(job: Job) -> Mapping[str, int]:
    engine = engine_for(job.database, connections=1)
    try:
        async with Workshop(engine, _Still(job.now)).work() as work:
            cipher = AesGcmCipher(job.keys)
            plan = invent.estates(job.measure)[job.no - 1]
            filled = await fill(work, cipher, plan, job.measure)
            if filled.played is not None:
                # Before the commit: tokens that nobody has could not be told later.
                await asyncio.to_thread(write_estate, filled.played, job.played)
            return filled.counts
    finally:
        await engine.dispose()


async def fill(work: Work, cipher: Cipher, plan: InventedEstate, measure: Measure) -> Filled:
    """Fill an estate that was founded; one that has places already is left as it is.

    Raises:
        LookupError: nobody has founded it.
    """
    estate = next((one for one in await all_estates(work) if one.code == plan.code), None)
    if estate is None:
        raise LookupError(plan.code)
    if estate.id in await sizes_of(work, [estate.id]):
        return Filled({})
    return await _fill(work, cipher, plan, estate, measure)


async def _fill(
    work: Work, cipher: Cipher, plan: InventedEstate, estate: Estate, measure: Measure
) -> Filled:
    chance = Random(SEED + plan.no)  # noqa: S311 (inventions, no secrets)
    connection = work.connection

    def next_id() -> UUID:
        return new_id(work.now, chance.getrandbits)

    ground = await lay_out(connection, estate.id, plan, next_id, work.now)
    homes = ground.of(PlaceKind.HOME)
    today = work.now.astimezone(SHANGHAI).date()
    people = living.residents(plan.no, len(homes), measure, today, chance)
    await note_homes(connection, homes, home_states(people, len(homes)), chance, work.now)
    await add_facilities(connection, ground, next_id, chance, work.now)
    visitor = await _visitor(work, estate)
    registers = Registers(
        connection, cipher, estate.id, plan.code, homes, visitor, work.now, chance
    )
    await registers.enter(people)
    gateway = await register_device(
        work,
        Registration(
            estate_id=estate.id,
            place_id=None,
            kind="site_gateway",
            title="消防控制室 现场网关",
            driver="linli_native",
            code=f"{plan.code}-GW",
        ),
    )
    devices = await set_up(
        connection, ground, gateway.device, measure.devices - 1, next_id, chance, work.now
    )
    past = history.happened(
        await _where(work, estate, ground, devices), measure.incidents, chance, work.now
    )
    await history.write_down(connection, past)
    for incident_id, due_at in past.due:
        await set_deadline(work, Deadline(DUE, incident_id, due_at))
    counts = {
        "estates": 1,
        "homes": len(homes),
        "residents": len(people),
        "key_people": sum(one.category is not None for one in people),
        "devices": len(devices) + 1,
        "incidents": len(past.incidents),
        "orders": len(past.orders),
    }
    return Filled(counts, _played(estate, gateway, devices))


def _played(estate: Estate, gateway: Registered, devices: Sequence[Standing]) -> SeededEstate:
    """The gateway, and what is online behind it."""
    credential = gateway.credential
    if credential is None:
        raise LookupError("a gateway has a credential of its own")

    def seeded(code: str, kind: str, title: str, place: str, parent: str | None) -> SeededDevice:
        return SeededDevice(
            code=code,
            kind=kind,
            driver=gateway.device.driver,
            title=title,
            place=place,
            building=None,
            username=credential.username,
            token=credential.token,
            parent=parent,
            external_code=code,
        )

    own = gateway.device
    behind = [
        seeded(one.code, one.kind.code, one.title, one.place.path, credential.username)
        for one in devices
        if one.online
    ]
    return SeededEstate(
        estate.code, estate.title, (seeded(own.code, own.kind, own.title, "", None), *behind)
    )


async def _visitor(work: Work, estate: Estate) -> Visitor:
    """The grid worker who was founded with the estate."""
    staff = await staff_of(work, estate.community_id, estate.id, "visit_key_people")
    if not staff:
        raise LookupError(estate.code)
    return Visitor(staff[0].account_id, staff[0].display_name)


async def _where(
    work: Work, estate: Estate, ground: Ground, devices: Sequence[Standing]
) -> history.Where:
    company = await company_for(work, estate.id, Duty.PROPERTY)
    if company is None:
        raise LookupError(estate.code)
    places = (*ground.of(PlaceKind.HOME), *ground.of(PlaceKind.ENTRANCE))
    return history.Where(estate, company, places, devices)
