"""Decisions about facilities: when the next check is due, which states follow which. Pure."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta

from linli.directory.facilities.contracts import (
    KINDS,
    Due,
    FacilityEntry,
    FacilityKind,
    FacilityState,
)
from linli.kernel.errors import BadInput, IllegalMove

SOON = timedelta(days=30)
MONTHS = 12

S = FacilityState

MOVES: Mapping[FacilityState, frozenset[FacilityState]] = {
    S.IN_USE: frozenset({S.OUT_OF_ORDER, S.REPAIR, S.SCRAPPED}),
    S.OUT_OF_ORDER: frozenset({S.IN_USE, S.REPAIR, S.SCRAPPED}),
    S.REPAIR: frozenset({S.IN_USE, S.OUT_OF_ORDER, S.SCRAPPED}),
    S.SCRAPPED: frozenset(),
}


def months_after(day: date, months: int) -> date:
    """The same day so many months on; the last of a month that is shorter."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def months_between(kind: FacilityKind, given: int | None) -> int | None:
    """How many months may lie between two checks: as given, or as usual for the kind."""
    return given if given is not None else KINDS[kind].check_months


def next_check(entry: FacilityEntry) -> date | None:
    """When a facility is to be looked at next; None when nobody can say, or it needs no check."""
    months = months_between(entry.kind, entry.check_months)
    if entry.next_check_on is not None or months is None:
        return entry.next_check_on
    last = entry.checked_on or entry.installed_on
    return months_after(last, months) if last else None


def due(months: int | None, next_check_on: date | None, state: FacilityState, today: date) -> Due:
    """How near the next check is."""
    if state is S.SCRAPPED or (months is None and next_check_on is None):
        return Due.NONE
    if next_check_on is None:
        return Due.UNKNOWN
    if next_check_on < today:
        return Due.OVERDUE
    return Due.SOON if next_check_on <= today + SOON else Due.LATER


def moved(state: FacilityState, into: FacilityState) -> FacilityState:
    """The state after a change.

    Raises:
        IllegalMove: this state does not follow that one.
    """
    if into not in MOVES[state]:
        raise IllegalMove(f"设施现在不能从“{state}”改为“{into}”")
    return into


def dated(entry: FacilityEntry) -> FacilityEntry:
    """The entry, when its days can be true.

    Raises:
        BadInput: it was checked before it was installed.
    """
    if entry.installed_on and entry.checked_on and entry.checked_on < entry.installed_on:
        raise BadInput("上次检查早于安装日期", field="checked_on")
    if entry.check_months is not None and entry.check_months <= 0:
        raise BadInput("检查周期应为正数", field="check_months")
    return entry
