"""Going ahead in demo time, step by step: one worker leads, every process follows.

A step is announced, every process says that it knows, and all switch at the same moment. Then the
simulator lets its devices say what they would have said meanwhile. Only then do deadlines and
chores see the new time, and the next step waits until they and all handlers are through.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo import policy, store
from linli.app.demo.clock import GONE_AFTER, DemoClock
from linli.app.demo.contracts import Ended, Outcome, Shift, Walk
from linli.app.demo.entering import CONTROL
from linli.app.demo.plan import read_plan
from linli.app.demo.playing import simulator_of
from linli.app.demo.training import PLAN as TRAINING
from linli.app.worker.running import Look
from linli.app.worker.supervised import Step, woken
from linli.kernel.database import transaction
from linli.kernel.errors import Refusal
from linli.kernel.work import Workshop
from linli.sensing.devices.contracts import Command, CommandState
from linli.sensing.devices.public import command_device, commands_of

LOOK_EVERY_S = 1.0
ASK_EVERY_S = 0.03
LEAD = timedelta(milliseconds=150)
FOLLOW_WITHIN_S = 20.0
PLAYED_WITHIN_S = 60.0
THROUGH_WITHIN_S = 20.0
COMMAND = "forward_clock"
RANG = "alert_rang"
ONE_LEADS = 0x6C696E6C  # "linl"
FINAL = frozenset(
    {CommandState.DONE, CommandState.REFUSED, CommandState.FAILED, CommandState.EXPIRED}
)

log = structlog.get_logger()


class Stuck(Exception):
    """The walk cannot go on; the text says why, for people."""


def played_devices() -> frozenset[str]:
    """The codes of the devices that the simulator plays, its own among them."""
    plans = (read_plan(), read_plan(TRAINING))
    return frozenset({CONTROL, *(one.code for plan in plans for one in plan.estate.devices)})


@dataclass(slots=True)
class Forwarder:
    """Leads the demo's clock towards the goal that was set.

    `workshop` goes by `clock`. `look` looks at one batch of deadlines and says whether there was
    any. `reactions` are event names by consumer.
    """

    workshop: Workshop
    clock: DemoClock
    look: Look
    reactions: Mapping[str, str]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    played: frozenset[str] = field(default_factory=played_devices)

    async def step(self) -> None:
        """Wait for a goal, then go there unless another worker does."""
        await woken(self.wake, or_after_s=LOOK_EVERY_S)
        async with self.workshop.engine.connect() as connection:
            if (await store.read_clock(connection)).walk is None:
                return
            # Held by the session: it goes with this worker, however it ends.
            leads = await connection.scalar(select(func.pg_try_advisory_lock(ONE_LEADS)))
            await connection.commit()
            if not leads:
                return
            try:
                await self._go()
            finally:
                await connection.execute(select(func.pg_advisory_unlock(ONE_LEADS)))
                await connection.commit()

    async def _go(self) -> None:
        outcome, words = Outcome.DONE, ""
        try:
            while (walk := await self._walk()) is not None:
                if walk.cancelled:
                    outcome = Outcome.CANCELLED
                    break
                announced = await self._announce(walk)
                if announced is None:
                    break
                await self._all_follow(announced)
                await self._devices_speak(announced)
                await self._settle(announced)
                await self._through()
        except (Stuck, Refusal) as reason:
            outcome, words = Outcome.FAILED, str(reason)
            log.warning("demo_forwarding_stuck", reason=words)
        await self._end(outcome, words)

    async def _walk(self) -> Walk | None:
        async with self.workshop.engine.connect() as connection:
            return (await store.read_clock(connection)).walk

    async def _announce(self, walk: Walk) -> Shift | None:
        machine = self.clock.machine.now()
        async with transaction(self.workshop.engine) as connection:
            await store.forget_followers(connection, machine - GONE_AFTER)
            state = await store.lock_clock(connection)
            # Taken after the lock: the moment must lie ahead for everybody.
            shift = policy.next_step(state.shift, walk.goal_at, self.clock.machine.now(), LEAD)
            if shift is not None:
                await store.write_shift(connection, shift)
        if shift is not None:
            self.clock.learn(shift)
        return shift

    async def _all_follow(self, announced: Shift) -> None:
        """Wait until every living process knows of the step and its moment has come."""

        async def follow(connection: AsyncConnection) -> bool:
            since = self.clock.machine.now() - GONE_AFTER
            return not await store.behind(connection, announced.serial, since)

        if not await self._until(follow, FOLLOW_WITHIN_S):
            raise Stuck("有一个进程没有跟上演示时间，快进已停止")
        if announced.next_at is not None:
            early = (announced.next_at - self.clock.machine.now()).total_seconds()
            await asyncio.sleep(max(early, 0.0))

    async def _devices_speak(self, announced: Shift) -> None:
        """Let the simulator live up to the new time."""
        if announced.next_ahead is None:
            return
        ahead_s = announced.next_ahead.total_seconds()
        async with self.workshop.work() as work:
            simulator = await simulator_of(work)
            asked = await command_device(work, simulator.id, COMMAND, {"ahead_s": ahead_s})
        found: list[Command] = []

        async def finished(connection: AsyncConnection) -> bool:
            del connection
            async with self.workshop.work() as work:
                newest = await commands_of(work, simulator.id, most=5)
            found[:] = [one for one in newest if one.id == asked.id and one.state in FINAL]
            return bool(found)

        if not await self._until(finished, PLAYED_WITHIN_S):
            raise Stuck("模拟器没有回应，快进已停止；请确认它在运行，再快进一次")
        if found[0].state is not CommandState.DONE:
            raise Stuck(f"模拟器没有做完，快进已停止：{found[0].words or found[0].state.in_words}")

    async def _settle(self, announced: Shift) -> None:
        """The devices have spoken: deadlines and chores may see the new time."""
        step = (announced.next_ahead or announced.ahead) - announced.ahead
        machine = self.clock.machine.now()
        async with transaction(self.workshop.engine) as connection:
            state = await store.lock_clock(connection)
            until = policy.demo_time(state.shift, machine)
            await store.keep_heard(connection, self.played, step)
            shift = policy.settled(state.shift, until=until)
            await store.write_shift(connection, shift)
        self.clock.learn(shift)

    async def _through(self) -> None:
        """Look at everything that is due, and let handlers finish what follows from it."""

        async def calm(connection: AsyncConnection) -> bool:
            if await self.look():
                return False
            return not await store.unhandled(connection, dict(self.reactions))

        if not await self._until(calm, THROUGH_WITHIN_S):
            log.warning("demo_forwarding_not_calm")

    async def _end(self, outcome: Outcome, words: str) -> None:
        async with transaction(self.workshop.engine) as connection:
            state = await store.lock_clock(connection)
            if state.walk is None:
                return
            machine = self.clock.machine.now()
            shift = policy.settled(state.shift, until=None)
            rang = await store.events_named(connection, RANG, state.walk.from_event)
            await store.write_shift(connection, shift)
            ended_at = policy.demo_time(shift, machine)
            await store.write_end(
                connection, Ended(state.walk.from_at, ended_at, outcome, words, rang)
            )
        self.clock.learn(shift)
        log.info("demo_forwarded", outcome=outcome.value, rang=rang)

    async def _until(
        self, holds: Callable[[AsyncConnection], Awaitable[bool]], within_s: float
    ) -> bool:
        give_up = monotonic() + within_s
        while True:
            async with self.workshop.engine.connect() as connection:
                if await holds(connection):
                    return True
            if monotonic() > give_up:
                return False
            await asyncio.sleep(ASK_EVERY_S)


def forwarding(
    workshop: Workshop, reactions: Mapping[str, str], wake: asyncio.Event
) -> Mapping[str, Callable[[Look], Step]]:
    """The worker's loop that moves the demo's clock; none where the clock cannot be moved."""
    clock = workshop.clock
    if not isinstance(clock, DemoClock):
        return {}

    def make(look: Look) -> Step:
        return Forwarder(workshop, clock, look, reactions, wake).step

    return {"demo clock": make}
