"""A loop that goes on: whatever its step raises is logged, counted and tried again later."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from linli.app.listening import FIRST_WAIT_S, is_away
from linli.app.worker.counting import WorkerCounts

LONGEST_WAIT_S = 5.0

log = structlog.get_logger()

Step = Callable[[], Awaitable[None]]


async def keep(name: str, step: Step, counts: WorkerCounts) -> None:
    """Run the step again and again, for ever; after a failure with growing waits."""
    wait_s = FIRST_WAIT_S
    while True:
        try:
            await step()
        except Exception as error:
            if is_away(error):
                log.warning("loop_without_database", loop=name, error=repr(error))
            else:
                log.exception("loop_failed", loop=name)
            counts.loops.labels(name).inc()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        else:
            wait_s = FIRST_WAIT_S


async def woken(wake: asyncio.Event, *, or_after_s: float) -> None:
    """Wait until somebody wakes us, or the time is over."""
    try:
        async with asyncio.timeout(or_after_s):
            await wake.wait()
    except TimeoutError:
        return
    finally:
        wake.clear()
