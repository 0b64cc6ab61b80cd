"""Reading the stream of stamped events: for the hub as they come, for a session what it missed."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from linli.app.listening import DRIVER_AWAY, FIRST_WAIT_S, growing
from linli.app.live import wire
from linli.app.live.hub import Hub
from linli.kernel.events import RecordedEvent, last_offset, oldest_offset, read_after

BATCH = 500
READ_S = 10.0
# Beyond this, reading everything again is cheaper for the page than repeating it all.
MOST_MISSED = 5000

log = structlog.get_logger()


async def follow(hub: Hub, engine: AsyncEngine, stamped: asyncio.Event) -> None:
    """Hand out stamped events for ever; `stamped` is set whenever there may be new ones."""
    wait_s = FIRST_WAIT_S
    while True:
        try:
            async with engine.connect() as held:
                # Kept open and without transactions: each look is one round trip.
                connection = await held.execution_options(isolation_level="AUTOCOMMIT")
                while True:
                    await _hand_out(hub, connection)
                    wait_s = FIRST_WAIT_S
                    await stamped.wait()
                    stamped.clear()
        except (DBAPIError, *DRIVER_AWAY) as error:
            log.warning("live_reading_cut", error=repr(error), again_in_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = growing(wait_s)


async def _hand_out(hub: Hub, connection: AsyncConnection) -> None:
    """Read up to the newest event; a connection that fails or says nothing is thrown away."""
    try:
        if not hub.ready.is_set():
            hub.begin(await last_offset(connection))
        events: Sequence[RecordedEvent] | None = None
        while events is None or len(events) == BATCH:
            async with asyncio.timeout(READ_S):
                events = await read_after(connection, hub.position, most=BATCH)
            hub.hand_out(events)
    except BaseException:
        await connection.invalidate()
        raise


async def missed(
    engine: AsyncEngine, topics: frozenset[str], *, after: int, upto: int
) -> AsyncGenerator[bytes]:
    """The frames of what a session with these topics missed, or one `reset` when that is too much.

    It is too much when the events are no longer kept, are too many, or `after` was never stamped
    here.
    """
    async with engine.connect() as connection:
        oldest = await oldest_offset(connection)
    known = 0 <= after <= upto and (oldest is None or oldest - 1 <= after or after == upto)
    if not known or upto - after > MOST_MISSED:
        yield wire.reset(upto)
        return
    while after < upto:
        events = [event for event in await _read(engine, after) if event.offset <= upto]
        if not events:
            return
        frames = [wire.frame(event) for event in events if not topics.isdisjoint(event.topics)]
        if frames:
            yield b"".join(frames)
        after = events[-1].offset


async def _read(engine: AsyncEngine, after: int) -> Sequence[RecordedEvent]:
    async with engine.connect() as connection:
        return await read_after(connection, after, most=BATCH)
