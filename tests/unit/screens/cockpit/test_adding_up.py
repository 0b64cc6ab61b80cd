"""The numbers of every level add up, are as many as the list says, and only one's own are told."""

import random
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from tests.unit.directory.town import (
    Offices,
    Town,
    build_town,
    database_beside,
    fill_town,
    offices,
)

from linli.app.assemble import figures, flows, spans
from linli.app.engine.roles import DatabaseUrls
from linli.directory.key_people.models import key_person_table
from linli.directory.people.models import person_table, residence_table
from linli.directory.places.contracts import BuildingDraft, EntranceDraft, Place, PlaceKind
from linli.directory.places.public import add_building, places_in
from linli.kernel.errors import NotFound
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Severity
from linli.responding.incidents.contracts import ACTIVE_STATES, IncidentState
from linli.responding.incidents.models import incident_table
from linli.screens.cockpit.contracts import Level, View
from linli.screens.cockpit.public import (
    count,
    index_all,
    index_history,
    pace,
    records,
    view,
)
from linli.sensing.devices.contracts import DeviceState
from linli.sensing.devices.models import device_table, fault_table

FIGURES = figures()
BY_CODE = {one.code: one for one in FIGURES}
ASKING = ("xian", "jiedao", "wuye", "dianti")
SOURCE = {"source_kind": "clerk", "entered_by": "测试"}


@pytest.fixture(scope="module")
async def desks(database: DatabaseUrls) -> AsyncGenerator[Offices]:
    template = database.name.rpartition("_")[0] + "_template"
    async with database_beside(database, template) as urls, offices(urls) as made:
        yield made


@pytest.fixture
async def town(desks: Offices) -> Town:
    async with desks.machine.work() as work:
        built = await build_town(work)
        await fill_town(work, built, desks.passwords)
        for number, estate in enumerate(built.estates):
            entrances = (EntranceDraft("1单元", 2, ("1号电梯",)), EntranceDraft("2单元", 1))
            for title in ("2号楼", "10号楼")[: number + 1]:
                draft = BuildingDraft(
                    title=title, floors=3, entrances=entrances, x=5, y=5, w=30, h=12
                )
                await add_building(work, estate.id, draft)
    return built


