"""The calendar of working days over HTTP."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict

from linli.kernel.errors import NotSignedIn
from linli.kernel.web import CurrentWork, router
from linli.support.calendar import public as calendar
from linli.support.calendar.national import ANNOUNCED_YEARS

api = router("/api/calendar", tag="calendar")


class DayShape(BaseModel):
    """A day that differs from the plain week, or a holiday."""

    model_config = ConfigDict(frozen=True)

    on: date
    working: bool
    name: str | None


class YearShape(BaseModel):
    """Holidays and make-up days of a year; `announced` is False before the yearly notice."""

    model_config = ConfigDict(frozen=True)

    year: int
    announced: bool
    source: str
    days: list[DayShape]


class DueShape(BaseModel):
    """The end of the last day; `provisional` while a counted year has no notice yet."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    last_day: date
    provisional: bool


@api.get("/years/{year}")
async def show_year(work: CurrentWork, year: Annotated[int, Path(ge=2004, le=2100)]) -> YearShape:
    """Holidays and make-up days of a year, after the State Council's yearly notice."""
    if work.scope.account_id is None:
        raise NotSignedIn
    return YearShape(
        year=year,
        announced=year in ANNOUNCED_YEARS,
        source="国务院办公厅关于部分节假日安排的通知",
        days=[
            DayShape(on=day.on, working=day.working, name=day.name)
            for day in calendar.year_of(year)
        ],
    )


@api.get("/due")
async def show_due(
    work: CurrentWork,
    start: datetime,
    working_days: Annotated[int, Query(ge=1, le=2_000)],
) -> DueShape:
    """When something that takes so many working days from `start` is due at the latest."""
    if work.scope.account_id is None:
        raise NotSignedIn
    if start.tzinfo is None:
        start = start.replace(tzinfo=work.now.tzinfo)
    due = calendar.due_after(start, working_days)
    return DueShape(at=due.at, last_day=due.last_day, provisional=due.provisional)
