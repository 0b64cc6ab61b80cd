"""The falling-object detector of one camera: pictures in, graded falls out.

Coarse before fine: a difference gate on every frame, spots only where it leaves something, tracks
only of spots that go down, a fit only of tracks that went down far. What the gate misses on the way
of a promising track is looked for again in the last seconds of pictures, at a lower limit.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import cast

import numpy as np
import numpy.typing as npt

from linli.sensing.vision import pictures
from linli.sensing.vision.contracts import (
    Facade,
    FallenObject,
    FallFit,
    Point,
    Polygon,
    Reason,
    TrackPoint,
)
from linli.sensing.vision.falling.background import Background, Seen
from linli.sensing.vision.falling.facade import CrookedFacade, FacadeView
from linli.sensing.vision.falling.judging import Evidence, Refused, Verdict, judge
from linli.sensing.vision.falling.physics import Drop, Points, fit
from linli.sensing.vision.falling.settings import Settings
from linli.sensing.vision.falling.tracking import Sighting, Spot, Track, Tracker, together
from linli.sensing.vision.falling.uncalibrated import PixelPath, fall_of_path
from linli.sensing.vision.pictures import Luma

KEPT_S = 3.2
MOST_SPOTS = 150
CROWDED_SPOTS = 45
SHAKING_PX = 0.4
LEAST_EXCESS = 6
LEAST_PIXELS = 2
BLOCK = 8
MANY_BLOCKS = 24
LEAST_WINDOW = 4
NOT_WATCHED = 255
FEWEST_CORNERS = 3
WORTH_SEEN = 5
WORTH_STOREYS = 0.9
BREAK_S = 1.0
LONGEST_GAPS = 4
INTERVAL_RATE = 0.1
RESTART_S = 8.0
BESIDE_M = 3.0
ABOVE_STOREYS = 1.3
BELOW_M = 2.5
COARSE = 16
SOUGHT_SHARE = 0.55
SOUGHT_MISSES = 4
JOIN_HEIGHT_M = 2.5
JOIN_ACROSS_M = 1.8
JOIN_WAIT_S = 1.2
REMEMBERED_S = 6.0
PIECE_SEEN = 8
REST_M = 0.3
REST_S = 0.3
PIECES_OVERLAP_S = 0.2
PIECES_GAP_S = 0.8
PIECES_ACROSS_M = 2.5
OUT_OF_VIEW_S = (0.08, 0.16, 0.24)
FLEW_ON_S = 0.3
FLEW_ON_FRAMES = 3
ALIKE = 3.0
DRIP_PX = 4.2
DRIP_ACROSS_M = 0.45
DRIP_HEIGHT_M = 2.5
DRIP_MEMORY_S = 900.0
DRIP_WAIT_S = 2.4


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture of the last seconds, moved back to where the background is."""

    at: float
    luma: Luma
    shaking: bool
    crowded: bool
    spots: tuple[Spot, ...]


