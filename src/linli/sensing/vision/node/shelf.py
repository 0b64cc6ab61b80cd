"""Where a node's recordings, evidence and unsent words lie.

```
<folder>/cameras/_<code>/segments/<from>-<to>.mp4   finished recordings (ms since 1970 UTC)
                         segments/<from>.part       the one being written, always playable
                         journal.jsonl              why recordings are missing, where evidence is
                         removed.jsonl              what the node removed, and why
<folder>/evidence/<event id>/…                       files of an event until the platform has them
<folder>/outbox/…                                    what is yet to be told
```
"""

import contextlib
import os
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from linli.sensing.vision.node.keeping import Gap, Segment, Span, Why

NAME = re.compile(r"(\d{1,15})-(\d{1,15})\.mp4")
PART = re.compile(r"(\d{1,15})\.part")
JOURNAL = "journal.jsonl"
REMOVED = "removed.jsonl"
LONGEST_JOURNAL = 8 << 20


class Entry(StrEnum):
    """What a line of a journal says."""

    GAP = "gap"
    EVIDENCE = "evidence"


class Line(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """A line of a journal: times in milliseconds since 1970 UTC."""

    kind: Entry
    begin: int
    end: int
    why: Why | None = None


class CameraShelf:
    """One camera's part of the folder."""

    def __init__(self, folder: Path, code: str) -> None:
        self.code = code
        # A code may be "..", so it never stands alone.
        self.folder = folder / "cameras" / f"_{code}"
        self.segments_folder = self.folder / "segments"
        self.evidence_folder = folder / "evidence"

    def make(self) -> None:
        """Make the folders."""
        self.segments_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.evidence_folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def part(self, begin_ms: int) -> Path:
        """Where a recording that begins now is written."""
        return self.segments_folder / f"{begin_ms}.part"

    def finished(self, begin_ms: int, end_ms: int) -> Path:
        """What it is called when it is whole."""
        return self.segments_folder / f"{begin_ms}-{max(end_ms, begin_ms + 1)}.mp4"

    def parts(self) -> list[tuple[int, Path]]:
        """Recordings that are being written, or were when the power went."""
        return sorted(
            (int(match[1]), path)
            for path in _listed(self.segments_folder)
            if (match := PART.fullmatch(path.name))
        )

    def segments(self) -> list[Segment]:
        """Every finished recording, oldest first, with whether evidence lies in it."""
        evidence = [
            Span(line.begin, line.end)
            for line in self.lines(JOURNAL)
            if line.kind is Entry.EVIDENCE
        ]
        found: list[Segment] = []
        for path in _listed(self.segments_folder):
            match = NAME.fullmatch(path.name)
            if match is None:
                continue
            span = Span(int(match[1]), int(match[2]))
            with contextlib.suppress(OSError):  # it may just have been removed
                found.append(
                    Segment(
                        self.code,
                        span,
                        path.stat().st_size,
                        evidence=any(span.overlap(one) for one in evidence),
                    )
                )
        return sorted(found, key=lambda segment: segment.span.begin)

    def path_of(self, segment: Segment) -> Path:
        """The file of a finished recording."""
        return self.segments_folder / f"{segment.span.begin}-{segment.span.end}.mp4"

    def known_gaps(self) -> list[Gap]:
        """Why recordings are missing, as far as it was written down."""
        return [
            Gap(Span(line.begin, line.end), line.why)
            for name in (JOURNAL, REMOVED)
            for line in self.lines(name)
            if line.kind is Entry.GAP and line.why is not None
        ]

    def note(self, line: Line, name: str = JOURNAL) -> None:
        """Write a line; a full disk loses it."""
        with contextlib.suppress(OSError):
            path = self.folder / name
            if path.exists() and path.stat().st_size > LONGEST_JOURNAL:
                kept = list(self.lines(name))
                body = b"".join(msgspec.json.encode(one) + b"\n" for one in kept[len(kept) // 2 :])
                replaced(path, body)
            with path.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")

    def lines(self, name: str) -> Iterator[Line]:
        """The lines of a journal; a half-written one is passed over."""
        try:
            raw = (self.folder / name).read_bytes()
        except OSError:
            return
        for one in raw.splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                yield msgspec.json.decode(one, type=Line)


def replaced(path: Path, body: bytes) -> None:
    """Write a file in one step: a reader, and a crash, leave the old or the new one."""
    made = path.with_name(f".{path.name}.new")
    with made.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)


def camera_codes(folder: Path) -> list[str]:
    """The cameras that have a shelf in this folder, in the plan or not."""
    return sorted(path.name[1:] for path in _listed(folder / "cameras") if path.name[0] == "_")


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
