"""Many rows into one table at once.

COPY does not work under row security, and a statement for each row is too slow: the rows go as one
array for each column.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

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
    for begin in range(0, len(rows), AT_ONCE):
        given = [*zip(*rows[begin : begin + AT_ONCE], strict=True)]
        # What is the same in every row is said once.
        same = tuple(all(one is column[0] for one in column) for column in given)
        if all(same):
            same = (False, *same[1:])
        values = [column[0] if one else column for one, column in zip(same, given, strict=True)]
        await driver.execute(_statement(table, columns, same), *values)


@cache
def _statement(table: Table, columns: Columns, same: tuple[bool, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    taken: list[str] = []
    names: list[str] = []
    cells: list[str] = []
    for at, (name, once) in enumerate(zip(columns, same, strict=True), 1):
        kind = table.c[name].type
        listed = isinstance(kind, (ARRAY, postgresql.ARRAY, JSON, postgresql.JSONB))
        target = kind.compile(dialect=dialect)
        sent = "text" if listed or isinstance(kind, String) else target
        cell = f"${at}::{sent}" if once else f"c{at}"
        cells.append(f"{cell}::{target}" if listed else cell)
        if not once:
            taken.append(f"${at}::{sent}[]")
            names.append(f"c{at}")
    quoted = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table.name} ({quoted}) SELECT {', '.join(cells)}"  # noqa: S608 (our names)
        f" FROM unnest({', '.join(taken)}) AS given({', '.join(names)})"
    )


async def pour_keys(
    connection: AsyncConnection, estate_id: UUID, people: Sequence[tuple[UUID, Iterable[str]]]
) -> None:
    """Add the search keys of an estate's people, in the order of the index."""
    raw = await connection.get_raw_connection()
    driver = cast("Connection[Any]", raw.driver_connection)
    await driver.execute(
        "INSERT INTO directory_person_search (estate_id, key, person_id)"
        " SELECT $1::uuid, key, id FROM unnest($2::uuid[], $3::text[]) AS given(id, keys),"
        " string_to_table(keys, E'\\n') AS key ORDER BY key COLLATE \"C\", id",
        estate_id,
        [person for person, _ in people],
        ["\n".join(keys) for _, keys in people],
    )
