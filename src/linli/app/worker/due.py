"""Deadlines: those that are due are looked at, each by itself, however others fare."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.listening import is_away
from linli.app.worker.counting import WorkerCounts
from linli.kernel.database import transaction
from linli.kernel.deadlines import Deadline, claim_due, next_due, put_back
from linli.kernel.reactions import DeadlineReaction
from linli.kernel.work import Work, Workshop

# Nobody tells a worker of a deadline set for sooner than the one it sleeps towards.
LONGEST_SLEEP_S = 1.0
BATCH = 20
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
# A kind that this release does not know belongs to a newer worker that runs beside it.
UNKNOWN_WAIT = timedelta(seconds=30)

log = structlog.get_logger()


class Deadlines:
    """Claims what is due in batches and gives each deadline to its reaction."""

    def __init__(
        self, workshop: Workshop, reactions: Sequence[DeadlineReaction], counts: WorkerCounts
    ) -> None:
        self._workshop = workshop
        self._reactions: Mapping[str, DeadlineReaction] = {r.kind: r for r in reactions}
        self._counts = counts

    async def step(self) -> None:
        """Look at all that is due, then sleep until something may be."""
        while await self.look():
            pass
        async with self._workshop.engine.connect() as connection:
            due_at = await next_due(connection)
        sleep_s = LONGEST_SLEEP_S
        if due_at is not None:
            until_due = (due_at - self._workshop.clock.now()).total_seconds()
            sleep_s = max(0.0, min(until_due, LONGEST_SLEEP_S))
        await asyncio.sleep(sleep_s)

    async def look(self) -> bool:
        """Look at one batch; False when nothing was due."""
        async with transaction(self._workshop.engine) as connection:
            due = await claim_due(connection, self._workshop.clock.now(), most=BATCH)
            for deadline in due:
                await self._pass(connection, deadline)
        return bool(due)

    async def _pass(self, connection: AsyncConnection, deadline: Deadline) -> None:
        now = self._workshop.clock.now()
        reaction = self._reactions.get(deadline.kind)
        if reaction is None:
            log.warning("deadline_unknown", kind=deadline.kind)
            self._counts.deadlines.labels("unknown").inc()
            await put_back(connection, deadline, now + UNKNOWN_WAIT)
            return
        work = Work(connection=connection, now=now, ids=self._workshop.ids)
        try:
            async with connection.begin_nested():
                await reaction.react(work, deadline)
                await work.outbox.flush(connection)
        except Exception as error:
            if is_away(error):
                raise
            again_at = now + wait_after(deadline.attempts)
            log.exception("deadline_failed", kind=deadline.kind, attempts=deadline.attempts)
            self._counts.deadlines.labels("failed").inc()
            await put_back(connection, deadline, again_at)
        else:
            self._counts.deadlines.labels("done").inc()


def wait_after(attempts: int) -> timedelta:
    """How long until a deadline that failed `attempts` times before is looked at again."""
    return min(FIRST_WAIT * 2 ** min(attempts, 16), LONGEST_WAIT)
