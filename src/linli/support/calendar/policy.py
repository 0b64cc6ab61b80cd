"""Counting in working days. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from linli.kernel.errors import BadInput
from linli.kernel.time import SHANGHAI
from linli.support.calendar.contracts import Day, Due

SATURDAY = 5
MOST_DAYS = 2_000
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Notices:
    """What the yearly notices say: days off and days worked besides the plain week."""

    free: Mapping[date, str]
    make_up: Mapping[date, str]
    years: frozenset[int]


def day_of(notices: Notices, on: date) -> Day:
    """What kind of day it is; a year without its notice knows weekends only."""
    free, make_up = notices.free.get(on), notices.make_up.get(on)
    working = make_up is not None or (free is None and on.weekday() < SATURDAY)
    return Day(on=on, working=working, name=free or make_up, announced=on.year in notices.years)


def year_of(notices: Notices, year: int) -> tuple[Day, ...]:
    """The days of a year on which the notice differs from the plain week, or names a holiday."""
    named = sorted({*notices.free, *notices.make_up})
    return tuple(day_of(notices, on) for on in named if on.year == year)


def due_after(notices: Notices, start: datetime, working_days: int) -> Due:
    """The end of the n-th working day after the day of `start`, which itself does not count.

    民法典 §201: the day it begins is not counted; §203: the last day ends at 24:00, and if it is
    no working day the next one is the last.

    Raises:
        BadInput: fewer than one day, or more than 2,000.
    """
    if not 1 <= working_days <= MOST_DAYS:
        raise BadInput(f"工作日天数应在 1 到 {MOST_DAYS} 之间", field="working_days")
    on = start.astimezone(SHANGHAI).date()
    left, provisional = working_days, False
    while left:
        on += ONE_DAY
        day = day_of(notices, on)
        left -= day.working
        provisional = provisional or not day.announced
    end = datetime.combine(on + ONE_DAY, time(), SHANGHAI).astimezone(UTC)
    return Due(at=end, last_day=on, provisional=provisional)


def working_days_between(notices: Notices, first: date, last: date) -> int:
    """Working days after `first` up to and with `last`; 0 when `last` is not later."""
    days = (last - first).days
    return sum(day_of(notices, first + ONE_DAY * n).working for n in range(1, days + 1))
