"""Demo time: only forward, in small steps, the same in every process and after a restart."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from linli.app.demo import playing, policy, store
from linli.app.demo.asking import duration_of, require_running_demo
from linli.app.demo.clock import DemoClock, Follower, followed, held_by
from linli.app.demo.contracts import Outcome, Shift, Walk
from linli.app.demo.entering import CONTROL
from linli.app.demo.forwarding import COMMAND, Forwarder
from linli.app.demo.moved import refuse_moved_clock
from linli.app.engine.roles import DatabaseUrls
from linli.app.problems import Problem
from linli.app.processes.surroundings import clock_of
from linli.app.settings import Settings
from linli.directory.organisation.contracts import OrganisationDraft, OrganisationKind
from linli.directory.organisation.public import add_organisation, found_estate
from linli.directory.places.contracts import EstateDraft
from linli.kernel.database import transaction
from linli.kernel.deadlines import Deadline, next_due, set_deadline
from linli.kernel.errors import BadInput
from linli.kernel.events import stamp
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop
from linli.sensing.devices.contracts import Registration
from linli.sensing.devices.public import commands_of, register_device

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LEAD = timedelta(milliseconds=150)
HOURS = st.timedeltas(min_value=timedelta(seconds=1), max_value=policy.LONGEST_WALK)
PAUSES = st.timedeltas(min_value=timedelta(0), max_value=timedelta(seconds=90))


@dataclass(slots=True)
class Machine:
    """The machine's clock, moved by hand."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


# ── decisions ──


@given(by=HOURS, pauses=st.lists(PAUSES, min_size=1), began=HOURS)
def test_the_goal_is_reached_in_steps_that_are_small_and_never_negative(
    by: timedelta, pauses: list[timedelta], began: timedelta
) -> None:
    machine, shift = NOON, Shift(ahead=began)
    goal = policy.demo_time(shift, machine) + by
    before = policy.demo_time(shift, machine)
    for number in range(10_000):
        announced = policy.next_step(shift, goal, machine, LEAD)
        if announced is None:
            break
        assert announced.serial == shift.serial + 1
        just_before = announced.next_at - timedelta(microseconds=1) if announced.next_at else NOON
        assert policy.demo_time(announced, just_before) >= before
        machine = (announced.next_at or NOON) + pauses[number % len(pauses)]
        after = policy.demo_time(announced, announced.next_at or NOON)
        step = after - policy.demo_time(announced, just_before)
        assert timedelta(0) < step <= policy.STEP + timedelta(microseconds=1)
        assert policy.held_time(announced, machine) <= policy.demo_time(announced, machine)
        shift = policy.settled(announced, until=policy.demo_time(announced, machine))
        assert shift.ahead >= began
        before = policy.demo_time(shift, machine)
    assert policy.demo_time(shift, machine + LEAD) >= goal


def test_two_processes_switch_at_the_same_moment_and_not_when_they_hear_of_it() -> None:
    announced = policy.next_step(Shift(), NOON + timedelta(hours=1), NOON, LEAD)
    assert announced is not None
    early = late = Shift()
    early = policy.newer(early, announced)
    just_before = NOON + LEAD - timedelta(microseconds=1)
    assert policy.ahead_at(early, just_before) == policy.ahead_at(late, just_before)
    late = policy.newer(late, announced)
    assert policy.ahead_at(early, NOON + LEAD) == policy.ahead_at(late, NOON + LEAD) > timedelta()


def test_a_new_leader_does_not_take_back_what_another_announced() -> None:
    goal = NOON + timedelta(hours=1)
    announced = policy.next_step(Shift(), goal, NOON, LEAD)
    assert announced is not None
    anew = policy.next_step(announced, goal, NOON + LEAD / 2, LEAD)
    assert anew is not None
    assert anew.ahead == announced.next_ahead
    for after_ms in range(0, 400, 10):
        machine = NOON + timedelta(milliseconds=after_ms)
        assert policy.ahead_at(anew, machine) >= policy.ahead_at(announced, machine)


def test_old_news_that_come_late_change_nothing() -> None:
    known = Shift(serial=7, ahead=timedelta(hours=3))
    assert policy.newer(known, Shift(serial=6, ahead=timedelta(hours=2))) is known


def test_deadlines_see_the_time_only_when_the_devices_have_spoken() -> None:
    clock = DemoClock(Machine())
    announced = policy.next_step(Shift(), NOON + timedelta(hours=1), NOON, LEAD)
    assert announced is not None
    clock.learn(announced)
    clock.machine = Machine(NOON + timedelta(seconds=1))
    assert clock.now() > NOON + timedelta(minutes=3)
    assert held_by(clock).now() == NOON
    clock.learn(policy.settled(announced, until=clock.now()))
    assert held_by(clock).now() == clock.now()


