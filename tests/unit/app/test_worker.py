"""The worker: offsets without gaps, events handled in order, poison put aside, deadlines kept."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select, text

from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.worker.chores import ChoreLoop, forget_idempotency_keys, forget_old_events
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.due import Deadlines, wait_after
from linli.app.worker.handling import Patience
from linli.app.worker.running import WorkerContext, run_worker
from linli.kernel.database import transaction
from linli.kernel.deadlines import Deadline, deadline_table, set_deadline
from linli.kernel.events import Event, event_table, last_offset, stamp
from linli.kernel.reactions import (
    Chore,
    count_failures,
    every,
    failure_table,
    on,
    on_deadline,
    register_consumer,
)
from linli.kernel.web import idempotency_table
from linli.kernel.work import Work, Workshop

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LIFT = UUID(int=33)


@dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    lamp: str

    def topics(self) -> tuple[str, ...]:
        return ("see_devices:0",)


@dataclass(frozen=True, kw_only=True)
class LampSeen(Event):
    lamp: str

    def topics(self) -> tuple[str, ...]:
        return ("see_devices:0",)


def lit(lamp: str) -> LampLit:
    return LampLit(estate_id=None, happened_at=NOON, lamp=lamp)


@dataclass(slots=True)
class StillClock:
    """Stands still until somebody moves it."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass(slots=True)
class Notebook:
    """What reactions wrote down, and a way to wait for it."""

    lines: list[str] = field(default_factory=list[str])
    written: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def write(self, line: str) -> None:
        async with self.written:
            self.lines.append(line)
            self.written.notify_all()

    async def until(self, count: int) -> list[str]:
        async with self.written, asyncio.timeout(30):
            await self.written.wait_for(lambda: len(self.lines) >= count)
        return self.lines

    async def until_line(self, line: str) -> list[str]:
        """All lines once, in order: what was cut off before its commit is handled again."""
        async with self.written, asyncio.timeout(30):
            await self.written.wait_for(lambda: line in self.lines)
        return list(dict.fromkeys(self.lines))


@pytest.fixture
def machine(workshops: tuple[Workshop, Workshop]) -> Workshop:
    return workshops[1]


@pytest.fixture
def counts() -> WorkerCounts:
    return WorkerCounts(CollectorRegistry())


def counted(counts: WorkerCounts, name: str, **labels: str) -> float:
    return next(
        sample.value
        for metric in (counts.put_aside, counts.retried, counts.deadlines, counts.handled)
        for family in metric.collect()
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    )


@asynccontextmanager
async def working(context: WorkerContext, *, workers: int = 1) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(workers):
            tasks.create_task(run_worker(context, stop))
        yield
        stop.set()


async def record(machine: Workshop, *events: Event) -> None:
    async with machine.work() as work:
        for event in events:
            work.outbox.add(event)


