"""A night at the community's desk: planned, swapped, begun, handed over."""

from collections.abc import AsyncGenerator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from tests.unit.responding.office import Office, office_on

from linli.app.engine.roles import DatabaseUrls
from linli.app.open_matters import OpenIncidents
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.due import Deadlines
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.responding.dispatch.public import colleagues
from linli.responding.rosters import handlers, policy, service, store
from linli.responding.rosters.contracts import Pattern, Shift, ShiftState, SwapMove, SwapState
from linli.responding.rosters.ports import NothingOpen

TODAY = date(2026, 11, 22)
LATER = date(2027, 1, 10)
# The office opens at 09:00 here; the day shift begins at 10:00.
TEN = 10 * 60


@pytest.fixture
async def office(morning_database: DatabaseUrls) -> AsyncGenerator[Office]:
    async with office_on(morning_database) as office:
        # Whom the demo has put on duty would be in the way of the shifts of these stories.
        async with office.machine.work() as work:
            await work.connection.execute(text("DELETE FROM responding_shift"))
        yield office


async def organisation_of(office: Office, login: str) -> UUID:
    rows = await office.rows(
        "SELECT organisation_id FROM directory_account WHERE login = :login", login=login
    )
    return UUID(str(rows[0][0]))


async def planned(
    office: Office, planner: str, logins: tuple[str, ...], *, days: tuple[date, ...] = (TODAY,)
) -> tuple[Shift, ...]:
    """A day shift from ten to six, planned by turns."""
    organisation_id = await organisation_of(office, planner)
    async with office.as_(planner) as work:
        pattern = await service.add_pattern(
            work, Pattern(uuid4(), organisation_id, f"白班{uuid4().hex[:4]}", "值班席", TEN, 8 * 60)
        )
        people = [office.accounts[login][0] for login in logins]
        return await service.plan_turns(work, pattern.id, people, days, at_once=1)


async def messages_to(office: Office, login: str) -> list[str]:
    rows = await office.rows(
        "SELECT title FROM support_message WHERE account_id = :account ORDER BY created_at",
        account=office.accounts[login][0],
    )
    return [str(title) for (title,) in rows]


async def look_at_deadlines(office: Office) -> None:
    deadlines = Deadlines(office.machine, handlers.DEADLINES, WorkerCounts(CollectorRegistry()))
    while await deadlines.look():
        pass


async def test_who_is_on_duty_is_suggested_first(office: Office) -> None:
    """Of two idle workers the one whose shift has begun is named first, and why."""
    await planned(office, "wuye", ("anbao",))
    office.later(timedelta(hours=2))
    company_id = await organisation_of(office, "wuye")
    async with office.as_("wuye") as work:
        people = await colleagues(work, company_id, office.estate_id)
    assert people[0].account_id == office.accounts["anbao"][0]
    assert people[0].reason == "正在值班，手上没有工单"
    assert not any(person.on_duty for person in people[1:])


async def test_nobody_is_planned_twice_at_once_and_nothing_is_half_planned(office: Office) -> None:
    """The first day of the plan is taken, so the second, free one is not planned either."""
    await planned(office, "wuye", ("anbao",), days=(LATER,))
    before = await office.rows("SELECT count(*) FROM responding_shift")
    with pytest.raises(policy.Overlap):
        await planned(office, "wuye", ("anbao", "weixiu"), days=(LATER, LATER + timedelta(days=1)))
    assert await office.rows("SELECT count(*) FROM responding_shift") == before


async def test_only_who_plans_the_organisation_plans_it(office: Office) -> None:
    company_id = await organisation_of(office, "wuye")
    pattern = Pattern(uuid4(), company_id, "夜班", "岗亭", TEN, 480)
    async with office.as_("weixiu") as work:
        with pytest.raises(Forbidden):
            await service.add_pattern(work, pattern)
    async with office.as_("wangge") as work:
        with pytest.raises(NotFound):
            await service.add_pattern(work, pattern)


async def test_people_of_another_house_cannot_be_planned(office: Office) -> None:
    with pytest.raises(BadInput) as refused:
        await planned(office, "wuye", ("shequ",))
    assert refused.value.field == "account_ids"


