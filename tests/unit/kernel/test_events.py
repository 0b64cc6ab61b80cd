"""Events: stored with their change, stamped without gaps, read by offset."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, text

from linli.app.listening import listen
from linli.kernel.database import transaction
from linli.kernel.events import (
    RECORDED,
    STAMPED,
    Event,
    RecordedEvent,
    event_name,
    event_table,
    last_offset,
    oldest_offset,
    read_after,
    stamp,
)
from linli.kernel.work import Workshop

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SUNNY = UUID(int=1)


@dataclass(frozen=True, kw_only=True)
class GateOpened(Event):
    gate_id: UUID
    by: tuple[str, ...] = ()

    def topics(self) -> tuple[str, ...]:
        return (f"see_devices:{self.estate_id}",)


@dataclass(frozen=True, kw_only=True)
class TopiclessHappened(Event):
    pass


def opened(number: int) -> GateOpened:
    return GateOpened(estate_id=SUNNY, happened_at=NOON, gate_id=UUID(int=number), by=("guard",))


async def record(machine: Workshop, *events: Event) -> None:
    async with machine.work() as work:
        for event in events:
            work.outbox.add(event)


def test_names_on_the_wire_are_made_of_the_class() -> None:
    assert event_name(GateOpened) == "gate_opened"
    assert Event.names["gate_opened"] is GateOpened


async def test_an_event_comes_back_as_it_was(machine: Workshop) -> None:
    await record(machine, opened(7))
    async with transaction(machine.engine) as connection:
        assert await stamp(connection) == 1
        (read,) = await read_after(connection, 0)
    assert read.event() == opened(7)
    assert (read.offset, read.topics) == (1, (f"see_devices:{SUNNY}",))


async def test_an_event_is_stored_with_its_change_or_not_at_all(machine: Workshop) -> None:
    async def fail() -> None:
        async with machine.work() as work:
            work.outbox.add(opened(1))
            await work.outbox.flush(work.connection)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with transaction(machine.engine) as connection:
        assert (await connection.execute(select(event_table))).all() == []


async def test_an_event_without_topics_is_a_bug(machine: Workshop) -> None:
    with pytest.raises(LookupError, match="TopiclessHappened"):
        await record(machine, TopiclessHappened(estate_id=None, happened_at=NOON))


async def test_a_name_of_another_release_is_said_so() -> None:
    with pytest.raises(KeyError):
        RecordedEvent(1, "not_yet_invented", (), {}).event()


async def test_offsets_have_no_gaps_however_many_write_and_stamp_at_once(
    machine: Workshop,
) -> None:
    async def write(number: int) -> None:
        async with machine.work() as work:
            work.outbox.add(opened(number))
            work.outbox.add(opened(number + 1000))
            if number % 5 == 0:
                await work.outbox.flush(work.connection)
                await work.connection.execute(text("SELECT pg_sleep(0.01)"))

    async def keep_stamping() -> None:
        for _ in range(10):
            async with transaction(machine.engine) as connection:
                await stamp(connection, most=7)

    async with asyncio.TaskGroup() as tasks:
        for number in range(40):
            tasks.create_task(write(number))
        for _ in range(3):
            tasks.create_task(keep_stamping())
    async with transaction(machine.engine) as connection:
        while await stamp(connection):
            pass
        events = await read_after(connection, 0, most=1000)
        assert [event.offset for event in events] == list(range(1, 81))
        assert await last_offset(connection) == 80
    # The events of one work keep their order, and so does each writer.
    seen = [int(UUID(event.payload["gate_id"])) for event in events]
    assert all(seen.index(n) < seen.index(n + 1000) for n in range(40))


async def test_a_reader_that_reads_on_misses_nothing_and_repeats_nothing(
    machine: Workshop,
) -> None:
    read: list[int] = []
    for round_ in range(5):
        await record(machine, *(opened(round_ * 10 + n) for n in range(round_ + 1)))
        async with transaction(machine.engine) as connection:
            await stamp(connection)
            events = await read_after(connection, read[-1] if read else 0, most=4)
        read.extend(event.offset for event in events)
    async with transaction(machine.engine) as connection:
        rest = await read_after(connection, read[-1])
    read.extend(event.offset for event in rest)
    assert read == list(range(1, 16))


async def test_nothing_to_stamp_changes_nothing(machine: Workshop) -> None:
    async with transaction(machine.engine) as connection:
        assert await stamp(connection) == 0
        assert await last_offset(connection) == 0
        assert await oldest_offset(connection) is None


async def test_the_oldest_offset_is_the_oldest_that_is_kept(machine: Workshop) -> None:
    await record(machine, opened(1), opened(2), opened(3))
    async with transaction(machine.engine) as connection:
        await stamp(connection)
        await connection.execute(text("DELETE FROM kernel_event WHERE event_offset = 1"))
        assert await oldest_offset(connection) == 2


async def test_recording_and_stamping_wake_whoever_listens(machine: Workshop) -> None:
    recorded, stamped, listening = asyncio.Event(), asyncio.Event(), asyncio.Event()
    wakers = {RECORDED: recorded.set, STAMPED: stamped.set, "linli_ready": listening.set}
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(listen(machine.engine, wakers))
        await listening.wait()
        recorded.clear()
        stamped.clear()
        await record(machine, opened(1))
        await recorded.wait()
        assert not stamped.is_set()
        async with transaction(machine.engine) as connection:
            await stamp(connection)
        await stamped.wait()
        task.cancel()


async def test_people_append_events_and_cannot_change_them(
    workshops: tuple[Workshop, Workshop],
) -> None:
    people, _ = workshops
    await record(people, opened(1))
    async with people.work() as work:
        held = await work.connection.execute(
            text(
                "SELECT has_table_privilege('kernel_event', p) FROM "
                "unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p"
            )
        )
        assert held.scalars().all() == [True, True, False, False]
