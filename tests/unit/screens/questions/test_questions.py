"""One question across people, warnings and infrastructure."""

from collections.abc import AsyncGenerator
from itertools import permutations
from uuid import UUID

import pytest
from tests.unit.directory.browser import signed_in
from tests.unit.directory.people.test_people import move_in
from tests.unit.directory.town import (
    Offices,
    Town,
    build_town,
    database_beside,
    fill_town,
    offices,
)

from linli.app.assemble import conditions, measures
from linli.app.engine.roles import DatabaseUrls
from linli.directory.facilities.contracts import FacilityEntry, FacilityKind, FacilityState
from linli.directory.facilities.public import enter_facilities
from linli.directory.people.contracts import Tag
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_in
from linli.directory.sources.contracts import CLERK
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.screens.completeness import http as completeness
from linli.screens.completeness.public import count, gaps, standings
from linli.screens.questions.contracts import Clause, Question
from linli.screens.questions.policy import USUAL, askable, checked, in_words
from linli.screens.questions.public import answer, by_code, forget, save, saved

KNOWN = by_code(conditions())
ALONE = Clause("people.group", {"group": "elder_alone"})
LIFT = Clause("facilities.stopped", {"kind": "lift"})


@pytest.fixture
async def desks(database: DatabaseUrls) -> AsyncGenerator[Offices]:
    template = database.name.rpartition("_")[0] + "_template"
    async with database_beside(database, template) as urls, offices(urls) as made:
        yield made


@pytest.fixture
async def town(desks: Offices) -> Town:
    async with desks.machine.work() as work:
        built = await build_town(work)
        await fill_town(work, built, desks.passwords)
    return built


async def test_elders_living_alone_whose_lift_is_out_of_order(desks: Offices, town: Town) -> None:
    elder = await move_in(desks, town.home, "王独居", tags=(Tag.ELDER_ALONE,))
    await move_in(desks, town.home, "李不独", tags=(Tag.DISABLED,))
    question = Question((ALONE, LIFT))
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert (await answer(work, KNOWN, question)).total == 0
    async with desks.machine.work() as work:
        [lift] = await places_in(work, town.estates[0].id, PlaceKind.LIFT)
        entry = FacilityEntry(
            title="3号电梯",
            kind=FacilityKind.LIFT,
            place_id=lift.id,
            state=FacilityState.OUT_OF_ORDER,
            state_words="等配件",
        )
        await enter_facilities(work, town.estates[0].id, [entry], CLERK)
    async with desks.as_account(town.accounts["shequ"]) as work:
        found = await answer(work, KNOWN, question)
        assert [row.person_id for row in found.rows] == [elder]
        [spot] = found.spots
        [building] = await places_in(work, town.estates[0].id, PlaceKind.BUILDING)
        assert (spot.place_id, spot.people) == (building.id, 1)
        others = Question(
            (
                Clause("people.group", {"group": "owner"}),
                Clause(ALONE.code, ALONE.values, negated=True),
            )
        )
        assert elder not in {row.person_id for row in (await answer(work, KNOWN, others)).rows}
    async with desks.as_account(town.accounts["weixiu"]) as work:
        with pytest.raises(Forbidden):
            await answer(work, KNOWN, question)


async def test_in_whatever_order_people_are_asked_for_the_same_are_found(
    desks: Offices, town: Town
) -> None:
    elder = await move_in(desks, town.home, "孙独居", tags=(Tag.ELDER_ALONE,))
    await move_in(desks, town.home, "孙业主")
    owner = Clause("people.group", {"group": "owner"})
    not_disabled = Clause("people.group", {"group": "disabled"}, negated=True)
    async with desks.as_account(town.accounts["shequ"]) as work:
        for clauses in permutations((ALONE, owner, not_disabled)):
            found = await answer(work, KNOWN, Question(clauses))
            assert [row.person_id for row in found.rows] == [elder]


