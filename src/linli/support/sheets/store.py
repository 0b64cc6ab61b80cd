"""SQL of imports. Files are sealed here, so that nothing above sees sealed bytes."""

import base64
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, null, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import insert_rows
from linli.support.sealing.ports import Cipher
from linli.support.sheets.contracts import (
    Fault,
    Former,
    Import,
    ImportState,
    SheetReport,
    TableHead,
    TableMapping,
)
from linli.support.sheets.models import content_table, header_table, import_table, made_table

CONTENT = "support_sheets_content.sealed"
WORKING = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)

i = import_table.c
m = made_table.c
h = header_table.c

SHOWN = [column for column in import_table.c if column.name != "fault_list"]


async def add(connection: AsyncConnection, one: Import) -> None:
    await connection.execute(
        insert(import_table).values(
            id=one.id,
            estate_id=one.estate_id,
            account_id=one.account_id,
            entered_by=one.entered_by,
            title=one.title,
            size=one.size,
            state=one.state.value,
            tables=[
                {"title": t.title, "header": list(t.header), "rows": t.rows} for t in one.tables
            ],
            mapping=mapping_json(one.mapping),
            total_rows=one.total_rows,
            created_at=one.created_at,
            changed_at=one.changed_at,
        )
    )


async def add_content(
    connection: AsyncConnection, cipher: Cipher, one: Import, content: bytes, until: datetime
) -> None:
    packed = base64.b64encode(zlib.compress(content, 1)).decode("ascii")
    await connection.execute(
        insert(content_table).values(
            import_id=one.id, sealed=cipher.seal(packed, binding=CONTENT), keep_until=until
        )
    )


async def content_of(connection: AsyncConnection, cipher: Cipher, import_id: UUID) -> bytes | None:
    sealed = await connection.scalar(
        select(content_table.c.sealed).where(content_table.c.import_id == import_id)
    )
    if sealed is None:
        return None
    return zlib.decompress(base64.b64decode(cipher.open(bytes(sealed), binding=CONTENT)))


async def forget_contents(connection: AsyncConnection, now: datetime) -> int:
    gone = delete(content_table).where(content_table.c.keep_until <= now)
    return (await connection.execute(gone)).rowcount


async def drop_content(connection: AsyncConnection, import_id: UUID) -> None:
    await connection.execute(delete(content_table).where(content_table.c.import_id == import_id))


async def find(
    connection: AsyncConnection, import_id: UUID, *, lock: bool = False
) -> Import | None:
    wanted = select(*SHOWN).where(i.id == import_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    return _import(row) if row else None


async def page(
    connection: AsyncConnection, *, most: int, skip: int
) -> tuple[Sequence[Import], int]:
    total = await connection.scalar(select(func.count()).select_from(import_table))
    rows = await connection.execute(
        select(*SHOWN).order_by(i.created_at.desc(), i.id.desc()).limit(most).offset(skip)
    )
    return [_import(row) for row in rows], int(total or 0)


async def waiting(connection: AsyncConnection) -> Sequence[UUID]:
    """Imports on which work is to be done, those that wait longest first."""
    found = await connection.scalars(
        select(i.id).where(i.state.in_([one.value for one in WORKING])).order_by(i.changed_at)
    )
    return found.all()


async def change(
    connection: AsyncConnection, import_id: UUID, now: datetime, values: Mapping[str, object]
) -> None:
    await connection.execute(
        update(import_table)
        .where(i.id == import_id)
        .values(**dict(values), changed_at=now, version=i.version + 1)
    )


async def progressed(connection: AsyncConnection, import_id: UUID, done: int) -> None:
    await connection.execute(update(import_table).where(i.id == import_id).values(done_rows=done))


async def alone(connection: AsyncConnection, import_id: UUID) -> bool:
    """Whether this transaction is the only one at work on the import; held until it ends."""
    key = int.from_bytes(import_id.bytes[8:], "big", signed=True)
    return bool(
        await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key})
    )


async def faults_of(connection: AsyncConnection, import_id: UUID) -> Sequence[Fault]:
    found = await connection.scalar(select(i.fault_list).where(i.id == import_id))
    rows = cast("Sequence[tuple[int, int, str, str]]", found or ())
    return [Fault(*row) for row in rows]


