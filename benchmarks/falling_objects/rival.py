"""The yardstick: full-frame MOG2 with tracking, as such detectors are commonly built.

Background subtraction on every full picture, an opening against noise, components, a Kalman filter
of constant velocity with nearest neighbours, and an alarm for a track that went down two storeys
and mostly downwards. It knows the same façades and the same blind areas.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from linli.sensing.vision.contracts import Facade, Polygon
from linli.sensing.vision.falling.facade import FacadeView

Luma = npt.NDArray[np.uint8]

HISTORY = 300
THRESHOLD = 16
LEAST_AREA = 9
MOST_SPOTS = 200
GATE_PX = 50.0
LEAST_HITS = 6
MOST_AGE = 5
STOREYS = 2.0
DOWNWARDS = 0.8
BESIDE_M = 2.0


@dataclass(frozen=True, slots=True)
class RivalAlarm:
    """A track that went down: (time, x, y) in full-size pixels, and the façade it was on."""

    points: tuple[tuple[float, float, float], ...]
    facade_id: str


@dataclass(slots=True)
class _Track:
    points: list[tuple[float, float, float]]
    vx: float = 0.0
    vy: float = 0.0
    age: int = 0
    told: bool = False


@dataclass(slots=True)
class Rival:
    """One camera's pictures in, alarms out."""

    size: tuple[int, int]
    facades: Sequence[Facade]
    blind: Sequence[Polygon]
    _mask: Luma = field(init=False)
    _views: list[FacadeView] = field(init=False)
    _tracks: list[_Track] = field(default_factory=list[_Track])
    _model: cv2.BackgroundSubtractorMOG2 = field(init=False)

    def __post_init__(self) -> None:
        self._model = cv2.createBackgroundSubtractorMOG2(HISTORY, THRESHOLD, detectShadows=False)
        self._views = [FacadeView.of(facade, self.size) for facade in self.facades]
        self._mask = np.full((self.size[1], self.size[0]), 255, np.uint8)
        for area in self.blind:
            corners = np.array([(x * self.size[0], y * self.size[1]) for x, y in area])
            cv2.fillPoly(self._mask, [corners.astype(np.int32)], (0,))

    def see(self, luma: Luma, at: float) -> list[RivalAlarm]:
        """The next full-size picture."""
        moving = cast("Luma", self._model.apply(luma))
        opened = cv2.morphologyEx(moving, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        opened = cv2.bitwise_and(opened, self._mask)
        _, _, stats, middles = cv2.connectedComponentsWithStats(opened)
        areas = cast("npt.NDArray[np.int32]", stats)[1:, 4]
        places = cast("npt.NDArray[np.float64]", middles)[1:][areas >= LEAST_AREA]
        spots = [(float(x), float(y)) for x, y in places[:MOST_SPOTS]]
        return self._track(spots, at)

    def _track(self, spots: list[tuple[float, float]], at: float) -> list[RivalAlarm]:
        taken: set[int] = set()
        going: list[_Track] = []
        found: list[RivalAlarm] = []
        places = np.array(spots) if spots else np.zeros((0, 2))
        for track in sorted(self._tracks, key=lambda one: -len(one.points)):
            when, x, y = track.points[-1]
            past = at - when
            away = np.hypot(places[:, 0] - x - track.vx * past, places[:, 1] - y - track.vy * past)
            away[list(taken)] = np.inf
            best = int(np.argmin(away)) if len(away) else -1
            if best >= 0 and away[best] < GATE_PX:
                taken.add(best)
                new_x, new_y = spots[best]
                track.vx += 0.5 * ((new_x - x) / past - track.vx)
                track.vy += 0.5 * ((new_y - y) / past - track.vy)
                track.points.append((at, new_x, new_y))
                track.age = 0
            else:
                track.age += 1
            if not track.told:
                alarm = self._alarm(track)
                if alarm is not None:
                    track.told = True
                    found.append(alarm)
            if track.age <= MOST_AGE:
                going.append(track)
        going += [_Track([(at, *spot)]) for n, spot in enumerate(spots) if n not in taken]
        self._tracks = going
        return found

    def _alarm(self, track: _Track) -> RivalAlarm | None:
        if len(track.points) < LEAST_HITS:
            return None
        points = np.array(track.points)
        steps = np.diff(points[:, 2])
        if float(np.mean(steps > 0)) < DOWNWARDS:
            return None
        if abs(points[-1, 1] - points[0, 1]) > points[-1, 2] - points[0, 2]:
            return None
        for view in self._views:
            across, top = view.metres(float(points[0, 1]), float(points[0, 2]))
            _, low = view.metres(float(points[-1, 1]), float(points[-1, 2]))
            facade = view.facade
            inside = -BESIDE_M < across < facade.width_m + BESIDE_M
            inside = inside and -BESIDE_M < top < facade.height_m + 2 * BESIDE_M
            if inside and top - low > STOREYS * facade.storey_height_m:
                return RivalAlarm(tuple(track.points), facade.id)
        return None
