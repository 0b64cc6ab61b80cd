"""Reactions: what happens when an event was recorded, a deadline has passed, or time goes by.

A context writes plain functions in its `handlers.py` and declares them there; the application
collects the declarations and the worker runs them, each in one unit of work. An event may be
handled twice, so a handler looks before it acts.

    async def open_incident(work: Work, event: AlertRang) -> None: ...

    EVENTS = (on(AlertRang, "incidents.open_incident")(open_incident),)
    DEADLINES = (on_deadline("incident.accept")(raise_level),)
    CHORES = (every(timedelta(hours=1), "identity.expired_sessions")(forget_expired),)
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Moment, metadata
from linli.kernel.deadlines import Deadline
from linli.kernel.events import (
    Event,
    RecordedEvent,
    consumer_table,
    event_name,
    event_table,
    last_offset,
)
from linli.kernel.row_security import Use, guarded
from linli.kernel.work import Work

E = TypeVar("E", bound=Event)

LONGEST_ERROR = 2000
# An idle consumer is moved up to the newest event when it lags more than this, so that its next
# look does not read what it has already passed over, and it need not be written at every event.
IDLE_LAG = 500

failure_table = Table(
    "kernel_event_failure",
    metadata,
    Column("consumer", String(80), primary_key=True),
    Column("event_offset", BigInteger, primary_key=True),
    Column("event_name", String(80), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("failed_at", Moment, nullable=False),
    info=guarded(None, app=Use.READ),
)

chore_table = Table(
    "kernel_chore",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("due_at", Moment, nullable=False),
    info=guarded(None, app=Use.NONE),
)


@dataclass(frozen=True, slots=True)
class EventReaction:
    """A handler of one kind of event; `name` keeps its place in the stream and never changes."""

    name: str
    event_name: str
    react: Callable[[Work, RecordedEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DeadlineReaction:
    """The handler of the deadlines of one kind."""

    kind: str
    react: Callable[[Work, Deadline], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do again and again; it answers how many things it did."""

    name: str
    every: timedelta
    do: Callable[[Work], Awaitable[int]]


def on(kind: type[E], name: str) -> Callable[[Callable[[Work, E], Awaitable[None]]], EventReaction]:
    """Declare a handler of one kind of event, in order, at least once each.

    A handler that keeps failing is put aside with its event, and the next event has its turn.
    """

    def declare(handle: Callable[[Work, E], Awaitable[None]]) -> EventReaction:
        async def react(work: Work, recorded: RecordedEvent) -> None:
            await handle(work, cast("E", recorded.event()))

        return EventReaction(name=name, event_name=event_name(kind), react=react)

    return declare


def on_deadline(
    kind: str,
) -> Callable[[Callable[[Work, Deadline], Awaitable[None]]], DeadlineReaction]:
    """Declare the handler of the deadlines of exactly this kind.

    A deadline whose handler raises is set again with growing intervals until it succeeds.
    """

    def declare(handle: Callable[[Work, Deadline], Awaitable[None]]) -> DeadlineReaction:
        return DeadlineReaction(kind=kind, react=handle)

    return declare


def every(interval: timedelta, name: str) -> Callable[[Callable[[Work], Awaitable[int]]], Chore]:
    """Declare a chore: it runs at most once per interval, in one of the workers."""

    def declare(do: Callable[[Work], Awaitable[int]]) -> Chore:
        return Chore(name=name, every=interval, do=do)

    return declare


async def register_consumer(connection: AsyncConnection, name: str) -> None:
    """Give a new consumer its place: after everything that was stamped before it existed."""
    head = await last_offset(connection)
    await connection.execute(
        insert(consumer_table).values(name=name, event_offset=head).on_conflict_do_nothing()
    )


