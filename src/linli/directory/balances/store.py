"""SQL of opening balances."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, delete, distinct, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.balances.contracts import (
    BalanceSearch,
    OpeningBalance,
    Side,
    Sums,
)
from linli.directory.balances.models import balance_table
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.database import among

b = balance_table.c
_more = balance_table.alias("more")


async def of_homes(
    connection: AsyncConnection, home_ids: Collection[UUID]
) -> Sequence[OpeningBalance]:
    """All lines of these homes, the newest first."""
    rows = await connection.execute(
        _SHOWN.where(among(b.home_id, home_ids)).order_by(b.as_of.desc(), b.id.desc())
    )
    return [_balance(row) for row in rows]


async def of_source(connection: AsyncConnection, source_id: UUID) -> Sequence[OpeningBalance]:
    """The lines that an import entered."""
    rows = await connection.execute(_SHOWN.where(b.source_id == source_id))
    return [_balance(row) for row in rows]


async def add(connection: AsyncConnection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        await connection.execute(insert(balance_table), list(rows))


async def find(connection: AsyncConnection, balance_id: UUID) -> OpeningBalance | None:
    row = (await connection.execute(_SHOWN.where(b.id == balance_id))).first()
    return None if row is None else _balance(row)


async def page(
    connection: AsyncConnection, search: BalanceSearch, *, most: int, skip: int
) -> Sequence[OpeningBalance]:
    column = b.fen if search.order.endswith("amount") else b.id
    order = (column.desc(), b.id.desc()) if search.order.startswith("-") else (column, b.id)
    rows = await connection.execute(
        _SHOWN.where(*_conditions(search)).order_by(*order).limit(most).offset(skip)
    )
    return [_balance(row) for row in rows]


async def sums(connection: AsyncConnection, search: BalanceSearch) -> Sums:
    row = (
        await connection.execute(
            select(
                func.count(),
                func.count(distinct(b.home_id)),
                func.coalesce(func.sum(case((b.fen > 0, b.fen))), 0),
                func.coalesce(func.sum(case((b.fen < 0, b.fen))), 0),
            ).where(*_conditions(search))
        )
    ).one()
    return Sums(int(row[0]), int(row[1]), int(row[2]), int(row[3]))


async def items(connection: AsyncConnection, estate_id: UUID | None) -> Sequence[str]:
    """What the lines are for, each said once."""
    query = select(b.item).group_by(b.item).order_by(b.item)
    if estate_id is not None:
        query = query.where(b.estate_id == estate_id)
    return list(await connection.scalars(query))


async def remove(connection: AsyncConnection, ids: Collection[UUID]) -> int:
    return (await connection.execute(delete(balance_table).where(among(b.id, ids)))).rowcount


def _conditions(search: BalanceSearch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.estate_id is not None:
        wanted.append(b.estate_id == search.estate_id)
    if search.home_ids is not None:
        wanted.append(among(b.home_id, search.home_ids))
    if search.item:
        wanted.append(b.item == search.item)
    if search.side is not None:
        wanted.append(b.fen > 0 if search.side is Side.OWED else b.fen < 0)
    return wanted


_SHOWN = select(
    balance_table,
    (
        b.fen
        + select(func.coalesce(func.sum(_more.c.fen), 0))
        .where(_more.c.corrects == b.id)
        .scalar_subquery()
    ).label("comes_to"),
)


def _balance(row: Row[Any]) -> OpeningBalance:
    return OpeningBalance(
        id=row.id,
        estate_id=row.estate_id,
        home_id=row.home_id,
        item=row.item,
        since=row.since,
        until=row.until,
        fen=row.fen,
        as_of=row.as_of,
        note=row.note,
        corrects=row.corrects,
        comes_to=int(row.comes_to),
        source=Source(SourceKind(row.source_kind), row.source_title, row.source_id),
        entered_by=row.entered_by,
        entered_at=row.entered_at,
    )
