"""What passes into and out of the telemetry store. Times are aware UTC.

Made of C structs where every message passes through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Protocol
from uuid import UUID

import msgspec

from linli.sensing.devices.contracts import Device, Scalar


class ClockQuality(IntEnum):
    """How far a reading's observed time can be trusted; all but TRUSTED use the received time."""

    TRUSTED = 0
    ABSENT = 1
    """The device gave no time."""
    BEHIND = 2
    """It gave one before 2020, or more than 400 days ago."""
    AHEAD = 3
    """It gave one more than two minutes ahead."""
    UNREADABLE = 4
    """It gave one that no calendar holds."""


class SaidEvent(Protocol):
    """An event in a report; the drivers' `EventReport` is one."""

    @property
    def code(self) -> str:
        """The event's code in its device kind."""
        ...

    @property
    def id(self) -> str | None:
        """The device's own id of this happening, when it has one."""
        ...

    @property
    def data(self) -> tuple[tuple[str, Scalar], ...]:
        """The event's fields."""
        ...

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of files sent before."""
        ...


class Said(Protocol):
    """What one device said about one moment; the drivers' `Report` is one."""

    @property
    def observed_at(self) -> datetime | None:
        """The device's own time."""
        ...

    @property
    def clock_unreadable(self) -> bool:
        """Whether the device gave a time that no calendar holds."""
        ...

    @property
    def values(self) -> tuple[tuple[str, float], ...]:
        """(property, value) in the units of the device's kind."""
        ...

    @property
    def events(self) -> Sequence[SaidEvent]:
        """What happened."""
        ...


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """How a message of QoS 1 or 2 came in, to know it again when it is sent twice.

    One object per message, shared by all reports in it. `digest` (16 bytes) is of topic and
    payload; `duplicate` is the DUP flag.
    """

    connection_id: UUID
    packet_id: int
    digest: bytes
    duplicate: bool


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One report of one registered device, on its way into the store.

    `receipt` is None for QoS 0 and for doors that know no redelivery.
    """

    device: Device
    said: Said
    received_at: datetime
    receipt: Receipt | None = None


class NewReading(msgspec.Struct, frozen=True, gc=False):
    """A reading that was not known before.

    `newest` tells whether it was the latest of its series when stored: old ones that arrive late
    are kept, but do not say how things stand now.
    """

    series_id: int
    property: str
    value: float
    observed_at: datetime
    received_at: datetime
    clock: ClockQuality
    newest: bool


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event that was not known before."""

    id: UUID
    event: str
    external_id: str
    observed_at: datetime
    received_at: datetime
    clock: ClockQuality
    fields: tuple[tuple[str, Scalar], ...]
    evidence: tuple[UUID, ...]


class DeviceNews(msgspec.Struct, frozen=True, gc=False):
    """All that is new from one device in a batch: readings by observed time within a property.

    `clock` and `clock_offset_s` tell the worst of the batch: seconds the device's own time was
    ahead (negative: behind) of the time of receipt, None when it gave no readable time.
    """

    device: Device
    readings: tuple[NewReading, ...]
    events: tuple[NewEvent, ...]
    received_at: datetime
    clock: ClockQuality
    clock_offset_s: float | None


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """What a batch added. Counts are readings and events together.

    `refused` counts evidence that is no file of the device's own.
    """

    news: tuple[DeviceNews, ...]
    new: int
    duplicate: int
    refused: int


@dataclass(frozen=True, slots=True)
class LastValue:
    """The newest reading of a series; it has had this value since `since`."""

    device_id: UUID
    property: str
    value: float
    observed_at: datetime
    received_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A stretch of a series: `at` is its beginning, `n` how many readings it has."""

    at: datetime
    min: float
    avg: float
    max: float
    last: float
    n: int


@dataclass(frozen=True, slots=True)
class Span:
    """From (included) to (excluded), by observed time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """How far a counter went up within a span.

    `covered_from` and `covered_to` are the times of the first and last reading used: with less
    than the span covered the real use may be higher. `resets` counts falls of the counter.
    """

    used: float
    covered_from: datetime | None
    covered_to: datetime | None
    readings: int
    resets: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One stretch of time and how far a counter went up in it; None when nothing covers it."""

    start: datetime
    used: float | None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as kept."""

    id: UUID
    device_id: UUID
    estate_id: UUID
    event: str
    external_id: str
    observed_at: datetime
    received_at: datetime
    clock: ClockQuality
    fields: Mapping[str, Scalar]
    evidence: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class WrongClock:
    """A device whose own time cannot be right, as last seen."""

    device_id: UUID
    clock: ClockQuality
    offset_s: float | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Partition:
    """One day of readings: rows (estimated) and bytes on disk. `day` None holds stray days."""

    name: str
    day: date | None
    rows: int
    bytes: int
