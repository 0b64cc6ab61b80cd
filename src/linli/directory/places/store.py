"""SQL of places."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.places.contracts import (
    Corners,
    Estate,
    EstateDraft,
    EstateSize,
    Place,
    PlaceDraft,
    PlaceKind,
    Plan,
    PlanBuilding,
    PlanMark,
)
from linli.directory.places.models import estate_table, place_table
from linli.directory.places.policy import walking_order
from linli.kernel.database import among, insert_rows

e = estate_table.c
p = place_table.c


async def inside(connection: AsyncConnection, place_id: UUID) -> Sequence[UUID]:
    """The place and every place in it."""
    # By parents: row security keeps the index of paths from being used.
    top = select(p.id).where(p.id == place_id).cte("inside", recursive=True)
    whole = top.union_all(select(p.id).join(top, p.parent_id == top.c.id))
    return (await connection.scalars(select(whole.c.id))).all()


async def add_estate(
    connection: AsyncConnection, estate: Estate, draft: EstateDraft, now: datetime
) -> None:
    await connection.execute(
        insert(estate_table).values(
            id=estate.id,
            code=estate.code,
            title=estate.title,
            community_id=estate.community_id,
            width_m=draft.width,
            height_m=draft.height,
            created_at=now,
        )
    )


async def code_taken(connection: AsyncConnection, code: str) -> bool:
    return bool(await connection.scalar(select(func.count()).where(e.code == code)))


async def add_places(
    connection: AsyncConnection,
    places: Sequence[tuple[Place, PlaceDraft]],
    now: datetime,
) -> None:
    rows = [
        {
            "id": place.id,
            "estate_id": place.estate_id,
            "parent_id": place.parent_id,
            "kind": place.kind.value,
            "code": place.code,
            "title": place.title,
            "path": place.path,
            "path_ids": list(place.path_ids),
            "x": draft.x,
            "y": draft.y,
            "w": draft.w,
            "h": draft.h,
            "storeys": draft.storeys,
            "outline": [at for corner in draft.outline for at in corner] if draft.outline else None,
            "created_at": now,
        }
        for place, draft in places
    ]
    await insert_rows(connection, place_table, rows)


async def codes_taken(
    connection: AsyncConnection, estate_id: UUID, codes: Iterable[str]
) -> frozenset[str]:
    found = await connection.scalars(
        select(p.code).where(p.estate_id == estate_id, among(p.code, codes))
    )
    return frozenset(found)


async def estates(
    connection: AsyncConnection, ids: Iterable[UUID] | None = None
) -> Sequence[Estate]:
    wanted = select(e.id, e.code, e.title, e.community_id).order_by(e.title, e.id)
    if ids is not None:
        wanted = wanted.where(e.id.in_(list(ids)))
    return [
        Estate(id=row.id, code=row.code, title=row.title, community_id=row.community_id)
        for row in await connection.execute(wanted)
    ]


async def places(connection: AsyncConnection, ids: Iterable[UUID]) -> Sequence[Place]:
    rows = await connection.execute(select(place_table).where(among(p.id, ids)))
    return [_place(row) for row in rows]


async def children(
    connection: AsyncConnection, estate_id: UUID, parent_id: UUID | None
) -> Sequence[Place]:
    rows = await connection.execute(
        select(place_table).where(p.estate_id == estate_id, p.parent_id == parent_id)
    )
    return sorted((_place(row) for row in rows), key=walking_order)


async def of_estate(
    connection: AsyncConnection, estate_id: UUID, kind: PlaceKind | None
) -> Sequence[Place]:
    wanted = select(place_table).where(p.estate_id == estate_id)
    if kind is not None:
        wanted = wanted.where(p.kind == kind.value)
    rows = await connection.execute(wanted)
    return sorted((_place(row) for row in rows), key=walking_order)


async def count_children(connection: AsyncConnection, ids: Iterable[UUID]) -> Mapping[UUID, int]:
    rows = await connection.execute(
        select(p.parent_id, func.count().label("children"))
        .where(p.parent_id.in_(list(ids)))
        .group_by(p.parent_id)
    )
    return {row.parent_id: row.children for row in rows}


async def sizes(connection: AsyncConnection, ids: Iterable[UUID]) -> Mapping[UUID, EstateSize]:
    rows = await connection.execute(
        select(
            p.estate_id,
            func.count().filter(p.kind == PlaceKind.BUILDING.value).label("buildings"),
            func.count().filter(p.kind == PlaceKind.HOME.value).label("homes"),
        )
        .where(p.estate_id.in_(list(ids)))
        .group_by(p.estate_id)
    )
    return {row.estate_id: EstateSize(buildings=row.buildings, homes=row.homes) for row in rows}


async def plan(connection: AsyncConnection, estate_id: UUID) -> Plan | None:
    size = (
        await connection.execute(select(e.width_m, e.height_m).where(e.id == estate_id))
    ).first()
    if size is None:
        return None
    rows = (
        await connection.execute(
            select(p.id, p.kind, p.title, p.path, p.x, p.y, p.w, p.h, p.storeys, p.outline)
            .where(p.estate_id == estate_id, p.x.is_not(None), p.y.is_not(None))
            .order_by(p.path, p.id)
        )
    ).all()
    return Plan(
        width=size.width_m,
        height=size.height_m,
        buildings=tuple(
            PlanBuilding(
                id=row.id,
                title=row.title,
                x=row.x,
                y=row.y,
                w=row.w,
                h=row.h,
                storeys=row.storeys,
                outline=_corners(row.outline),
            )
            for row in rows
            if row.w is not None and row.h is not None
        ),
        marks=tuple(
            PlanMark(place_id=row.id, kind=PlaceKind(row.kind), title=row.path, x=row.x, y=row.y)
            for row in rows
            if row.w is None or row.h is None
        ),
    )


def _corners(flat: Sequence[float] | None) -> Corners | None:
    return tuple(zip(flat[::2], flat[1::2], strict=True)) if flat else None


def _place(row: Row[*tuple[Any, ...]]) -> Place:
    return Place(
        id=row.id,
        estate_id=row.estate_id,
        kind=PlaceKind(row.kind),
        code=row.code,
        title=row.title,
        path=row.path,
        path_ids=tuple(row.path_ids),
        parent_id=row.parent_id,
        x=row.x,
        y=row.y,
    )


async def coded(
    connection: AsyncConnection, estate_id: UUID, codes: Iterable[str]
) -> Sequence[Place]:
    rows = await connection.execute(
        select(place_table).where(p.estate_id == estate_id, among(p.code, codes))
    )
    return [_place(row) for row in rows]


def homes() -> Select[UUID, UUID, str]:
    """`id`, `estate_id` and `path` of every home, to be counted and joined."""
    return select(p.id, p.estate_id, p.path).where(p.kind == PlaceKind.HOME.value)


def paths() -> Select[UUID, UUID, str, str, list[UUID]]:
    """`id`, `estate_id`, `kind`, `path` and `path_ids` of every place, to be joined."""
    return select(p.id, p.estate_id, p.kind, p.path, p.path_ids)


def lifts() -> Select[UUID, UUID, str]:
    """`id`, `estate_id` and `path` of every lift."""
    return select(p.id, p.estate_id, p.path).where(p.kind == PlaceKind.LIFT.value)


def reached_from(places: Select[UUID]) -> Select[UUID]:
    """These places; of a lift and a machine room also what they lie in, since they serve it."""
    serving = (PlaceKind.LIFT.value, PlaceKind.ROOM.value)
    around = select(p.parent_id).where(
        p.id.in_(places), p.kind.in_(serving), p.parent_id.is_not(None)
    )
    own = select(p.id).where(p.id.in_(places))
    both = union_all(own, around).subquery()
    return select(both.c[0])
