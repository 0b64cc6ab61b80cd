"""What happens to incidents on the real database, where people act with no more than they have."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.unit.responding.office import Office, office_on

from linli.app.engine.roles import DatabaseUrls
from linli.kernel.errors import Forbidden, IllegalMove, NotFound, StaleVersion
from linli.kernel.scope import Actor, Scope
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.alerts.public import named as alerts_named
from linli.responding.dispatch.contracts import Order, OrderMove, OrderState
from linli.responding.dispatch.policy import AlreadyTaken, NotYours
from linli.responding.dispatch.policy import Step as OrderStep
from linli.responding.dispatch.service import move as move_order
from linli.responding.incidents import handlers, policy, service, store
from linli.responding.incidents.contracts import (
    IncidentMove,
    IncidentState,
    Level,
    Stage,
    Step,
    StepDraft,
)
from linli.responding.incidents.http import BulkRequest, move_many
from linli.responding.rules.contracts import Judgement, Sensed, SensedValue
from linli.responding.rules.public import change, judge, load_book
from linli.responding.rules.service import all_rules
from linli.sensing.devices.public import devices_named

M, S = IncidentMove, IncidentState


@pytest.fixture
async def office(morning_database: DatabaseUrls) -> AsyncGenerator[Office]:
    async with office_on(morning_database) as office:
        yield office


async def test_an_alarm_has_an_owner_under_contract_and_a_deadline(office: Office) -> None:
    incident = await office.alarm()
    assert (incident.state, incident.level) == (S.OPEN, Level.PROPERTY)
    assert incident.owner_title == "安居物业"
    assert incident.line.startswith("阳光花园 1号楼")
    assert (incident.stage, incident.due_at) == (
        Stage.ACCEPT,
        office.clock.now() + timedelta(seconds=90),
    )
    assert await office.rows("SELECT kind, subject_id, due_at FROM kernel_deadline "
                             "WHERE kind = 'incident.due'") == [
        ("incident.due", incident.id, incident.due_at)
    ]  # fmt: skip
    async with office.as_("shequ") as work:
        assert list(await store.named(work.connection, [incident.id])) == [incident.id]
        assert await work.connection.scalar(text("SELECT current_user")) == "linli_app"
    stranger = Scope(account_id=office.accounts["shequ"][0])
    async with office.people.work(scope=stranger) as work:
        assert not await store.named(work.connection, [incident.id])
        with pytest.raises(NotFound):
            await service.note(work, incident.id, "我看得见吗", ())


async def test_of_two_who_accept_at_once_one_wins(office: Office) -> None:
    order = await office.dispatch((await office.alarm()).id)

    async def accept(login: str) -> Order | AlreadyTaken:
        try:
            return await office_order(login)
        except AlreadyTaken as refused:
            return refused

    async def office_order(login: str) -> Order:
        async with office.as_(login) as work:
            step = OrderStep(OrderMove.ACCEPT, "", (), work.now)
            return await move_order(work, order.id, step, expected_version=None)

    both = await asyncio.gather(accept("weixiu"), accept("anbao"))
    won = [one for one in both if isinstance(one, Order)]
    lost = [one for one in both if isinstance(one, AlreadyTaken)]
    assert len(won) == len(lost) == 1
    assert won[0].offer.assignee_name in lost[0].message
    await office.settle()
    steps = [step.kind for step in await office.story(order.offer.subject_id)]
    assert steps.count("order_accept") == 1
    other = "anbao" if won[0].offer.assignee_id == office.accounts["weixiu"][0] else "weixiu"
    with pytest.raises(NotYours):
        await office.order(other, order, OrderMove.ARRIVE)


async def test_two_on_the_desk_cannot_both_move_the_same_version(office: Office) -> None:
    incident = await office.alarm()

    async def take(login: str) -> str:
        try:
            await office.move(login, incident.id, M.RESOLVE, "处理好了", version=incident.version)
        except (StaleVersion, IllegalMove) as refused:
            return refused.code
        return "done"

    both = await asyncio.gather(take("shequ"), take("jiedao"))
    assert both.count("done") == 1


async def test_nobody_answers_and_it_rises_to_the_county(office: Office) -> None:
    incident = await office.alarm()
    for level in (Level.COMMUNITY, Level.STREET, Level.COUNTY):
        office.later(timedelta(seconds=89))
        await office.look_at_deadlines()
        assert (await office.incident(incident.id)).level is not level
        office.later(timedelta(seconds=2))
        # Whoever looks now was just started: the deadline is in the database, not in a process.
        await office.look_at_deadlines()
        raised = await office.incident(incident.id)
        assert (raised.level, raised.overdue) == (level, True)
    owners = [s.detail["owner"] for s in await office.story(incident.id) if s.kind == "raised"]
    assert owners == ["仁里社区", "怀远街道", "示范县"]
    office.later(timedelta(minutes=5))
    await office.look_at_deadlines()
    await office.look_at_deadlines()
    last = await office.incident(incident.id)
    assert (last.level, last.due_at) == (Level.COUNTY, None)
    assert [step.kind for step in await office.story(incident.id)].count("overdue") == 1
    told = await office.rows(
        "SELECT DISTINCT a.login FROM support_message m JOIN directory_account a"
        " ON a.id = m.account_id WHERE a.login IN ('wuye', 'shequ', 'jiedao', 'xian')"
    )
    assert {login for (login,) in told} == {"wuye", "shequ", "jiedao", "xian"}


async def test_from_dispatch_to_closed_and_the_story_can_be_checked(office: Office) -> None:
    incident = await office.alarm()
    order = await office.dispatch(incident.id)
    assert (await office.incident(incident.id)).state is S.HANDLING
    await office.order("weixiu", order, OrderMove.ACCEPT)
    assert (await office.incident(incident.id)).stage is Stage.ARRIVE
    await office.order("weixiu", order, OrderMove.ARRIVE)
    await office.order("weixiu", order, OrderMove.FIX, "已清理并通风", photo=True)
    with pytest.raises(Forbidden):
        await office.order("weixiu", order, OrderMove.VERIFY)
    await office.order("wuye", order, OrderMove.VERIFY)
    resolved = await office.incident(incident.id)
    assert (resolved.state, resolved.ringing, resolved.stage) == (S.RESOLVED, False, Stage.VERIFY)
    await office.move("shequ", incident.id, M.CONFIRM)
    closed = await office.move("shequ", incident.id, M.CLOSE)
    assert (closed.state, closed.due_at) == (S.CLOSED, None)
    assert not await office.rows(
        "SELECT 1 FROM kernel_deadline WHERE subject_id = :id", id=incident.id
    )
    story = await office.story(incident.id)
    assert [step.kind for step in story] == [
        "alert", "dispatched", "order_accept", "order_arrive", "order_fix", "order_verify",
        "confirm", "close",
    ]  # fmt: skip
    assert [step.seq for step in story] == list(range(1, len(story) + 1))
    assert chain_of(story) == [step.hash for step in story]
    assert (await office.incident(incident.id)).chain == story[-1].hash
    altered = [replace(story[0], words="什么也没有发生"), *story[1:]]
    assert chain_of(altered)[-1] != story[-1].hash
    for role in (office.people, office.machine):
        for statement in (
            "UPDATE responding_incident_step SET words = ''",
            "DELETE FROM responding_incident_step",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with role.work() as work:
                    await work.connection.execute(text(statement))


def chain_of(story: list[Step]) -> list[str]:
    """The hashes worked out anew from what the steps say."""
    hashes: list[str] = []
    for step in story:
        said = StepDraft(
            kind=step.kind,
            title=step.title,
            words=step.words,
            evidence=step.evidence,
            detail=step.detail,
            actor_name=step.actor_name,
            actor_kind=step.actor_kind,
        )
        before = hashes[-1] if hashes else ""
        hashes.append(policy.step_hash(before, step.incident_id, step.seq, said, step.at))
    return hashes


async def test_a_false_alarm_cancels_orders_and_can_be_opened_again(office: Office) -> None:
    incident = await office.alarm()
    order = await office.dispatch(incident.id)
    ended = await office.move("shequ", incident.id, M.MARK_FALSE_ALARM, "测试按钮")
    assert (ended.state, ended.due_at) == (S.FALSE_ALARM, None)
    assert await office.rows("SELECT state FROM responding_order") == [(OrderState.CANCELLED,)]
    with pytest.raises(IllegalMove):
        await office.order("weixiu", order, OrderMove.ACCEPT)
    office.later(timedelta(hours=1))
    opened = await office.move("shequ", incident.id, M.REOPEN, "居民又来电")
    assert (opened.state, opened.reopened_times, opened.stage) == (S.HANDLING, 1, Stage.ACCEPT)
    assert opened.due_at == office.clock.now() + timedelta(seconds=90)
    again = await office.alarm()
    assert again.id != incident.id or again.version > opened.version


async def test_merged_incidents_are_one_and_count_together(office: Office) -> None:
    first = await office.alarm()
    second = await office.alarm("yg-1-2-102-sos")
    merged = await office.move("shequ", second.id, M.MERGE, "同一户", into=first.id)
    assert (merged.state, merged.merged_into) == (S.MERGED, first.id)
    assert (await office.incident(first.id)).times_seen == 2
    office.later(timedelta(minutes=1))
    later = await office.alarm("yg-1-2-102-sos")
    assert later.id != second.id


async def test_a_rule_switched_off_clears_what_it_rang(office: Office) -> None:
    ((device_id,),) = await office.rows(
        "SELECT id FROM sensing_device WHERE kind = 'smoke_alarm' ORDER BY code LIMIT 1"
    )
    now = office.clock.now()
    async with office.machine.work() as work:
        device = handlers.sensed_device((await devices_named(work, [device_id]))[device_id])
        values = tuple(
            SensedValue(device, "smoke", value, now + later, now + later)
            for value, later in ((0.0, timedelta()), (1.0, timedelta(seconds=1)))
        )
        sensed = Sensed(values=values, heard=frozenset({device_id}))
        judgement = await judge(work, await load_book(work), sensed)
        (incident,) = await service.respond(work, judgement)
        smoke = next(rule for rule in await all_rules(work) if rule.draft.code == "smoke")
    assert incident.ringing
    async with office.as_("admin") as work:
        await change(work, smoke.id, expected_version=smoke.version, enabled=False)
    await office.settle()
    assert not (await office.incident(incident.id)).ringing
    assert await office.rows("SELECT state FROM responding_alert") == [("cleared",)]
    async with office.machine.work() as work:
        assert not (await judge(work, await load_book(work), sensed)).findings


async def test_worse_findings_make_it_urgent_and_others_join(office: Office) -> None:
    mild = await office.finding(severity=Severity.WARNING, category=Category.LIFT)
    async with office.machine.work() as work:
        (incident,) = await service.respond(work, Judgement(findings=(mild, mild, mild)))
    assert incident.times_seen == 3
    office.later(timedelta(seconds=30))
    worse = replace(mild, severity=Severity.CRITICAL, received_at=office.clock.now())
    async with office.machine.work() as work:
        (grave,) = await service.respond(work, Judgement(findings=(worse,)))
    assert (grave.id, grave.severity, grave.times_seen) == (incident.id, Severity.CRITICAL, 4)
    assert grave.due_at == incident.received_at + timedelta(seconds=90)


async def test_what_was_confirmed_is_closed_a_day_later(office: Office) -> None:
    incident = await office.alarm()
    await office.move("shequ", incident.id, M.RESOLVE, "已处理")
    await office.move("shequ", incident.id, M.CONFIRM)
    office.later(timedelta(hours=23))
    async with office.machine.work() as work:
        assert await service.close_confirmed(work) == 0
    office.later(timedelta(hours=2))
    async with office.machine.work() as work:
        assert await service.close_confirmed(work) == 1
    assert (await office.incident(incident.id)).state is S.CLOSED


async def test_of_a_bulk_move_each_is_done_or_refused_with_its_reason(office: Office) -> None:
    done = await office.alarm()
    refused = await office.alarm("yg-1-2-102-sos")
    await office.move("shequ", refused.id, M.RESOLVE, "已处理")
    asked = BulkRequest(ids=[done.id, refused.id], move=M.MARK_FALSE_ALARM, words="演练")
    account_id, name = office.accounts["shequ"]
    before = await office.rows("SELECT count(*) FROM kernel_event")
    async with office.as_("shequ") as work:
        result = await move_many(replace(work, actor=Actor("person", name, account_id)), asked)
    assert result.done == [done.id]
    assert [(one.id, one.code) for one in result.refused] == [(refused.id, "illegal_move")]
    assert (await office.incident(refused.id)).state is S.RESOLVED
    after = await office.rows("SELECT count(*) FROM kernel_event")
    assert after[0][0] == before[0][0] + 1


async def test_a_rule_opens_the_list_of_what_it_rang_for(office: Office) -> None:
    incident = await office.alarm()
    async with office.as_("shequ") as work:
        [alert_id] = await store.alerts_of(work.connection, incident.id)
        rule_id = (await alerts_named(work.connection, [alert_id]))[alert_id].finding.rule.id
        for asked, count in (
            (store.IncidentQuery(rule_id=rule_id), 1),
            (store.IncidentQuery(rule_id=rule_id, rule_since=work.now - timedelta(days=30)), 1),
            (store.IncidentQuery(rule_id=rule_id, rule_since=work.now + timedelta(days=1)), 0),
            (store.IncidentQuery(rule_id=work.new_id()), 0),
        ):
            found = await store.listed(work.connection, asked)
            assert (len(found.incidents), found.total) == (count, count)


async def test_the_queue_goes_on_with_what_has_ended_however_it_is_paged(office: Office) -> None:
    ended = [await office.alarm(), await office.alarm("yg-1-2-102-sos")]
    for one in ended:
        await office.move("shequ", one.id, M.MARK_FALSE_ALARM, "演练")
    going_on = [await office.alarm(), await office.alarm("yg-1-2-102-sos")]
    async with office.as_("shequ") as work:
        whole = await store.listed(work.connection, store.IncidentQuery())
        for width in (1, 2, 3):
            paged = [
                await store.listed(work.connection, store.IncidentQuery(skip=skip, limit=width))
                for skip in range(0, whole.total, width)
            ]
            assert [one.id for page in paged for one in page.incidents] == [
                one.id for one in whole.incidents
            ]
            assert {(page.total, page.more) for page in paged} == {(whole.total, False)}
        some = await store.listed(work.connection, store.IncidentQuery(limit=2, most_counted=3))
    states = [one.ended_at is not None for one in whole.incidents]
    assert states == sorted(states)
    assert {one.id for one in going_on} <= {one.id for one in whole.incidents[: states.index(True)]}
    past = whole.incidents[states.index(True) :]
    assert [one.opened_at for one in past] == sorted((o.opened_at for o in past), reverse=True)
    assert (len(some.incidents), some.total, some.more) == (2, 3, True)