async def test_a_swap_is_asked_agreed_approved_and_then_the_other_works(office: Office) -> None:
    (mine,) = await planned(office, "wuye", ("anbao",))
    async with office.as_("anbao") as work:
        swap = await service.ask_swap(
            work,
            mine.id,
            colleague_id=office.accounts["weixiu"][0],
            in_return=None,
            reason="孩子发烧",
        )
    async with office.as_("wuye") as work:
        with pytest.raises(IllegalMove):
            await service.move_swap(
                work, swap.id, SwapMove.APPROVE, answer="", expected_version=None
            )
    async with office.as_("weixiu") as work:
        await service.move_swap(work, swap.id, SwapMove.AGREE, answer="", expected_version=1)
    async with office.as_("wuye") as work:
        done = await service.move_swap(
            work, swap.id, SwapMove.APPROVE, answer="", expected_version=2
        )
    assert done.state is SwapState.APPROVED
    office.later(timedelta(minutes=45))
    async with office.as_("anbao") as work:
        with pytest.raises(policy.NotYourShift):
            await service.check_in(work, mine.id)
    async with office.as_("weixiu") as work:
        begun = await service.check_in(work, mine.id)
    assert begun.state is ShiftState.WORKING
    assert "换班申请" in await messages_to(office, "weixiu")
    assert "换班申请：等主管批准" in await messages_to(office, "wuye")


async def test_an_approval_that_would_double_somebody_is_refused(office: Office) -> None:
    """Between agreeing and approving the colleague was planned for the same hours."""
    (mine,) = await planned(office, "wuye", ("anbao",))
    async with office.as_("anbao") as work:
        swap = await service.ask_swap(
            work, mine.id, colleague_id=office.accounts["weixiu"][0], in_return=None, reason=""
        )
    async with office.as_("weixiu") as work:
        await service.move_swap(work, swap.id, SwapMove.AGREE, answer="", expected_version=None)
    await planned(office, "wuye", ("weixiu",))
    async with office.as_("wuye") as work:
        with pytest.raises(policy.Overlap):
            await service.move_swap(
                work, swap.id, SwapMove.APPROVE, answer="", expected_version=None
            )
    async with office.machine.work() as work:
        kept = (await store.shifts_named(work.connection, [mine.id]))[mine.id]
    assert kept.account_id == office.accounts["anbao"][0]


async def test_who_does_not_come_is_missed_and_the_planner_hears_of_it(office: Office) -> None:
    (mine,) = await planned(office, "wuye", ("anbao",))
    office.later(timedelta(hours=1, minutes=16))
    await look_at_deadlines(office)
    async with office.machine.work() as work:
        missed = (await store.shifts_named(work.connection, [mine.id]))[mine.id]
    assert missed.state is ShiftState.MISSED
    assert "有人未到岗" in await messages_to(office, "wuye")
    async with office.as_("anbao") as work:
        assert (await service.check_in(work, mine.id)).state is ShiftState.WORKING


async def test_a_forgotten_shift_ends_by_itself_at_its_planned_end(office: Office) -> None:
    (mine,) = await planned(office, "wuye", ("anbao",))
    office.later(timedelta(hours=1))
    async with office.as_("anbao") as work:
        await service.check_in(work, mine.id)
    office.later(timedelta(hours=11))
    await look_at_deadlines(office)
    async with office.machine.work() as work:
        ended = (await store.shifts_named(work.connection, [mine.id]))[mine.id]
    assert (ended.state, ended.checked_out_at) == (ShiftState.DONE, mine.ends_at)


async def test_the_next_one_signs_for_what_is_open(office: Office) -> None:
    """The desk's shift ends only when somebody takes over, with every open incident listed."""
    incident = await office.alarm()
    (mine,) = await planned(office, "shequ", ("shequ",))
    office.later(timedelta(hours=1))
    async with office.as_("shequ") as work:
        await service.check_in(work, mine.id)
    async with office.as_("shequ") as work:
        left = await service.hand_over(work, mine.id, "3号楼老人要多留意", OpenIncidents())
    assert [matter.code for matter in left.matters] == [incident.code]
    async with office.as_("shequ") as work:
        with pytest.raises(Forbidden):
            await service.take_over(work, left.id, "")
    async with office.as_("wangge") as work:
        taken = await service.take_over(work, left.id, "已核对")
    assert taken.to_name == office.accounts["wangge"][1]
    async with office.as_("jiedao") as work:
        with pytest.raises(IllegalMove):
            await service.take_over(work, left.id, "")
    async with office.machine.work() as work:
        ended = (await store.shifts_named(work.connection, [mine.id]))[mine.id]
        kept = await store.handover_of_shift(work.connection, mine.id)
    assert ended.state is ShiftState.DONE
    assert kept == taken


async def test_another_company_sees_nothing_of_the_roster(office: Office) -> None:
    (mine,) = await planned(office, "shequ", ("shequ",))
    async with office.as_("weixiu") as work:
        assert await store.shifts_named(work.connection, [mine.id]) == {}
        with pytest.raises(NotFound):
            await service.hand_over(work, mine.id, "", NothingOpen())
