"""What of the recordings is kept, and why something is missing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 86_400_000
# Two segments this close are one recording.
SEAM_MS = 2_000


class Why(StrEnum):
    """Why there is no recording of a while."""

    CAMERA_OFFLINE = "camera_offline"
    STREAM_BROKEN = "stream_broken"
    DISK_FULL = "disk_full"
    REMOVED_FOR_ROOM = "removed_for_room"
    EXPIRED = "expired"
    SWITCHED_OFF = "switched_off"
    NODE_DOWN = "node_down"


WHY_TEXTS: Mapping[Why, str] = {
    Why.CAMERA_OFFLINE: "摄像机没有信号",
    Why.STREAM_BROKEN: "码流损坏，无法保存",
    Why.DISK_FULL: "磁盘已满",
    Why.REMOVED_FOR_ROOM: "磁盘快满，已删除较早的录像",
    Why.EXPIRED: "超过保存期限，已删除",
    Why.SWITCHED_OFF: "没有开启录像",
    Why.NODE_DOWN: "节点没有运行",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, milliseconds since 1970 UTC; `end` may lie after now while it lasts."""

    begin: int
    end: int

    def overlap(self, other: "Span") -> int:
        """How long both last, in milliseconds; 0 when they do not meet."""
        return max(0, min(self.end, other.end) - max(self.begin, other.begin))


@dataclass(frozen=True, slots=True)
class Segment:
    """One recorded file of a camera; `evidence` says that an event lies in it."""

    camera: str
    span: Span
    size: int
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A while without recording, and why."""

    span: Span
    why: Why


def expired(segments: Iterable[Segment], now_ms: int, keep_days: Mapping[str, int]) -> set[Segment]:
    """The segments whose time is over; cameras no longer in the plan keep the default of 30 days.

    Retention holds for evidence too: the clip itself is with the platform.
    """
    return {
        segment
        for segment in segments
        if segment.span.end < now_ms - keep_days.get(segment.camera, 30) * DAY_MS
    }


def to_make_room(segments: Iterable[Segment], missing: int) -> list[Segment]:
    """The segments to remove so that `missing` bytes become free.

    The oldest without evidence go first, of whichever camera; evidence only when nothing else is
    left.
    """
    chosen: list[Segment] = []
    for segment in sorted(segments, key=lambda one: (one.evidence, one.span.begin)):
        if missing <= 0:
            break
        chosen.append(segment)
        missing -= segment.size
    return chosen


def gaps(segments: Sequence[Segment], known: Sequence[Gap], asked: Span) -> list[Gap]:
    """The whiles in `asked` without a segment, each with the reason that covers most of it.

    What no reason explains is a node that was not running.
    """
    found: list[Gap] = []
    at = asked.begin
    ordered = sorted((one.span for one in segments), key=lambda span: span.begin)
    for span in [*ordered, Span(asked.end, asked.end)]:
        hole = Span(at, min(span.begin, asked.end))
        if hole.end - hole.begin > SEAM_MS:
            found.append(Gap(hole, _reason(hole, known)))
        at = max(at, span.end)
        if at >= asked.end:
            break
    return found


def _reason(hole: Span, known: Sequence[Gap]) -> Why:
    weights: dict[Why, int] = {}
    for gap in known:
        weights[gap.why] = weights.get(gap.why, 0) + gap.span.overlap(hole)
    unexplained = hole.end - hole.begin - sum(weights.values())
    weights[Why.NODE_DOWN] = weights.get(Why.NODE_DOWN, 0) + max(unexplained, 0)
    return max(weights, key=lambda why: weights[why])
