"""The door of the calendar: the country's working days."""

from datetime import date, datetime

from linli.support.calendar import policy
from linli.support.calendar.contracts import Day, Due
from linli.support.calendar.national import ANNOUNCED_YEARS, FREE_DAYS, MAKE_UP_DAYS

NATIONAL = policy.Notices(free=FREE_DAYS, make_up=MAKE_UP_DAYS, years=ANNOUNCED_YEARS)


def day_of(on: date) -> Day:
    """Whether people work on this day, and which holiday it belongs to."""
    return policy.day_of(NATIONAL, on)


def year_of(year: int) -> tuple[Day, ...]:
    """Holidays and make-up days of a year; none where its notice is not known yet."""
    return policy.year_of(NATIONAL, year)


def due_after(start: datetime, working_days: int) -> Due:
    """The end of the n-th working day after the day of `start`. Raises BadInput."""
    return policy.due_after(NATIONAL, start, working_days)


__all__ = ["day_of", "due_after", "year_of"]
