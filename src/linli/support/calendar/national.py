"""The State Council's holiday notices, from the package `chinesecalendar` (2004 on)."""

from collections.abc import Mapping
from datetime import date
from typing import cast

from chinese_calendar.constants import (  # pyright: ignore[reportMissingTypeStubs] - ships no types
    Holiday,
    holidays,
    workdays,
)

_TITLES = {str(one.value): str(getattr(one, "chinese")) for one in Holiday}  # noqa: B009 - untyped


def _named(days: object) -> Mapping[date, str]:
    return {day: _TITLES[name] for day, name in cast("Mapping[date, str]", days).items()}


FREE_DAYS = _named(holidays)
"""Days off by notice, weekends among them, with the holiday's name."""

MAKE_UP_DAYS = _named(workdays)
"""Weekend days worked by notice, with the name of the holiday they make up for."""

ANNOUNCED_YEARS = frozenset(day.year for day in FREE_DAYS)
