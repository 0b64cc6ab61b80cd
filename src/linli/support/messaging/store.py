"""The SQL of messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.support.messaging.contracts import (
    QUEUED,
    Channel,
    DeliveryState,
    InAppMessage,
    Message,
    OutgoingMessage,
    Parcel,
    Urgency,
)
from linli.support.messaging.models import attempt_table, message_table

m = message_table.c

LONGEST_TITLE = 120
LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message with what was decided about it."""

    id: UUID
    message: Message
    state: DeliveryState
    address_masked: str
    once: bytes
    created_at: datetime


async def add(connection: AsyncConnection, new: NewMessage) -> bool:
    """Store it; False when the same was told before. Wakes the delivery when it is queued."""
    message, queued = new.message, new.state is DeliveryState.QUEUED
    # No arbiter and nothing returned: either would ask for the right to see the receiver's row.
    added = await connection.execute(
        insert_new(message_table)
        .values(
            id=new.id,
            channel=message.channel,
            account_id=message.account_id,
            estate_id=message.about.estate_id,
            address=message.address if queued else "",
            address_masked=new.address_masked,
            template=message.template,
            title=message.title[:LONGEST_TITLE],
            words=message.words,
            incident_id=message.about.incident_id,
            order_id=message.about.order_id,
            urgency=message.urgency,
            state=new.state,
            attempts=0,
            next_attempt_at=new.created_at if queued else None,
            created_at=new.created_at,
            delivered_at=None if queued else new.created_at,
            once=new.once,
        )
        .on_conflict_do_nothing()
    )
    is_new = added.rowcount == 1
    if is_new and queued:
        await connection.execute(text(f"NOTIFY {QUEUED}"))
    return is_new


async def claim(
    connection: AsyncConnection, now: datetime, lease: timedelta, *, most: int
) -> Sequence[Parcel]:
    """Queued messages whose time has come, each for one worker until the lease is over."""
    due = (
        select(m.id)
        .where(m.state == DeliveryState.QUEUED, m.next_attempt_at <= now)
        .order_by(m.next_attempt_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    rows = await connection.execute(
        update(message_table)
        .where(m.id.in_(due))
        .values(attempts=m.attempts + 1, next_attempt_at=now + lease)
        .returning(
            m.id,
            m.channel,
            m.address,
            m.template,
            m.title,
            m.words,
            m.urgency,
            m.attempts,
            m.account_id,
        )
    )
    return [
        Parcel(
            message_id=row["id"],
            channel=Channel(row["channel"]),
            address=row["address"],
            template=row["template"],
            words=row["words"],
            urgency=Urgency(row["urgency"]),
            attempt=row["attempts"],
            title=row["title"],
            account_id=row["account_id"],
        )
        for row in rows.mappings()
    ]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try."""

    message_id: UUID
    attempt: int
    at: datetime
    state: DeliveryState
    reference: str | None = None
    error: str | None = None
    next_attempt_at: datetime | None = None


async def record(
    connection: AsyncConnection, attempt: Attempt, before: frozenset[DeliveryState]
) -> None:
    """Write the attempt down, and move the message when it may still move there."""
    await connection.execute(
        insert_new(attempt_table)
        .values(
            message_id=attempt.message_id,
            attempt=attempt.attempt,
            at=attempt.at,
            state=attempt.state,
            reference=attempt.reference,
            error=attempt.error[:LONGEST_ERROR] if attempt.error else None,
        )
        .on_conflict_do_nothing()
    )
    changes: dict[str, Any] = {"next_attempt_at": attempt.next_attempt_at}
    if attempt.state is not DeliveryState.QUEUED:
        changes |= {"state": attempt.state, "address": "", f"{attempt.state}_at": attempt.at}
    await connection.execute(
        update(message_table).where(m.id == attempt.message_id, m.state.in_(before)).values(changes)
    )


async def inbox(
    connection: AsyncConnection, account_id: UUID, *, most: int
) -> Sequence[InAppMessage]:
    rows = await connection.execute(
        select(
            m.id, m.created_at, m.template, m.title, m.words, m.incident_id, m.order_id, m.read_at
        )
        .where(m.account_id == account_id, m.channel == Channel.IN_APP)
        .order_by(m.created_at.desc(), m.id.desc())
        .limit(most)
    )
    return [_in_app(row) for row in rows.mappings()]


async def count_inbox(connection: AsyncConnection, account_id: UUID) -> int:
    counted = await connection.scalar(
        select(func.count())
        .select_from(message_table)
        .where(m.account_id == account_id, m.channel == Channel.IN_APP)
    )
    return counted or 0


async def mark_read(
    connection: AsyncConnection, account_id: UUID, message_id: UUID, now: datetime
) -> bool:
    """Mark one's own message read, the first time; False when there is no such message."""
    done = await connection.execute(
        update(message_table)
        .where(m.id == message_id, m.account_id == account_id, m.channel == Channel.IN_APP)
        .values(state=DeliveryState.READ, read_at=func.coalesce(m.read_at, now))
    )
    return done.rowcount == 1


async def outgoing(connection: AsyncConnection, *, most: int) -> Sequence[OutgoingMessage]:
    rows = await connection.execute(
        select(m.id, m.created_at, m.channel, m.address_masked, m.words, m.state, m.incident_id)
        .where(m.channel != Channel.IN_APP)
        .order_by(m.created_at.desc(), m.id.desc())
        .limit(most)
    )
    return [
        OutgoingMessage(
            id=row["id"],
            at=row["created_at"],
            channel=Channel(row["channel"]),
            address_masked=row["address_masked"],
            words=row["words"],
            state=DeliveryState(row["state"]),
            incident_id=row["incident_id"],
        )
        for row in rows.mappings()
    ]


async def forget_before(connection: AsyncConnection, moment: datetime, *, most: int) -> int:
    found = await connection.execute(select(m.id).where(m.created_at < moment).limit(most))
    old = found.scalars().all()
    await connection.execute(delete(attempt_table).where(attempt_table.c.message_id.in_(old)))
    forgotten = await connection.execute(delete(message_table).where(m.id.in_(old)))
    return forgotten.rowcount


def _in_app(row: RowMapping) -> InAppMessage:
    return InAppMessage(
        id=row["id"],
        at=row["created_at"],
        template=row["template"],
        title=row["title"],
        words=row["words"],
        incident_id=row["incident_id"],
        order_id=row["order_id"],
        read_at=row["read_at"],
    )
