"""Where an estate does without the register of key people, nobody is shown, sent or counted."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from tests.unit.directory.key_people.test_key_people import enrolled, seen, visit_of
from tests.unit.directory.people.test_people import move_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.key_people import figures, http, service, tallies
from linli.directory.key_people.contracts import Basis, KeyDraft, KeySearch, VisitSearch
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import ModuleOff, switch_off, switch_on
from linli.kernel.tallies import Asker

WHY = "名册改由街道统一登记"


async def counted(desks: Offices, town: Town) -> tuple[int, int]:
    """What the work-place and the cockpit count of this estate."""
    async with desks.as_account(town.accounts["shequ"]) as work:
        account_id = work.scope.account_id
        assert account_id is not None
        asker = Asker(
            account_id, UUID(int=0), frozenset(), frozenset({town.estates[0].id}), work.now
        )
        (everybody,) = [one for one in tallies.TALLIES if one.code == "key_people.all"]
        (figure,) = [one for one in figures.FIGURES if one.code == "key_people.all"]
        told = everybody.counted(asker).subquery()
        total = await work.connection.scalar(select(func.sum(told.c.total)))
        records = select(func.count()).select_from(figure.records(work.now).subquery())
        return int(total or 0), int(await work.connection.scalar(records) or 0)


async def test_an_estate_without_the_register_shows_and_counts_nobody(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town, "王秀兰")
    shequ = town.accounts["shequ"]
    before = await counted(desks, town)
    assert min(before) > 0
    async with desks.as_account(shequ) as work:
        await switch_off(work, town.estates[0].id, Module.KEY_PEOPLE, WHY)
    assert key.id not in await seen(desks, town, "shequ", KeySearch())
    assert await counted(desks, town) == (0, 0)
    async with desks.as_account(shequ) as work:
        with pytest.raises(ModuleOff, match=f"关闭了“重点人员与走访”模块：{WHY}"):
            await http.read_key_person(work, CIPHER, key.id)
        with pytest.raises(ModuleOff):
            await http.list_key_people(
                work, CIPHER, estate_id=town.estates[0].id, limit=5, cursor=0
            )
        with pytest.raises(ModuleOff):
            await service.plan(work, CIPHER, key.id, every_days=3, visitor_id=None)
        assert await service.at_places(work, CIPHER, [town.home]) == ()
        search = VisitSearch(since=work.now - timedelta(days=9), until=work.now)
        assert (await service.visit_lines(work, search, most=5, skip=0))[1] == 0
    person_id = await move_in(desks, town.home, "李建国")
    async with desks.as_account(shequ) as work:
        draft = KeyDraft(person_id=person_id, category="elder_alone", basis=Basis.SEPARATE_CONSENT)
        with pytest.raises(ModuleOff):
            await service.enter(work, CIPHER, draft)
    async with desks.as_account(shequ) as work:
        await switch_on(work, town.estates[0].id, Module.KEY_PEOPLE, "")
    assert key.id in await seen(desks, town, "shequ", KeySearch())
    assert await counted(desks, town) == before


async def test_a_visit_made_before_the_switch_still_counts_when_the_phone_sends_it(
    desks: Offices, town: Town
) -> None:
    key = await enrolled(desks, town, "赵桂英")
    made = visit_of(desks, key, visited_at=desks.clock.now() - timedelta(hours=1))
    late = visit_of(desks, key)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await switch_off(work, town.estates[0].id, Module.KEY_PEOPLE, WHY)
    async with desks.as_account(town.accounts["wangge"]) as work:
        body = http.VisitBody(id=made.id, visited_at=made.visited_at, outcome=made.outcome)
        row = await http.record_visit(work, CIPHER, key.id, body)
        assert row.last_visit_at == made.visited_at
        with pytest.raises(ModuleOff):
            await service.record_visit(work, CIPHER, late)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await switch_on(work, town.estates[0].id, Module.KEY_PEOPLE, "")
