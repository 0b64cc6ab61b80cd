"""The demo's clock as its processes, the page and the command line know it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NO_TIME = timedelta()


class Outcome(StrEnum):
    """How a forwarding ended."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Shift:
    """How far demo time is ahead of the machine's clock.

    `next_ahead` takes the place of `ahead` at `next_at` by the machine's clock, in every process
    at once. While `held_at` (demo time) is set, deadlines and chores see time stand still there.
    `serial` counts the changes.
    """

    serial: int = 0
    ahead: timedelta = NO_TIME
    next_ahead: timedelta | None = None
    next_at: datetime | None = None
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A forwarding under way, in demo time. `from_event` is the newest event at its beginning."""

    from_at: datetime
    goal_at: datetime
    from_event: int
    asked_by_name: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The last forwarding: from when to when, how it ended, how many alerts rang meanwhile."""

    from_at: datetime
    ended_at: datetime
    outcome: Outcome
    words: str
    rang: int


@dataclass(frozen=True, slots=True)
class ClockState:
    """Everything there is to know of the demo's clock."""

    shift: Shift = Shift()
    walk: Walk | None = None
    ended: Ended | None = None