class Life:
    """Puts people, devices and incidents anywhere in an estate, as the dice fall."""

    def __init__(self, work: Work, dice: random.Random) -> None:
        self.work = work
        self.dice = dice

    async def happens(self, estate_id: UUID, places: Sequence[Place]) -> None:
        homes = [one for one in places if one.kind is PlaceKind.HOME]
        for _ in range(self.dice.randrange(5)):
            await self._person(estate_id, self.dice.choice(homes))
        for _ in range(self.dice.randrange(6)):
            await self._device(estate_id, self.dice.choice([None, *places]))
        for _ in range(self.dice.randrange(6)):
            await self._incident(estate_id, self.dice.choice([None, *places]))

    async def _put(self, table: Any, **values: Any) -> None:
        await self.work.connection.execute(insert(table).values(**values))

    async def _person(self, estate_id: UUID, home: Place) -> None:
        now, person_id = self.work.now, self.work.new_id()
        await self._put(
            person_table,
            id=person_id,
            estate_id=estate_id,
            estate_ids=[estate_id],
            code=str(person_id),
            name="王明",
            created_at=now,
            entered_at=now,
            **SOURCE,
        )
        gone = self.dice.random() < 0.3
        await self._put(
            residence_table,
            id=self.work.new_id(),
            person_id=person_id,
            estate_id=estate_id,
            home_id=home.id,
            home_title=home.path,
            home_path=list(home.path_ids),
            relation="owner",
            valid_from=now - timedelta(days=9),
            valid_to=now - timedelta(days=1) if gone else None,
            entered_at=now,
            **SOURCE,
        )
        if self.dice.random() < 0.6:
            await self._put(
                key_person_table,
                id=self.work.new_id(),
                estate_id=estate_id,
                person_id=person_id,
                home_id=None if gone else home.id,
                categories=self.dice.choice([["elder_alone"], []]),
                risk="high",
                next_visit_on=(now + timedelta(days=self.dice.randint(-9, 9))).date(),
                created_at=now,
                entered_at=now,
                **SOURCE,
            )

    async def _device(self, estate_id: UUID, place: Place | None) -> None:
        device_id = self.work.new_id()
        await self._put(
            device_table,
            id=device_id,
            estate_id=estate_id,
            place_id=place.id if place else None,
            code=str(device_id),
            title="烟感",
            kind="smoke_alarm",
            driver="linli_native",
            state=self.dice.choice(list(DeviceState)).value,
            state_since=self.work.now,
        )
        if self.dice.random() < 0.3:
            await self._put(
                fault_table,
                device_id=device_id,
                code="battery",
                estate_id=estate_id,
                since=self.work.now,
                sentence="电量低",
            )

    async def _incident(self, estate_id: UUID, place: Place | None) -> None:
        severity = self.dice.choice(list(Severity))
        state = self.dice.choice(list(IncidentState))
        opened = self.work.now - timedelta(days=self.dice.randrange(60), seconds=1)
        active = state in ACTIVE_STATES
        incident_id = self.work.new_id()
        await self._put(
            incident_table,
            id=incident_id,
            code=str(incident_id),
            estate_id=estate_id,
            estate_title="小区",
            place_id=place.id if place else None,
            place_path="",
            category="fire",
            severity=severity.value,
            severity_rank=severity.rank,
            what="冒烟",
            line="冒烟",
            duty="property",
            state=state.value,
            version=1,
            level="property",
            owner_id=estate_id,
            owner_title="物业",
            opened_at=opened,
            received_at=opened,
            last_seen_at=opened,
            times_seen=1,
            ringing=False,
            source_kind="device",
            source_title="烟感",
            overdue=active and self.dice.random() < 0.4,
            accepted_at=opened + timedelta(seconds=self.dice.randrange(600)),
            ended_at=None if active else opened + timedelta(hours=1),
            steps=0,
            chain="",
        )


async def live(desks: Offices, town: Town, seed: int) -> None:
    async with desks.machine.work() as work:
        life = Life(work, random.Random(seed))  # noqa: S311 - a story, no secret
        for estate in town.estates:
            await life.happens(estate.id, await places_in(work, estate.id))
    async with desks.machine.work() as work:
        await count(work, FIGURES)


async def walked(work: Work, dice: random.Random, node_id: UUID | None = None) -> list[View]:
    """The view and those of its parts; of homes and what lies beside them, some."""
    here = await view(work, FIGURES, node_id)
    found = [here]
    below = [child for child in here.children if child.node.id is not None]
    if here.ground.node.level in {Level.ESTATE, Level.BUILDING}:
        below = dice.sample(below, min(2, len(below)))
    for child in below:
        found += await walked(work, dice, child.node.id)
    return found


async def test_numbers_add_up_at_every_level_and_are_as_long_as_their_lists(
    desks: Offices, town: Town
) -> None:
    for seed in range(2):
        await live(desks, town, seed)
    dice = random.Random(2)  # noqa: S311 - a story, no secret
    for login in ASKING:
        async with desks.as_account(town.accounts[login]) as work:
            views = {one.ground.node.id: one for one in await walked(work, dice)}
            for one in views.values():
                for code, total in one.totals.items():
                    told = f"{login} {one.ground.node.title} {code}"
                    if one.ground.node.level is not Level.HOME:
                        parts = sum(child.totals.get(code, 0) for child in one.children)
                        assert total.total == parts, told
                for code in dice.sample(sorted(one.totals), 3):
                    _, listed = await records(work, BY_CODE[code], one.ground.node.id, most=1)
                    assert one.totals[code].total == listed, (login, one.ground.node, code)
                for child in one.children:
                    below = views.get(child.node.id) if child.node.id else None
                    if below is not None:
                        for code, number in child.totals.items():
                            assert below.totals[code].total == number


