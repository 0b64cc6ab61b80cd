"""What the platform tells a node to do, and what a node leaves as evidence of a fall.

The plan is the answer to `GET /device/v1/vision/plan`; the trajectory is the JSON file that comes
with every `falling_object` event, beside the clip and the still. Both are read leniently: a field
that is not known is passed over.
"""

from enum import StrEnum

import msgspec

from linli.sensing.vision.contracts import Facade, FallenObject, Origin, Polygon

TRACK_FORMAT = "linli-track-1"


class SourceKind(StrEnum):
    """How a camera's pictures are fetched."""

    RTSP = "rtsp"
    FILE = "file"
    MJPEG = "mjpeg"


class Duty(StrEnum):
    """What a node does with a camera's pictures beside recording them."""

    FALLING = "falling"
    HEALTH = "health"


class Source(msgspec.Struct, frozen=True):
    """Where pictures come from; `url` holds the camera's credentials. `loop` repeats a file."""

    kind: SourceKind
    url: str
    loop: bool = False


class Recording(msgspec.Struct, frozen=True):
    """Whether and how long the camera's pictures are kept."""

    enabled: bool = True
    keep_days: int = 30
    segment_s: int = 60


class ClipSpan(msgspec.Struct, frozen=True):
    """How much a clip holds around what happened, in seconds."""

    before_s: float = 10.0
    after_s: float = 10.0


class CameraPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One camera as a node runs it.

    `masks` are blacked out before anything is stored or shown; in `blind` regions falls are not
    looked for. `priority` 1 is given up last when a node has more to do than it can.
    """

    code: str
    device_id: str
    title: str
    source: Source
    work: tuple[Duty, ...] = (Duty.HEALTH,)
    masks: tuple[Polygon, ...] = ()
    blind: tuple[Polygon, ...] = ()
    record: Recording = Recording()
    clip: ClipSpan = ClipSpan()
    facades: tuple[Facade, ...] = ()
    sensitivity: int = 50
    confidence: int = 50
    priority: int = 5


class VisionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All cameras of one node. `view_key` is base64 of the 32 bytes that sign viewing tickets."""

    version: str
    view_key: str
    cameras: tuple[CameraPlan, ...]


class TrackFile(msgspec.Struct, frozen=True, kw_only=True):
    """The trajectory of one fall as evidence; times in seconds, on the clock of `fallen`.

    `clip_from` is the moment of the clip's first frame on that clock, `epoch_ms_at_zero` what must
    be added (times 1000) to come to milliseconds since 1970 UTC. `clock_error_ms` is how far the
    node's clock may be from the platform's. `settings` are those of the detector.
    """

    camera: str
    event_id: str
    width: int
    height: int
    fps: float
    clip_from: float
    fallen: FallenObject
    format: str = TRACK_FORMAT
    origin: Origin | None = None
    facade: Facade | None = None
    epoch_ms_at_zero: float = 0.0
    clock_error_ms: float | None = None
    software: dict[str, str] = {}
    settings: dict[str, float | str | bool] = {}
