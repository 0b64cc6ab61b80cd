"""Recording a camera in segments that survive a power cut."""

from collections.abc import Callable

import structlog

from linli.sensing.vision.node.keeping import Why
from linli.sensing.vision.node.shelf import CameraShelf, Entry, Line
from linli.sensing.vision.plan import Recording
from linli.sensing.vision.video import (
    FRAGMENTED,
    SECOND,
    Coded,
    Format,
    Muxer,
    Unplayable,
    stored,
)

MILLISECOND = 1000
# After a full disk, the node needs a moment to make room.
PAUSE_MS = 5_000
# A stream that stood still this long has a gap, even inside one segment.
LONGEST_PAUSE = 10 * SECOND

log = structlog.get_logger()


class Recorder:
    """Writes a camera's pictures to its shelf; `disk_full` is called when there is no room."""

    def __init__(
        self, shelf: CameraShelf, wanted: Recording, disk_full: Callable[[int], None]
    ) -> None:
        self._shelf = shelf
        self._wanted = wanted
        self._disk_full = disk_full
        self._muxer: Muxer | None = None
        self._form: Format | None = None
        self._began = 0
        self._last = 0
        self._refused_until = 0
        self._missing: tuple[int, Why] | None = None

    def wants(self, wanted: Recording) -> None:
        """Follow a new plan from the next segment on."""
        if self._wanted.enabled and not wanted.enabled:
            self.close()
        self._wanted = wanted

    def add(self, form: Format, coded: Coded) -> None:
        """Record a picture; begins and ends segments at key pictures."""
        if not self._wanted.enabled:
            self.missing(coded.dts // MILLISECOND, Why.SWITCHED_OFF)
            return
        if self._muxer is not None and self._is_over(form, coded):
            self.close()
        if self._muxer is None and not self._opened(form, coded):
            return
        if self._muxer is None:
            return
        try:
            self._muxer.add(coded)
            self._last = coded.dts
        except OSError:
            self._full(coded)
        except Unplayable as error:
            log.warning("segment_broken", camera=self._shelf.code, error=str(error))
            self.close()
            self.missing(coded.dts // MILLISECOND, Why.STREAM_BROKEN)

    def missing(self, at_ms: int, why: Why) -> None:
        """From now on nothing is recorded, for this reason (until pictures are added again)."""
        if self._missing is not None and self._missing[1] is why:
            if at_ms - self._missing[0] < 60_000:  # noqa: PLR2004 (one line a minute is enough)
                return
            self._shelf.note(Line(Entry.GAP, self._missing[0], at_ms, why))
        elif self._missing is not None:
            self._shelf.note(Line(Entry.GAP, self._missing[0], at_ms, self._missing[1]))
        self._missing = (at_ms, why)

    def pause(self, at_ms: int, why: Why) -> None:
        """The source ended: close the segment and note why nothing follows."""
        self.close()
        self.missing(at_ms, why)

    def close(self) -> None:
        """End the segment that is being written."""
        muxer, self._muxer = self._muxer, None
        if muxer is None:
            return
        part = self._shelf.part(self._began // MILLISECOND)
        try:
            muxer.close()
        except (OSError, Unplayable) as error:
            log.warning("segment_not_closed", camera=self._shelf.code, error=str(error))
        try:
            part.rename(self._shelf.finished(self._began // MILLISECOND, self._last // MILLISECOND))
        except OSError as error:
            log.warning("segment_not_kept", camera=self._shelf.code, error=str(error))

    def _is_over(self, form: Format, coded: Coded) -> bool:
        if coded.dts - self._last > LONGEST_PAUSE or form != self._form:
            return True
        return coded.key and coded.dts - self._began >= self._wanted.segment_s * SECOND

    def _opened(self, form: Format, coded: Coded) -> bool:
        now_ms = coded.dts // MILLISECOND
        if not coded.key or now_ms < self._refused_until:
            return False
        try:
            path = self._shelf.part(now_ms)
            self._muxer = Muxer(str(path), form, coded, FRAGMENTED)
        except OSError:
            self._full(coded)
            return False
        except Unplayable as error:
            log.warning("segment_refused", camera=self._shelf.code, error=str(error))
            self.missing(now_ms, Why.STREAM_BROKEN)
            return False
        self._form, self._began, self._last = form, coded.dts, coded.dts
        if self._missing is not None:
            self._shelf.note(Line(Entry.GAP, self._missing[0], now_ms, self._missing[1]))
            self._missing = None
        return True

    def _full(self, coded: Coded) -> None:
        now_ms = coded.dts // MILLISECOND
        self.close()
        self.missing(now_ms, Why.DISK_FULL)
        self._refused_until = now_ms + PAUSE_MS
        self._disk_full(now_ms)


def mend(shelf: CameraShelf) -> None:
    """Finish the recordings that a crash or a power cut left open; what cannot be read goes."""
    for begin_ms, path in shelf.parts():
        end_us = None
        try:
            for _, coded in stored(path):
                end_us = coded.dts
        except Unplayable:
            pass
        if end_us is None:
            path.unlink(missing_ok=True)
        else:
            path.rename(shelf.finished(begin_ms, begin_ms + end_us // MILLISECOND))