@dataclass(slots=True)
class Waiting:
    """A fall not reported yet: its lower half may follow, or it may be one of many drops."""

    view: FacadeView
    sightings: list[Sighting]
    drop: Drop
    fallen: FallenObject
    until: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a track that went down far enough to look at; for those who tune."""

    at: float
    seen: int
    refused: Refused | None
    drop: Drop | None


@dataclass(slots=True)
class FallingDetector:
    """Finds falling objects in the pictures of one camera.

    `size` is that of the full picture (width, height), positions in `blind` are fractions of it.
    Without façades the whole picture is watched and nothing can be more than suspected.
    """

    settings: Settings
    size: tuple[int, int]
    fps: float
    facades: Sequence[Facade]
    blind: Sequence[Polygon] = ()
    judged: deque[Judged] = field(default_factory=lambda: deque[Judged](maxlen=200))
    frames_refused: int = 0
    """Pictures of another size or type, or out of order."""
    _views: list[FacadeView] = field(init=False)
    _left: int = 0
    _top: int = 0
    _mask: Luma = field(init=False)
    _scales: npt.NDArray[np.float64] = field(init=False)
    _owners: npt.NDArray[np.int64] = field(init=False)
    _background: Background = field(init=False)
    _tracker: Tracker = field(init=False)
    _kept: deque[Kept] = field(init=False)
    _last: float | None = None
    _interval: float = field(init=False)
    _waiting: list[Waiting] = field(default_factory=list[Waiting])
    _reported: deque[Waiting] = field(default_factory=lambda: deque[Waiting](maxlen=32))
    _pieces: deque[tuple[FacadeView, list[Sighting]]] = field(
        default_factory=lambda: deque[tuple[FacadeView, list[Sighting]]](maxlen=16)
    )
    _drips: deque[tuple[float, str, float, float]] = field(
        default_factory=lambda: deque[tuple[float, str, float, float]](maxlen=64)
    )

    def __post_init__(self) -> None:
        self._views = [view for facade in self.facades if (view := self._view(facade)) is not None]
        self.fps = max(1.0, self.fps)
        self._interval = 1 / self.fps
        self._watch()
        self._restart()

    def _view(self, facade: Facade) -> FacadeView | None:
        try:
            return FacadeView.of(facade, self.size)
        except (CrookedFacade, ZeroDivisionError):
            return None

    def see(self, luma: Luma, at: float) -> tuple[FallenObject, ...]:
        """Look at the next picture.

        `luma` is the picture at half size (as `pictures.half` makes it), `at` its time in seconds.
        Gives the falls that are certain enough to report now: usually within half a second of the
        impact, within some three seconds where its end was not seen. Never raises on odd pictures:
        one of another size or out of order is passed over and counted.
        """
        wanted = (self.size[1] // 2, self.size[0] // 2)
        if (
            luma.shape != wanted
            or luma.dtype != np.uint8
            or (self._last is not None and at <= self._last and at > self._last - RESTART_S)
        ):
            self.frames_refused += 1
            return ()
        found: list[FallenObject] = []
        if self._last is not None and not self._last < at < self._last + BREAK_S:
            found += self._ended(self._tracker.clear(), self._last)
            self._kept.clear()
            if not self._last < at < self._last + RESTART_S:
                self._restart()
        elif self._last is not None:
            # A busy node gives every second picture only.
            gap = min(at - self._last, LONGEST_GAPS / self.fps)
            self._interval += INTERVAL_RATE * (gap - self._interval)
        self._last = at
        tall, wide = self._mask.shape
        part = np.ascontiguousarray(
            luma[self._top : self._top + tall, self._left : self._left + wide]
        )
        seen = self._background.see(part)
        if seen.cut:
            self._tracker.clear()
            self._kept.clear()
        elif self._background.warm:
            found += self._follow(part, seen, at)
        found += self._due(at)
        return tuple(found)

    def finish(self) -> tuple[FallenObject, ...]:
        """The stream has ended: what can still be said of falls under way."""
        if self._last is None:
            return ()
        found = self._ended(self._tracker.clear(), self._last)
        found += self._due(self._last + 60)
        return tuple(found)

    # --- one frame ---

    def _follow(self, part: Luma, seen: Seen, at: float) -> list[FallenObject]:
        spots = [] if seen.lost else self._spots(seen)
        shaking = hypot(*seen.shift) > SHAKING_PX
        crowded = seen.lost or len(spots) > CROWDED_SPOTS
        steady = pictures.shifted(part, -seen.shift[0], -seen.shift[1]) if shaking else part
        kept = Kept(at, steady, shaking, crowded, tuple(spots))
        self._kept.append(kept)
        while self._kept and self._kept[0].at < at - KEPT_S:
            self._kept.popleft()
        sightings = [Sighting(at, spot, shaking, crowded) for spot in spots]
        scales = [self._scale(spot.x, spot.y) for spot in spots]
        ended = self._tracker.step(at, sightings, scales)
        for track in self._tracker.tracks:
            if track.misses and not seen.lost and track.promising:
                x, y = track.predicted(at)
                spot = self._sought(kept, x, y, 2.0 + 0.12 * abs(track.down_speed) * self._interval)
                if spot is not None:
                    track.add(Sighting(at, spot, shaking, crowded))
        return self._ended(ended, at)

    def _spots(self, seen: Seen) -> list[Spot]:
        if seen.pixels < LEAST_PIXELS:
            return []
        blocks = pictures.blobs(pictures.occupied(seen.hot, BLOCK))
        if len(blocks) > MANY_BLOCKS:
            return self._many_spots(seen)
        spots: list[Spot] = []
        for left, top, wide, tall in self._areas(seen.hot, blocks):
            hot = seen.hot[top : top + tall, left : left + wide]
            by_column, by_row = hot.sum(axis=0, dtype=np.int64), hot.sum(axis=1, dtype=np.int64)
            total = int(by_row.sum())
            if total < LEAST_EXCESS:
                continue
            pixels = pictures.count(hot)
            across = float(by_column @ np.arange(wide)) / total
            down = float(by_row @ np.arange(tall)) / total
            columns, rows = np.flatnonzero(by_column), np.flatnonzero(by_row)
            broad, high = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
            peak = int(seen.apart[top : top + tall, left : left + wide].max())
            spots.append(Spot(left + across, top + down, broad, high, pixels, peak))
        if len(spots) <= CROWDED_SPOTS:
            spots = together(spots)
        return spots

    def _many_spots(self, seen: Seen) -> list[Spot]:
        """Spots of a crowded frame, all at once and less exactly."""
        stats, middles = pictures.blobs_with_middles(pictures.spread(seen.hot))
        if len(stats) > MOST_SPOTS:
            order = np.argsort(-stats[:, 4])[:MOST_SPOTS]
            stats, middles = stats[order], middles[order]
        spots: list[Spot] = []
        for (left, top, wide, tall, area), (x, y) in zip(
            cast("list[list[int]]", stats.tolist()),
            cast("list[list[float]]", middles.tolist()),
            strict=True,
        ):
            # The areas are one pixel wider on each side than what exceeded its limit.
            pixels = max(1, round((area**0.5 - 2) ** 2))
            peak = int(seen.apart[top : top + tall, left : left + wide].max())
            spots.append(Spot(x, y, max(1, wide - 2), max(1, tall - 2), pixels, peak))
        return spots

    def _areas(self, hot: Luma, blocks: list[list[int]]) -> list[tuple[int, int, int, int]]:
        """Left, top, width and height of what hangs together: whole blocks first, then pixels."""
        tall, wide = hot.shape
        areas: list[tuple[int, int, int, int]] = []
        for left, top, blocks_wide, blocks_tall, _ in blocks:
            x0, y0 = max(0, left * BLOCK - 1), max(0, top * BLOCK - 1)
            x1 = min(wide, (left + blocks_wide) * BLOCK + 1)
            y1 = min(tall, (top + blocks_tall) * BLOCK + 1)
            part = pictures.spread(np.ascontiguousarray(hot[y0:y1, x0:x1]))
            areas += [(x0 + x, y0 + y, w, h) for x, y, w, h, _ in pictures.blobs(part)]
        return areas

    def _sought(self, kept: Kept, x: float, y: float, reach: float) -> Spot | None:
        """The strongest difference near a place, at a lower limit than the gate's."""
        tall, wide = self._mask.shape
        span = int(reach) + 3
        left, right = max(0, int(x) - span), min(wide, int(x) + span + 1)
        top, bottom = max(0, int(y) - span), min(tall, int(y) + span + 1)
        if min(right - left, bottom - top) < LEAST_WINDOW:
            return None
        here = kept.luma[top:bottom, left:right].astype(np.float32)
        usual = self._background.still[top:bottom, left:right]
        limit = self._background.limit[top:bottom, left:right]
        off = here - usual
        off -= _middle(off[::2, ::2])
        apart = pictures.smooth(np.abs(off)) - np.float32(SOUGHT_SHARE) * limit
        apart[limit == NOT_WATCHED] = 0
        np.clip(apart, 0, None, out=apart)
        if float(apart.max()) <= 0:
            return None
        row, column = np.unravel_index(int(np.argmax(apart)), apart.shape)
        y0, y1 = max(0, int(row) - 2), int(row) + 3
        x0, x1 = max(0, int(column) - 2), int(column) + 3
        weight = apart[y0:y1, x0:x1]
        total = float(weight.sum())
        steps = np.arange(2 * int(reach) + 9, dtype=np.float32)
        across, down = weight.sum(axis=0), weight.sum(axis=1)
        found_x = left + x0 + float(across @ steps[: len(across)]) / total
        found_y = top + y0 + float(down @ steps[: len(down)]) / total
        if hypot(found_x - x, found_y - y) > reach:
            return None
        pixels = int(np.count_nonzero(weight))
        side = max(1, round(pixels**0.5) - 1)
        peak = float(np.abs(off)[y0:y1, x0:x1].max())
        return Spot(found_x, found_y, side, side, pixels, peak)

    # --- tracks that have ended ---

    def _ended(self, tracks: list[Track], at: float) -> list[FallenObject]:
        found: list[FallenObject] = []
        for track in tracks:
            if track.seen < WORTH_SEEN:
                continue
            if not self._views:
                found += self._unmeasured(track)
                continue
            view = self._views[self._owner(track.sightings[0].spot)]
            storey = view.facade.storey_height_m
            if track.drop_px < WORTH_STOREYS * storey * track.px_m * 0.7:
                if track.seen >= PIECE_SEEN and track.promising:
                    self._pieces.append((view, track.sightings))
                continue
            found += self._consider(view, track.sightings, at)
        return found

    def _unmeasured(self, track: Track) -> list[FallenObject]:
        """A track where no façade is calibrated."""
        spots = [one.spot for one in track.sightings]
        places = np.array([self._full(spot) for spot in spots])
        path = PixelPath(
            np.array([one.at for one in track.sightings]),
            places[:, 0],
            places[:, 1],
            _size_px(spots),
            float(np.median([spot.peak for spot in spots])),
        )
        fallen = fall_of_path(path, self.size[1])
        if fallen is None or fallen.confidence < self.settings.least_confidence:
            return []
        return [fallen]

    def _consider(
        self, view: FacadeView, sightings: list[Sighting], at: float
    ) -> list[FallenObject]:
        sightings = self._moving(view, sightings)
        drop = fit(self._points(view, sightings), rough=True)
        if drop is None:
            return []
        sightings = self._moving(view, self._completed(view, sightings, drop))
        drop = fit(self._points(view, sightings)) or drop
        return self._decide(view, sightings, drop, at)

    def _moving(self, view: FacadeView, sightings: list[Sighting]) -> list[Sighting]:
        """The sightings without a rest at their beginning: something else stood there before."""
        places = [self._metres(view, one.spot) for one in sightings]
        stays = next(
            (
                n
                for n, (across, height) in enumerate(places)
                if hypot(across - places[0][0], height - places[0][1]) > REST_M
            ),
            len(places),
        )
        if stays <= 1 or sightings[stays - 1].at - sightings[0].at < REST_S:
            return sightings
        return sightings[stays - 1 :]

    def _decide(
        self, view: FacadeView, sightings: list[Sighting], drop: Drop, at: float
    ) -> list[FallenObject]:
        joined = self._join(view, sightings)
        if joined in self._reported:
            return []
        if joined is not None:
            longer = sorted([*joined.sightings, *sightings], key=lambda one: one.at)
            longer_drop = fit(self._points(view, longer))
            if longer_drop is not None:
                self._waiting.remove(joined)
                sightings, drop = longer, longer_drop
        kept, verdict = self._verdict(view, sightings, drop)
        if verdict.refused is not None:
            for earlier in list(self._pieces):
                whole = self._whole(view, earlier, sightings)
                if whole is None:
                    continue
                whole_kept, whole_verdict = self._verdict(view, *whole)
                if whole_verdict.refused is None:
                    self._pieces.remove(earlier)
                    (sightings, drop), kept, verdict = whole, whole_kept, whole_verdict
                    break
        self.judged.append(Judged(at, len(kept), verdict.refused, drop))
        if verdict.refused is not None:
            self._pieces.append((view, sightings))
            if verdict.refused is Refused.TOO_SMALL:
                self._drips.append((at, view.facade.id, drop.release_across, drop.release_height))
            return []
        fallen = self._told(view, kept, drop, verdict)
        waiting = Waiting(view, sightings, drop, fallen, at)
        if fallen.size_px < DRIP_PX:
            waiting.until = at + DRIP_WAIT_S
            self._drips.append((at, view.facade.id, drop.release_across, drop.release_height))
        elif Reason.LOST_ABOVE_GROUND in fallen.reasons:
            waiting.until = min(drop.arrival(0.0) + 0.4, at + JOIN_WAIT_S)
        self._waiting.append(waiting)
        return []

    def _verdict(
        self, view: FacadeView, sightings: list[Sighting], drop: Drop
    ) -> tuple[list[Sighting], Verdict]:
        """The sightings that the fit used, and what to think of them."""
        kept = [one for one, used in zip(sightings, drop.used, strict=True) if used]
        evidence = self._evidence(view, kept, drop)
        return kept, judge(drop, evidence, view.facade)

    def _whole(
        self,
        view: FacadeView,
        earlier: tuple[FacadeView, list[Sighting]],
        sightings: list[Sighting],
    ) -> tuple[list[Sighting], Drop] | None:
        """An earlier piece of a track and this one as one fall, where they could be."""
        first, last = sightings[0], earlier[1][-1]
        gap = first.at - last.at
        if earlier[0] is not view or not -PIECES_OVERLAP_S < gap < PIECES_GAP_S:
            return None
        px_m = self._scale(first.spot.x, first.spot.y)
        if abs(first.spot.x - last.spot.x) > PIECES_ACROSS_M * px_m:
            return None
        if first.spot.y < last.spot.y - px_m:
            return None
        by_time = {one.at: one for one in [*sightings, *earlier[1]]}
        longer = [by_time[at] for at in sorted(by_time)]
        drop = fit(self._points(view, longer))
        return None if drop is None else (longer, drop)

    def _due(self, at: float) -> list[FallenObject]:
        """Waiting falls whose time has come, drops from an air conditioner left out."""
        due = [one for one in self._waiting if one.until <= at]
        if not due:
            return []
        self._waiting = [one for one in self._waiting if one.until > at]
        found: list[FallenObject] = []
        for one in due:
            if one.fallen.size_px < DRIP_PX and self._drips_there(one, at):
                continue
            self._reported.append(one)
            if one.fallen.confidence >= self.settings.least_confidence:
                found.append(one.fallen)
        return found

    def _drips_there(self, one: Waiting, at: float) -> bool:
        """Whether small things fell from the same place again and again."""
        same = [
            1
            for when, facade_id, across, height in self._drips
            if at - when < DRIP_MEMORY_S
            and facade_id == one.view.facade.id
            and abs(across - one.drop.release_across) < DRIP_ACROSS_M
            and abs(height - one.drop.release_height) < DRIP_HEIGHT_M
        ]
        on_the_way = [
            1
            for track in self._tracker.tracks
            if track.promising
            and track.sightings[0].at > one.sightings[0].at
            and 2 * max(track.sightings[-1].spot.wide, 1) <= DRIP_PX
            and abs(self._metres(one.view, track.sightings[0].spot)[0] - one.drop.release_across)
            < DRIP_ACROSS_M
        ]
        return len(same) + len(on_the_way) > 1

    def _join(self, view: FacadeView, sightings: list[Sighting]) -> Waiting | None:
        """The fall, waiting or reported, of which these sightings are another part."""
        first, last = sightings[0], sightings[-1]
        for one in [*self._waiting, *self._reported]:
            if one.view is not view or first.at - one.sightings[-1].at > REMEMBERED_S:
                continue
            off = [
                (abs(across - one.drop.across_at(at)), abs(height - one.drop.height_at(at)))
                for at, (across, height) in (
                    (sighting.at, self._metres(view, sighting.spot)) for sighting in (first, last)
                )
            ]
            if all(a < JOIN_ACROSS_M and h < JOIN_HEIGHT_M for a, h in off):
                return one
        return None

    def _completed(self, view: FacadeView, sightings: list[Sighting], drop: Drop) -> list[Sighting]:
        """The same sightings with those that the gate missed before, between and after them."""
        by_time = {one.at: one for one in sightings}
        first, last = sightings[0].at, sightings[-1].at
        between = [one for one in self._kept if first < one.at < last and one.at not in by_time]
        before = [one for one in reversed(self._kept) if drop.release_at - 0.1 < one.at < first]
        after = [one for one in self._kept if one.at > last]
        for frames, patient in ((between, False), (before, True), (after, True)):
            misses = 0
            for kept in frames:
                expected = view.pixels(drop.across_at(kept.at), drop.height_at(kept.at))
                x, y = (expected[0] - 0.5) / 2 - self._left, (expected[1] - 0.5) / 2 - self._top
                spot = self._sought(kept, x, y, 2.5)
                if spot is None:
                    misses += 1
                    if patient and misses > SOUGHT_MISSES:
                        break
                    continue
                misses = 0
                by_time[kept.at] = Sighting(kept.at, spot, kept.shaking, kept.crowded)
        return [by_time[at] for at in sorted(by_time)]

    def _points(self, view: FacadeView, sightings: list[Sighting]) -> Points:
        places = [self._metres(view, one.spot) for one in sightings]
        errors = [
            (0.45 + 0.07 * min(40, max(one.spot.wide, one.spot.tall)) + 0.5 * one.shaking)
            / self._scale(one.spot.x, one.spot.y)
            for one in sightings
        ]
        return Points(
            np.array([one.at for one in sightings]),
            np.array([across for across, _ in places]),
            np.array([height for _, height in places]),
            np.array(errors),
        )

    def _flew_on(self, sightings: list[Sighting]) -> bool:
        """Whether something like it moved on from where it was last seen: a bird after its dive."""
        last = sightings[-1]
        before = sightings[max(0, len(sightings) - 6)]
        past = last.at - before.at
        if past <= 0:
            return False
        way_x, way_y = last.spot.x - before.spot.x, last.spot.y - before.spot.y
        speed = hypot(way_x, way_y) / past
        found = 0
        for kept in self._kept:
            gone = kept.at - last.at
            if not 0 < gone < FLEW_ON_S:
                continue
            for spot in kept.spots:
                away = hypot(spot.x - last.spot.x, spot.y - last.spot.y)
                alike = 1 / ALIKE < (spot.pixels + 2) / (last.spot.pixels + 2) < ALIKE
                if alike and 0.35 * speed * gone < away < 1.5 * speed * gone + 3:
                    found += 1
                    break
        return found >= FLEW_ON_FRAMES

    def _evidence(self, view: FacadeView, kept: list[Sighting], drop: Drop) -> Evidence:
        first, last = kept[0], kept[-1]
        spots = [one.spot for one in kept]
        middle = len(kept) / 2
        return Evidence(
            seen=len(kept),
            frames=round((last.at - first.at) / self._interval) + 1,
            first_at=first.at,
            first_height=self._metres(view, first.spot)[1],
            last_height=self._metres(view, last.spot)[1],
            lasted_s=last.at - first.at,
            size_px=_size_px(spots),
            contrast=float(np.median([spot.peak for spot in spots])),
            crowded=sum(one.crowded for one in kept) > middle,
            shaking=sum(one.shaking for one in kept) > middle,
            left_view=self._left_view(view, drop, last.at),
            flew_on=self._flew_on(kept),
        )

    def _left_view(self, view: FacadeView, drop: Drop, last: float) -> bool:
        """Whether the next moments of the fall lie outside the watched part."""
        tall, wide = self._mask.shape
        for later in OUT_OF_VIEW_S:
            expected = view.pixels(drop.across_at(last + later), drop.height_at(last + later))
            x, y = round(expected[0] / 2) - self._left, round(expected[1] / 2) - self._top
            if not (0 <= x < wide and 0 <= y < tall) or self._mask[y, x] == 0:
                return True
        return False

    def _told(
        self, view: FacadeView, kept: list[Sighting], drop: Drop, verdict: Verdict
    ) -> FallenObject:
        points: list[TrackPoint] = []
        for one in kept:
            x, y = self._full(one.spot)
            across, height = view.metres(x, y)
            points.append(TrackPoint(one.at, x, y, across, height))
        spots = [one.spot for one in kept]
        scale = 2 * self._scale(spots[0].x, spots[0].y)
        reached = Reason.REACHED_GROUND in verdict.reasons
        impact = max(kept[-1].at, drop.arrival(0.0)) if reached else kept[-1].at
        return FallenObject(
            grade=verdict.grade,
            reasons=verdict.reasons,
            confidence=verdict.confidence,
            points=tuple(points),
            released_at=min(drop.release_at, kept[0].at),
            impact_at=min(impact, kept[-1].at + 1.0),
            size_px=_size_px(spots),
            contrast=float(np.median([spot.peak for spot in spots])),
            facade_id=view.facade.id,
            fit=FallFit(
                release_at=drop.release_at,
                release_height_m=drop.release_height,
                release_across_m=drop.across_at(min(drop.release_at, kept[0].at)),
                across_m_s=drop.across_speed,
                terminal_m_s=drop.terminal,
                acceleration_m_s2=drop.acceleration,
                residual_px=drop.residual * 0.5 * 2,
                height_error_m=hypot(drop.height_error, 0.5 / scale),
                across_error_m=hypot(drop.across_error, 0.5 / scale),
            ),
        )

    # --- places ---

    def _full(self, spot: Spot) -> Point:
        return 2 * (spot.x + self._left) + 0.5, 2 * (spot.y + self._top) + 0.5

    def _metres(self, view: FacadeView, spot: Spot) -> Point:
        return view.metres(*self._full(spot))

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        tall, wide = self._scales.shape
        return min(max(int(y) // COARSE, 0), tall - 1), min(max(int(x) // COARSE, 0), wide - 1)

    def _scale(self, x: float, y: float) -> float:
        """Half-size pixels a metre."""
        return float(self._scales[self._cell(x, y)])

    def _owner(self, spot: Spot) -> int:
        return int(self._owners[self._cell(spot.x, spot.y)])

    def _restart(self) -> None:
        self._background = Background(self._mask, self.settings.strictness)
        self._tracker = Tracker()
        self._kept = deque()
        self._waiting.clear()
        self._pieces.clear()

    def _watch(self) -> None:
        """The part of the picture to look at: façades with some space around, less blind parts."""
        wide, tall = self.size[0] // 2, self.size[1] // 2
        areas: list[npt.NDArray[np.float64]] = []
        for view in self._views:
            facade = view.facade
            top = facade.height_m + ABOVE_STOREYS * facade.storey_height_m
            edges = [
                view.pixels(across, height)
                for across, height in (
                    (-BESIDE_M, top),
                    (facade.width_m + BESIDE_M, top),
                    (facade.width_m + BESIDE_M, -BELOW_M),
                    (-BESIDE_M, -BELOW_M),
                )
            ]
            areas.append(np.clip(np.array(edges) / 2, -10_000, 10_000))
        mask = pictures.polygon_mask((wide, tall), areas)
        if not areas:
            mask[:] = 255
        for area in self.blind:
            if len(area) >= FEWEST_CORNERS:
                corners = np.array([(x * wide, y * tall) for x, y in area])
                mask[pictures.polygon_mask((wide, tall), [corners]) > 0] = 0
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            rows, columns = np.arange(tall), np.arange(wide)
        self._top, self._left = int(rows[0]), int(columns[0])
        self._mask = np.ascontiguousarray(
            mask[self._top : int(rows[-1]) + 1, self._left : int(columns[-1]) + 1]
        )
        self._map_scales()

    def _map_scales(self) -> None:
        tall, wide = (-(-side // COARSE) for side in self._mask.shape)
        self._scales = np.full((tall, wide), 12.0)
        self._owners = np.zeros((tall, wide), np.int64)
        for row in range(tall):
            for column in range(wide):
                x = 2 * (self._left + (column + 0.5) * COARSE)
                y = 2 * (self._top + (row + 0.5) * COARSE)
                near = [(_away(view, x, y), n) for n, view in enumerate(self._views)]
                if near:
                    _, owner = min(near)
                    view = self._views[owner]
                    across, height = view.metres(x, y)
                    height = min(max(height, 0.0), view.facade.height_m)
                    across = min(max(across, 0.0), view.facade.width_m)
                    self._scales[row, column] = view.scale(across, height) / 2
                    self._owners[row, column] = owner


def _size_px(spots: list[Spot]) -> float:
    """Full-size pixels across, the smear of motion left out as far as one side shows it."""
    return 2 * float(np.median([min(one.wide, one.tall, one.pixels**0.5) for one in spots]))


def _away(view: FacadeView, x: float, y: float) -> float:
    """Metres beside the wall; 0 on it."""
    across, height = view.metres(x, y)
    return hypot(
        max(0.0, -across, across - view.facade.width_m),
        max(0.0, -height, height - view.facade.height_m),
    )


def _middle(values: npt.NDArray[np.float32]) -> np.float32:
    """The median; `np.median` takes five times as long over so few."""
    flat = values.ravel()
    half = len(flat) // 2
    if len(flat) % 2:
        return np.float32(np.partition(flat, half)[half])
    below, above = np.partition(flat, (half - 1, half))[half - 1 : half + 1]
    return np.float32((below + above) / 2)
