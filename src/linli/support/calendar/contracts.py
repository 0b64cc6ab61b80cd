"""Days and dates that are due, as others may see them."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar.

    `name` is the holiday it belongs to, also on a working day that makes up for one; `announced`
    is False where the yearly notice is not known yet and only weekends are certain.
    """

    on: date
    working: bool
    name: str | None
    announced: bool


@dataclass(frozen=True, slots=True)
class Due:
    """When something counted in working days is due at the latest.

    `at` is the end of the last day (24:00, Asia/Shanghai), aware, UTC. `provisional` says that a
    day was counted whose yearly notice is not known yet.
    """

    at: datetime
    last_day: date
    provisional: bool
