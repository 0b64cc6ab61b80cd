"""Decisions about readings. Pure: no clock, no store.

Times are whole microseconds since 1970 UTC here: exact, and cheap to compare by the thousand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from linli.sensing.telemetry.contracts import ClockQuality, Slot, Span, Usage

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
MICROSECOND = timedelta(microseconds=1)

OLDEST = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * SECOND
FURTHEST_AHEAD = 120 * SECOND
FURTHEST_BEHIND = 400 * 86_400 * SECOND

SAME_MESSAGE_WITHIN = timedelta(hours=1)


def microseconds(moment: datetime) -> int:
    """The moment in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """The moment that so many microseconds since 1970 are."""
    return EPOCH + timedelta(microseconds=microseconds)


def clock_quality(claimed: int, received: int) -> ClockQuality:
    """Whether a device's own time can be true, given when its message came in."""
    if claimed > received + FURTHEST_AHEAD:
        return ClockQuality.AHEAD
    if claimed < OLDEST or claimed < received - FURTHEST_BEHIND:
        return ClockQuality.BEHIND
    return ClockQuality.TRUSTED


class Stamps:
    """Times for readings that bring none: the time of receipt, but never the same one twice.

    Messages read in one go share their time of receipt; they are still different readings.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def next(self, received: int) -> int:
        """A time for the next reading received at `received`, a few microseconds later at most."""
        if received > self._last:
            self._last = received
        elif self._last - received < SECOND:
            self._last += 1
        else:
            # The machine's clock was set back, or an old message is played again.
            return received
        return self._last


class Fresh(msgspec.Struct, frozen=True, gc=False):
    """A reading in work: when (microseconds), what, and when it came in."""

    observed: int
    value: float
    received: int


class Last(msgspec.Struct, frozen=True, gc=False):
    """The last value of a series, since when it has held, and when the series began."""

    observed: int
    received: int
    value: float
    since: int
    first: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The last value after new readings were merged in.

    Late readings may move `since`; what lies around them must be looked up after they are stored.
    With `after` set, it is the first reading after that moment. With `reaches` set, it is the
    first reading of the unbroken run of this value that ends at `last.since` and starts no
    earlier than `reaches`.
    """

    last: Last
    after: int | None = None
    reaches: int | None = None


def merge(last: Last | None, fresh: Sequence[Fresh]) -> Merged:
    """Merge new readings (rising in time, none known before, at least one) into the last value."""
    newer = (
        fresh
        if last is None
        else [reading for reading in fresh if reading.observed > last.observed]
    )
    first = fresh[0].observed if last is None else min(last.first, fresh[0].observed)
    merged = last
    if newer:
        newest = newer[-1]
        since = newest.observed
        unbroken = True
        for reading in reversed(newer):
            if reading.value != newest.value:
                unbroken = False
                break
            since = reading.observed
        if unbroken and last is not None and last.value == newest.value:
            since = last.since
        merged = Last(
            observed=newest.observed,
            received=newest.received,
            value=newest.value,
            since=since,
            first=first,
        )
    elif last is not None and first != last.first:
        merged = msgspec.structs.replace(last, first=first)
    if merged is None:
        raise ValueError("nothing to merge")
    if len(newer) == len(fresh) or last is None:
        return Merged(merged)
    late = [reading for reading in fresh if reading.observed < last.observed]
    if merged.since > last.observed:
        # Between what was late and the present run lies a reading with another value.
        return Merged(merged)
    breaks = [r.observed for r in late if r.value != merged.value and r.observed > merged.since]
    if breaks:
        return Merged(merged, after=max(breaks))
    earlier = [r.observed for r in late if r.observed < merged.since]
    return Merged(merged, reaches=min(earlier)) if earlier else Merged(merged)


def usage(readings: Iterable[tuple[datetime, float]]) -> Usage:
    """How far a counter went up over its readings, which rise in time.

    A fall means that the device was replaced or began again: that step counts as nothing, for how
    much was used across it is not known.
    """
    used = 0.0
    resets = 0
    count = 0
    first: datetime | None = None
    at: datetime | None = None
    before = 0.0
    for at, value in readings:
        if first is None:
            first = at
        elif value >= before:
            used += value - before
        else:
            resets += 1
        before = value
        count += 1
    return Usage(used=used, covered_from=first, covered_to=at, readings=count, resets=resets)


def slots(readings: Iterable[tuple[datetime, float]], span: Span, length: timedelta) -> list[Slot]:
    """How far a counter went up in each stretch of `length`, the last one cut at the span's end.

    A step between two readings belongs to the stretch of the later one. A stretch without a
    reading of its own, or with only the very first, is None: nothing is known of it.
    """
    used: dict[int, float] = {}
    before: float | None = None
    for at, value in readings:
        place = (at - span.start) // length
        if before is not None and place >= 0:
            used[place] = used.get(place, 0.0) + max(value - before, 0.0)
        before = value
    count = -((span.start - span.end) // length)
    return [Slot(start=span.start + length * place, used=used.get(place)) for place in range(count)]
