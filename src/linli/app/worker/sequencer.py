"""The sequencer: recorded events get their offsets, as soon as they are committed."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from linli.app.worker.counting import WorkerCounts
from linli.app.worker.supervised import woken
from linli.kernel.events import stamp

# A notification that got lost delays its event by no more than this.
LOOK_EVERY_S = 1.0
BATCH = 2000
# Longer than any stamping takes: the connection is half-open.
STAMP_S = 20.0


class Sequencer:
    """Stamps until nothing waits; one worker at a time, whichever is first."""

    def __init__(self, engine: AsyncEngine, recorded: asyncio.Event, counts: WorkerCounts) -> None:
        self._engine = engine
        self._recorded = recorded
        self._counts = counts

    async def step(self) -> None:
        """Stamp for as long as the connection lasts.

        Every alarm on its way to a page passes here, so none waits for a connection.
        """
        async with self._engine.connect() as connection:
            try:
                while True:
                    await self._stamp(connection)
                    await woken(self._recorded, or_after_s=LOOK_EVERY_S)
            except BaseException:
                await connection.invalidate()
                raise

    async def _stamp(self, connection: AsyncConnection) -> None:
        stamped = BATCH
        while stamped == BATCH:
            async with asyncio.timeout(STAMP_S):
                transaction = await connection.begin()
                stamped = await stamp(connection, most=BATCH)
                await transaction.commit()
            self._counts.stamped.inc(stamped)
