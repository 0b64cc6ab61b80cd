"""SQL of homes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.homes.contracts import (
    HomeFacts,
    HomeState,
    HomeUse,
    Household,
    HouseholdRole,
    Lease,
    Member,
    Ownership,
    Party,
    Share,
    SpaceKind,
    Vehicle,
    VehicleKind,
)
from linli.directory.homes.models import (
    home_table,
    household_table,
    lease_table,
    member_table,
    ownership_table,
    vehicle_table,
)
from linli.directory.homes.policy import masked_plate
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.database import among

h = home_table.c
o = ownership_table.c
le = lease_table.c
hh = household_table.c
mm = member_table.c
ve = vehicle_table.c


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleFilter:
    """Which vehicles a list shows; `plate` is the beginning of one."""

    estate_id: UUID | None = None
    home_ids: Sequence[UUID] | None = None
    person_id: UUID | None = None
    enterprise_id: UUID | None = None
    plate: str = ""
    kind: VehicleKind | None = None
    space_kind: SpaceKind | None = None
    sort: str = "plate"
    most: int = 50
    skip: int = 0


async def facts(connection: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, HomeFacts]:
    rows = await connection.execute(select(home_table).where(among(h.id, ids)))
    return {
        row.id: HomeFacts(
            home_id=row.id,
            estate_id=row.estate_id,
            area=row.area,
            use=HomeUse(row.use),
            state=HomeState(row.state) if row.state else None,
            version=row.version,
            source=_source(row),
            entered_by=row.entered_by,
        )
        for row in rows
    }


async def lock_shares(connection: AsyncConnection, estate_id: UUID) -> None:
    """Whoever changes shares of an estate's homes waits for whoever does so already."""
    await connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"shares {estate_id}", 0)))
    )


async def ownerships(
    connection: AsyncConnection,
    *,
    homes: Collection[UUID] = (),
    person_id: UUID | None = None,
    enterprise_id: UUID | None = None,
) -> Sequence[Ownership]:
    """Shares of homes, or of somebody; the present ones and the newest first."""
    rows = await connection.execute(
        select(ownership_table)
        .where(_of(ownership_table, homes, person_id, enterprise_id))
        .order_by(o.valid_to.desc().nulls_first(), o.valid_from.desc(), o.id)
    )
    return [
        Ownership(
            id=row.id,
            estate_id=row.estate_id,
            home_id=row.home_id,
            share=Share(
                Party(row.person_id, row.enterprise_id),
                Fraction(row.numerator, row.denominator),
                row.valid_from,
                row.valid_to,
            ),
            source=_source(row),
            entered_by=row.entered_by,
        )
        for row in rows
    ]


async def leases(
    connection: AsyncConnection,
    *,
    homes: Collection[UUID] = (),
    person_id: UUID | None = None,
    enterprise_id: UUID | None = None,
) -> Sequence[Lease]:
    rows = await connection.execute(
        select(lease_table)
        .where(_of(lease_table, homes, person_id, enterprise_id))
        .order_by(le.valid_to.desc().nulls_first(), le.valid_from.desc(), le.id)
    )
    return [
        Lease(
            id=row.id,
            estate_id=row.estate_id,
            home_id=row.home_id,
            party=Party(row.person_id, row.enterprise_id),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            source=_source(row),
            entered_by=row.entered_by,
        )
        for row in rows
    ]


async def lease(connection: AsyncConnection, lease_id: UUID) -> Lease | None:
    row = (await connection.execute(select(le.home_id).where(le.id == lease_id))).first()
    if row is None:
        return None
    return next(one for one in await leases(connection, homes=[row.home_id]) if one.id == lease_id)


async def end(
    connection: AsyncConnection, table: Table, row_id: UUID, day: date, told: Mapping[str, object]
) -> None:
    """The fact holds no longer from this day on."""
    await connection.execute(
        update(table)
        .where(table.c.id == row_id)
        .values(valid_to=day, version=table.c.version + 1, **told)
    )


