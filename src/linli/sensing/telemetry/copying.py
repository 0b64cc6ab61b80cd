"""The SQL of the hot path, on the driver's own connection: arrays in, COPY, nothing per row.

Everything runs in the transaction that the caller's SQLAlchemy connection has open.
"""

import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias, cast
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.sensing.telemetry.contracts import Receipt
from linli.sensing.telemetry.policy import FURTHEST_AHEAD, Last, microseconds, moment_of

Driver: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_BEGIN = text("SELECT 1")


async def driver_of(connection: AsyncConnection) -> Driver:
    """The asyncpg connection underneath, with SQLAlchemy's transaction open on it."""
    raw = await connection.get_raw_connection()
    driver = cast("Driver", raw.driver_connection)
    if not driver.is_in_transaction():
        # SQLAlchemy opens the transaction with the first statement that goes through it.
        await connection.execute(_BEGIN)
    return driver


# Series

_SERIES_OF = "SELECT id, device_id, property FROM sensing_series WHERE device_id = ANY($1::uuid[])"
_NEW_SERIES = """
INSERT INTO sensing_series (device_id, estate_id, property)
SELECT d, e, p FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (d, e, p) ORDER BY d, p
ON CONFLICT DO NOTHING
"""


async def series_of(driver: Driver, device_ids: Iterable[UUID]) -> list[tuple[int, UUID, str]]:
    """Every series of these devices: (id, device, property)."""
    rows = await driver.fetch(_SERIES_OF, list(device_ids))
    return [(row[0], row[1], row[2]) for row in rows]


async def add_series(driver: Driver, wanted: Sequence[tuple[UUID, UUID, str]]) -> None:
    """Make the series (device, estate, property) that are not there yet."""
    devices, estates, properties = zip(*wanted, strict=True)
    await driver.execute(_NEW_SERIES, devices, estates, properties)


# Last values. `us` is microseconds since 1970; the conversion is exact.

_SINGLES = """
WITH n AS (
    SELECT s, 'epoch'::timestamptz + o * '1us'::interval AS o,
           'epoch'::timestamptz + r * '1us'::interval AS r, v
    FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::float8[]) AS x (s, o, r, v)
), advanced AS (
    UPDATE sensing_last_value AS l
    SET observed_at = n.o, received_at = n.r, value = n.v,
        since = CASE WHEN l.value = n.v THEN l.since ELSE n.o END
    FROM n WHERE l.series_id = n.s AND l.observed_at < n.o
    RETURNING l.series_id
)
SELECT CASE WHEN count(*) = cardinality($1) THEN NULL
       ELSE coalesce(array_agg(series_id), '{}') END FROM advanced
"""
_RUNS = """
WITH n AS (
    SELECT s, 'epoch'::timestamptz + f * '1us'::interval AS f,
           'epoch'::timestamptz + g * '1us'::interval AS g,
           'epoch'::timestamptz + o * '1us'::interval AS o,
           'epoch'::timestamptz + r * '1us'::interval AS r, v
    FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::float8[])
         AS x (s, f, g, o, r, v)
), advanced AS (
    UPDATE sensing_last_value AS l
    SET observed_at = n.o, received_at = n.r, value = n.v,
        since = CASE WHEN n.f = n.g AND l.value = n.v THEN l.since ELSE n.g END
    FROM n WHERE l.series_id = n.s AND l.observed_at < n.f
    RETURNING l.series_id
)
SELECT CASE WHEN count(*) = cardinality($1) THEN NULL
       ELSE coalesce(array_agg(series_id), '{}') END FROM advanced
"""
_LOCK = """
SELECT series_id, observed_at, received_at, value, since, first_at FROM sensing_last_value
WHERE series_id = ANY($1::int4[]) ORDER BY series_id FOR UPDATE
"""
_STANDING = "SELECT id FROM sensing_series WHERE id = ANY($1::int4[])"
_FIRST = """
INSERT INTO sensing_last_value (series_id, observed_at, received_at, value, since, first_at)
SELECT s, o, r, v, g, f
FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::timestamptz[],
            $6::timestamptz[]) AS n (s, o, r, v, g, f)
ORDER BY s
ON CONFLICT DO NOTHING RETURNING series_id
"""
_OVERWRITE = """
UPDATE sensing_last_value AS l
SET observed_at = o, received_at = r, value = v, since = g, first_at = f
FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::timestamptz[],
            $6::timestamptz[]) AS n (s, o, r, v, g, f)
WHERE l.series_id = n.s
"""


async def advance_singles(
    driver: Driver,
    series: Sequence[int],
    observed: Sequence[int],
    received: Sequence[int],
    values: Sequence[float],
) -> frozenset[int] | None:
    """Move last values on by one newer reading each; series rise.

    Returns the series that could be moved, None for all of them. Their row is locked now, and the
    reading is certainly new: no stored one is later than a last value.
    """
    advanced = await driver.fetchval(_SINGLES, series, observed, received, values)
    return None if advanced is None else frozenset(advanced)


