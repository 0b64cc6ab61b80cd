"""Works that run together and end together."""

import asyncio
from collections.abc import Coroutine

# How long a work has to end before it is asked again.
ASK_AGAIN_S = 0.5


async def run_together(*works: Coroutine[object, object, None], until: asyncio.Event) -> None:
    """Run works until the event is set, one of them fails, or the caller is cancelled.

    When it returns or raises, every work has ended. A library may answer a cancellation with an
    error of its own, or lose it (`asyncio.wait_for` does below Python 3.12 when the awaited thing
    is done at that moment), so a work is cancelled until it ends.

    Raises:
        Exception: what the first failing work raised.
    """
    tasks = {asyncio.ensure_future(work) for work in works}
    waiting = asyncio.ensure_future(until.wait())
    try:
        done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            await task
    finally:
        waiting.cancel()
        await _ended(tasks)


async def _ended(tasks: set["asyncio.Task[None]"]) -> None:
    cancelled: asyncio.CancelledError | None = None
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=ASK_AGAIN_S)
        except asyncio.CancelledError as error:
            cancelled = error
    for task in tasks:
        if not task.cancelled():
            task.exception()  # the first is raised by the caller; nobody asks for the others
    if cancelled is not None:
        raise cancelled