async def test_a_long_list_is_read_page_by_page_to_its_end(desks: Offices, town: Town) -> None:
    for seed in range(3):
        await live(desks, town, seed)
    async with desks.as_account(town.accounts["xian"]) as work:
        for code in ("people.residents", "places.homes", "devices.all"):
            read: list[UUID] = []
            total = 1
            while len(read) < total:
                page, total = await records(
                    work, BY_CODE[code], town.county.id, most=7, skip=len(read)
                )
                assert page, (code, len(read), total)
                read += [one.id for one in page]
            assert len(read) == len(set(read)) == total > 7
            assert (await view(work, FIGURES, town.county.id)).totals[code].total == total


async def test_everybody_stands_where_they_answer_for(desks: Offices, town: Town) -> None:
    await live(desks, town, 7)
    tops = {
        "xian": "示范县",
        "jiedao": "怀远街道",
        "shequ": "仁里社区",
        "wuye": "阳光花园",
        "dianti": "示范县",
    }
    for login, title in tops.items():
        async with desks.as_account(town.accounts[login]) as work:
            here = await view(work, FIGURES, None)
            assert (here.ground.node.title, here.ground.above) == (title, ()), login
            assert len(here.ground.estates) == {"xian": 3, "jiedao": 2, "dianti": 2}.get(login, 1)
            with pytest.raises(NotFound):
                await view(work, FIGURES, work.new_id())
    async with desks.as_account(town.accounts["shequ"]) as work:
        for foreign in (town.county.id, town.communities[2].id, town.estates[2].id):
            with pytest.raises(NotFound):
                await view(work, FIGURES, foreign)
    async with desks.as_account(town.accounts["wuye"]) as work:
        # The property company is not told who needs care, not even how many.
        assert "key_people.all" not in (await view(work, FIGURES, None)).totals


async def test_a_home_leads_back_up_to_the_county(desks: Offices, town: Town) -> None:
    await live(desks, town, 3)
    async with desks.as_account(town.accounts["xian"]) as work:
        home = await view(work, FIGURES, town.home)
        assert [one.level for one in home.ground.above] == [
            Level.COUNTY,
            Level.STREET,
            Level.COMMUNITY,
            Level.ESTATE,
            Level.BUILDING,
        ]
        assert home.totals["places.homes"].total == 1
        building = await view(work, FIGURES, home.ground.above[-1].id)
        assert [one.node.title for one in building.children if one.node.level is Level.HOME] == [
            "1单元 502室"
        ]


async def test_how_fast_things_went(desks: Offices, town: Town) -> None:
    async with desks.machine.work() as work:
        life = Life(work, random.Random(1))  # noqa: S311 - a story, no secret
        places = await places_in(work, town.estates[0].id)
        for _ in range(20):
            await life.happens(town.estates[0].id, places)
    async with desks.as_account(town.accounts["xian"]) as work:
        told = await pace(work, spans(), flows(), None)
        seen = await view(work, FIGURES, None)
        accept = next(one for one in told.timings if one.code == "incidents.accept")
        assert accept.count == seen.totals["incidents.lately"].total
        assert 0 <= accept.median <= accept.ninth <= 600
        days = told.flows["incidents.opened"]
        assert len(days) == 30
        assert sum(one.count for one in days) <= accept.count


async def test_the_index_is_kept_day_by_day_with_what_it_was_made_of(
    desks: Offices, town: Town
) -> None:
    await live(desks, town, 5)
    async with desks.machine.work() as work:
        estates = await index_all(work, FIGURES)
        assert await index_all(work, FIGURES) == estates >= 3
    desks.clock.move(timedelta(days=1))
    await live(desks, town, 6)
    async with desks.machine.work() as work:
        await index_all(work, FIGURES)
    async with desks.as_account(town.accounts["shequ"]) as work:
        [today, yesterday] = await index_history(work, town.estates[0].id)
        assert today.day - yesterday.day == timedelta(days=1)
        assert 0 <= today.score <= 100
        assert await index_history(work, town.estates[2].id) == ()
        [child] = (await view(work, FIGURES, None)).children
        assert child.index == today.score
