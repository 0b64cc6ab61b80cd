"""Time as the simulated estate sees it: ordinary, hurrying through the past, or led ahead."""

import asyncio
import time
from collections.abc import Callable

LONGEST_NAP = 60.0
# Turns of the loop after which whoever was woken has done what it does at once.
TURNS = 4


class Clock:
    """Seconds since the epoch (UTC), beginning `ago` seconds ago, `speed` times as fast as time.

    It never runs ahead of the wall clock, so what a device stamps on a message is never a lie:
    once it has caught up, simulated time is real time. Only linli itself may lead it ahead of the
    wall (`walk`), because then linli's own clock is ahead by the same.
    """

    def __init__(
        self,
        *,
        ago: float = 0.0,
        speed: float = 1.0,
        ahead: float = 0.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wall = wall
        self._began = wall()
        self._start = self._began - max(ago, 0.0)
        self._speed = speed
        self._ahead = max(ahead, 0.0)
        self._standing: float | None = None
        self._waiting: dict[asyncio.Future[None], float] = {}

    @property
    def ahead(self) -> float:
        """Seconds ahead of the wall."""
        return self._ahead

    def now(self) -> float:
        return self._base() + self._ahead if self._standing is None else self._standing

    async def until(self, at: float) -> None:
        """Return once `at` has come."""
        while (remaining := at - self.now()) > 0:
            rate = 1.0 if self._base() >= self._wall() else max(self._speed, 1.0)
            await self._nap(at, min(remaining / rate, LONGEST_NAP))

    async def rest(self, seconds: float) -> None:
        """Let simulated seconds pass.

        A clock that started in the past hurries only until it is now; one that started now
        has nothing to catch up with, so there its speed shortens the rests themselves.
        """
        if self._start < self._began:
            await self.until(self.now() + seconds)
        else:
            await self._nap(self.now() + seconds, seconds / self._speed)

    async def walk(self, ahead: float) -> None:
        """Go on until so many seconds ahead of the wall, living through all that lies between.

        Whoever waits for a moment on the way is woken at that moment, one after another, and sees
        that time. Time never goes back: less than now changes nothing.
        """
        if ahead <= self._ahead:
            return
        try:
            while (sleeper := self._next(self._base() + ahead)) is not None:
                self._standing = max(self.now(), self._waiting.pop(sleeper))
                sleeper.set_result(None)
                for _ in range(TURNS):
                    await asyncio.sleep(0)
        finally:
            self._ahead = ahead
            self._standing = None

    def _next(self, until: float) -> asyncio.Future[None] | None:
        due = (one for one, at in self._waiting.items() if at <= until and not one.done())
        return min(due, key=self._waiting.__getitem__, default=None)

    def _base(self) -> float:
        wall = self._wall()
        return min(self._start + (wall - self._began) * self._speed, wall)

    async def _nap(self, at: float, longest: float) -> None:
        """Sleep so many real seconds, or until a walk reaches `at`."""
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[sleeper] = at
        try:
            await asyncio.wait((sleeper,), timeout=longest)
        finally:
            self._waiting.pop(sleeper, None)
