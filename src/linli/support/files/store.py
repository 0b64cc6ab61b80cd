"""The SQL of files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.support.files.contracts import Attachment, Content, Purpose, StoredFile
from linli.support.files.models import file_table, use_table

f = file_table.c
SHOWN = (
    f.id,
    f.purpose,
    f.media_type,
    f.bytes,
    f.width,
    f.height,
    f.uploaded_by,
    f.estate_id,
    f.created_at,
)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file with what was decided about its keeping."""

    file: StoredFile
    sha256: bytes
    lawful_basis: str
    retain_until: datetime


async def lock_content(connection: AsyncConnection, sha256: bytes) -> None:
    """Let one transaction at a time decide whether this content is kept."""
    await connection.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(sha256.hex(), 0)))
    )


async def add(connection: AsyncConnection, new: NewFile) -> None:
    file = new.file
    await connection.execute(
        insert(file_table).values(
            id=file.id,
            sha256=new.sha256,
            purpose=file.purpose,
            lawful_basis=new.lawful_basis,
            media_type=file.media_type,
            bytes=file.bytes,
            width=file.width,
            height=file.height,
            retain_until=new.retain_until,
            uploaded_by=file.uploaded_by,
            estate_id=file.estate_id,
            created_at=file.created_at,
        )
    )


async def find(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, StoredFile]:
    rows = await connection.execute(select(*SHOWN).where(f.id.in_(ids)))
    return {row["id"]: _file(row) for row in rows.mappings()}


async def find_content(
    connection: AsyncConnection, file_id: UUID
) -> tuple[StoredFile, bytes] | None:
    """The file and the hash of its content."""
    row = (
        (await connection.execute(select(*SHOWN, f.sha256).where(f.id == file_id)))
        .mappings()
        .first()
    )
    return None if row is None else (_file(row), row["sha256"])


async def contents(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, Content]:
    rows = await connection.execute(
        select(f.id, f.sha256, f.bytes, f.retain_until, f.hold).where(f.id.in_(ids))
    )
    return {row.id: Content(row.sha256, row.bytes, row.retain_until, row.hold) for row in rows}


async def attach(connection: AsyncConnection, ids: Sequence[UUID], to: Attachment) -> None:
    rows = [
        {
            "file_id": file_id,
            "estate_id": to.estate_id,
            "permission": permission,
            "incident_id": to.incident_id,
        }
        for file_id in ids
        for permission in to.permissions
    ]
    await connection.execute(insert_new(use_table).on_conflict_do_nothing(), rows)


async def keep_until(connection: AsyncConnection, ids: Sequence[UUID], moment: datetime) -> None:
    await connection.execute(
        update(file_table)
        .where(f.id.in_(ids))
        .values(retain_until=func.greatest(f.retain_until, moment))
    )


async def set_hold(connection: AsyncConnection, file_id: UUID, hold: bool) -> bool:
    done = await connection.execute(update(file_table).where(f.id == file_id).values(hold=hold))
    return done.rowcount == 1


async def expired(
    connection: AsyncConnection, now: datetime, *, most: int
) -> Sequence[tuple[UUID, bytes]]:
    rows = await connection.execute(
        select(f.id, f.sha256)
        .where(_expired(now))
        .order_by(f.retain_until)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [(row.id, row.sha256) for row in rows]


async def remove(connection: AsyncConnection, file_id: UUID) -> None:
    await connection.execute(delete(file_table).where(f.id == file_id))


async def is_kept(connection: AsyncConnection, sha256: bytes) -> bool:
    """Whether any file still has this content."""
    return bool(await connection.scalar(select(exists().where(f.sha256 == sha256))))


def _expired(now: datetime) -> ColumnElement[bool]:
    return f.hold.is_(False) & (f.retain_until < now)


def _file(row: RowMapping) -> StoredFile:
    return StoredFile(
        id=row["id"],
        purpose=Purpose(row["purpose"]),
        media_type=row["media_type"],
        bytes=row["bytes"],
        width=row["width"],
        height=row["height"],
        uploaded_by=row["uploaded_by"],
        estate_id=row["estate_id"],
        created_at=row["created_at"],
    )
