"""What a node gives up, in which order, when its cameras ask for more than it has. Pure.

The announced policy: storing and showing always go on. Analysis is thinned, then stopped, from the
least important camera upwards: first every second picture is analysed, for all cameras, before any
camera's analysis stops. It comes back in the opposite order when there is room again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf

# The share of all cores above which something must go, below which something may come back.
FULL = 0.90
ROOMY = 0.60
# Analysis that is this far behind the stream would alarm too late.
LATE_S = 2.0
# How long a state must last before it is acted on.
OVERLOAD_LASTS_S = 10.0
# While analysis falls further behind after a step, the next one follows soon.
LATE_LASTS_S = 3.0
ROOM_LASTS_S = 60.0


class Level(IntEnum):
    """How much of a camera's pictures is analysed."""

    FULL = 0
    HALF = 1
    OFF = 2


LEVEL_TEXTS: Mapping[Level, str] = {
    Level.FULL: "全部分析",
    Level.HALF: "节点繁忙，每两帧分析一帧",
    Level.OFF: "节点繁忙，已暂停识别，录像和查看不受影响",
}


@dataclass(frozen=True, slots=True)
class Load:
    """How a node is doing: the share of all its cores in use (0–1), and how late analysis is."""

    share: float
    behind_s: float

    @property
    def heavy(self) -> bool:
        """Something must go."""
        return self.share > FULL or self.behind_s > LATE_S

    @property
    def light(self) -> bool:
        """Something may come back."""
        return self.share < ROOMY and self.behind_s < LATE_S / 2


def step_down(
    levels: Mapping[str, Level], by_importance: Sequence[str]
) -> tuple[str, Level] | None:
    """The next camera to thin (least important first), and to which level; None: all is off."""
    for level in (Level.FULL, Level.HALF):
        for code in reversed(by_importance):
            if levels.get(code, Level.FULL) is level:
                return code, Level(level + 1)
    return None


def step_up(levels: Mapping[str, Level], by_importance: Sequence[str]) -> tuple[str, Level] | None:
    """The next camera to give back to (most important first); None: all are at full."""
    for level in (Level.OFF, Level.HALF):
        for code in by_importance:
            if levels.get(code, Level.FULL) is level:
                return code, Level(level - 1)
    return None


class Balance:
    """Steps the levels of the cameras that analyse, one at a time, with patience."""

    def __init__(self) -> None:
        self.levels: dict[str, Level] = {}
        self._heavy_since: float | None = None
        self._light_since: float | None = None
        self._behind_then = inf

    def judged(
        self, load: Load, by_importance: Sequence[str], at: float
    ) -> tuple[str, Level] | None:
        """Take in how it goes at `at` (seconds); returns the camera whose level changes now."""
        self.levels = {code: self.levels.get(code, Level.FULL) for code in by_importance}
        self._heavy_since = (self._heavy_since or at) if load.heavy else None
        self._light_since = (self._light_since or at) if load.light else None
        step: tuple[str, Level] | None = None
        worse = load.behind_s > max(self._behind_then, LATE_S)
        lasts = LATE_LASTS_S if worse else OVERLOAD_LASTS_S
        if self._heavy_since is not None and at - self._heavy_since >= lasts:
            step, self._heavy_since = step_down(self.levels, by_importance), at
            self._behind_then = load.behind_s
        elif self._light_since is not None and at - self._light_since >= ROOM_LASTS_S:
            step, self._light_since = step_up(self.levels, by_importance), at
        if self._heavy_since is None:
            self._behind_then = inf
        if step is not None:
            self.levels[step[0]] = step[1]
        return step
