"""What should be known of homes and vehicles."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, GenerativeSelect, Numeric, cast, exists, func, or_, select

from linli.directory.homes.contracts import HomeState
from linli.directory.homes.models import home_table, lease_table, ownership_table, vehicle_table
from linli.directory.people.public import living_now
from linli.directory.places.public import homes
from linli.kernel.measures import Measure
from linli.kernel.time import SHANGHAI

GROUP = "房屋"
ALMOST = 0.999_999_9
"""Shares are added as decimals here: a third three times is a little less than the whole."""

h = home_table.c
o = ownership_table.c
le = lease_table.c
v = vehicle_table.c

Has = Callable[[datetime, ColumnElement[UUID]], ColumnElement[bool]]
"""What is asked of each home by its id: a county has too many for a list of those that have it."""


def _area(now: datetime, home: ColumnElement[UUID]) -> ColumnElement[bool]:
    del now, home
    return h.area.is_not(None)


def _state(now: datetime, home: ColumnElement[UUID]) -> ColumnElement[bool]:
    del now, home
    return h.state.is_not(None)


def _owned(now: datetime, home: ColumnElement[UUID]) -> ColumnElement[bool]:
    today = now.astimezone(SHANGHAI).date()
    shares = select(func.sum(cast(o.numerator, Numeric) / o.denominator)).where(
        o.home_id == home, o.valid_from <= today, or_(o.valid_to.is_(None), o.valid_to > today)
    )
    return func.coalesce(shares.scalar_subquery(), 0) > ALMOST


def _lived(now: datetime, home: ColumnElement[UUID]) -> ColumnElement[bool]:
    lived = living_now(now).subquery()
    return exists().where(lived.c.home_id == home)


def _leased(now: datetime, home: ColumnElement[UUID]) -> ColumnElement[bool]:
    today = now.astimezone(SHANGHAI).date()
    return exists().where(
        le.home_id == home, le.valid_from <= today, or_(le.valid_to.is_(None), le.valid_to > today)
    )


# A home of which nothing is noted counts as lived in, and not as let.
NOT_VACANT = or_(h.state.is_(None), h.state != HomeState.VACANT.value)
LET = h.state == HomeState.LET.value


def _measure(
    code: str,
    title: str,
    weight: int,
    has: Has,
    *,
    needs: str = "see_places",
    among: ColumnElement[bool] | None = None,
) -> Measure:
    all_homes = homes().subquery("homes")
    noted = all_homes.outerjoin(home_table, h.id == all_homes.c.id)
    conditions = [] if among is None else [among]

    def counted(now: datetime, estate: UUID | None) -> GenerativeSelect:
        found = (
            select(
                all_homes.c.estate_id,
                func.count().label("total"),
                func.count().filter(has(now, all_homes.c.id)).label("have"),
            )
            .select_from(noted)
            .where(*conditions)
        )
        if estate is not None:
            found = found.where(all_homes.c.estate_id == estate)
        return found.group_by(all_homes.c.estate_id)

    def lacking(now: datetime, estate: UUID) -> GenerativeSelect:
        return (
            select(all_homes.c.id, all_homes.c.path.label("title"))
            .select_from(noted)
            .where(*conditions, all_homes.c.estate_id == estate, ~has(now, all_homes.c.id))
            .order_by(all_homes.c.path)
        )

    return Measure(code, title, GROUP, weight, needs, "place", counted, lacking)


def _vehicles_counted(now: datetime, estate: UUID | None) -> GenerativeSelect:
    today = now.astimezone(SHANGHAI).date()
    wanted = select(
        v.estate_id,
        func.count().label("total"),
        func.count().filter(_DRIVEN).label("have"),
    ).where(or_(v.valid_to.is_(None), v.valid_to > today))
    if estate is not None:
        wanted = wanted.where(v.estate_id == estate)
    return wanted.group_by(v.estate_id)


def _vehicles_lacking(now: datetime, estate: UUID) -> GenerativeSelect:
    today = now.astimezone(SHANGHAI).date()
    shown = func.concat(func.left(v.plate, 3), "***", func.right(v.plate, 1))
    return (
        select(v.id, shown.label("title"))
        .where(v.estate_id == estate, ~_DRIVEN, or_(v.valid_to.is_(None), v.valid_to > today))
        .order_by(v.plate)
    )


_DRIVEN = or_(v.person_id.is_not(None), v.enterprise_id.is_not(None))

MEASURES = (
    _measure("homes.area", "房屋有专有面积", 3, _area),
    _measure("homes.state", "房屋有使用状态", 1, _state),
    _measure("homes.owned", "房屋产权份额齐全", 3, _owned, needs="see_people"),
    _measure("homes.lived", "在用房屋有登记人员", 2, _lived, needs="see_people", among=NOT_VACANT),
    _measure("homes.leased", "出租房屋有租约", 1, _leased, needs="see_people", among=LET),
    Measure(
        "vehicles.owner",
        "车辆有车主",
        "车辆",
        1,
        "see_people",
        "vehicle",
        _vehicles_counted,
        _vehicles_lacking,
    ),
)
