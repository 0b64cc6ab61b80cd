"""Events: facts in the past tense, written with the change that caused them.

A unit of work adds events to its outbox; they are stored in the same transaction. The sequencer
stamps gap-free offsets after commit; handlers and live pages read by offset and may see an event
twice. NOTIFY only wakes, its payload is empty.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, guarded

RECORDED = "linli_event_recorded"
STAMPED = "linli_event_stamped"

event_table = Table(
    "kernel_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_offset", BigInteger, unique=True),
    Column("name", String(80), nullable=False),
    Column("topics", ARRAY(Text), nullable=False),
    Column("estate_id", Id),
    Column("happened_at", Moment, nullable=False),
    Column("payload", JSONB, nullable=False),
    # Row security would hide a web process's own events before they are stamped: grants guard it,
    # and a web node hands on only what a session's topics reach.
    info=guarded(None, app=Use.APPEND),
)
Index(
    "ix_kernel_event_waiting",
    event_table.c.id,
    postgresql_where=event_table.c.event_offset.is_(None),
)

sequence_table = Table(
    "kernel_event_sequence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_offset", BigInteger, nullable=False),
    info=guarded(None, app=Use.READ, machine=Use.CHANGE),
)

consumer_table = Table(
    "kernel_event_consumer",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("event_offset", BigInteger, nullable=False),
    info=guarded(None, app=Use.NONE),
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact that happened. Subclasses add ids, versions and codes, never personal data.

    `topics` are the keys by which live sessions are found; each is `<permission>:<estate id>`,
    `account:<id>`, `organisation:<id>` or `incident:<id>`.
    """

    estate_id: UUID | None
    happened_at: datetime
    names: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        cls.names[event_name(cls)] = cls

    def topics(self) -> tuple[str, ...]:
        raise LookupError(f"{type(self).__name__} names no topics")


def event_name(kind: type[Event]) -> str:
    """`IncidentChanged` is written `incident_changed` on the wire and in the table."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A stamped event as consumers read it; `payload` is its wire form."""

    offset: int
    name: str
    topics: tuple[str, ...]
    payload: dict[str, Any]

    def event(self) -> Event:
        """The typed event. Raises KeyError for a name this release does not know."""
        return msgspec.convert(self.payload, Event.names[self.name])


# One statement for all of them and the waking: an alarm waits for every round trip.
_RECORD = text(
    f"""
    WITH recorded AS (
        INSERT INTO kernel_event (name, topics, estate_id, happened_at, payload)
        SELECT name, topics, estate_id, happened_at, payload
        FROM ROWS FROM (jsonb_to_recordset(CAST(:events AS jsonb)) AS (
            name text, topics text[], estate_id uuid, happened_at timestamptz, payload jsonb
        )) WITH ORDINALITY AS event (name, topics, estate_id, happened_at, payload, place)
        ORDER BY place
    )
    SELECT pg_notify('{RECORDED}', '')
    """  # noqa: S608 (a channel's name of our own)
)


class Outbox:
    """Events of one unit of work, in order."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def add(self, event: Event) -> None:
        self._events.append(event)

    def waiting(self) -> tuple[Event, ...]:
        return tuple(self._events)

    async def flush(self, connection: AsyncConnection) -> None:
        """Store the events and wake the sequencer when the transaction commits."""
        if not self._events:
            return
        rows = [_row(event) for event in self._events]
        self._events.clear()
        await connection.execute(_RECORD, {"events": msgspec.json.encode(rows).decode()})


def _row(event: Event) -> dict[str, Any]:
    payload = cast(
        "dict[str, Any]",
        msgspec.to_builtins({f.name: getattr(event, f.name) for f in fields(event)}),
    )
    return {
        "name": event_name(type(event)),
        "topics": list(event.topics()),
        "estate_id": event.estate_id,
        "happened_at": event.happened_at,
        "payload": payload,
    }


_STAMP = text(
    f"""
    WITH waiting AS (
        SELECT id FROM kernel_event WHERE event_offset IS NULL ORDER BY id LIMIT :most
    ), numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM waiting
    ), head AS (
        UPDATE kernel_event_sequence
        SET last_offset = last_offset + (SELECT count(*) FROM waiting)
        WHERE id = 1 AND EXISTS (SELECT FROM waiting)
        RETURNING last_offset - (SELECT count(*) FROM waiting) AS base
    ), stamped AS (
        UPDATE kernel_event AS e SET event_offset = head.base + numbered.place
        FROM numbered, head WHERE e.id = numbered.id
        RETURNING 1
    )
    SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('{STAMPED}', '') END FROM stamped
    """  # noqa: S608 (a channel's name of our own)
)
# A statement of its own: the one that stamps must see what the last holder of the lock committed.
_LOCK_SEQUENCE = text("SELECT last_offset FROM kernel_event_sequence WHERE id = 1 FOR UPDATE")


async def stamp(connection: AsyncConnection, *, most: int = 2000) -> int:
    """Give committed events their offsets, without gaps; returns how many.

    The row lock on the sequence makes one stamper at a time, whichever process holds it.
    """
    await connection.execute(_LOCK_SEQUENCE)
    stamped = await connection.scalar(_STAMP, {"most": most})
    return int(stamped or 0)


async def last_offset(connection: AsyncConnection) -> int:
    """The newest stamped offset; 0 before the first event."""
    found = await connection.scalar(
        select(sequence_table.c.last_offset).where(sequence_table.c.id == 1)
    )
    return int(found or 0)


async def read_after(
    connection: AsyncConnection, offset: int, *, most: int = 500
) -> Sequence[RecordedEvent]:
    """Stamped events after `offset`, oldest first, at most `most`."""
    e = event_table.c
    rows = await connection.execute(
        select(e.event_offset, e.name, e.topics, e.payload)
        .where(e.event_offset > offset)
        .order_by(e.event_offset)
        .limit(most)
    )
    return [
        RecordedEvent(
            offset=row.event_offset, name=row.name, topics=tuple(row.topics), payload=row.payload
        )
        for row in rows
    ]


async def oldest_offset(connection: AsyncConnection) -> int | None:
    """The oldest stamped offset that is still kept; None when no event is."""
    e = event_table.c
    found = await connection.scalar(
        select(e.event_offset).where(e.event_offset.is_not(None)).order_by(e.event_offset).limit(1)
    )
    return None if found is None else int(found)
