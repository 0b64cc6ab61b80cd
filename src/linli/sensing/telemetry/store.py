"""SQL of last values, ranges, events and upkeep; nothing else.

Readings are read through the view `sensing_reading_seen`, which shows a session its estates and
linli itself everything.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, column, func, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Id
from linli.sensing.telemetry.contracts import (
    ClockQuality,
    LastValue,
    Partition,
    Point,
    Span,
    StoredEvent,
    WrongClock,
)
from linli.sensing.telemetry.models import clock_table, event_table, last_value_table, series_table
from linli.sensing.telemetry.policy import FURTHEST_AHEAD

_s = series_table.c
_l = last_value_table.c
_e = event_table.c
_c = clock_table.c

AHEAD = timedelta(microseconds=FURTHEST_AHEAD)

seen_view = table(
    "sensing_reading_seen",
    column("series_id"),
    column("observed_at"),
    column("received_at"),
    column("value"),
    column("clock"),
)
_r = seen_view.c


async def last_values(
    connection: AsyncConnection, device_ids: Collection[UUID], properties: Collection[str]
) -> list[LastValue]:
    """The newest readings of devices, of all properties when none is named."""
    query = (
        select(_s.device_id, _s.property, _l.value, _l.observed_at, _l.received_at, _l.since)
        .join_from(last_value_table, series_table, _l.series_id == _s.id)
        .where(_s.device_id == func.any(bindparam("devices", list(device_ids), ARRAY(Id))))
        .order_by(_s.device_id, _s.property)
    )
    if properties:
        query = query.where(_s.property.in_(properties))
    return [
        LastValue(
            device_id=row.device_id,
            property=row.property,
            value=row.value,
            observed_at=row.observed_at,
            received_at=row.received_at,
            since=row.since,
        )
        for row in await connection.execute(query)
    ]


async def series_id(connection: AsyncConnection, device_id: UUID, code: str) -> int | None:
    """The number of a series; None when it never had a reading or is not to be seen."""
    found: int | None = await connection.scalar(
        select(_s.id).where(_s.device_id == device_id, _s.property == code)
    )
    return found


_POINTS = text(
    """
    SELECT at, min(value) AS low, avg(value) AS mean, max(value) AS high, count(*) AS n,
           (array_agg(value ORDER BY observed_at DESC))[1] AS last
    FROM (
        SELECT date_bin(CAST(:width AS interval), observed_at, CAST(:start AS timestamptz)) AS at,
               observed_at, value
        FROM sensing_reading_seen
        WHERE series_id = :series AND observed_at >= :start AND observed_at < :end
          AND received_at >= :received
    ) AS binned
    GROUP BY at ORDER BY at
    """
)


async def points(
    connection: AsyncConnection, series: int, span: Span, width: timedelta
) -> list[Point]:
    """Readings of a span in stretches of `width`; empty stretches are left out."""
    rows = await connection.execute(
        _POINTS,
        {
            "series": series,
            "start": span.start,
            "end": span.end,
            "width": width,
            "received": span.start - AHEAD,
        },
    )
    return [
        Point(at=row.at, min=row.low, avg=row.mean, max=row.high, last=row.last, n=row.n)
        for row in rows
    ]


async def readings(
    connection: AsyncConnection, series: int, span: Span, most: int
) -> list[tuple[datetime, float]]:
    """(observed, value) of a span in order, at most `most`."""
    rows = await connection.execute(
        select(_r.observed_at, _r.value)
        .where(
            _r.series_id == series,
            _r.observed_at >= span.start,
            _r.observed_at < span.end,
            _r.received_at >= span.start - AHEAD,
        )
        .order_by(_r.observed_at)
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


async def reading_before(
    connection: AsyncConnection, series: int, moment: datetime, no_earlier: datetime
) -> tuple[datetime, float] | None:
    """The last reading before `moment`, unless it is from before `no_earlier`."""
    row = (
        await connection.execute(
            select(_r.observed_at, _r.value)
            .where(
                _r.series_id == series,
                _r.observed_at < moment,
                _r.observed_at >= no_earlier,
                _r.received_at >= no_earlier - AHEAD,
            )
            .order_by(_r.observed_at.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else (row[0], row[1])


async def first_reading_at(
    connection: AsyncConnection, device_id: UUID, code: str
) -> datetime | None:
    """The own time of the oldest reading a series ever had."""
    found: datetime | None = await connection.scalar(
        select(_l.first_at)
        .join_from(last_value_table, series_table, _l.series_id == _s.id)
        .where(_s.device_id == device_id, _s.property == code)
    )
    return found


async def count_readings(connection: AsyncConnection, series: int, span: Span) -> int:
    """How many readings a span has."""
    found = await connection.scalar(
        select(func.count())
        .select_from(seen_view)
        .where(
            _r.series_id == series,
            _r.observed_at >= span.start,
            _r.observed_at < span.end,
            _r.received_at >= span.start - AHEAD,
        )
    )
    return found or 0


def _event(row: Row[Any]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        device_id=row.device_id,
        estate_id=row.estate_id,
        event=row.event,
        external_id=row.external_id,
        observed_at=row.observed_at,
        received_at=row.received_at,
        clock=ClockQuality(row.clock),
        fields=row.fields,
        evidence=tuple(row.evidence),
    )


async def events(
    connection: AsyncConnection, device_id: UUID, before: datetime | None, most: int
) -> list[StoredEvent]:
    """A device's events, newest first."""
    query = (
        select(event_table)
        .where(_e.device_id == device_id)
        .order_by(_e.observed_at.desc(), _e.id.desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(_e.observed_at < before)
    return [_event(row) for row in await connection.execute(query)]


async def event(connection: AsyncConnection, event_id: UUID) -> StoredEvent | None:
    row = (await connection.execute(select(event_table).where(_e.id == event_id))).first()
    return None if row is None else _event(row)


async def wrong_clocks(
    connection: AsyncConnection, device_ids: Collection[UUID]
) -> list[WrongClock]:
    """What is known of wrong clocks of these devices."""
    rows = await connection.execute(
        select(clock_table).where(
            _c.device_id == func.any(bindparam("devices", list(device_ids), ARRAY(Id)))
        )
    )
    return [
        WrongClock(
            device_id=row.device_id,
            clock=ClockQuality(row.clock),
            offset_s=row.offset_s,
            received_at=row.received_at,
        )
        for row in rows
    ]


async def prepare_partitions(connection: AsyncConnection, first: date, days: int) -> int:
    """Make the partitions of these days that are not there; returns how many were made."""
    made = await connection.scalar(
        text("SELECT linli_readings_prepare(:first, :days)"), {"first": first, "days": days}
    )
    return int(made or 0)


async def forget_readings(connection: AsyncConnection, before: date) -> int:
    """Drop the partitions of all days before this one; returns how many were dropped."""
    dropped = await connection.scalar(
        text("SELECT linli_readings_forget(:before)"), {"before": before}
    )
    return int(dropped or 0)


async def forget_receipts(connection: AsyncConnection, before: datetime) -> int:
    """Drop receipts of messages that came before this moment."""
    gone = await connection.execute(
        text("DELETE FROM sensing_receipt WHERE received_at < :before"), {"before": before}
    )
    return gone.rowcount


_PARTITIONS = text(
    """
    SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows,
           pg_total_relation_size(c.oid) AS bytes
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'sensing_telemetry_reading'::regclass ORDER BY c.relname
    """
)


async def partitions(connection: AsyncConnection) -> Sequence[Partition]:
    """The partitions of readings, with PostgreSQL's estimate of their rows."""
    rows = await connection.execute(_PARTITIONS)
    return [
        Partition(name=row.name, day=_day_of(row.name), rows=row.rows, bytes=row.bytes)
        for row in rows
    ]


def _day_of(name: str) -> date | None:
    digits = name.rpartition("_")[2]
    if not digits.isdigit():
        return None
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
