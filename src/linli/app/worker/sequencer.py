"""The sequencer: recorded events get their offsets, as soon as they are committed."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.worker.counting import WorkerCounts
from linli.app.worker.supervised import woken
from linli.kernel.database import transaction
from linli.kernel.events import stamp

# A notification that got lost delays its event by no more than this.
LOOK_EVERY_S = 1.0


class Sequencer:
    """Stamps until nothing waits; one worker at a time, whichever is first."""

    def __init__(self, engine: AsyncEngine, recorded: asyncio.Event, counts: WorkerCounts) -> None:
        self._engine = engine
        self._recorded = recorded
        self._counts = counts

    async def step(self) -> None:
        await woken(self._recorded, or_after_s=LOOK_EVERY_S)
        while True:
            async with transaction(self._engine) as connection:
                stamped = await stamp(connection)
            if not stamped:
                return
            self._counts.stamped.inc(stamped)
