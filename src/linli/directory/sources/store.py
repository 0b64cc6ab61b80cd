"""SQL of sources: lists are entered by natural key, once each; old versions are read back."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.sources.models import SOURCE_COLUMNS, revision_table

v = revision_table.c

NextNumbers = text(
    "SELECT nextval('directory_code_number') FROM generate_series(1, CAST(:many AS integer))"
)


async def numbers(connection: AsyncConnection, many: int) -> Sequence[int]:
    """That many fresh numbers for codes, in rising order."""
    if not many:
        return ()
    return [int(one) for one in (await connection.scalars(NextNumbers, {"many": many})).all()]


async def enter(
    connection: AsyncConnection,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    natural: Sequence[str],
) -> Sequence[tuple[UUID, int]]:
    """Insert rows or bring those with the same natural key up to date, in batches.

    Answers id and version of each row that was new or differed; the same list again answers
    nothing. The rows carry every column but `version`, all the same columns.
    """
    if not rows:
        return ()
    statement = insert(table)
    facts = [
        name
        for name in rows[0]
        if name not in SOURCE_COLUMNS and name not in natural and name != "id"
    ]
    told = [name for name in rows[0] if name in SOURCE_COLUMNS]
    new = statement.excluded
    differs = [table.c[name].is_distinct_from(new[name]) for name in facts]
    upsert = statement.on_conflict_do_update(
        index_elements=[table.c[name] for name in natural],
        set_={
            **{name: new[name] for name in (*facts, *told)},
            "version": table.c.version + 1,
        },
        where=or_(*differs) if differs else text("false"),
    ).returning(table.c.id, table.c.version)
    given = [dict(cast("Mapping[str, Any]", row)) for row in rows]
    answer = await connection.execute(upsert, given)
    return [(row.id, row.version) for row in answer]


async def former(
    connection: AsyncConnection, table: str, row_id: UUID
) -> Sequence[Mapping[str, Any]]:
    """The former versions of a row, oldest first, as they stood."""
    found = await connection.scalars(
        select(v.row).where(v.table_name == table, v.row_id == row_id).order_by(v.version)
    )
    return [cast("Mapping[str, Any]", row) for row in found]


async def present(
    connection: AsyncConnection, table: str, row_id: UUID
) -> Mapping[str, Any] | None:
    """The row as it stands, in the form in which former versions are kept."""
    found = await connection.scalar(
        text(
            f"SELECT to_jsonb(t) AS row FROM {table} AS t WHERE t.id = :id"  # noqa: S608 - our own table
        ).columns(row=JSONB),
        {"id": row_id},
    )
    return cast("Mapping[str, Any] | None", found)
