"""Verbs on what is stored: newest values, ranges, counters, events, upkeep."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from linli.kernel.work import Work
from linli.sensing.telemetry import policy, store
from linli.sensing.telemetry.contracts import (
    LastValue,
    Partition,
    Point,
    Slot,
    Span,
    StoredEvent,
    Usage,
    WrongClock,
)

MOST_READINGS = 200_000
SHORTEST_STRETCH = timedelta(milliseconds=1)
PREPARED_DAYS = 8
RECEIPTS_KEPT = timedelta(hours=2)
NOTHING_USED = Usage(used=0.0, covered_from=None, covered_to=None, readings=0, resets=0)


async def last_values(
    work: Work, device_ids: Collection[UUID], *, properties: Collection[str] = ()
) -> Mapping[UUID, tuple[LastValue, ...]]:
    """The newest reading of every property (or of those named) of devices, by device."""
    found: dict[UUID, list[LastValue]] = {}
    if device_ids:
        for value in await store.last_values(work.connection, device_ids, properties):
            found.setdefault(value.device_id, []).append(value)
    return {device_id: tuple(values) for device_id, values in found.items()}


async def readings_between(
    work: Work, device_id: UUID, code: str, span: Span
) -> tuple[tuple[datetime, float], ...]:
    """(observed, value) of one property in order; at most 200,000."""
    series = await store.series_id(work.connection, device_id, code)
    if series is None:
        return ()
    return tuple(await store.readings(work.connection, series, span, MOST_READINGS))


async def points_between(
    work: Work, device_id: UUID, code: str, span: Span, *, most: int = 300
) -> tuple[Point, ...]:
    """A property over a span in at most `most` stretches of equal length; empty ones left out."""
    series = await store.series_id(work.connection, device_id, code)
    if series is None or span.end <= span.start:
        return ()
    width = max(SHORTEST_STRETCH, -((span.start - span.end) // most))
    return tuple(await store.points(work.connection, series, span, width))


async def used_between(
    work: Work, device_id: UUID, code: str, span: Span, *, look_back: timedelta | None = None
) -> Usage:
    """How far a counter went up within a span, in the property's unit.

    Counts from the last reading before the span, when there is one no more than `look_back`
    earlier (as long as the span itself, unless said otherwise), else from the first within.
    A fall of the counter counts as nothing and is told in `resets`.
    """
    found = await _with_reading_before(work, device_id, code, span, look_back)
    return NOTHING_USED if found is None else policy.usage(found)


async def used_in_slots(
    work: Work,
    device_id: UUID,
    code: str,
    span: Span,
    *,
    length: timedelta = timedelta(minutes=30),
) -> tuple[Slot, ...]:
    """How far a counter went up in each stretch of a span; None where no reading tells."""
    found = await _with_reading_before(work, device_id, code, span, None)
    return tuple(policy.slots(found or (), span, length))


async def _with_reading_before(
    work: Work, device_id: UUID, code: str, span: Span, look_back: timedelta | None
) -> list[tuple[datetime, float]] | None:
    series = await store.series_id(work.connection, device_id, code)
    if series is None:
        return None
    reach = span.end - span.start if look_back is None else look_back
    before = await store.reading_before(work.connection, series, span.start, span.start - reach)
    within = await store.readings(work.connection, series, span, MOST_READINGS)
    return list(chain((before,) if before else (), within))


async def first_reading_at(work: Work, device_id: UUID, code: str) -> datetime | None:
    """When the oldest reading a property ever had was observed, dropped or not."""
    return await store.first_reading_at(work.connection, device_id, code)


async def count_between(work: Work, device_id: UUID, code: str, span: Span) -> int:
    """How many readings of a property a span has."""
    series = await store.series_id(work.connection, device_id, code)
    return 0 if series is None else await store.count_readings(work.connection, series, span)


async def events_of(
    work: Work, device_id: UUID, *, before: datetime | None = None, most: int = 50
) -> tuple[StoredEvent, ...]:
    """A device's events, newest first."""
    return tuple(await store.events(work.connection, device_id, before, most))


async def wrong_clocks(work: Work, device_ids: Collection[UUID]) -> Mapping[UUID, WrongClock]:
    """Devices among these whose own time was impossible, as last seen."""
    found = await store.wrong_clocks(work.connection, device_ids)
    return {clock.device_id: clock for clock in found}


async def prepare_days(work: Work, *, days: int = PREPARED_DAYS) -> int:
    """Make the partitions from yesterday on that the coming days need; returns how many."""
    first = work.now.date() - timedelta(days=1)
    return await store.prepare_partitions(work.connection, first, days)


async def forget_before(work: Work, moment: datetime) -> int:
    """Drop all readings received on days that ended before this moment; returns how many days.

    Last values and events stay.
    """
    return await store.forget_readings(work.connection, moment.date())


async def forget_receipts(work: Work) -> int:
    """Drop receipts too old to tell a message that came twice."""
    return await store.forget_receipts(work.connection, work.now - RECEIPTS_KEPT)


async def partitions(work: Work) -> tuple[Partition, ...]:
    """The daily partitions of readings and how large they are."""
    return tuple(await store.partitions(work.connection))