def test_how_far_is_checked() -> None:
    assert policy.goal_after(NOON, timedelta(hours=12), timedelta()) == NOON + timedelta(hours=12)
    for wrong in (timedelta(0), timedelta(seconds=-1), timedelta(hours=49)):
        with pytest.raises(BadInput):
            policy.goal_after(NOON, wrong, timedelta())
    with pytest.raises(BadInput, match="14 天"):
        policy.goal_after(NOON, timedelta(hours=12), timedelta(days=13, hours=13))


def test_tomorrow_morning_is_eight_in_shanghai() -> None:
    assert NOON + policy.until_morning(NOON) == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    late = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # one in the night of the 23rd
    assert late + policy.until_morning(late) == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def test_durations_as_people_type_them() -> None:
    assert duration_of("12h") == timedelta(hours=12)
    assert duration_of("30m") == timedelta(minutes=30)
    assert duration_of("tomorrow") is None
    for wrong in ("12", "-1h", "soon", "١h"):
        with pytest.raises(Problem):
            duration_of(wrong)


# ── real installations ──


def test_only_a_demo_has_a_clock_that_can_move(tmp_path: Path) -> None:
    assert isinstance(clock_of(Settings(data=tmp_path, demo=True)), DemoClock)
    assert isinstance(clock_of(Settings(data=tmp_path)), SystemClock)


def test_the_command_refuses_a_real_installation_and_a_demo_that_rests(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, demo=True)
    with pytest.raises(Problem, match="不是演示"):
        require_running_demo(settings)
    (tmp_path / "linli.toml").write_text("demo = true\n")
    with pytest.raises(Problem, match="没有在运行"):
        require_running_demo(settings)


async def test_a_real_installation_refuses_data_whose_clock_was_moved(
    fresh_database: DatabaseUrls, workshops: tuple[Workshop, Workshop], tmp_path: Path
) -> None:
    real, demo = Settings(data=tmp_path), Settings(data=tmp_path, demo=True)
    await refuse_moved_clock(real, fresh_database.admin)
    async with transaction(workshops[1].engine) as connection:
        await store.lock_clock(connection)
        await store.write_shift(connection, Shift(serial=1, ahead=timedelta(hours=1)))
    with pytest.raises(Problem, match="快进过"):
        await refuse_moved_clock(real, fresh_database.admin)
    await refuse_moved_clock(demo, fresh_database.admin)


# ── in the database ──


async def test_the_shift_outlives_every_process_and_never_shrinks(
    workshops: tuple[Workshop, Workshop],
) -> None:
    engine = workshops[1].engine
    async with transaction(engine) as connection:
        await store.lock_clock(connection)
        await store.write_shift(connection, Shift(serial=1, ahead=timedelta(hours=12)))
    again = DemoClock(Machine())
    await Follower(again, engine, "web").look()
    assert again.now() == NOON + timedelta(hours=12)
    with pytest.raises(LookupError):
        async with transaction(engine) as connection:
            await store.write_shift(connection, Shift(serial=2, ahead=timedelta(hours=11)))
    async with engine.connect() as connection:
        assert (await store.read_clock(connection)).shift.ahead == timedelta(hours=12)


async def test_a_process_says_what_it_goes_by_and_who_is_gone_holds_nobody_up(
    workshops: tuple[Workshop, Workshop],
) -> None:
    engine, machine = workshops[1].engine, Machine()
    followers = [Follower(DemoClock(machine), engine, name) for name in ("web", "gateway")]
    for follower in followers:
        await follower.look()
    async with transaction(engine) as connection:
        await store.lock_clock(connection)
        await store.write_shift(connection, Shift(serial=1, ahead=timedelta(minutes=4)))
        assert len(await store.behind(connection, 1, NOON - timedelta(seconds=15))) == 2
        assert await store.behind(connection, 1, NOON + timedelta(seconds=1)) == []
    await followers[0].look()
    async with engine.connect() as connection:
        (late,) = await store.behind(connection, 1, NOON - timedelta(seconds=15))
    assert late.startswith("gateway ")


