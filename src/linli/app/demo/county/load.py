"""The worker's loop that enters the county when somebody has asked for it.

One worker loads, two estates at a time, each in a process and a transaction of its own. What is
there stays: a load that was broken off goes on with the next estate.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from linli.app.demo.clock import DemoClock
from linli.app.demo.county import invent, store
from linli.app.demo.county.contracts import County, CountyMove, Measure
from linli.app.demo.county.filling import Job, fill_beside
from linli.app.demo.county.founding import found_missing
from linli.app.demo.county.invent import InventedEstate
from linli.app.demo.county.policy import UNDER_WAY, moved
from linli.app.worker.supervised import Step
from linli.kernel.database import transaction
from linli.kernel.errors import Refusal
from linli.kernel.figures import Figure
from linli.kernel.work import Workshop
from linli.screens.cockpit.service import count, index_all
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

LOOK_EVERY_S = 1.0
AT_ONCE = 2
ONE_LOADS = 0x6C696E6E
# Said and left: tried again at once it would fail again.
FAILURES = (DBAPIError, BrokenProcessPool, Refusal, OSError)

log = structlog.get_logger()


def processes() -> Executor:
    """Two processes: where there are more processors, the database has the others."""
    return ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn"))


@dataclass(slots=True)
class Loader:
    """Enters the county in parts. `database` and `keys` are for the processes that do it.

    `played` is the folder in which the simulator finds the estates that it plays.
    """

    workshop: Workshop
    database: str
    keys: Keys
    figures: Sequence[Figure]
    played: Path
    measure: Measure = field(default_factory=Measure)
    executor: Callable[[], Executor] = processes

    async def step(self) -> None:
        """Wait a moment, then load if somebody has asked and no other worker does."""
        await asyncio.sleep(LOOK_EVERY_S)
        async with self.workshop.engine.connect() as connection:
            if (await store.read(connection)).state not in UNDER_WAY:
                return
            # Held by the session: it goes with this worker, however it ends.
            loads = await connection.scalar(select(func.pg_try_advisory_lock(ONE_LOADS)))
            await connection.commit()
            if not loads:
                return
            try:
                await self.load()
            finally:
                await connection.execute(select(func.pg_advisory_unlock(ONE_LOADS)))
                await connection.commit()

    async def talk(self) -> None:
        """Let the county's devices be there still after a stop, until the simulator speaks."""
        async with self.workshop.work() as work:
            await store.keep_talking(work.connection, work.now)

    async def load(self) -> None:
        """Enter every estate that is missing, then count what came."""
        begun = monotonic()
        plans = invent.estates(self.measure)
        async with self.workshop.work() as work:
            filled = await store.filled(work.connection)
        missing = [plan for plan in plans if plan.code not in filled]
        await self._note(CountyMove.BEGIN, at=len(plans) - len(missing), of=len(plans))
        try:
            stopped = await self._fill_all(missing)
            if not stopped:
                await self._finish()
        except FAILURES as error:
            log.exception("demo_county_failed")
            await self._note(CountyMove.FAIL, words=_why(error))
            return
        await self._note(CountyMove.STOP if stopped else CountyMove.FINISH)
        log.info("demo_county", stopped=stopped, seconds=round(monotonic() - begun, 1))

    async def _fill_all(self, missing: Sequence[InventedEstate]) -> bool:
        """Fill them; answers whether somebody has stopped it."""
        waiting = list(reversed(missing))
        running: dict[asyncio.Future[Mapping[str, int]], InventedEstate] = {}
        loop = asyncio.get_running_loop()
        pool = self.executor()
        try:
            while waiting or running:
                stopped = (await self._read()).cancelled
                while waiting and len(running) < AT_ONCE and not stopped:
                    plan = waiting.pop()
                    async with self.workshop.work() as work:
                        await found_missing(work, AesGcmCipher(self.keys), [plan])
                        job = Job(
                            self.database, self.keys, plan.no, self.measure, work.now, self.played
                        )
                    running[loop.run_in_executor(pool, fill_beside, job)] = plan
                if not running:
                    return True
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    plan = running.pop(one)
                    await self._entered(plan, one.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return False

    async def _entered(self, plan: InventedEstate, counts: Mapping[str, int]) -> None:
        async with transaction(self.workshop.engine) as connection:
            county = await store.read(connection, lock=True)
            await store.write(
                connection,
                replace(
                    county,
                    at=county.at + 1,
                    title=plan.title,
                    counts=dict(Counter(county.counts) + Counter(counts)),
                ),
            )

    async def _finish(self) -> None:
        """The planner and the cockpit learn of what came at once, not by and by."""
        await asyncio.gather(self._analyse(of_people=True), self._analyse(of_people=False))
        async with self.workshop.work() as work:
            await count(work, self.figures)
            await index_all(work, self.figures)

    async def _analyse(self, *, of_people: bool) -> None:
        async with transaction(self.workshop.engine) as connection:
            await store.analyse(connection, of_people=of_people)

    async def _read(self) -> County:
        async with self.workshop.engine.connect() as connection:
            return await store.read(connection)

    async def _note(
        self, move: CountyMove, *, at: int | None = None, of: int | None = None, words: str = ""
    ) -> None:
        async with self.workshop.work() as work:
            county = await store.read(work.connection, lock=True)
            state = moved(county.state, move)
            ended = state not in UNDER_WAY
            await store.write(
                work.connection,
                replace(
                    county,
                    state=state,
                    at=county.at if at is None else at,
                    of=county.of if of is None else of,
                    words=words,
                    cancelled=county.cancelled and state in UNDER_WAY,
                    began_at=county.began_at or work.now,
                    ended_at=work.now if ended else None,
                ),
            )


def _why(error: BaseException) -> str:
    match error:
        case DBAPIError():
            return "数据库没有接受，原因见运行日志"
        case Refusal():
            return error.message
        case OSError():
            return f"文件写不进去：{error.strerror}"
        case _:
            return "载入的进程意外结束，原因见运行日志"


def loading(loader: Loader) -> Mapping[str, Callable[[object], Step]]:
    """The worker's loop that enters the county; none where there is no demo."""
    if not isinstance(loader.workshop.clock, DemoClock):
        return {}
    return {"demo county": lambda _look: loader.step}
