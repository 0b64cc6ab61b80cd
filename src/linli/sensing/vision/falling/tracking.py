"""Joining spots of successive frames to tracks that go down faster and faster.

A track predicts where its object must be next: a filter with growing memory across and down, with
part of gravity as known acceleration. Positions are half-size pixels of the watched part.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

MEMORY = 7
MOST_TRACKS = 160
GATE_PX = 1.6
FIRST_GATE_ACROSS_PX = 2.5
FALL_ALLOWANCE = 0.65
"""Part of gravity that a prediction assumes: between none (terminal speed) and all."""
FASTEST_M_S = 45.0
PATIENCE = 7
"""Frames a grown track may be unseen."""
IDLE_S = 0.7
IDLE_M = 0.45
RISE_M = 0.5
MOST_ACROSS_M_S = 9.0
PROMISING_SEEN = 5
PROMISING_M = 0.5
SURE = 3
"""Sightings from which a track keeps its spots for itself."""
LONG = 20
UPWARDS_PX = 1.5
PIECE_PIXELS = 8
PIECE_MOST = 500
PIECE_GAP = 0.5


@dataclass(frozen=True, slots=True)
class Spot:
    """A connected area over its limit in one frame."""

    x: float
    y: float
    wide: int
    tall: int
    pixels: int
    peak: float


def together(spots: list[Spot]) -> list[Spot]:
    """Spots that are close for their size as one: a large thing before windows comes in pieces."""
    left = sorted((spot for spot in spots if spot.pixels >= PIECE_PIXELS), key=lambda one: one.x)
    made = [spot for spot in spots if spot.pixels < PIECE_PIXELS]
    while left:
        spot = left.pop()
        n = 0
        while n < len(left):
            other = left[n]
            gap = PIECE_GAP * min(max(spot.wide, spot.tall), max(other.wide, other.tall)) + 1
            apart_x = abs(spot.x - other.x) - (spot.wide + other.wide) / 2
            apart_y = abs(spot.y - other.y) - (spot.tall + other.tall) / 2
            if apart_x < gap and apart_y < gap and max(spot.pixels, other.pixels) < PIECE_MOST:
                spot = _both(spot, left.pop(n))
                n = 0
            else:
                n += 1
        made.append(spot)
    return made


def _both(one: Spot, other: Spot) -> Spot:
    whole = one.pixels + other.pixels
    left = min(one.x - one.wide / 2, other.x - other.wide / 2)
    right = max(one.x + one.wide / 2, other.x + other.wide / 2)
    top = min(one.y - one.tall / 2, other.y - other.tall / 2)
    bottom = max(one.y + one.tall / 2, other.y + other.tall / 2)
    return Spot(
        (one.x * one.pixels + other.x * other.pixels) / whole,
        (one.y * one.pixels + other.y * other.pixels) / whole,
        round(right - left), round(bottom - top), whole, max(one.peak, other.peak),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sighting:
    """A spot at its time, `shift` taken out; `shaking` and `crowded` tell about the frame."""

    at: float
    spot: Spot
    shaking: bool = False
    crowded: bool = False


@dataclass(slots=True)
class Track:
    """Sightings of what may be one object, and where it should be next."""

    sightings: list[Sighting]
    px_m: float
    x: float
    y: float
    across_speed: float = 0.0
    down_speed: float = 0.0
    at: float = 0.0
    misses: int = 0
    first_y: float = 0.0
    highest_y: float = 0.0

    @classmethod
    def begun(cls, sighting: Sighting, px_m: float) -> "Track":
        spot = sighting.spot
        return cls(
            [sighting], px_m, spot.x, spot.y, at=sighting.at, first_y=spot.y, highest_y=spot.y
        )

    @property
    def seen(self) -> int:
        return len(self.sightings)

    @property
    def drop_px(self) -> float:
        return self.sightings[-1].spot.y - self.first_y

    @property
    def promising(self) -> bool:
        """Whether it went down far enough to be worth a closer look."""
        return self.seen >= PROMISING_SEEN and self.drop_px > PROMISING_M * self.px_m

    def predicted(self, at: float) -> tuple[float, float]:
        past = at - self.at
        fall = 0.5 * FALL_ALLOWANCE * 9.8 * self.px_m * past**2
        return self.x + self.across_speed * past, self.y + self.down_speed * past + fall

    def add(self, sighting: Sighting) -> None:
        past = sighting.at - self.at
        x, y = self.predicted(sighting.at)
        off_x, off_y = sighting.spot.x - x, sighting.spot.y - y
        self.sightings.append(sighting)
        count = min(self.seen, MEMORY)
        near = 2 * (2 * count - 1) / (count * (count + 1))
        turn = 6 / (count * (count + 1))
        self.x, self.y = x + near * off_x, y + near * off_y
        self.across_speed += turn * off_x / past
        self.down_speed += FALL_ALLOWANCE * 9.8 * self.px_m * past + turn * off_y / past
        self.at = sighting.at
        self.misses = 0
        self.highest_y = min(self.highest_y, sighting.spot.y)

    def hopeless(self) -> bool:
        """It stays where it is or goes up: laundry, a lamp, a bird."""
        first, last = self.sightings[0], self.sightings[-1]
        lasted = last.at - first.at
        if self.first_y - self.highest_y > RISE_M * self.px_m + 2:
            return True
        if lasted > IDLE_S and last.spot.y - first.spot.y < IDLE_M * self.px_m * lasted:
            return True
        return abs(self.across_speed) > MOST_ACROSS_M_S * self.px_m and self.seen >= PROMISING_SEEN


@dataclass(slots=True)
class Tracker:
    """All tracks of one watched part."""

    tracks: list[Track] = field(default_factory=list[Track])

    def clear(self) -> list[Track]:
        ended, self.tracks = self.tracks, []
        return ended

    def step(self, at: float, sightings: list[Sighting], scales: list[float]) -> list[Track]:
        """Extend, begin and end tracks by one frame; the ended ones are given back.

        `scales` are pixels a metre at each sighting.
        """
        x = np.array([one.spot.x for one in sightings])
        y = np.array([one.spot.y for one in sightings])
        big = np.array([float(max(one.spot.wide, one.spot.tall)) for one in sightings])
        free = np.ones(len(sightings), np.bool_)
        tracks = sorted(self.tracks, key=lambda one: -one.seen)
        costs = _costs(tracks, at, (x, y, big))
        ended: list[Track] = []
        going: list[Track] = []
        for track, cost in zip(tracks, costs, strict=True):
            chosen = int(cost.argmin()) if len(cost) else None
            if chosen is None or cost[chosen] == np.inf:
                track.misses += 1
            else:
                track.add(sightings[chosen])
                if track.seen >= SURE:  # two points may be chance: others may use the spot too
                    free[chosen] = False
                    costs[:, chosen] = np.inf
            patience = 1 if track.seen < SURE else min(PATIENCE, 1 + track.seen // 2)
            if track.misses > patience:
                ended.append(track)
            elif not track.hopeless():
                going.append(track)
            elif track.seen > LONG:
                ended.append(track)
        for n, sighting in enumerate(sightings):
            if free[n]:
                going.append(Track.begun(sighting, scales[n]))
        if len(going) > MOST_TRACKS:
            going.sort(key=lambda one: -one.seen)
            del going[MOST_TRACKS:]
        self.tracks = going
        return ended


def _costs(tracks: list[Track], at: float, spots: tuple[Values, Values, Values]) -> Values:
    """How badly each spot (column) suits each track (row); infinite where it does not at all."""
    x, y, big = spots
    costs = np.full((len(tracks), len(x)), np.inf)
    if not costs.size:
        return costs
    seen = np.array([track.seen for track in tracks])
    past = np.array([at - track.at for track in tracks])
    px_m = np.array([track.px_m for track in tracks])
    speed = np.array([abs(track.down_speed) for track in tracks])
    expected = np.array([track.predicted(at) for track in tracks])
    fresh, known = np.flatnonzero(seen == 1), np.flatnonzero(seen > 1)
    if len(fresh):
        # It may have just been let go, or come by at speed.
        off_x, off_y = x - expected[fresh, :1], y - expected[fresh, 1:]
        reach = (FASTEST_M_S * 0.5 * px_m * past)[fresh, None]
        fits = (off_y > -UPWARDS_PX) & (off_y < reach + 2)
        away = np.abs(off_x)
        fits &= away < FIRST_GATE_ACROSS_PX + 0.4 * np.maximum(off_y, 0)
        costs[fresh] = np.where(fits, away + 0.3 * np.abs(off_y), np.inf)
    if len(known):
        off_x, off_y = x - expected[known, :1], y - expected[known, 1:]
        loose = 1 + 2.0 / np.sqrt(seen[known])
        size = 0.2 * np.minimum(big, 30)
        width = GATE_PX * loose + (0.1 * speed[known] + 4.0) * past[known] * loose
        share = np.hypot(off_x, off_y) / (width[:, None] + size)
        costs[known] = np.where(share < 1, share, np.inf)
    return costs