class Runs:
    """Series with several readings in a batch, as columns.

    `since` is when the run of the last value began within the batch.
    """

    __slots__ = ("first", "last", "received", "series", "since", "values")

    def __init__(self) -> None:
        self.series: list[int] = []
        self.first: list[int] = []
        self.since: list[int] = []
        self.last: list[int] = []
        self.received: list[int] = []
        self.values: list[float] = []


async def advance_runs(driver: Driver, runs: Runs) -> frozenset[int] | None:
    """As `advance_singles`, for series whose readings in the batch are all newer."""
    advanced = await driver.fetchval(
        _RUNS, runs.series, runs.first, runs.since, runs.last, runs.received, runs.values
    )
    return None if advanced is None else frozenset(advanced)


async def lock_last_values(driver: Driver, series: list[int]) -> dict[int, Last]:
    """The last values as they stand, locked until the transaction ends."""
    return {
        row[0]: Last(
            observed=microseconds(row[1]),
            received=microseconds(row[2]),
            value=row[3],
            since=microseconds(row[4]),
            first=microseconds(row[5]),
        )
        for row in await driver.fetch(_LOCK, series)
    }


async def standing_series(driver: Driver, series: list[int]) -> frozenset[int]:
    """Which of these series are really there."""
    return frozenset(row[0] for row in await driver.fetch(_STANDING, series))


async def first_values(driver: Driver, lasts: dict[int, Last]) -> frozenset[int]:
    """Write the last values of series that have none; returns those nobody else wrote first."""
    rows = await driver.fetch(_FIRST, *_columns(lasts))
    return frozenset(row[0] for row in rows)


async def overwrite_last_values(driver: Driver, lasts: dict[int, Last]) -> None:
    """Write last values whose rows this transaction has locked."""
    await driver.execute(_OVERWRITE, *_columns(lasts))


def _columns(
    lasts: dict[int, Last],
) -> tuple[Sequence[object], ...]:
    series = sorted(lasts)
    rows = [lasts[one] for one in series]
    return (
        series,
        [moment_of(row.observed) for row in rows],
        [moment_of(row.received) for row in rows],
        [row.value for row in rows],
        [moment_of(row.since) for row in rows],
        [moment_of(row.first) for row in rows],
    )


# A reading is received at most FURTHEST_AHEAD before its own time, so no partition earlier than
# that needs a look. The bound comes as a parameter: then the others are left out, and not even
# locked, when the statement is planned.
_KNOWN = """
SELECT n.s, n.o FROM unnest($1::int4[], $2::timestamptz[]) AS n (s, o)
JOIN sensing_telemetry_reading AS r
  ON r.series_id = n.s AND r.observed_at = n.o AND r.received_at >= $3
"""
_SINCE_AFTER = """
UPDATE sensing_last_value AS l SET since = coalesce((
    SELECT min(r.observed_at) FROM sensing_telemetry_reading AS r
    WHERE r.series_id = $1 AND r.observed_at > $2 AND r.received_at >= $3), l.since)
WHERE l.series_id = $1
"""
_SINCE_REACHES = """
UPDATE sensing_last_value AS l SET since = coalesce((
    SELECT min(r.observed_at) FROM sensing_telemetry_reading AS r
    WHERE r.series_id = $1 AND r.observed_at >= $2 AND r.received_at >= $3
      AND r.observed_at > coalesce((
          SELECT max(d.observed_at) FROM sensing_telemetry_reading AS d
          WHERE d.series_id = $1 AND d.observed_at >= $2 AND d.observed_at < l.since
            AND d.received_at >= $3 AND d.value <> l.value), '-infinity')), l.since)
WHERE l.series_id = $1
"""


async def known_readings(
    driver: Driver, series: Sequence[int], observed: Sequence[int]
) -> frozenset[tuple[int, int]]:
    """Which of these pairs of series and time are stored already."""
    moments = [moment_of(one) for one in observed]
    rows = await driver.fetch(_KNOWN, series, moments, _received_from(min(observed)))
    return frozenset((row[0], microseconds(row[1])) for row in rows)


async def mend_since(driver: Driver, series: int, moment: int, *, after: bool) -> None:
    """Set since when a last value has held, as `policy.Merged` says with `after` or `reaches`."""
    statement = _SINCE_AFTER if after else _SINCE_REACHES
    await driver.execute(statement, series, moment_of(moment), _received_from(moment))


def _received_from(observed: int) -> datetime:
    return moment_of(observed - FURTHEST_AHEAD)


