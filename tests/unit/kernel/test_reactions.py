"""Reactions: a consumer's place in the stream, and chores that one worker does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from linli.kernel.database import transaction
from linli.kernel.deadlines import Deadline
from linli.kernel.events import Event, stamp
from linli.kernel.reactions import (
    IDLE_LAG,
    EventReaction,
    claim_chore,
    every,
    names_after,
    next_event,
    on,
    on_deadline,
    pass_event,
    register_consumer,
)
from linli.kernel.work import Work, Workshop

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class BellTolled(Event):
    times: int

    def topics(self) -> tuple[str, ...]:
        return ("see_devices:0",)


@dataclass(frozen=True, kw_only=True)
class HornBlown(Event):
    def topics(self) -> tuple[str, ...]:
        return ("see_devices:0",)


async def listen(work: Work, event: BellTolled) -> None:
    del work, event


BELLS = on(BellTolled, "test.bells")(listen)


async def record(machine: Workshop, *events: Event) -> None:
    async with machine.work() as work:
        for event in events:
            work.outbox.add(event)
    async with transaction(machine.engine) as connection:
        while await stamp(connection):
            pass


def tolled(times: int) -> BellTolled:
    return BellTolled(estate_id=None, happened_at=NOON, times=times)


def blown() -> HornBlown:
    return HornBlown(estate_id=None, happened_at=NOON)


async def test_a_consumer_reads_its_own_kind_in_order_from_its_own_place(
    machine: Workshop,
) -> None:
    await record(machine, tolled(1))
    async with transaction(machine.engine) as connection:
        await register_consumer(connection, BELLS.name)
        await register_consumer(connection, BELLS.name)
    await record(machine, blown(), tolled(2), blown(), tolled(3))
    async with transaction(machine.engine) as connection:
        heard: list[object] = []
        while event := await next_event(connection, BELLS):
            heard.append(event.event())
            await pass_event(connection, BELLS.name, event.offset)
        assert heard == [tolled(2), tolled(3)]


async def test_one_consumer_has_one_worker_at_a_time(machine: Workshop) -> None:
    async with transaction(machine.engine) as connection:
        await register_consumer(connection, BELLS.name)
    await record(machine, tolled(1))
    async with transaction(machine.engine) as one:
        assert await next_event(one, BELLS) is not None
        async with transaction(machine.engine) as other:
            assert await next_event(other, BELLS) is None


async def test_a_place_never_moves_back(machine: Workshop) -> None:
    async with transaction(machine.engine) as connection:
        await register_consumer(connection, BELLS.name)
    await record(machine, tolled(1), tolled(2))
    async with transaction(machine.engine) as connection:
        await pass_event(connection, BELLS.name, 2)
        await pass_event(connection, BELLS.name, 1)
        assert await next_event(connection, BELLS) is None


async def test_an_idle_consumer_keeps_up_with_what_does_not_concern_it(
    machine: Workshop,
) -> None:
    async with transaction(machine.engine) as connection:
        await register_consumer(connection, BELLS.name)
    await record(machine, *(blown() for _ in range(IDLE_LAG + 1)), tolled(1))
    silent = EventReaction("test.bells", "never_happens", BELLS.react)
    async with transaction(machine.engine) as connection:
        assert await next_event(connection, silent) is None
        assert await next_event(connection, BELLS) is None


async def test_the_names_of_new_events_are_told_once(machine: Workshop) -> None:
    await record(machine, tolled(1), blown(), tolled(2))
    async with transaction(machine.engine) as connection:
        assert await names_after(connection, 0) == ({"bell_tolled", "horn_blown"}, 3)
        assert await names_after(connection, 2) == ({"bell_tolled"}, 3)
        assert await names_after(connection, 3) == (frozenset(), 3)


async def test_a_chore_is_claimed_by_one_and_given_back_by_a_rollback(machine: Workshop) -> None:
    async def sweep(work: Work) -> int:
        del work
        return 0

    chore = every(timedelta(hours=1), "test.sweep")(sweep)
    async with machine.engine.connect() as failing:
        assert await claim_chore(failing, chore, NOON)
        await failing.rollback()
    async with transaction(machine.engine) as connection:
        assert await claim_chore(connection, chore, NOON)
        assert not await claim_chore(connection, chore, NOON + timedelta(minutes=59))
        assert await claim_chore(connection, chore, NOON + timedelta(minutes=60))


def test_a_declaration_says_its_name_and_kind() -> None:
    async def look(work: Work, deadline: Deadline) -> None:
        del work, deadline

    assert (BELLS.name, BELLS.event_name) == ("test.bells", "bell_tolled")
    assert on_deadline("incident.accept")(look).kind == "incident.accept"
