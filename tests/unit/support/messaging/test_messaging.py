"""Messages: told once, delivered with a record, read by their receiver only."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.support.stage import Stage, sees

from linli.kernel.errors import NotFound
from linli.kernel.work import Work
from linli.support.messaging import policy, service
from linli.support.messaging.contracts import (
    About,
    Channel,
    DeliveryState,
    Message,
    Receipt,
    Urgency,
)
from linli.support.messaging.events import MessageArrived
from linli.support.messaging.models import attempt_table, message_table

SUNNY, MOONLIT = UUID(int=1), UUID(int=2)
LI, WANG = UUID(int=11), UUID(int=12)
INCIDENT = UUID(int=21)

FOR_LI = Message(
    channel=Channel.IN_APP,
    template="order_offered",
    title="新工单",
    words="阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置",
    about=About(incident_id=INCIDENT, estate_id=SUNNY, version=1),
    account_id=LI,
)
BY_SMS = replace(FOR_LI, channel=Channel.SMS, account_id=None, address="13812345678")


async def state_of(work: Work) -> tuple[DeliveryState, str]:
    row = (
        await work.connection.execute(select(message_table.c.state, message_table.c.address))
    ).one()
    return DeliveryState(row.state), row.address


async def test_an_in_app_message_is_there_at_once_and_its_receiver_is_told(stage: Stage) -> None:
    work = await stage.machine()
    assert await service.send(work, FOR_LI)
    (event,) = work.outbox.waiting()
    assert isinstance(event, MessageArrived)
    assert event.topics() == (f"account:{LI}",)
    messages, total = await service.inbox(work, LI, most=10)
    assert total == 1
    assert [(m.title, m.words, m.incident_id, m.read_at) for m in messages] == [
        ("新工单", FOR_LI.words, INCIDENT, None)
    ]


async def test_the_same_is_told_once_and_again_when_it_has_changed(stage: Stage) -> None:
    work = await stage.machine()
    assert await service.send(work, FOR_LI)
    assert not await service.send(work, replace(FOR_LI, words="说法不同"))
    assert await service.send(work, replace(FOR_LI, about=replace(FOR_LI.about, version=2)))
    assert await service.send(work, replace(FOR_LI, account_id=WANG))
    assert await service.send(work, replace(FOR_LI, template="order_overdue"))
    assert len(work.outbox.waiting()) == 4


async def test_a_person_tells_others_and_cannot_read_what_they_were_told(stage: Stage) -> None:
    wang = await stage.person(sees(WANG, SUNNY))
    assert await service.send(wang, FOR_LI)
    assert not await service.send(wang, FOR_LI)
    assert await service.inbox(wang, LI, most=10) == ([], 0)
    li = await stage.person(sees(LI))
    messages, _ = await service.inbox(li, LI, most=10)
    assert len(messages) == 1


async def test_only_the_receiver_marks_his_message_read_and_the_first_time_counts(
    stage: Stage,
) -> None:
    await service.send(await stage.machine(), FOR_LI)
    li = await stage.person(sees(LI))
    ((message,), _) = await service.inbox(li, LI, most=10)
    wang = await stage.person(sees(WANG, SUNNY))
    with pytest.raises(NotFound):
        await service.mark_read(wang, WANG, message.id)
    read_at = stage.now
    await service.mark_read(await stage.person(sees(LI)), LI, message.id)
    stage.later(timedelta(minutes=1))
    li = await stage.person(sees(LI))
    await service.mark_read(li, LI, message.id)
    ((message,), _) = await service.inbox(li, LI, most=10)
    assert message.read_at == read_at


async def test_a_text_message_is_queued_carried_and_its_number_forgotten(stage: Stage) -> None:
    work = await stage.machine()
    await service.send(work, BY_SMS)
    assert not work.outbox.waiting()
    (parcel,) = await service.claim(work, most=10)
    assert (parcel.address, parcel.attempt) == ("13812345678", 1)
    assert await service.claim(work, most=10) == []
    await service.record_carried(work, parcel, Receipt(reference="r1", arrived=False))
    assert await state_of(work) == (DeliveryState.SENT, "")
    attempts = (await work.connection.execute(select(attempt_table))).all()
    assert [(a.attempt, a.state, a.reference) for a in attempts] == [(1, "sent", "r1")]


async def test_a_failing_carrier_is_tried_again_later_and_given_up_in_the_end(
    stage: Stage,
) -> None:
    await service.send(await stage.machine(), BY_SMS)
    states: list[DeliveryState] = []
    for _ in range(policy.MOST_ATTEMPTS):
        work = await stage.machine()
        (parcel,) = await service.claim(work, most=10)
        states.append(await service.record_failed(work, parcel, "busy", final=False))
        assert await service.claim(work, most=10) == []
        stage.later(timedelta(hours=1))
    assert states == [DeliveryState.QUEUED] * 4 + [DeliveryState.FAILED]
    work = await stage.machine()
    assert await service.claim(work, most=10) == []
    assert await state_of(work) == (DeliveryState.FAILED, "")
    assert len((await work.connection.execute(select(attempt_table))).all()) == 5


async def test_a_parcel_whose_worker_died_is_taken_out_again(stage: Stage) -> None:
    await service.send(await stage.machine(), BY_SMS)
    (lost,) = await service.claim(await stage.machine(), most=10)
    stage.later(policy.LEASE)
    work = await stage.machine()
    (again,) = await service.claim(work, most=10)
    assert (again.message_id, again.attempt) == (lost.message_id, 2)
    # The first worker lives after all: what it says late does not undo what the second did.
    await service.record_carried(work, again, Receipt("r2", arrived=True))
    await service.record_failed(work, lost, "timeout", final=True)
    assert await state_of(work) == (DeliveryState.DELIVERED, "")


async def test_outgoing_messages_show_masked_addresses_of_ones_own_estates(stage: Stage) -> None:
    work = await stage.machine()
    await service.send(work, BY_SMS)
    elsewhere = replace(BY_SMS.about, estate_id=MOONLIT, version=9)
    await service.send(work, replace(BY_SMS, about=elsewhere))
    await service.send(work, FOR_LI)
    wang = await stage.person(sees(WANG, SUNNY))
    (shown,) = await service.outgoing(wang, most=10)
    assert (shown.channel, shown.address_masked) == (Channel.SMS, "138****5678")
    assert await service.outgoing(await stage.person(sees(LI)), most=10) == []


async def test_old_messages_are_forgotten(stage: Stage) -> None:
    work = await stage.machine()
    await service.send(work, BY_SMS)
    (parcel,) = await service.claim(work, most=1)
    await service.record_carried(work, parcel, Receipt("r", arrived=True))
    assert await service.forget_before(work, work.now - timedelta(days=180)) == 0
    stage.later(timedelta(days=181))
    later = await stage.machine()
    assert await service.forget_before(later, later.now - timedelta(days=180)) == 1


async def test_a_message_without_its_receiver_is_a_bug(stage: Stage) -> None:
    work = await stage.machine()
    with pytest.raises(ValueError, match="account"):
        await service.send(work, replace(FOR_LI, account_id=None))
    with pytest.raises(ValueError, match="address"):
        await service.send(work, replace(BY_SMS, address=""))


def test_nothing_follows_what_was_read_or_failed() -> None:
    assert not policy.MOVES[DeliveryState.READ]
    assert not policy.MOVES[DeliveryState.FAILED]
    assert policy.states_before(DeliveryState.QUEUED) == frozenset()


@given(st.sampled_from(Urgency))
def test_waits_between_tries_grow_and_end(urgency: Urgency) -> None:
    waits = [policy.wait_after(attempt, urgency) for attempt in range(1, policy.MOST_ATTEMPTS + 1)]
    assert waits[-1] is None
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert known[0] < timedelta(minutes=1)


@given(st.text(max_size=40))
def test_a_masked_address_hides_the_middle_and_stays_masked(address: str) -> None:
    masked = policy.masked(address)
    assert policy.masked(masked) == masked
    if len(address) >= policy.SHORTEST_SHOWN:
        assert masked == address[:3] + "****" + address[-4:]
    else:
        assert set(masked) <= {"*"}
