"""Time as the simulated estate sees it: ordinary, or hurrying through the past until it is now."""

import asyncio
import time
from collections.abc import Callable

LONGEST_NAP = 60.0


class Clock:
    """Seconds since the epoch (UTC), beginning `ago` seconds ago, `speed` times as fast as time.

    It never runs ahead of the wall clock, so what a device stamps on a message is never a lie:
    once it has caught up, simulated time is real time.
    """

    def __init__(
        self,
        *,
        ago: float = 0.0,
        speed: float = 1.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wall = wall
        self._began = wall()
        self._start = self._began - max(ago, 0.0)
        self._speed = speed

    def now(self) -> float:
        wall = self._wall()
        return min(self._start + (wall - self._began) * self._speed, wall)

    async def until(self, at: float) -> None:
        """Return once `at` has come."""
        while (remaining := at - self.now()) > 0:
            rate = 1.0 if self.now() >= self._wall() else max(self._speed, 1.0)
            await asyncio.sleep(min(remaining / rate, LONGEST_NAP))

    async def rest(self, seconds: float) -> None:
        """Let simulated seconds pass.

        A clock that started in the past hurries only until it is now; one that started now
        has nothing to catch up with, so there its speed shortens the rests themselves.
        """
        if self._start < self._began:
            await self.until(self.now() + seconds)
        else:
            await asyncio.sleep(seconds / self._speed)