def faults_json(faults: Sequence[Fault]) -> list[list[object]]:
    return [[one.table, one.row, one.column, one.message] for one in faults]


def mapping_json(mapping: Sequence[TableMapping]) -> list[dict[str, object]]:
    return [
        {"table": one.table, "sheet": one.sheet, "columns": dict(one.columns)} for one in mapping
    ]


def reports_json(reports: Sequence[SheetReport]) -> list[dict[str, object]]:
    return [
        {
            "sheet": one.sheet,
            "title": one.title,
            "total": one.total,
            "created": one.created,
            "updated": one.updated,
            "unchanged": one.unchanged,
            "wrong": one.wrong,
            "sums": dict(one.sums),
        }
        for one in reports
    ]


async def add_made(
    connection: AsyncConnection, import_id: UUID, sheet: str, ids: Sequence[UUID]
) -> None:
    await insert_rows(
        connection,
        made_table,
        [
            {"import_id": import_id, "sheet": sheet, "row_id": one, "number": number}
            for number, one in enumerate(ids)
        ],
    )


async def made_by(connection: AsyncConnection, import_id: UUID, sheet: str) -> Sequence[UUID]:
    """What only the import can name, in the order in which it was made."""
    found = await connection.scalars(
        select(m.row_id)
        .where(m.import_id == import_id, m.sheet == sheet, m.former.is_(null()))
        .order_by(m.number)
    )
    return found.all()


async def add_former(
    connection: AsyncConnection, import_id: UUID, sheet: str, former: Mapping[UUID, Former]
) -> None:
    if former:
        await connection.execute(
            insert(made_table),
            [
                {
                    "import_id": import_id,
                    "sheet": sheet,
                    "row_id": row_id,
                    "number": number,
                    "former": dict(what),
                }
                for number, (row_id, what) in enumerate(former.items())
            ],
        )


async def former_of(
    connection: AsyncConnection, import_id: UUID, sheet: str
) -> Mapping[UUID, Former]:
    """What the rows were that the import changed, the last changed first."""
    rows = await connection.execute(
        select(m.row_id, m.former)
        .where(m.import_id == import_id, m.sheet == sheet, m.former.is_not(null()))
        .order_by(m.number.desc())
    )
    return {row.row_id: row.former for row in rows}


async def remembered(
    connection: AsyncConnection, account_id: UUID, hashes: Sequence[bytes]
) -> Mapping[bytes, tuple[str | None, Mapping[str, int]]]:
    rows = await connection.execute(
        select(h.header_hash, h.sheet, h.columns).where(
            h.account_id == account_id, h.header_hash.in_(list(hashes))
        )
    )
    return {bytes(row[0]): (row[1], cast("Mapping[str, int]", row[2])) for row in rows}


async def remember(
    connection: AsyncConnection,
    account_id: UUID,
    header_hash: bytes,
    mapping: TableMapping,
    now: datetime,
) -> None:
    values = {"sheet": mapping.sheet, "columns": dict(mapping.columns), "changed_at": now}
    await connection.execute(
        upsert(header_table)
        .values(account_id=account_id, header_hash=header_hash, **values)
        .on_conflict_do_update(index_elements=[h.account_id, h.header_hash], set_=values)
    )


def _import(row: Row[*tuple[Any, ...]]) -> Import:
    return Import(
        id=row.id,
        estate_id=row.estate_id,
        account_id=row.account_id,
        entered_by=row.entered_by,
        title=row.title,
        size=row.size,
        state=ImportState(row.state),
        tables=tuple(TableHead(t["title"], tuple(t["header"]), t["rows"]) for t in row.tables),
        mapping=tuple(TableMapping(t["table"], t["sheet"], t["columns"]) for t in row.mapping),
        reports=tuple(SheetReport(**one) for one in row.reports),
        faults=row.faults,
        done_rows=row.done_rows,
        total_rows=row.total_rows,
        failure=row.failure,
        created_at=row.created_at,
        changed_at=row.changed_at,
        version=row.version,
    )
