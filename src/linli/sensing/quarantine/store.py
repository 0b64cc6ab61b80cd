"""SQL of held messages; nothing else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.sensing.quarantine.contracts import HeldFilter, HeldMessage, HeldState, Unusable
from linli.sensing.quarantine.models import count_table, quarantine_table

_q = quarantine_table.c
_n = count_table.c


@dataclass(frozen=True, slots=True)
class NewlyHeld:
    """A message to be written, with how often it came in one batch."""

    id: UUID
    message: Unusable
    digest: bytes
    payload: bytes
    times: int


def _held(row: Row[Any]) -> HeldMessage:
    return HeldMessage(
        id=row.id,
        first_received_at=row.first_received_at,
        received_at=row.received_at,
        connection_id=row.connection_id,
        estate_id=row.estate_id,
        topic=row.topic,
        payload=row.payload,
        bytes=row.bytes,
        reason=row.reason,
        reason_title=row.reason_title,
        words=row.words,
        times_seen=row.times_seen,
        state=HeldState(row.state),
    )


async def hold(connection: AsyncConnection, held: Sequence[NewlyHeld]) -> set[UUID]:
    """Write messages, or count them on the row they have; returns the ids that are new rows.

    A message that was replayed and comes again waits again.
    """
    statement = insert(quarantine_table).values(
        [
            {
                "id": one.id,
                "first_received_at": one.message.received_at,
                "received_at": one.message.received_at,
                "connection_id": one.message.connection_id,
                "estate_id": one.message.estate_id,
                "topic": one.message.topic,
                "payload": one.payload,
                "bytes": len(one.message.payload),
                "reason": one.message.reason,
                "reason_title": one.message.reason_title,
                "words": one.message.words,
                "digest": one.digest,
                "times_seen": one.times,
                "state": HeldState.WAITING,
            }
            for one in held
        ]
    )
    rows = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "reason", "digest"],
            set_={
                "received_at": func.greatest(_q.received_at, statement.excluded.received_at),
                "times_seen": _q.times_seen + statement.excluded.times_seen,
                "words": statement.excluded.words,
                "state": text(
                    "CASE WHEN sensing_quarantine.state = 'replayed' THEN 'waiting'"
                    " ELSE sensing_quarantine.state END"
                ),
                "version": _q.version + 1,
            },
        ).returning(_q.id)
    )
    return {one.id for one in held} & set(rows.scalars())


async def count_up(
    connection: AsyncConnection, counts: Sequence[tuple[UUID, Unusable, int]]
) -> None:
    """Count messages by connection and reason: this stays when rows give way."""
    statement = insert(count_table).values(
        [
            {
                "id": new_id,
                "connection_id": message.connection_id,
                "estate_id": message.estate_id,
                "reason": message.reason,
                "times_seen": times,
                "last_at": message.received_at,
            }
            for new_id, message, times in counts
        ]
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "reason"],
            set_={
                "times_seen": _n.times_seen + statement.excluded.times_seen,
                "last_at": func.greatest(_n.last_at, statement.excluded.last_at),
            },
        )
    )


_TRIM = text(
    """
    DELETE FROM sensing_quarantine WHERE id IN (
        SELECT id FROM sensing_quarantine
        WHERE connection_id IS NOT DISTINCT FROM CAST(:connection AS uuid) AND state <> 'asked'
        ORDER BY received_at DESC, id DESC OFFSET :most
    )
    """
)


async def trim(connection: AsyncConnection, connection_id: UUID | None, most: int) -> int:
    """Keep the newest `most` rows of a connection; returns how many gave way."""
    gone = await connection.execute(_TRIM, {"connection": connection_id, "most": most})
    return gone.rowcount


async def held_by_id(
    connection: AsyncConnection, message_id: UUID, *, lock: bool = False
) -> HeldMessage | None:
    query = select(quarantine_table).where(_q.id == message_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _held(row)


async def set_state(connection: AsyncConnection, ids: Collection[UUID], state: HeldState) -> None:
    await connection.execute(
        update(quarantine_table).where(_q.id.in_(ids)).values(state=state, version=_q.version + 1)
    )


async def set_failed(
    connection: AsyncConnection, message_id: UUID, reason_title: str, words: str
) -> None:
    """The replay failed: it waits again, and says why now. The reason stays its key."""
    await connection.execute(
        update(quarantine_table)
        .where(_q.id == message_id)
        .values(
            state=HeldState.WAITING,
            reason_title=reason_title,
            words=words,
            version=_q.version + 1,
        )
    )


async def asked(connection: AsyncConnection, most: int) -> list[HeldMessage]:
    """Messages to be replayed, in the order they first came, locked; others skip them."""
    rows = await connection.execute(
        select(quarantine_table)
        .where(_q.state == HeldState.ASKED)
        .order_by(_q.first_received_at, _q.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [_held(row) for row in rows]


def _matching(wanted: HeldFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.reason is not None:
        conditions.append(_q.reason == wanted.reason)
    if wanted.connection_id is not None:
        conditions.append(_q.connection_id == wanted.connection_id)
    if wanted.state is not None:
        conditions.append(_q.state == wanted.state)
    return conditions


async def page(
    connection: AsyncConnection, wanted: HeldFilter, after: tuple[datetime, UUID] | None, most: int
) -> list[HeldMessage]:
    order = (_q.received_at, _q.id)
    query = select(quarantine_table).where(*_matching(wanted)).limit(most)
    if after is not None:
        place, given = tuple_(*order), tuple_(*after)
        query = query.where(place > given if wanted.oldest else place < given)
    query = query.order_by(*(order if wanted.oldest else (one.desc() for one in order)))
    return [_held(row) for row in await connection.execute(query)]


async def count_matching(connection: AsyncConnection, wanted: HeldFilter) -> int:
    query = select(func.count()).select_from(quarantine_table).where(*_matching(wanted))
    return await connection.scalar(query) or 0


async def waiting_by_reason(connection: AsyncConnection) -> list[tuple[str, str, int]]:
    """(reason, a title of it, rows) of what waits."""
    rows = await connection.execute(
        select(_q.reason, func.max(_q.reason_title), func.count())
        .where(_q.state.in_((HeldState.WAITING, HeldState.ASKED)))
        .group_by(_q.reason)
        .order_by(_q.reason)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def times_seen(connection: AsyncConnection) -> int:
    """How many messages were ever held."""
    found = await connection.scalar(select(func.coalesce(func.sum(_n.times_seen), 0)))
    return int(found or 0)