async def test_events_are_handled_once_each_in_order_and_what_they_cause_too(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes = Notebook()

    async def see(work: Work, event: LampLit) -> None:
        work.outbox.add(LampSeen(estate_id=None, happened_at=work.now, lamp=event.lamp))

    async def write(work: Work, event: LampSeen) -> None:
        del work
        await notes.write(event.lamp)

    reactions = (on(LampLit, "test.see")(see), on(LampSeen, "test.write")(write))
    async with working(WorkerContext(machine, counts, events=reactions)):
        await record(machine, *(lit(f"{n}") for n in range(20)))
        await record(machine, lit("last"))
        assert await notes.until(21) == [*(f"{n}" for n in range(20)), "last"]
    async with transaction(machine.engine) as connection:
        assert await last_offset(connection) == 42
        offsets = await connection.execute(
            select(event_table.c.event_offset).order_by(event_table.c.event_offset)
        )
        assert offsets.scalars().all() == list(range(1, 43))


async def test_several_workers_share_the_work_and_keep_the_order(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes = Notebook()

    async def write(work: Work, event: LampLit) -> None:
        del work
        await notes.write(event.lamp)

    reactions = (on(LampLit, "test.write")(write),)
    async with working(WorkerContext(machine, counts, events=reactions), workers=3):
        for n in range(30):
            await record(machine, lit(f"{n}"))
        assert await notes.until(30) == [f"{n}" for n in range(30)]


async def test_what_happened_while_no_worker_ran_is_handled_later(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes = Notebook()

    async def write(work: Work, event: LampLit) -> None:
        del work
        await notes.write(event.lamp)

    context = WorkerContext(machine, counts, events=(on(LampLit, "test.write")(write),))
    async with working(context):
        await record(machine, lit("first"))
        await notes.until(1)
    await record(machine, lit("second"))
    async with transaction(machine.engine) as connection:
        assert await stamp(connection) == 1
    async with working(context):
        assert await notes.until_line("second") == ["first", "second"]


async def test_a_new_consumer_does_not_repeat_history(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes = Notebook()

    async def write(work: Work, event: LampLit) -> None:
        del work
        await notes.write(event.lamp)

    await record(machine, lit("long ago"))
    async with transaction(machine.engine) as connection:
        await stamp(connection)
    async with working(WorkerContext(machine, counts, events=(on(LampLit, "test.new")(write),))):
        await record(machine, lit("now"))
        assert await notes.until(1) == ["now"]


async def test_a_poisoned_event_is_put_aside_and_the_next_one_has_its_turn(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes, others = Notebook(), Notebook()

    async def choke(work: Work, event: LampLit) -> None:
        if event.lamp == "poison":
            work.outbox.add(LampSeen(estate_id=None, happened_at=NOON, lamp="half done"))
            raise LookupError("no such lamp")
        await notes.write(event.lamp)

    async def unharmed(work: Work, event: LampLit) -> None:
        del work
        await others.write(event.lamp)

    context = WorkerContext(
        machine,
        counts,
        events=(on(LampLit, "test.choke")(choke), on(LampLit, "test.unharmed")(unharmed)),
        patience=Patience(waits_s=(0.01, 0.01)),
    )
    async with working(context):
        await record(machine, lit("poison"), lit("bread"))
        assert await notes.until(1) == ["bread"]
        assert await others.until(2) == ["poison", "bread"]
    async with transaction(machine.engine) as connection:
        failure = (await connection.execute(select(failure_table))).one()
        half_done = await connection.scalar(
            text("SELECT count(*) FROM kernel_event WHERE name = 'lamp_seen'")
        )
        assert await count_failures(connection) == 1
    assert (failure.consumer, failure.event_offset, failure.attempts) == ("test.choke", 1, 3)
    assert "no such lamp" in failure.error
    assert half_done == 0
    assert counted(counts, "linli_events_put_aside_total", consumer="test.choke") == 1
    assert counted(counts, "linli_events_retried_total", consumer="test.choke") == 3


async def test_a_passing_trouble_is_tried_again_and_forgotten(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes = Notebook()

    async def moody(work: Work, event: LampLit) -> None:
        del work
        if not notes.lines:
            await notes.write("not now")
            raise LookupError("not now")
        await notes.write(event.lamp)

    context = WorkerContext(
        machine, counts, events=(on(LampLit, "test.moody")(moody),), patience=Patience((0.01,))
    )
    async with working(context):
        await record(machine, lit("a"))
        assert await notes.until(2) == ["not now", "a"]
    async with transaction(machine.engine) as connection:
        assert await count_failures(connection) == 0


CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = 'linli_gateway' AND query <> ''"
)


async def test_the_worker_survives_that_the_database_cuts_all_connections(
    machine: Workshop, counts: WorkerCounts, fresh_database: DatabaseUrls
) -> None:
    notes = Notebook()

    async def write(work: Work, event: LampLit) -> None:
        del work
        await notes.write(event.lamp)

    context = WorkerContext(machine, counts, events=(on(LampLit, "test.write")(write),))
    async with connected(fresh_database.admin) as administrator, working(context):
        await record(machine, lit("before"))
        await notes.until(1)
        await administrator.execute(CUT)
        await record(machine, lit("after"))
        assert await notes.until_line("after") == ["before", "after"]


def due(detail: str, due_at: datetime = NOON) -> Deadline:
    return Deadline(kind="lift.inspect", subject_id=LIFT, due_at=due_at, detail=detail)


async def plan(machine: Workshop, *deadlines: Deadline) -> None:
    async with machine.work() as work:
        for deadline in deadlines:
            await set_deadline(work, deadline)


async def waiting(machine: Workshop) -> dict[str, tuple[datetime, int]]:
    async with transaction(machine.engine) as connection:
        rows = await connection.execute(select(deadline_table))
        return {row.detail: (row.due_at, row.attempts) for row in rows}


async def test_a_deadline_fires_when_its_time_has_come_and_not_before(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes, clock = Notebook(), StillClock()
    still = Workshop(machine.engine, clock)

    async def inspect(work: Work, deadline: Deadline) -> None:
        work.outbox.add(LampSeen(estate_id=None, happened_at=work.now, lamp="x"))
        await notes.write(deadline.detail)

    await plan(still, due("early", NOON), due("late", NOON + timedelta(minutes=1)))
    deadlines = Deadlines(still, [on_deadline("lift.inspect")(inspect)], counts)
    assert await deadlines.look()
    assert not await deadlines.look()
    assert notes.lines == ["early"]
    clock.moment += timedelta(minutes=1)
    assert await deadlines.look()
    assert notes.lines == ["early", "late"]
    assert await waiting(machine) == {}
    async with transaction(machine.engine) as connection:
        assert await stamp(connection) == 2


async def test_one_failing_deadline_does_not_undo_the_others(
    machine: Workshop, counts: WorkerCounts
) -> None:
    clock = StillClock()
    still = Workshop(machine.engine, clock)

    async def inspect(work: Work, deadline: Deadline) -> None:
        work.outbox.add(LampSeen(estate_id=None, happened_at=work.now, lamp=deadline.detail))
        if deadline.detail == "stuck":
            await work.connection.execute(text("SELECT 1 / 0"))

    await plan(still, due("a"), due("stuck"), due("b"))
    deadlines = Deadlines(still, [on_deadline("lift.inspect")(inspect)], counts)
    await deadlines.look()
    assert await waiting(machine) == {"stuck": (NOON + timedelta(seconds=1), 1)}
    clock.moment += timedelta(seconds=1)
    await deadlines.look()
    assert await waiting(machine) == {"stuck": (NOON + timedelta(seconds=3), 2)}
    async with transaction(machine.engine) as connection:
        names = await connection.execute(text("SELECT payload->>'lamp' FROM kernel_event"))
        assert sorted(names.scalars().all()) == ["a", "b"]
    assert counted(counts, "linli_deadlines_total", outcome="failed") == 2
    assert counted(counts, "linli_deadlines_total", outcome="done") == 2


async def test_a_deadline_of_a_newer_release_waits_for_its_worker(
    machine: Workshop, counts: WorkerCounts
) -> None:
    still = Workshop(machine.engine, StillClock())
    await plan(still, due("a"))
    await Deadlines(still, [], counts).look()
    assert list(await waiting(machine)) == ["a"]
    assert counted(counts, "linli_deadlines_total", outcome="unknown") == 1


async def test_a_running_worker_looks_at_deadlines_set_for_soon(
    machine: Workshop, counts: WorkerCounts
) -> None:
    notes = Notebook()

    async def inspect(work: Work, deadline: Deadline) -> None:
        del work
        await notes.write(deadline.detail)

    context = WorkerContext(machine, counts, deadlines=(on_deadline("lift.inspect")(inspect),))
    async with working(context, workers=2):
        await plan(machine, *(due(f"{n}") for n in range(50)))
        await notes.until(50)
    assert sorted(notes.lines, key=int) == [f"{n}" for n in range(50)]


def test_waits_of_a_failing_deadline_grow_and_end_growing() -> None:
    waits = [wait_after(attempts) for attempts in range(60)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] == timedelta(minutes=10)


async def test_a_chore_is_done_once_an_interval_whoever_asks(
    machine: Workshop, counts: WorkerCounts
) -> None:
    clock, done = StillClock(), Notebook()
    still = Workshop(machine.engine, clock)

    async def sweep(work: Work) -> int:
        del work
        await done.write("swept")
        return 1

    chore = every(timedelta(hours=1), "test.sweep")(sweep)
    loops = [ChoreLoop(chore, still, counts) for _ in range(3)]
    assert sorted([await loop.do() for loop in loops]) == [False, False, True]
    clock.moment += timedelta(hours=1)
    assert await loops[2].do()
    assert done.lines == ["swept", "swept"]


async def test_a_chore_that_failed_is_due_again(machine: Workshop, counts: WorkerCounts) -> None:
    tries = Notebook()

    async def trip(work: Work) -> int:
        del work
        await tries.write("tripped")
        if len(tries.lines) == 1:
            raise LookupError("tripped")
        return 0

    loop = ChoreLoop(Chore("test.trip", timedelta(hours=1), trip), machine, counts)
    with pytest.raises(LookupError):
        await loop.do()
    assert await loop.do()


async def test_old_idempotency_keys_are_forgotten(machine: Workshop) -> None:
    async with machine.work() as work:
        for key, age in (("old", timedelta(days=3)), ("young", timedelta(days=1))):
            row = {
                "account_id": LIFT,
                "key": key,
                "request_hash": b"",
                "status": 200,
                "body": b"",
                "created_at": work.now - age,
            }
            await work.connection.execute(insert(idempotency_table).values(row))
        assert await forget_idempotency_keys(work) == 1
        left = await work.connection.execute(select(idempotency_table.c.key))
        assert left.scalars().all() == ["young"]


async def test_old_events_are_forgotten_when_every_consumer_has_passed_them(
    machine: Workshop,
) -> None:
    clock = StillClock(NOON + timedelta(days=31))
    later = Workshop(machine.engine, clock)
    await record(machine, lit("a"), lit("b"))
    async with transaction(machine.engine) as connection:
        await register_consumer(connection, "test.slow")
        await stamp(connection)
    async with later.work() as work:
        assert await forget_old_events(work) == 0
        await work.connection.execute(text("UPDATE kernel_event_consumer SET event_offset = 1"))
        assert await forget_old_events(work) == 1
        left = await work.connection.execute(select(event_table.c.event_offset))
        assert left.scalars().all() == [2]
