"""Many rows into one table at once.

COPY does not work under row security, and a statement for each row is too slow: the rows go as one
array for each column.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from asyncpg import Connection
from sqlalchemy import ARRAY, JSON, String, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

AT_ONCE = 40_000

Columns = tuple[str, ...]
Cells = tuple[object, ...]


async def pour(
    connection: AsyncConnection, table: Table, columns: Columns, rows: Sequence[Cells]
) -> None:
    """Add rows to a table; lists are given as `{a,b}`, JSON as text.

    The transaction must have begun: a statement was run on the connection before.
    """
    raw = await connection.get_raw_connection()
    driver = cast("Connection[Any]", raw.driver_connection)
    statement = _statement(table, columns)
    for begin in range(0, len(rows), AT_ONCE):
        some = rows[begin : begin + AT_ONCE]
        await driver.execute(statement, *map(list, zip(*some, strict=True)))


@cache
def _statement(table: Table, columns: Columns) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    taken: list[str] = []
    cells: list[str] = []
    for at, name in enumerate(columns, 1):
        kind = table.c[name].type
        listed = isinstance(kind, (ARRAY, postgresql.ARRAY, JSON, postgresql.JSONB))
        target = kind.compile(dialect=dialect)
        taken.append(f"${at}::{'text' if listed or isinstance(kind, String) else target}[]")
        cells.append(f"c{at}::{target}" if listed else f"c{at}")
    quoted = ", ".join(f'"{name}"' for name in columns)
    names = ", ".join(f"c{at}" for at, _ in enumerate(columns, 1))
    return (
        f"INSERT INTO {table.name} ({quoted}) SELECT {', '.join(cells)}"  # noqa: S608 (our names)
        f" FROM unnest({', '.join(taken)}) AS given({names})"
    )
