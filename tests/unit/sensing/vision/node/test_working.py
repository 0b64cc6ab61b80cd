"""Works end together, however hard one of them tries to stay."""

import asyncio

import pytest

from linli.sensing.vision.node.working import run_together


class Stubborn:
    """A work that answers so many cancellations with going on."""

    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.running = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        while True:
            try:
                self.running.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not self._lost:
                    self.ended = True
                    raise
                self._lost -= 1


async def test_a_work_that_loses_a_cancellation_is_cancelled_again() -> None:
    one, other, stop = Stubborn(lost=1), Stubborn(lost=0), asyncio.Event()
    together = asyncio.ensure_future(run_together(one.run(), other.run(), until=stop))
    await one.running.wait()
    stop.set()
    await together
    assert one.ended
    assert other.ended


async def test_who_is_cancelled_meanwhile_leaves_no_work_behind() -> None:
    one, stop = Stubborn(lost=2), asyncio.Event()
    together = asyncio.ensure_future(run_together(one.run(), until=stop))
    await one.running.wait()
    together.cancel()
    await asyncio.wait((together,), timeout=0.05)
    together.cancel()
    with pytest.raises(asyncio.CancelledError):
        await together
    assert one.ended


async def test_the_first_failure_ends_all_and_is_told() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    one = Stubborn(lost=0)
    with pytest.raises(ValueError, match="no"):
        await run_together(one.run(), fail(), until=asyncio.Event())
    assert one.ended
