"""The SQL of façades, falls and packs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.scenes.falling_objects.contracts import (
    Corner,
    FacadeDraft,
    Fall,
    Grade,
    KeptFacade,
    Pack,
    Sighting,
    Verdict,
    Window,
)
from linli.scenes.falling_objects.models import (
    facade_table,
    fall_table,
    pack_table,
    sighting_table,
    window_table,
)

f = facade_table.c
w = window_table.c
a = fall_table.c
s = sighting_table.c
p = pack_table.c


# Façades


def _facade(row: Row[Any]) -> KeptFacade:
    return KeptFacade(
        id=row.id,
        estate_id=row.estate_id,
        draft=FacadeDraft(
            building_id=row.building_id,
            camera_id=row.camera_id,
            title=row.title,
            corners=msgspec.convert(row.corners, tuple[Corner, Corner, Corner, Corner]),
            storeys=row.storeys,
            ground_storey=row.ground_storey,
            columns=row.columns,
            storey_height_m=row.storey_height_m,
            width_m=row.width_m,
            error_px=row.error_px,
            mirrored=row.mirrored,
        ),
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def _facade_row(facade: KeptFacade) -> dict[str, Any]:
    draft = facade.draft
    return {
        "building_id": draft.building_id,
        "camera_id": draft.camera_id,
        "title": draft.title,
        "corners": msgspec.to_builtins(draft.corners),
        "storeys": draft.storeys,
        "ground_storey": draft.ground_storey,
        "columns": draft.columns,
        "storey_height_m": draft.storey_height_m,
        "width_m": draft.width_m,
        "error_px": draft.error_px,
        "mirrored": draft.mirrored,
        "version": facade.version,
        "changed_at": facade.changed_at,
        "changed_by": facade.changed_by,
    }


async def facades(
    connection: AsyncConnection,
    *,
    ids: Collection[UUID] | None = None,
    cameras: Collection[UUID] | None = None,
    building_id: UUID | None = None,
    estate_id: UUID | None = None,
    lock: bool = False,
) -> Sequence[KeptFacade]:
    """Standing façades that fit all that is given, the oldest first."""
    statement = select(facade_table).where(f.removed_at.is_(None)).order_by(f.id)
    if ids is not None:
        statement = statement.where(f.id.in_(list(ids)))
    if cameras is not None:
        statement = statement.where(f.camera_id.in_(list(cameras)))
    if building_id is not None:
        statement = statement.where(f.building_id == building_id)
    if estate_id is not None:
        statement = statement.where(f.estate_id == estate_id)
    if lock:
        statement = statement.with_for_update()
    return [_facade(row) for row in await connection.execute(statement)]


async def add_facade(connection: AsyncConnection, facade: KeptFacade) -> None:
    await connection.execute(
        insert(facade_table).values(id=facade.id, estate_id=facade.estate_id, **_facade_row(facade))
    )


async def change_facade(connection: AsyncConnection, facade: KeptFacade) -> None:
    await connection.execute(
        update(facade_table).where(f.id == facade.id).values(_facade_row(facade))
    )


async def remove_facade(connection: AsyncConnection, facade_id: UUID, at: datetime) -> None:
    await connection.execute(update(facade_table).where(f.id == facade_id).values(removed_at=at))


async def windows(
    connection: AsyncConnection, facade_ids: Collection[UUID]
) -> Mapping[UUID, tuple[Window, ...]]:
    """Windows by façade, storey by storey."""
    rows = await connection.execute(
        select(window_table)
        .where(w.facade_id.in_(list(facade_ids)))
        .order_by(w.facade_id, w.storey, w["column"])
    )
    found: dict[UUID, list[Window]] = {}
    for row in rows.mappings():
        found.setdefault(row["facade_id"], []).append(
            Window(row["storey"], row["column"], row["home_id"], row["label"], row["corrected"])
        )
    return {facade_id: tuple(there) for facade_id, there in found.items()}


async def put_windows(
    connection: AsyncConnection, facade: KeptFacade, new: Sequence[Window]
) -> None:
    """Replace the façade's windows."""
    await connection.execute(delete(window_table).where(w.facade_id == facade.id))
    rows = [
        {
            "facade_id": facade.id,
            "estate_id": facade.estate_id,
            "storey": one.storey,
            "column": one.column,
            "home_id": one.home_id,
            "label": one.label,
            "corrected": one.corrected,
        }
        for one in new
    ]
    if rows:
        await connection.execute(insert(window_table), rows)


# Falls


def _fall(row: Row[Any]) -> Fall:
    return Fall(
        id=row.id,
        estate_id=row.estate_id,
        building_id=row.building_id,
        incident_id=row.incident_id,
        grade=Grade(row.grade),
        released_at=row.released_at,
        impact_at=row.impact_at,
        verdict=msgspec.convert(row.verdict, Verdict),
        version=row.version,
    )


