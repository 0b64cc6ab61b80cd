"""SQL of facilities."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.facilities.contracts import (
    KINDS,
    Check,
    Due,
    Facility,
    FacilityFilter,
    FacilityKind,
    FacilityState,
)
from linli.directory.facilities.models import (
    facility_check_table,
    facility_device_table,
    facility_table,
)
from linli.directory.facilities.policy import SOON, due
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.database import among

f = facility_table.c
d = facility_device_table.c
k = facility_check_table.c

CHECKED_KINDS = [kind.value for kind, facts in KINDS.items() if facts.check_months is not None]

_SORTS: Mapping[str, ColumnElement[Any]] = {
    "code": f.code,
    "title": f.title,
    "kind": f.kind,
    "state": f.state,
    "installed_on": f.installed_on,
    "next_check_on": f.next_check_on,
    "entered_at": f.entered_at,
}


async def find(
    connection: AsyncConnection, wanted: FacilityFilter, today: date
) -> tuple[Sequence[Facility], int]:
    conditions = _conditions(wanted, today)
    total = await connection.scalar(
        select(func.count()).select_from(facility_table).where(*conditions)
    )
    column = _SORTS.get(wanted.sort.removeprefix("-"), f.next_check_on)
    order = column.desc() if wanted.sort.startswith("-") else column
    rows = (
        await connection.execute(
            select(facility_table)
            .where(*conditions)
            .order_by(order.nulls_last(), f.id)
            .limit(wanted.most)
            .offset(wanted.skip)
        )
    ).all()
    links = await _links(connection, [row.id for row in rows])
    return [_facility(row, links, today) for row in rows], int(total or 0)


def _conditions(wanted: FacilityFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.estate_id is not None:
        conditions.append(f.estate_id == wanted.estate_id)
    if wanted.place_ids is not None:
        conditions.append(among(f.place_id, wanted.place_ids))
    if wanted.kind is not None:
        conditions.append(f.kind == wanted.kind.value)
    if wanted.state is not None:
        conditions.append(f.state == wanted.state.value)
    else:
        conditions.append(f.state != FacilityState.SCRAPPED.value)
    if wanted.due is not None:
        conditions.append(is_due(wanted.due, today))
    conditions.extend(
        or_(
            *(
                column.icontains(word, autoescape=True)
                for column in (f.title, f.code, f.maker, f.model, f.serial)
            )
        )
        for word in wanted.words.split()
    )
    return conditions


def is_due(wanted: Due, today: date) -> ColumnElement[bool]:
    """As `policy.due`, in SQL."""
    checked = or_(f.check_months.is_not(None), f.kind.in_(CHECKED_KINDS))
    alive = f.state != FacilityState.SCRAPPED.value
    match wanted:
        case Due.OVERDUE:
            return and_(alive, f.next_check_on < today)
        case Due.SOON:
            return and_(alive, f.next_check_on >= today, f.next_check_on <= today + SOON)
        case Due.LATER:
            return and_(alive, f.next_check_on > today + SOON)
        case Due.UNKNOWN:
            return and_(alive, f.next_check_on.is_(None), checked)
        case Due.NONE:
            return or_(~alive, and_(f.next_check_on.is_(None), ~checked))


async def counts(
    connection: AsyncConnection, wanted: FacilityFilter, today: date
) -> Mapping[str, int]:
    """How many of each state, and of each nearness of the next check (`due:overdue`)."""
    conditions = _conditions(wanted, today)
    row = (
        (
            await connection.execute(
                select(
                    func.count().label("all"),
                    *(
                        func.count().filter(f.state == state.value).label(state.value)
                        for state in FacilityState
                    ),
                    *(
                        func.count().filter(is_due(each, today)).label(f"due:{each.value}")
                        for each in Due
                    ),
                )
                .select_from(facility_table)
                .where(*conditions)
            )
        )
        .mappings()
        .one()
    )
    return dict(row)


async def one(connection: AsyncConnection, facility_id: UUID, today: date) -> Facility | None:
    row = (await connection.execute(select(facility_table).where(f.id == facility_id))).first()
    if row is None:
        return None
    return _facility(row, await _links(connection, [row.id]), today)


async def known(
    connection: AsyncConnection, estate_id: UUID, codes: Collection[str]
) -> Mapping[str, Row[*tuple[Any, ...]]]:
    rows = await connection.execute(
        select(facility_table).where(f.estate_id == estate_id, among(f.code, codes))
    )
    return {row.code: row for row in rows}


async def change(
    connection: AsyncConnection,
    facility_id: UUID,
    values: Mapping[str, object],
    told: Mapping[str, object],
) -> None:
    await connection.execute(
        update(facility_table)
        .where(f.id == facility_id)
        .values(**dict(values), version=f.version + 1, **told)
    )


async def link(
    connection: AsyncConnection, facility_id: UUID, estate_id: UUID, device_ids: Collection[UUID]
) -> None:
    """The facility has exactly these devices."""
    await connection.execute(
        delete(facility_device_table).where(
            d.facility_id == facility_id, ~among(d.device_id, device_ids)
        )
    )
    if device_ids:
        await connection.execute(
            pg_insert(facility_device_table)
            .values(
                [
                    {"facility_id": facility_id, "device_id": one_, "estate_id": estate_id}
                    for one_ in sorted(device_ids)
                ]
            )
            .on_conflict_do_nothing()
        )


async def add_check(
    connection: AsyncConnection, facility: Facility, check: Check, moment: object
) -> None:
    await connection.execute(
        insert(facility_check_table).values(
            id=check.id,
            facility_id=facility.id,
            estate_id=facility.estate_id,
            day=check.day,
            passed=check.passed,
            by=check.by,
            words=check.words,
            entered_at=moment,
        )
    )


async def checks(connection: AsyncConnection, facility_id: UUID) -> Sequence[Check]:
    rows = await connection.execute(
        select(facility_check_table)
        .where(k.facility_id == facility_id)
        .order_by(k.day.desc(), k.id.desc())
    )
    return [Check(row.id, row.day, row.passed, row.by, row.words) for row in rows]


async def with_device(connection: AsyncConnection, device_id: UUID) -> Sequence[UUID]:
    return (await connection.scalars(select(d.facility_id).where(d.device_id == device_id))).all()


async def _links(connection: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    if ids:
        for row in await connection.execute(
            select(d.facility_id, d.device_id)
            .where(among(d.facility_id, ids))
            .order_by(d.device_id)
        ):
            found.setdefault(row.facility_id, []).append(row.device_id)
    return found


def _facility(
    row: Row[*tuple[Any, ...]], links: Mapping[UUID, Sequence[UUID]], today: date
) -> Facility:
    kind, state = FacilityKind(row.kind), FacilityState(row.state)
    months = row.check_months if row.check_months is not None else KINDS[kind].check_months
    return Facility(
        id=row.id,
        estate_id=row.estate_id,
        place_id=row.place_id,
        code=row.code,
        title=row.title,
        kind=kind,
        maker=row.maker,
        model=row.model,
        serial=row.serial,
        installed_on=row.installed_on,
        check_months=months,
        checked_on=row.checked_on,
        next_check_on=row.next_check_on,
        due=due(months, row.next_check_on, state, today),
        state=state,
        state_words=row.state_words,
        device_ids=tuple(links.get(row.id, ())),
        version=row.version,
        source=Source(SourceKind(row.source_kind), row.source_title, row.source_id),
        entered_by=row.entered_by,
    )
