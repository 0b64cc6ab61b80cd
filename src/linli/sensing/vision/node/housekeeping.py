"""Keeping a node's disk: what is over goes, and when room is short, the oldest goes first."""

import contextlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from linli.sensing.vision.node.keeping import Segment, Why, expired, to_make_room
from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.node.shelf import REMOVED, CameraShelf, Entry, Line, camera_codes


@dataclass(frozen=True, slots=True)
class Removal:
    """What went from one camera for want of room."""

    camera: str
    count: int
    size: int
    oldest_ms: int
    evidence: bool


def keep_house(
    settings: NodeSettings, keep_days: Mapping[str, int], now_ms: int, *, more: int = 0
) -> list[Removal]:
    """Remove what is over and what there is no room for; says only the latter.

    `more` bytes are wanted beyond the usual reserve, after a write that failed.
    """
    shelves = {code: CameraShelf(settings.folder, code) for code in camera_codes(settings.folder)}
    segments = [segment for shelf in shelves.values() for segment in shelf.segments()]
    over = expired(segments, now_ms, keep_days)
    _remove(shelves, over, Why.EXPIRED)
    left = [segment for segment in segments if segment not in over]
    free = shutil.disk_usage(settings.folder).free
    missing = settings.keep_free - free + more
    if settings.most_bytes is not None:
        missing = max(missing, sum(one.size for one in left) - settings.most_bytes)
    chosen = to_make_room(left, missing)
    _remove(shelves, chosen, Why.REMOVED_FOR_ROOM)
    return [
        Removal(
            camera=code,
            count=len(gone),
            size=sum(one.size for one in gone),
            oldest_ms=min(one.span.begin for one in gone),
            evidence=any(one.evidence for one in gone),
        )
        for code in sorted(shelves)
        if (gone := [one for one in chosen if one.camera == code])
    ]


def _remove(shelves: Mapping[str, CameraShelf], segments: Iterable[Segment], why: Why) -> None:
    for segment in segments:
        shelf = shelves[segment.camera]
        with contextlib.suppress(OSError):
            shelf.path_of(segment).unlink(missing_ok=True)
            shelf.note(Line(Entry.GAP, segment.span.begin, segment.span.end, why), REMOVED)


def forget_scratch(folder: Path) -> None:
    """What a crash left half made goes."""
    shutil.rmtree(folder, ignore_errors=True)
