"""What is judged of a camera, and what it is judged by."""

from dataclasses import dataclass
from enum import StrEnum


class PictureFault(StrEnum):
    """What can be wrong with a camera, in the order of the property `picture_fault` (from 1)."""

    OFFLINE = "offline"
    FROZEN = "frozen"
    DARK = "dark"
    BLURRED = "blurred"
    MOVED = "moved"
    COVERED = "covered"
    SWAPPED = "swapped"
    CLOCK_WRONG = "clock_wrong"
    DEGRADED = "degraded"
    BEYOND_CAPACITY = "beyond_capacity"

    @property
    def code(self) -> int:
        """Its value in `picture_fault` telemetry; 0 is none."""
        return list(PictureFault).index(self) + 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that stands, since when (seconds since 1970), with words for people."""

    kind: PictureFault
    since: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFigures:
    """How the stream goes, about once a second.

    Attributes:
        at: seconds since 1970.
        rate: pictures a second, over five seconds; `declared_rate` as the source says (0 unknown).
        kilobits: a second.
        unsound: damaged pictures of the last five seconds.
        errors: pictures that could not be decoded, since the start.
        clock_off_s: the camera's clock less ours; None when it does not tell the time.
        silent_s: since the last picture.
    """

    at: float
    rate: float
    declared_rate: float = 0.0
    kilobits: float = 0.0
    unsound: int = 0
    errors: int = 0
    clock_off_s: float | None = None
    silent_s: float = 0.0
