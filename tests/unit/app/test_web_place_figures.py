"""Places show how many devices and people are in them, as far as one may see."""

from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from tests.support.stage import Stage, also, sees, stage_on
from tests.unit.directory.town import Town, build_town

from linli.app.engine.roles import DatabaseUrls
from linli.app.place_figures import CountedFigures
from linli.directory.people.models import person_table, residence_table
from linli.directory.places.models import place_table
from linli.directory.places.ports import Figures
from linli.kernel.work import Work
from linli.sensing.devices.models import device_table

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
    person_id = work.new_id()
    await work.connection.execute(
        insert(person_table).values(
            id=person_id, estate_id=estate_id, name="于建明", tags=[], created_at=work.now
        )
    )
    await work.connection.execute(
        insert(residence_table).values(
            id=work.new_id(),
            person_id=person_id,
            estate_id=estate_id,
            home_id=town.home,
            home_title="502室",
            home_path=[town.home],
            relation="owner",
            valid_from=work.now,
        )
    )


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
