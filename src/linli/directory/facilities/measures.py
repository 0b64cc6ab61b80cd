"""What should be known of facilities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, GenerativeSelect, func, select

from linli.directory.facilities.contracts import Due, FacilityKind, FacilityState
from linli.directory.facilities.models import facility_table
from linli.directory.facilities.store import is_due
from linli.directory.places.public import lifts
from linli.kernel.measures import Measure
from linli.kernel.time import SHANGHAI

GROUP = "设施"
SEE = "see_places"

f = facility_table.c
ALIVE = f.state != FacilityState.SCRAPPED.value


def _checked(now: datetime) -> ColumnElement[bool]:
    return ~is_due(Due.UNKNOWN, now.astimezone(SHANGHAI).date())


def _placed(now: datetime) -> ColumnElement[bool]:
    del now
    return f.place_id.is_not(None)


def _counted(now: datetime, estate: UUID | None, has: ColumnElement[bool]) -> GenerativeSelect:
    del now
    wanted = select(
        f.estate_id, func.count().label("total"), func.count().filter(has).label("have")
    ).where(ALIVE)
    if estate is not None:
        wanted = wanted.where(f.estate_id == estate)
    return wanted.group_by(f.estate_id)


def _lacking(estate: UUID, has: ColumnElement[bool]) -> GenerativeSelect:
    return select(f.id, f.title).where(ALIVE, f.estate_id == estate, ~has).order_by(f.title)


def _lifts_counted(now: datetime, estate: UUID | None) -> GenerativeSelect:
    del now
    all_lifts = lifts().subquery("lifts")
    noted = all_lifts.c.id.in_(_NOTED_LIFTS)
    wanted = select(
        all_lifts.c.estate_id,
        func.count().label("total"),
        func.count().filter(noted).label("have"),
    )
    if estate is not None:
        wanted = wanted.where(all_lifts.c.estate_id == estate)
    return wanted.group_by(all_lifts.c.estate_id)


def _lifts_lacking(now: datetime, estate: UUID) -> GenerativeSelect:
    del now
    all_lifts = lifts().subquery("lifts")
    return (
        select(all_lifts.c.id, all_lifts.c.path.label("title"))
        .where(all_lifts.c.estate_id == estate, all_lifts.c.id.not_in(_NOTED_LIFTS))
        .order_by(all_lifts.c.path)
    )


_NOTED_LIFTS = select(f.place_id).where(
    f.kind == FacilityKind.LIFT.value, f.place_id.is_not(None), ALIVE
)

MEASURES = (
    Measure(
        "facilities.lifts", "电梯有台账", GROUP, 3, SEE, "place", _lifts_counted, _lifts_lacking
    ),
    Measure(
        "facilities.check",
        "设施有下次检查日期",
        GROUP,
        2,
        SEE,
        "facility",
        lambda now, estate: _counted(now, estate, _checked(now)),
        lambda now, estate: _lacking(estate, _checked(now)),
    ),
    Measure(
        "facilities.place",
        "设施有位置",
        GROUP,
        1,
        SEE,
        "facility",
        lambda now, estate: _counted(now, estate, _placed(now)),
        lambda now, estate: _lacking(estate, _placed(now)),
    ),
)