async def test_every_condition_can_be_asked_alone(desks: Offices, town: Town) -> None:
    await move_in(desks, town.home, "张可问", tags=(Tag.ELDER_ALONE,))
    async with desks.as_account(town.accounts["shequ"]) as work:
        for condition in KNOWN.values():
            if work.scope.may_anywhere(condition.needs):
                clause = Clause(condition.code, {})
                assert (await answer(work, KNOWN, Question((clause,)))).total >= 0
                both = Question((ALONE, Clause(condition.code, {}, negated=True)))
                assert (await answer(work, KNOWN, both)).total <= 1


async def test_questions_are_kept_for_an_organisation(desks: Offices, town: Town) -> None:
    async with desks.as_account(town.accounts["shequ"]) as work:
        kept = await save(work, KNOWN, town.communities[0].id, "要先去看的老人", Question((ALONE,)))
        with pytest.raises(Forbidden):
            await save(work, KNOWN, town.communities[2].id, "别人的", Question((ALONE,)))
    async with desks.as_account(town.accounts["xian"]) as work:
        assert kept in {one.id for one in await saved(work, KNOWN)}
        await forget(work, kept)
        with pytest.raises(NotFound):
            await forget(work, kept)


def test_what_cannot_be_asked_is_refused() -> None:
    for wrong in (
        Question(()),
        Question((Clause("free.sql", {}),)),
        Question((Clause("people.group", {"group": "'; DROP TABLE"}),)),
        Question((Clause("people.older_than", {"years": "老"}),)),
        Question((Clause("people.older_than", {"years": "200"}),)),
        Question((Clause("people.group", {}, negated=True),)),
    ):
        with pytest.raises(BadInput):
            checked(wrong, KNOWN)


def test_the_questions_that_come_with_linli_are_readable() -> None:
    there = [question for _, question in USUAL if askable(question, KNOWN)]
    assert len(there) >= 4
    assert in_words(Question((ALONE, LIFT)), KNOWN) == "独居老人 · 所在楼栋电梯停用或维修"
    for question in there:
        assert "{" not in in_words(checked(question, KNOWN), KNOWN)


async def test_what_is_missing_is_counted_and_can_be_opened(desks: Offices, town: Town) -> None:
    person = await move_in(desks, town.home, "陈缺项", None)
    known = measures()
    async with desks.machine.work() as work:
        assert await count(work, known) > 0
    async with desks.as_account(town.accounts["xian"]) as work:
        told = {one.id: one for one in await standings(work, known)}
        estate = told[town.estates[0].id]
        phone = next(line for line in estate.lines if line.code == "people.phone")
        assert (phone.count.total, phone.count.have) == (1, 0)
        listed, total = await gaps(work, known, "people.phone", town.estates[0].id)
        assert (total, [one.id for one in listed]) == (1, [person])
        # Every level: as many homes as its estates together.
        county = told[town.county.id]
        homes = next(line for line in county.lines if line.code == "homes.area")
        assert homes.count.total == 3
        for measure in known:
            if work.scope.may(measure.needs, town.estates[0].id):
                shown, many = await gaps(work, known, measure.code, town.estates[0].id, most=200)
                line = next((one for one in estate.lines if one.code == measure.code), None)
                assert many == len(shown) == (line.count.missing if line else 0)
    async with signed_in(desks, town, "xian") as page:
        page.app.include_router(completeness.api)
        page.app.state.measures = known
        asked = f"?measure=people.phone&estate_id={town.estates[0].id}"
        paper = (await page.post(f"/api/completeness/gaps/print{asked}")).json()
        assert [row[1] for row in paper["rows"]] == ["人员有联系电话"]
        elsewhere = asked.replace(str(town.estates[0].id), str(UUID(int=5)))
        refused = await page.post(f"/api/completeness/gaps/print{elsewhere}")
        assert refused.status_code == 403
    async with desks.as_account(town.accounts["weixiu"]) as work:
        with pytest.raises(Forbidden):
            await gaps(work, known, "people.phone", town.estates[0].id)