def _fall_row(fall: Fall) -> dict[str, Any]:
    return {
        "building_id": fall.building_id,
        "incident_id": fall.incident_id,
        "grade": fall.grade,
        "released_at": fall.released_at,
        "impact_at": fall.impact_at,
        "verdict": msgspec.to_builtins(fall.verdict),
        "version": fall.version,
    }


async def lock_building(connection: AsyncConnection, building_id: UUID) -> None:
    """Let one transaction at a time decide which fall a sighting of this building belongs to."""
    await connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"fall {building_id}", 0)))
    )


async def falls_near(
    connection: AsyncConnection, building_id: UUID, at: datetime, within: timedelta
) -> Sequence[Fall]:
    """Falls at a building around a moment, the nearest first."""
    rows = await connection.execute(
        select(fall_table)
        .where(
            a.building_id == building_id,
            a.released_at >= at - within,
            a.released_at <= at + within,
        )
        .with_for_update()
    )
    return sorted(map(_fall, rows), key=lambda fall: abs(fall.released_at - at))


async def falls(
    connection: AsyncConnection,
    *,
    ids: Collection[UUID] | None = None,
    incident_id: UUID | None = None,
    building_id: UUID | None = None,
    estate_id: UUID | None = None,
    before: datetime | None = None,
    most: int = 50,
) -> Sequence[Fall]:
    """Falls, the newest first."""
    statement = select(fall_table).order_by(a.impact_at.desc(), a.id).limit(most)
    for column, value in (
        (a.incident_id, incident_id),
        (a.building_id, building_id),
        (a.estate_id, estate_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if ids is not None:
        statement = statement.where(a.id.in_(list(ids)))
    if before is not None:
        statement = statement.where(a.impact_at < before)
    return [_fall(row) for row in await connection.execute(statement)]


async def count_falls(
    connection: AsyncConnection, *, estate_id: UUID | None, building_id: UUID | None
) -> int:
    """How many falls there are in sight."""
    statement = select(func.count()).select_from(fall_table)
    if estate_id is not None:
        statement = statement.where(a.estate_id == estate_id)
    if building_id is not None:
        statement = statement.where(a.building_id == building_id)
    return int(await connection.scalar(statement) or 0)


async def add_fall(connection: AsyncConnection, fall: Fall) -> None:
    await connection.execute(
        insert(fall_table).values(id=fall.id, estate_id=fall.estate_id, **_fall_row(fall))
    )


async def change_fall(connection: AsyncConnection, fall: Fall) -> None:
    await connection.execute(update(fall_table).where(a.id == fall.id).values(_fall_row(fall)))


async def sightings(
    connection: AsyncConnection, fall_ids: Collection[UUID]
) -> Mapping[UUID, tuple[Sighting, ...]]:
    """What cameras saw, by fall, the first to tell first."""
    rows = await connection.execute(
        select(s.fall_id, s.seen).where(s.fall_id.in_(list(fall_ids))).order_by(s.received_at, s.id)
    )
    found: dict[UUID, list[Sighting]] = {}
    for row in rows:
        found.setdefault(row.fall_id, []).append(msgspec.convert(row.seen, Sighting))
    return {fall_id: tuple(there) for fall_id, there in found.items()}


async def known_sighting(
    connection: AsyncConnection, camera_id: UUID, event_id: str
) -> UUID | None:
    """The fall to which this camera's event belongs already."""
    found: UUID | None = await connection.scalar(
        select(s.fall_id).where(s.camera_id == camera_id, s.event_id == event_id)
    )
    return found


async def add_sighting(connection: AsyncConnection, sighting: Sighting) -> None:
    await connection.execute(
        insert_or(sighting_table).values(
            id=sighting.id,
            fall_id=sighting.fall_id,
            estate_id=sighting.estate_id,
            camera_id=sighting.camera_id,
            event_id=sighting.event_id,
            received_at=sighting.received_at,
            seen=msgspec.to_builtins(sighting),
        )
    )


async def change_sighting(connection: AsyncConnection, sighting: Sighting) -> None:
    await connection.execute(
        update(sighting_table).where(s.id == sighting.id).values(seen=msgspec.to_builtins(sighting))
    )


# Packs


async def add_pack(connection: AsyncConnection, pack: Pack, estate_id: UUID) -> None:
    await connection.execute(
        insert(pack_table).values(
            id=pack.id,
            fall_id=pack.fall_id,
            estate_id=estate_id,
            file_id=pack.file_id,
            sha256=pack.sha256,
            key_id=pack.key_id,
            made_at=pack.made_at,
            made_by=pack.made_by,
            reason=pack.reason,
        )
    )


async def packs(connection: AsyncConnection, fall_id: UUID) -> Sequence[Pack]:
    """Packs of a fall, the newest first."""
    rows = await connection.execute(
        select(pack_table).where(p.fall_id == fall_id).order_by(p.made_at.desc())
    )
    return [
        Pack(
            id=row.id,
            fall_id=row.fall_id,
            file_id=row.file_id,
            sha256=row.sha256,
            key_id=row.key_id,
            made_at=row.made_at,
            made_by=row.made_by,
            reason=row.reason,
        )
        for row in rows
    ]