# COPY in PostgreSQL's binary form (documentation of COPY, "Binary Format"): a signature, rows of
# (number of columns, then length and bytes of each), and -1. Times count from 2000-01-01.

_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_ROW = struct.Struct(">hiiiqiqidih").pack
_POSTGRES_EPOCH = 946_684_800_000_000
_READING_COLUMNS = ("series_id", "observed_at", "received_at", "value", "clock")


def reading_row(series: int, observed: int, received: int, value: float, clock: int) -> bytes:
    """One reading as COPY wants it."""
    return _ROW(
        5,
        4,
        series,
        8,
        observed - _POSTGRES_EPOCH,
        8,
        received - _POSTGRES_EPOCH,
        8,
        value,
        2,
        clock,
    )


async def copy_readings(driver: Driver, rows: Iterable[bytes]) -> None:
    """Store readings."""

    async def stream() -> AsyncIterator[bytes]:
        yield b"".join((_HEAD, *rows, _END))

    await driver.copy_to_table(
        "sensing_telemetry_reading", source=stream(), columns=_READING_COLUMNS, format="binary"
    )


# Receipts

_RECEIPTS = """
INSERT INTO sensing_receipt AS r (connection_id, packet_id, digest, received_at, copies)
SELECT c, p, d, t, 0
FROM unnest($1::uuid[], $2::int4[], $3::bytea[], $4::timestamptz[]) AS n (c, p, d, t)
ORDER BY c, p
ON CONFLICT (connection_id, packet_id) DO UPDATE SET
    copies = CASE WHEN {same} THEN r.copies + 1 ELSE 0 END,
    received_at = CASE WHEN {same} THEN r.received_at ELSE excluded.received_at END,
    digest = excluded.digest
RETURNING connection_id, packet_id, copies > 0
"""
_SAME = "r.digest = excluded.digest AND r.received_at > excluded.received_at - $5::interval"


async def note_receipts(
    driver: Driver,
    receipts: Sequence[tuple[Receipt, datetime]],
    same_within: timedelta,
) -> frozenset[tuple[UUID, int]]:
    """Remember messages by connection and packet id; returns those that came before.

    All are flagged as duplicates, or none is; no pair of connection and packet id comes twice.
    """
    duplicates = receipts[0][0].duplicate
    arguments = (
        [receipt.connection_id for receipt, _ in receipts],
        [receipt.packet_id for receipt, _ in receipts],
        [receipt.digest for receipt, _ in receipts],
        [received_at for _, received_at in receipts],
    )
    if not duplicates:
        await driver.execute(_RECEIPTS.format(same="false"), *arguments)
        return frozenset()
    rows = await driver.fetch(_RECEIPTS.format(same=_SAME), *arguments, same_within)
    return frozenset((row[0], row[1]) for row in rows if row[2])


# Events

_EVENTS = """
INSERT INTO sensing_device_event
    (id, device_id, estate_id, event, external_id, observed_at, received_at, clock, fields,
     evidence)
SELECT i, d, e, n, x, o, r, c, f::jsonb, v::uuid[]
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
            $7::timestamptz[], $8::int2[], $9::text[], $10::text[])
     AS s (i, d, e, n, x, o, r, c, f, v)
ORDER BY d, n, x
ON CONFLICT (device_id, event, external_id) DO NOTHING RETURNING id
"""

EventRow = tuple[UUID, UUID, UUID, str, str, datetime, datetime, int, str, str]


async def insert_events(driver: Driver, rows: Sequence[EventRow]) -> frozenset[UUID]:
    """Store events; returns the ids of those that were not known."""
    found = await driver.fetch(_EVENTS, *zip(*rows, strict=True))
    return frozenset(row[0] for row in found)


# Clocks

_CLOCKS = """
INSERT INTO sensing_device_clock AS c (device_id, estate_id, clock, offset_s, received_at)
SELECT d, e, q, o, r
FROM unnest($1::uuid[], $2::uuid[], $3::int2[], $4::float8[], $5::timestamptz[])
     AS n (d, e, q, o, r)
ORDER BY d
ON CONFLICT (device_id) DO UPDATE SET
    clock = excluded.clock, offset_s = excluded.offset_s, received_at = excluded.received_at
WHERE c.clock <> excluded.clock
   OR c.offset_s IS DISTINCT FROM excluded.offset_s
      AND abs(coalesce(c.offset_s, 0) - coalesce(excluded.offset_s, 0)) > 60
   OR c.received_at < excluded.received_at - interval '10 minutes'
"""

ClockRow = tuple[UUID, UUID, int, float | None, datetime]


async def note_clocks(driver: Driver, rows: Sequence[ClockRow]) -> None:
    """Remember devices whose clock is wrong; written again only when that changes."""
    await driver.execute(_CLOCKS, *zip(*rows, strict=True))
