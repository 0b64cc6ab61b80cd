"""Chores: what is done again and again, in one worker at a time."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import delete

from linli.app.worker.counting import WorkerCounts
from linli.kernel.reactions import Chore, claim_chore, every, forget_events
from linli.kernel.web import idempotency_table
from linli.kernel.work import Work, Workshop

LOOK_EVERY = timedelta(seconds=30)
IDEMPOTENCY_KEPT = timedelta(days=2)
EVENTS_KEPT = timedelta(days=30)
EVENTS_AT_ONCE = 20_000

log = structlog.get_logger()


class ChoreLoop:
    """Does one chore whenever it is due."""

    def __init__(self, chore: Chore, workshop: Workshop, counts: WorkerCounts) -> None:
        self._chore = chore
        self._workshop = workshop
        self._counts = counts

    async def step(self) -> None:
        """Do it when it is due, then wait until it may be again."""
        await self.do()
        await asyncio.sleep(min(self._chore.every, LOOK_EVERY).total_seconds())

    async def do(self) -> bool:
        """Do it when it is due; whether it was."""
        chore = self._chore
        try:
            async with self._workshop.work() as work:
                if not await claim_chore(work.connection, chore, work.now):
                    return False
                done = await chore.do(work)
        except Exception:
            self._counts.chores.labels(chore.name, "failed").inc()
            raise
        self._counts.chores.labels(chore.name, "done").inc()
        if done:
            log.info("chore_done", chore=chore.name, things=done)
        return True


async def forget_idempotency_keys(work: Work) -> int:
    """Keys are kept two days: longer than any phone keeps what it could not send."""
    old = idempotency_table.c.created_at < work.now - IDEMPOTENCY_KEPT
    return (await work.connection.execute(delete(idempotency_table).where(old))).rowcount


async def forget_old_events(work: Work) -> int:
    """Events are kept thirty days for pages that come back and consumers that lag."""
    return await forget_events(work.connection, work.now - EVENTS_KEPT, most=EVENTS_AT_ONCE)


KERNEL_CHORES = (
    every(timedelta(hours=1), "kernel.forget_idempotency_keys")(forget_idempotency_keys),
    every(timedelta(minutes=15), "kernel.forget_events")(forget_old_events),
)