@dataclass(slots=True)
class Estate:
    """A demo with a simulator that answers as it is told, and what happened, in order."""

    workshop: Workshop
    clock: DemoClock
    happened: list[str] = field(default_factory=list[str])
    answers: str = "done"
    at_command: Callable[[], Awaitable[None]] | None = None

    async def look(self) -> bool:
        """Stands for the worker's deadlines: notes each that is due, in order."""
        async with transaction(self.workshop.engine) as connection:
            due_at = await next_due(connection)
            if due_at is None or due_at > held_by(self.clock).now():
                return False
            await connection.execute(
                text("DELETE FROM kernel_deadline WHERE due_at = :at"), {"at": due_at}
            )
        self.happened.append("deadline")
        return True

    async def simulate(self) -> None:
        """Answers every command as soon as it is there, and stamps events as a worker does."""
        while True:
            async with transaction(self.workshop.engine) as connection:
                found = await connection.execute(
                    text(
                        "UPDATE sensing_command SET state = :state"
                        " WHERE name = :name AND state = 'waiting' RETURNING params"
                    ),
                    {"state": self.answers, "name": COMMAND},
                )
                heard = found.all()
                await stamp(connection, most=100)
            for _ in heard:
                self.happened.append("devices")
                if self.at_command is not None:
                    await self.at_command()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def demo(machine: Workshop) -> AsyncGenerator[Estate]:
    clock = DemoClock()
    workshop = replace(machine, clock=clock)
    async with workshop.work() as work:
        county = await add_organisation(
            work, OrganisationDraft(kind=OrganisationKind.COUNTY, title="县", parent_id=None)
        )
        street = await add_organisation(
            work, OrganisationDraft(kind=OrganisationKind.STREET, title="街", parent_id=county.id)
        )
        community = await add_organisation(
            work,
            OrganisationDraft(kind=OrganisationKind.COMMUNITY, title="社", parent_id=street.id),
        )
        estate = await found_estate(
            work, EstateDraft("YG", "阳光花园", community.id, width=10, height=10)
        )
        await register_device(
            work,
            Registration(
                estate_id=estate.id,
                place_id=None,
                kind="simulator",
                title="演示模拟器",
                driver="linli_native",
                code=CONTROL,
            ),
        )
    made = Estate(workshop, clock)
    async with followed(clock, workshop.engine, "worker"), asyncio.TaskGroup() as tasks:
        simulating = tasks.create_task(made.simulate())
        yield made
        simulating.cancel()


async def go(estate: Estate, by: timedelta) -> None:
    async with estate.workshop.work() as work:
        await playing.forward(work, by)
    forwarder = Forwarder(estate.workshop, estate.clock, estate.look, {})
    forwarder.wake.set()
    async with asyncio.timeout(60):
        await forwarder.step()


async def test_devices_speak_before_deadlines_are_looked_at_and_every_step_waits(
    workshops: tuple[Workshop, Workshop],
) -> None:
    async with demo(workshops[1]) as estate:
        began = estate.clock.now()
        async with estate.workshop.work() as work:
            for minutes in (2, 5, 6):
                due_at = began + timedelta(minutes=minutes)
                await set_deadline(work, Deadline("test.at", UUID(int=minutes), due_at))
        await go(estate, timedelta(minutes=11))
        async with estate.workshop.engine.connect() as connection:
            state = await store.read_clock(connection)
    assert estate.happened == [
        "devices", "deadline", "devices", "deadline", "deadline", "devices",
    ]  # fmt: skip
    assert state.walk is None
    assert state.ended is not None
    assert (state.ended.outcome, state.ended.rang) == (Outcome.DONE, 0)
    assert state.shift.held_at is None
    assert estate.clock.now() >= began + timedelta(minutes=11)


async def test_it_stops_after_the_present_step_when_somebody_cancels(
    workshops: tuple[Workshop, Workshop],
) -> None:
    async with demo(workshops[1]) as estate:

        async def cancel() -> None:
            async with estate.workshop.work() as work:
                await playing.cancel(work)

        estate.at_command = cancel
        await go(estate, timedelta(hours=12))
        async with estate.workshop.engine.connect() as connection:
            state = await store.read_clock(connection)
    assert state.ended is not None
    assert state.ended.outcome is Outcome.CANCELLED
    assert timedelta() < state.shift.ahead <= 2 * policy.STEP


async def test_a_simulator_that_fails_ends_it_with_the_reason(
    workshops: tuple[Workshop, Workshop],
) -> None:
    async with demo(workshops[1]) as estate:
        estate.answers = "failed"
        await go(estate, timedelta(hours=1))
        async with estate.workshop.engine.connect() as connection:
            ended = (await store.read_clock(connection)).ended
        # What was begun can be asked for again.
        async with estate.workshop.work() as work:
            await playing.forward(work, timedelta(hours=1))
            with pytest.raises(playing.AlreadyForwarding):
                await playing.forward(work, timedelta(hours=1))
    assert ended is not None
    assert ended.outcome is Outcome.FAILED
    assert "模拟器" in ended.words


async def test_a_new_worker_goes_on_where_another_died(
    workshops: tuple[Workshop, Workshop],
) -> None:
    async with demo(workshops[1]) as estate:
        began = estate.clock.now()
        goal = began + timedelta(minutes=10)
        async with transaction(estate.workshop.engine) as connection:
            state = await store.lock_clock(connection)
            await store.write_walk(connection, Walk(began, goal, 0, "王值班"))
            announced = policy.next_step(state.shift, goal, began, LEAD)
            assert announced is not None
            await store.write_shift(connection, announced)
        forwarder = Forwarder(estate.workshop, estate.clock, estate.look, {})
        forwarder.wake.set()
        async with asyncio.timeout(60):
            await forwarder.step()
        async with estate.workshop.work() as work:
            simulator = await playing.simulator_of(work)
            commands = await commands_of(work, simulator.id)
    assert estate.clock.now() >= goal
    assert len(commands) == 2
