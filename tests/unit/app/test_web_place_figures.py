"""Places show how many devices and people are in them, as far as one may see."""

from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from tests.support.stage import Stage, also, sees, stage_on
from tests.unit.directory.town import Town, build_town

from linli.app.engine.roles import DatabaseUrls
from linli.app.place_figures import CountedFigures
from linli.directory.people import store as people
from linli.directory.people.contracts import Person, Relation, Residence
from linli.directory.places.models import place_table
from linli.directory.places.ports import Figures
from linli.directory.sources.contracts import CLERK
from linli.directory.sources.public import told_by
from linli.kernel.work import Work
from linli.sensing.devices.models import device_table
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

CIPHER = AesGcmCipher(Keys.of(bytes(32)))
LI = UUID(int=11)


@pytest.fixture
async def stage(database: DatabaseUrls) -> AsyncGenerator[Stage]:
    async with stage_on(database.admin) as found:
        yield found


async def place_above(work: Work, town: Town, kind: str) -> UUID:
    """The place of this kind that the town's home lies in."""
    p = place_table.c
    path = await work.connection.scalar(select(p.path_ids).where(p.id == town.home))
    found = await work.connection.scalar(select(p.id).where(p.id.in_(path or []), p.kind == kind))
    assert found is not None
    return found


async def furnish(work: Work, town: Town, count: int) -> None:
    """Put devices into the town's home, and one person."""
    estate_id = town.estates[0].id
    for number in range(count):
        await work.connection.execute(
            insert(device_table).values(
                id=work.new_id(),
                estate_id=estate_id,
                place_id=town.home,
                code=f"d{number}",
                title="烟感",
                kind="smoke_alarm",
                driver="linli_native",
                state="online",
                state_since=work.now,
            )
        )
    home = Residence(
        work.new_id(), estate_id, town.home, "502室", (town.home,), Relation.OWNER, work.now, None
    )
    person = Person(work.new_id(), estate_id, "于建明", None, None, (), (home,), (), code="YG-R1")
    await people.add(work.connection, CIPHER, [person], told_by(work, CLERK), work.now)


async def test_a_place_counts_all_that_lies_in_it_and_an_estate_everything(stage: Stage) -> None:
    machine = await stage.machine()
    town = await build_town(machine)
    await furnish(machine, town, 3)
    building = await place_above(machine, town, "building")
    estate_id, elsewhere = town.estates[0].id, town.estates[1].id
    scope = sees(LI, estate_id, permission="see_places")
    for permission in ("see_devices", "see_people", "see_incidents"):
        scope = also(scope, permission, estate_id)
    li = await stage.person(scope)
    counted = CountedFigures()
    full = Figures(devices=3, open_incidents=0, people=1)
    assert await counted.of_places(li, [building, town.home]) == {building: full, town.home: full}
    assert await counted.of_estates(li, [estate_id, elsewhere]) == {
        estate_id: full,
        elsewhere: Figures(),
    }


async def test_what_one_may_not_see_is_not_counted(stage: Stage) -> None:
    machine = await stage.machine()
    town = await build_town(machine)
    await furnish(machine, town, 2)
    estate_id = town.estates[0].id
    scope = also(sees(LI, estate_id, permission="see_places"), "see_people", estate_id)
    li = await stage.person(scope)
    assert await CountedFigures().of_places(li, [town.home]) == {town.home: Figures(people=1)}
    stranger = await stage.person(sees(LI))
    assert await CountedFigures().of_estates(stranger, [estate_id]) == {estate_id: Figures()}
