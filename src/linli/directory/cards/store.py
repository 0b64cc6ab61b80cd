"""SQL of door cards."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.cards.contracts import (
    Card,
    CardKind,
    CardOrder,
    CardSearch,
    CardState,
    CardSums,
)
from linli.directory.cards.models import card_table
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.database import among
from linli.support.sealing.ports import Cipher

c = card_table.c
NUMBER = "directory_door_card.number"


def number_hash(cipher: Cipher, number: str) -> bytes:
    """By what a number is found."""
    return cipher.keyed_hash(number, binding=NUMBER)


def sealed(cipher: Cipher, number: str) -> bytes:
    return cipher.seal(number, binding=NUMBER)


async def with_hashes(
    connection: AsyncConnection, estate_id: UUID, hashes: Collection[bytes]
) -> Mapping[bytes, Row[Any]]:
    """The estate's cards with these numbers, as rows, locked."""
    rows = await connection.execute(
        select(card_table)
        .where(c.estate_id == estate_id, c.number_hash.in_(list(hashes)))
        .with_for_update()
    )
    return {row.number_hash: row for row in rows}


async def locked(connection: AsyncConnection, card_id: UUID) -> Card | None:
    """The card, locked until the transaction ends."""
    rows = await connection.execute(select(card_table).where(c.id == card_id).with_for_update())
    row = rows.first()
    return None if row is None else _card(row)


async def number_of(connection: AsyncConnection, cipher: Cipher, card_id: UUID) -> str:
    """The whole number."""
    found = await connection.scalar(select(c.number_sealed).where(c.id == card_id))
    return "" if found is None else cipher.open(found, binding=NUMBER)


async def change(connection: AsyncConnection, card_id: UUID, values: Mapping[str, object]) -> None:
    """Write these columns, one version later."""
    await connection.execute(
        update(card_table).where(c.id == card_id).values(**values, version=c.version + 1)
    )


async def page(
    connection: AsyncConnection, cipher: Cipher, search: CardSearch, *, most: int, skip: int
) -> Sequence[Card]:
    by_home = search.order in {CardOrder.HOME, CardOrder.HOME_DOWN}
    column = c.home_id if by_home else c.state_at
    down = search.order.startswith("-")
    order = column.desc().nulls_last() if down else column.asc().nulls_last()
    rows = await connection.execute(
        select(card_table)
        .where(*_conditions(cipher, search))
        .order_by(order, c.id)
        .limit(most)
        .offset(skip)
    )
    return [_card(row) for row in rows]


async def sums(connection: AsyncConnection, cipher: Cipher, search: CardSearch) -> CardSums:
    rows = await connection.execute(
        select(c.state, func.count()).where(*_conditions(cipher, search)).group_by(c.state)
    )
    by_state = {CardState(state): int(many) for state, many in rows.all()}
    return CardSums(sum(by_state.values()), by_state)


def _conditions(cipher: Cipher, search: CardSearch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.estate_id is not None:
        wanted.append(c.estate_id == search.estate_id)
    if search.home_ids is not None:
        wanted.append(among(c.home_id, search.home_ids))
    if search.person_id is not None:
        wanted.append(c.person_id == search.person_id)
    if search.number is not None:
        wanted.append(c.number_hash == number_hash(cipher, search.number))
    if search.tail is not None:
        wanted.append(c.tail == search.tail)
    if search.kind is not None:
        wanted.append(c.kind == search.kind)
    if search.state is not None:
        wanted.append(c.state == search.state)
    return wanted


def _card(row: Row[Any]) -> Card:
    return Card(
        id=row.id,
        estate_id=row.estate_id,
        tail=row.tail,
        kind=CardKind(row.kind),
        home_id=row.home_id,
        person_id=row.person_id,
        holder=row.holder,
        state=CardState(row.state),
        state_reason=row.state_reason,
        state_at=row.state_at,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        note=row.note,
        version=row.version,
        source=Source(SourceKind(row.source_kind), row.source_title, row.source_id),
        entered_by=row.entered_by,
    )
