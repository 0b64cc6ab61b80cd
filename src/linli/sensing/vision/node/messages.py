"""What the node and its camera processes say to each other: length-prefixed MessagePack."""

import socket
import struct
from collections.abc import Iterator

import msgspec

from linli.sensing.vision.plan import CameraPlan

HEAD = struct.Struct(">I")
LONGEST = 64 << 20


class Configure(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: the first message, and again when the plan for this camera changes."""

    plan: CameraPlan
    folder: str


class Analyse(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: how much to analyse (a `capacity.Level`)."""

    level: int


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: a viewer came."""

    viewer: int


class Unwatch(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: a viewer left."""

    viewer: int


class StillWanted(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: send the newest picture."""

    request: int


class ClipWanted(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: write what the ring holds of this while (milliseconds) to a file."""

    request: int
    begin: int
    end: int
    path: str


class LearnView(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: what is seen from now on is right (somebody aimed the camera anew)."""


class OtherViews(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: what the node's other cameras usually see."""

    views: dict[str, bytes]


class ClockError(msgspec.Struct, frozen=True, tag=True):
    """Node → camera: how far the node's clock may be from the platform's, in milliseconds."""

    milliseconds: float


Order = (
    Configure
    | Analyse
    | Watch
    | Unwatch
    | StillWanted
    | ClipWanted
    | LearnView
    | OtherViews
    | ClockError
)


class Beat(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Camera → node, every second: how it goes.

    Attributes:
        connected: pictures come.
        words: why not, for people.
        frames_per_second: over the last seconds; likewise `kilobits` a second.
        behind_s: how late analysis is.
        cpu_s: processor time used since the start.
        memory: resident bytes.
        ring_from: milliseconds since 1970; 0 when nothing is held.
        dropped: pictures that were not analysed because there was no time.
        size: width and height, `(0, 0)` when unknown.
    """

    connected: bool
    words: str
    frames_per_second: float
    kilobits: float
    behind_s: float
    cpu_s: float
    memory: int
    ring_from: int
    dropped: int
    size: tuple[int, int]
    codec: str


class FileMade(msgspec.Struct, frozen=True):
    """A file of evidence in the camera's evidence folder, and its media type."""

    path: str
    media_type: str


class Seen(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Camera → node: an event to tell, with its evidence. The id never changes."""

    id: str
    event: str
    at_ms: int
    fields: dict[str, str | float | bool]
    files: tuple[FileMade, ...] = ()


class PictureHealth(msgspec.Struct, frozen=True, tag=True):
    """Camera → node: the faults that stand now, most important first, with words for people."""

    at_ms: int
    faults: tuple[tuple[str, str], ...]


class LivePart(msgspec.Struct, frozen=True, tag=True):
    """Camera → node: bytes for a viewer; `mime` stands before a new initialisation segment."""

    viewer: int
    part: bytes
    mime: str | None = None


class Answered(msgspec.Struct, frozen=True, tag=True):
    """Camera → node: the answer to `StillWanted` (a JPEG) or `ClipWanted` (empty: written)."""

    request: int
    content: bytes | None


class ViewLearnt(msgspec.Struct, frozen=True, tag=True):
    """Camera → node: what this camera usually sees, for telling whether another shows it."""

    view: bytes


class DiskFull(msgspec.Struct, frozen=True, tag=True):
    """Camera → node: recording stopped for want of room; it is tried again soon."""

    at_ms: int


Report = Beat | Seen | PictureHealth | LivePart | Answered | ViewLearnt | DiskFull

_orders = msgspec.msgpack.Decoder(Order)
_reports = msgspec.msgpack.Decoder(Report)
_encoder = msgspec.msgpack.Encoder()


def packed(message: "Order | Report") -> bytes:
    """The message with its length in front."""
    body = _encoder.encode(message)
    return HEAD.pack(len(body)) + body


def order(body: bytes) -> Order:
    """Read an order. Raises msgspec.MsgspecError."""
    return _orders.decode(body)


def report(body: bytes) -> Report:
    """Read a report. Raises msgspec.MsgspecError."""
    return _reports.decode(body)


def bodies(wire: socket.socket) -> Iterator[bytes]:
    """Read messages from a blocking socket until its other end closes."""
    with wire.makefile("rb") as stream:
        while True:
            head = stream.read(HEAD.size)
            if len(head) < HEAD.size:
                return
            (length,) = HEAD.unpack(head)
            body = stream.read(length)
            if len(body) < length:
                return
            yield body