async def households(
    connection: AsyncConnection,
    *,
    homes: Collection[UUID] = (),
    person_id: UUID | None = None,
    ids: Collection[UUID] = (),
) -> Sequence[Household]:
    """Households of homes, or those a person belongs or belonged to, with their members."""
    if person_id is not None:
        mine = select(mm.household_id).where(mm.person_id == person_id)
        condition: ColumnElement[bool] = hh.id.in_(mine)
    else:
        condition = among(hh.id, ids) if ids else among(hh.home_id, homes)
    rows = (
        await connection.execute(
            select(household_table)
            .where(condition)
            .order_by(hh.valid_to.desc().nulls_first(), hh.valid_from.desc(), hh.id)
        )
    ).all()
    members: dict[UUID, list[Member]] = {}
    for row in await connection.execute(
        select(member_table)
        .where(among(mm.household_id, [row.id for row in rows]))
        .order_by(mm.valid_from, mm.id)
    ):
        members.setdefault(row.household_id, []).append(
            Member(row.id, row.person_id, HouseholdRole(row.role), row.valid_from, row.valid_to)
        )
    return [
        Household(
            id=row.id,
            estate_id=row.estate_id,
            home_id=row.home_id,
            code=row.code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            members=tuple(members.get(row.id, ())),
            source=_source(row),
            entered_by=row.entered_by,
        )
        for row in rows
    ]


_SORTS: Mapping[str, ColumnElement[Any]] = {
    "plate": ve.plate,
    "kind": ve.kind,
    "space": ve.space,
    "entered_at": ve.entered_at,
}


async def vehicles(
    connection: AsyncConnection, wanted: VehicleFilter, today: date, *, full: bool
) -> tuple[Sequence[Vehicle], int]:
    """Vehicles in use, and how many there are; plates masked unless `full`."""
    conditions: list[ColumnElement[bool]] = [or_(ve.valid_to.is_(None), ve.valid_to > today)]
    if wanted.estate_id is not None:
        conditions.append(ve.estate_id == wanted.estate_id)
    if wanted.home_ids is not None:
        conditions.append(among(ve.home_id, wanted.home_ids))
    if wanted.person_id is not None:
        conditions.append(ve.person_id == wanted.person_id)
    if wanted.enterprise_id is not None:
        conditions.append(ve.enterprise_id == wanted.enterprise_id)
    if wanted.plate:
        conditions.append(ve.plate.contains(wanted.plate, autoescape=True))
    if wanted.kind is not None:
        conditions.append(ve.kind == wanted.kind.value)
    if wanted.space_kind is not None:
        conditions.append(ve.space_kind == wanted.space_kind.value)
    total = await connection.scalar(
        select(func.count()).select_from(vehicle_table).where(*conditions)
    )
    column = _SORTS.get(wanted.sort.removeprefix("-"), ve.plate)
    order = column.desc() if wanted.sort.startswith("-") else column
    rows = await connection.execute(
        select(vehicle_table)
        .where(*conditions)
        .order_by(order, ve.id)
        .limit(wanted.most)
        .offset(wanted.skip)
    )
    return [vehicle(row, full=full) for row in rows], int(total or 0)


def vehicle(row: Row[*tuple[Any, ...]], *, full: bool) -> Vehicle:
    return Vehicle(
        id=row.id,
        estate_id=row.estate_id,
        plate=row.plate if full else masked_plate(row.plate),
        kind=VehicleKind(row.kind),
        party=Party(row.person_id, row.enterprise_id),
        home_id=row.home_id,
        space=row.space,
        space_kind=SpaceKind(row.space_kind),
        valid_to=row.valid_to,
        version=row.version,
        source=_source(row),
        entered_by=row.entered_by,
    )


async def vehicle_row(
    connection: AsyncConnection, vehicle_id: UUID
) -> Row[*tuple[Any, ...]] | None:
    return (await connection.execute(select(vehicle_table).where(ve.id == vehicle_id))).first()


def _of(
    table: Table, homes: Collection[UUID], person_id: UUID | None, enterprise_id: UUID | None
) -> ColumnElement[bool]:
    if person_id is not None:
        return table.c.person_id == person_id
    if enterprise_id is not None:
        return table.c.enterprise_id == enterprise_id
    return among(table.c.home_id, homes)


def _source(row: Row[*tuple[Any, ...]]) -> Source:
    return Source(SourceKind(row.source_kind), row.source_title, row.source_id)
