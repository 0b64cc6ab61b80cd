"""The clock of a demo installation: the machine's, moved ahead by one shift for all processes.

A process keeps the shift in memory, so asking for the time costs an addition. It hears of a
change by NOTIFY, looks twice a second besides, and says in the database which change it goes by.
"""

import asyncio
import os
import platform
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from time import monotonic

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.demo import policy, store
from linli.app.demo.contracts import Shift
from linli.app.listening import DRIVER_AWAY, listen
from linli.kernel.database import transaction
from linli.kernel.time import Clock, SystemClock

LOOK_EVERY_S = 0.5
SAY_EVERY_S = 5.0
GONE_AFTER = timedelta(seconds=15)

log = structlog.get_logger()


class DemoClock:
    """Demo time. `machine` is the clock below it; `held` what deadlines and chores go by."""

    def __init__(self, machine: Clock | None = None) -> None:
        self.machine = machine or SystemClock()
        self.shift = Shift()
        self.held: Clock = _Held(self)

    def now(self) -> datetime:
        return policy.demo_time(self.shift, self.machine.now())

    def learn(self, told: Shift) -> None:
        """Go by the newer of what is known and what is told."""
        self.shift = policy.newer(self.shift, told)


class _Held:
    """Demo time up to when the devices have spoken."""

    def __init__(self, clock: DemoClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return policy.held_time(self._clock.shift, self._clock.machine.now())


def held_by(clock: Clock) -> Clock:
    """The clock that deadlines and chores go by."""
    return clock.held if isinstance(clock, DemoClock) else clock


class Follower:
    """Keeps a process's clock by the shift in the database."""

    def __init__(self, clock: DemoClock, engine: AsyncEngine, name: str) -> None:
        self._clock = clock
        self._engine = engine
        self._process = f"{name} {platform.node()}:{os.getpid()}"
        self._wake = asyncio.Event()
        self._said = (-1, 0.0)

    async def look(self) -> None:
        """Read the shift, go by it, and say so when it is new or was not said for a while."""
        async with transaction(self._engine) as connection:
            state = await store.read_clock(connection)
            self._clock.learn(state.shift)
            serial, (said, said_at) = self._clock.shift.serial, self._said
            if serial != said or monotonic() - said_at >= SAY_EVERY_S:
                at = self._clock.machine.now()
                await store.follow(connection, self._process, serial, at)
                self._said = (serial, monotonic())

    async def keep(self) -> None:
        """Follow for ever; while the database is away the process goes on by what it knows."""
        while True:
            try:
                await self.look()
            except (DBAPIError, *DRIVER_AWAY) as error:
                log.warning("demo_clock_not_read", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()
            self._wake.clear()

    async def leave(self) -> None:
        """Say that this process ends."""
        with suppress(DBAPIError, *DRIVER_AWAY):
            async with transaction(self._engine) as connection:
                await store.leave(connection, self._process)

    def wake(self) -> None:
        self._wake.set()


@asynccontextmanager
async def followed(
    clock: Clock,
    engine: AsyncEngine,
    name: str,
    *,
    moved: Callable[[], None] = lambda: None,
) -> AsyncGenerator[None]:
    """Keep the clock of this process in step meanwhile; a clock that cannot move needs nothing.

    `engine` connects as `linli_gateway`. `moved` is called at every change.
    """
    if not isinstance(clock, DemoClock):
        yield
        return
    follower = Follower(clock, engine, name)
    await follower.look()

    def wake() -> None:
        follower.wake()
        moved()

    async with asyncio.TaskGroup() as tasks:
        running = (
            tasks.create_task(follower.keep()),
            tasks.create_task(listen(engine, {store.CLOCK_MOVED: wake})),
        )
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await follower.leave()