async def next_event(connection: AsyncConnection, reaction: EventReaction) -> RecordedEvent | None:
    """The next event of this consumer; None when there is none, or another worker has its turn.

    The consumer stays locked for the caller's transaction.
    """
    c = consumer_table.c
    place = (
        await connection.execute(
            select(c.event_offset).where(c.name == reaction.name).with_for_update(skip_locked=True)
        )
    ).first()
    if place is None:
        return None
    # Before the events are read: what is stamped in between must not be passed over unseen.
    head = await last_offset(connection)
    e = event_table.c
    row = (
        await connection.execute(
            select(e.event_offset, e.name, e.topics, e.payload)
            .where(e.event_offset > place.event_offset, e.name == reaction.event_name)
            .order_by(e.event_offset)
            .limit(1)
        )
    ).first()
    if row is None:
        if head - place.event_offset > IDLE_LAG:
            await pass_event(connection, reaction.name, head)
        return None
    return RecordedEvent(
        offset=row.event_offset, name=row.name, topics=tuple(row.topics), payload=row.payload
    )


async def pass_event(connection: AsyncConnection, consumer: str, offset: int) -> None:
    """The consumer has dealt with everything up to `offset`."""
    await connection.execute(
        update(consumer_table)
        .where(consumer_table.c.name == consumer)
        .values(event_offset=func.greatest(consumer_table.c.event_offset, offset))
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that a consumer could not handle, put aside for a person to look at."""

    consumer: str
    event: RecordedEvent
    attempts: int
    error: str
    failed_at: datetime


async def put_aside(connection: AsyncConnection, failure: Failure) -> None:
    """Record the failure and let the consumer pass on."""
    await connection.execute(
        insert(failure_table)
        .values(
            consumer=failure.consumer,
            event_offset=failure.event.offset,
            event_name=failure.event.name,
            attempts=failure.attempts,
            error=failure.error[:LONGEST_ERROR],
            failed_at=failure.failed_at,
        )
        .on_conflict_do_nothing()
    )
    await pass_event(connection, failure.consumer, failure.event.offset)


async def count_failures(connection: AsyncConnection) -> int:
    """How many events are put aside."""
    return await connection.scalar(select(func.count()).select_from(failure_table)) or 0


async def names_after(connection: AsyncConnection, offset: int) -> tuple[frozenset[str], int]:
    """The names of the events stamped after `offset`, and the newest offset."""
    head = await last_offset(connection)
    e = event_table.c
    found = await connection.execute(
        select(e.name).distinct().where(e.event_offset > offset, e.event_offset <= head)
    )
    return frozenset(found.scalars().all()), head


async def claim_chore(connection: AsyncConnection, chore: Chore, now: datetime) -> bool:
    """Whether the chore is due and this transaction does it; it is then due again later.

    A new chore is due at once. Rolling back gives it back.
    """
    c = chore_table.c
    await connection.execute(
        insert(chore_table).values(name=chore.name, due_at=now).on_conflict_do_nothing()
    )
    due = await connection.execute(
        select(c.name)
        .where(c.name == chore.name, c.due_at <= now)
        .with_for_update(skip_locked=True)
    )
    if due.first() is None:
        return False
    await connection.execute(
        update(chore_table).where(c.name == chore.name).values(due_at=now + chore.every)
    )
    return True


async def forget_events(connection: AsyncConnection, before: datetime, *, most: int) -> int:
    """Delete stamped events older than `before` that every consumer has passed, oldest first.

    What is kept stays without gaps. Answers how many were deleted.
    """
    e = event_table.c
    youngest = (
        select(e.event_offset)
        .where(e.event_offset.is_not(None), e.happened_at >= before)
        .order_by(e.event_offset)
        .limit(1)
        .scalar_subquery()
    )
    slowest = select(func.min(consumer_table.c.event_offset)).scalar_subquery()
    head = await last_offset(connection)
    end = func.least(func.coalesce(youngest, head + 1), func.coalesce(slowest, head) + 1, head + 1)
    old = (
        select(e.event_offset)
        .where(e.event_offset < end)
        .order_by(e.event_offset)
        .limit(most)
        .scalar_subquery()
    )
    gone = await connection.execute(delete(event_table).where(e.event_offset.in_(old)))
    return gone.rowcount
