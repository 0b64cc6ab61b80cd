"""The SQL of cameras, signs and nodes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.sensing.vision.cameras import Camera, CameraSettings, Node, Sign, SignDraft
from linli.sensing.vision.contracts import Polygon
from linli.sensing.vision.models import camera_table, node_table, sign_table
from linli.sensing.vision.plan import ClipSpan, Duty, Recording, SourceKind

c = camera_table.c
g = sign_table.c
n = node_table.c


def _camera(row: Row[Any]) -> Camera:
    return Camera(
        id=row.device_id,
        estate_id=row.estate_id,
        source_kind=SourceKind(row.source_kind),
        source_shown=row.source_shown,
        source_loop=row.source_loop,
        settings=CameraSettings(
            work=tuple(Duty(one) for one in row.work),
            masks=msgspec.convert(row.masks, tuple[Polygon, ...]),
            blind=msgspec.convert(row.blind, tuple[Polygon, ...]),
            blind_judged=row.blind_judged,
            record=Recording(
                enabled=row.record_enabled, keep_days=row.keep_days, segment_s=row.segment_s
            ),
            clip=ClipSpan(before_s=row.before_s, after_s=row.after_s),
            sensitivity=row.sensitivity,
            confidence=row.confidence,
            priority=row.priority,
        ),
        version=row.version,
        changed_at=row.changed_at,
    )


def _settings_row(settings: CameraSettings) -> dict[str, Any]:
    return {
        "work": [str(one) for one in settings.work],
        "masks": msgspec.to_builtins(settings.masks),
        "blind": msgspec.to_builtins(settings.blind),
        "blind_judged": settings.blind_judged,
        "record_enabled": settings.record.enabled,
        "keep_days": settings.record.keep_days,
        "segment_s": settings.record.segment_s,
        "before_s": settings.clip.before_s,
        "after_s": settings.clip.after_s,
        "sensitivity": settings.sensitivity,
        "confidence": settings.confidence,
        "priority": settings.priority,
    }


async def cameras(
    connection: AsyncConnection,
    ids: Collection[UUID] | None = None,
    *,
    estate_id: UUID | None = None,
    lock: bool = False,
) -> Mapping[UUID, Camera]:
    """Cameras by id; all in sight when no ids are given."""
    statement = select(camera_table)
    if ids is not None:
        statement = statement.where(c.device_id.in_(list(ids)))
    if estate_id is not None:
        statement = statement.where(c.estate_id == estate_id)
    if lock:
        statement = statement.with_for_update()
    return {row.device_id: _camera(row) for row in await connection.execute(statement)}


async def sealed_sources(
    connection: AsyncConnection, ids: Collection[UUID]
) -> Mapping[UUID, bytes]:
    rows = await connection.execute(
        select(c.device_id, c.source_sealed).where(c.device_id.in_(list(ids)))
    )
    return {row.device_id: row.source_sealed for row in rows}


async def add_camera(connection: AsyncConnection, camera: Camera, sealed: bytes) -> bool:
    """Insert it; False when the device is a camera already."""
    added = await connection.execute(
        insert_or(camera_table)
        .values(
            device_id=camera.id,
            estate_id=camera.estate_id,
            source_kind=camera.source_kind,
            source_sealed=sealed,
            source_shown=camera.source_shown,
            source_loop=camera.source_loop,
            version=camera.version,
            changed_at=camera.changed_at,
            **_settings_row(camera.settings),
        )
        .on_conflict_do_nothing()
        .returning(c.device_id)
    )
    return added.first() is not None


async def change_camera(connection: AsyncConnection, camera: Camera, sealed: bytes | None) -> None:
    """Overwrite it; the source only when a new one is given."""
    values: dict[str, Any] = {
        **_settings_row(camera.settings),
        "version": camera.version,
        "changed_at": camera.changed_at,
    }
    if sealed is not None:
        values |= {
            "source_kind": camera.source_kind,
            "source_sealed": sealed,
            "source_shown": camera.source_shown,
            "source_loop": camera.source_loop,
        }
    await connection.execute(update(camera_table).where(c.device_id == camera.id).values(values))


def _sign(row: Row[Any]) -> Sign:
    return Sign(
        id=row.id,
        camera_id=row.camera_id,
        draft=SignDraft(
            sign_text=row.sign_text,
            place=row.place,
            purpose=row.purpose,
            legal_basis=row.legal_basis,
            answers=row.answers,
            phone=row.phone,
            put_up_on=row.put_up_on,
            photo_id=row.photo_id,
        ),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


async def signs(connection: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, Sign]:
    """The signs that hang now, by camera."""
    rows = await connection.execute(
        select(sign_table).where(g.camera_id.in_(list(ids)), g.ended_at.is_(None))
    )
    return {row.camera_id: _sign(row) for row in rows}


async def signs_before(connection: AsyncConnection, camera_id: UUID) -> Sequence[Sign]:
    """Signs that hung before, the newest first."""
    rows = await connection.execute(
        select(sign_table)
        .where(g.camera_id == camera_id, g.ended_at.is_not(None))
        .order_by(g.recorded_at.desc())
        .limit(50)
    )
    return [_sign(row) for row in rows]


async def put_up(connection: AsyncConnection, sign: Sign, estate_id: UUID) -> None:
    """Record a sign; the one before it ends."""
    await connection.execute(
        update(sign_table)
        .where(g.camera_id == sign.camera_id, g.ended_at.is_(None))
        .values(ended_at=sign.recorded_at)
    )
    draft = sign.draft
    await connection.execute(
        insert(sign_table).values(
            id=sign.id,
            camera_id=sign.camera_id,
            estate_id=estate_id,
            sign_text=draft.sign_text,
            place=draft.place,
            purpose=draft.purpose,
            legal_basis=draft.legal_basis,
            answers=draft.answers,
            phone=draft.phone,
            photo_id=draft.photo_id,
            put_up_on=draft.put_up_on,
            recorded_at=sign.recorded_at,
            recorded_by=sign.recorded_by,
        )
    )


async def nodes(connection: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, Node]:
    """Nodes by their connection."""
    rows = await connection.execute(select(node_table).where(n.connection_id.in_(list(ids))))
    return {row.connection_id: _node(row) for row in rows}


async def nodes_in(connection: AsyncConnection, estate_id: UUID | None) -> Sequence[Node]:
    """Nodes of an estate, or all in sight."""
    statement = select(node_table)
    if estate_id is not None:
        statement = statement.where(n.estate_id == estate_id)
    return [_node(row) for row in await connection.execute(statement)]


def _node(row: Row[Any]) -> Node:
    return Node(
        connection_id=row.connection_id,
        estate_id=row.estate_id,
        address=row.address,
        plan_version=row.plan_version,
        asked_at=row.asked_at,
    )


async def note_node(connection: AsyncConnection, node: Node) -> None:
    """A node asked for its plan; an address it does not tell again stands."""
    statement = insert_or(node_table).values(
        connection_id=node.connection_id,
        estate_id=node.estate_id,
        address=node.address,
        plan_version=node.plan_version,
        asked_at=node.asked_at,
    )
    told: dict[str, Any] = {
        "asked_at": statement.excluded.asked_at,
        "plan_version": statement.excluded.plan_version,
    }
    if node.address is not None:
        told["address"] = statement.excluded.address
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["connection_id"], set_=told)
    )
