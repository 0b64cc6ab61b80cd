"""How things fall: a fall under gravity and square drag, fitted to points on a façade.

The height of a thing that left rest at `release_at` from `release_height`:
h(t) = release_height - s * v²/g * ln cosh(g (t - release_at) / v), with its terminal speed v.
s, near 1, takes up what calibration and the distance from the wall do to the scale.
"""

from dataclasses import dataclass
from math import hypot, sqrt
from typing import cast

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

GRAVITY = 9.8
TERMINALS = np.array([2.0, 2.7, 3.5, 4.5, 6.0, 8.0, 10.5, 14.0, 19.0, 27.0, 45.0])
BEFORE_S = 3.6
AFTER_S = 0.3
COARSE_S = 0.04
FINE_S = 0.005
FINE_PARTS = np.array([0.0, 0.17, 0.33, 0.5, 0.67, 0.83, 1.0])
ENOUGH = 36
"""Points that are enough for the search of the release."""
SINGULAR = 1e14
SCALE_SPREAD = 0.08
OUTLIER = 3.0
FAR_OUT = 4.0
MEDIAN_FACTOR = 1.5
CLEAN = 1.3
MOST_KEPT = 0.6
UNSEEN_SHARE = 0.2
ROUNDS = 3
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Points:
    """Seen positions: seconds, metres across and up, and the error of one point in metres."""

    at: Values
    across: Values
    height: Values
    error: Values


@dataclass(frozen=True, slots=True)
class Drop:
    """The best fall through the points, with one standard deviation where it says error."""

    release_at: float
    release_height: float
    height_error: float
    release_across: float
    across_error: float
    across_speed: float
    across_bend: float
    """How far the path across leaves a straight line, in errors of a point (root mean square)."""
    terminal: float
    scale: float
    acceleration: float
    acceleration_error: float
    speed_first: float
    speed_last: float
    residual: float
    """Root mean square distance in height, in errors of a point."""
    steady_residual: float
    """The same from the best fall at a steady speed."""
    used: npt.NDArray[np.bool_]

    def height_at(self, at: float) -> float:
        """Where the fit puts it at a moment; before the release at its height."""
        past = max(0.0, at - self.release_at)
        fallen = float(_fallen(np.array([past]), np.array(self.terminal))[0])
        return self.release_height - self.scale * fallen

    def heights_at(self, at: Values) -> Values:
        """The same for many moments, of the fall continued before its release."""
        fallen = _fallen(at - self.release_at, np.array(self.terminal))
        return self.release_height - self.scale * fallen

    def speed_at(self, at: float) -> float:
        """Downwards, metres a second."""
        past = max(0.0, at - self.release_at)
        return float(self.scale * self.terminal * np.tanh(GRAVITY * past / self.terminal))

    def across_at(self, at: float) -> float:
        return self.release_across + self.across_speed * (at - self.release_at)

    def arrival(self, height: float) -> float:
        """When it comes down to a height (which must not be above the release)."""
        drop = max(0.0, (self.release_height - height) / self.scale)
        past = np.arccosh(np.exp(min(60.0, drop * GRAVITY / self.terminal**2)))
        return self.release_at + float(past) * self.terminal / GRAVITY


def _fallen(past: Values, terminal: Values) -> Values:
    """Metres fallen after `past` seconds from rest; even in `past`."""
    argument = np.abs(GRAVITY * past / terminal)
    # ln cosh x without overflow
    return terminal**2 / GRAVITY * (argument + np.log1p(np.exp(-2 * argument)) - np.log(2.0))


def fit(points: Points, *, rough: bool = False) -> Drop | None:
    """The fall that fits best, points far from it left out; `None` with too few or odd points.

    `rough` takes the first search's answer: good enough to know where to look for more points.
    """
    used = np.ones(len(points.at), np.bool_)
    for _ in range(ROUNDS):
        if int(used.sum()) < FEWEST:
            return None
        curve = _quadratic(points, used)
        if curve is None:
            return None
        apart = np.abs(points.height - curve.of(points.at)) / points.error
        sideways = np.abs(points.across - curve.across_of(points.at)) / points.error
        worst = np.maximum(apart, sideways)
        limit = FAR_OUT * max(1.0, MEDIAN_FACTOR * float(np.median(worst[used])))
        kept = worst <= limit
        if bool((kept == used).all()):
            break
        used = kept
    if int(used.sum()) < FEWEST:
        return None
    curve = _quadratic(points, used)
    if curve is None:
        return None
    drop = _drop(points, used, curve, rough=rough)
    return drop if rough else _trimmed(points, drop)


def _trimmed(points: Points, drop: Drop) -> Drop:
    """The fall again without the points that lie far from it, as long as most remain."""
    for _ in range(ROUNDS):
        if drop.residual < CLEAN:
            break
        apart = np.abs(points.height - drop.heights_at(points.at)) / points.error
        limit = OUTLIER * max(1.0, MEDIAN_FACTOR * float(np.median(apart[drop.used])))
        used = drop.used & (apart <= limit)
        count = int(used.sum())
        if count == int(drop.used.sum()) or count < max(FEWEST, MOST_KEPT * len(points.at)):
            break
        curve = _quadratic(points, used)
        if curve is None:
            break
        drop = _drop(points, used, curve, rough=False)
    return drop


@dataclass(frozen=True, slots=True)
class _Curve:
    origin: float
    height: Values
    across: Values
    acceleration_error: float

    def of(self, at: Values) -> Values:
        return _curve(self.height, at - self.origin)

    def across_of(self, at: Values) -> Values:
        return _curve(self.across, at - self.origin)


def _quadratic(points: Points, used: npt.NDArray[np.bool_]) -> _Curve | None:
    at, height, across = points.at[used], points.height[used], points.across[used]
    origin = float(at.mean())
    time, weight = at - origin, 1 / points.error[used]
    design = np.stack([time**2, time, np.ones_like(time)], axis=1)
    normal = (design * weight[:, None] ** 2).T @ design
    if not np.isfinite(normal).all() or float(np.linalg.cond(normal)) > SINGULAR:
        return None
    inverse = cast("Values", np.linalg.inv(normal))
    by_height = inverse @ ((design * weight[:, None] ** 2).T @ height)
    by_across = inverse @ ((design * weight[:, None] ** 2).T @ across)
    return _Curve(origin, by_height, by_across, 2 * sqrt(max(0.0, float(inverse[0, 0]))))


def _drop(points: Points, used: npt.NDArray[np.bool_], curve: _Curve, *, rough: bool) -> Drop:
    at, height, error = points.at[used], points.height[used], points.error[used]
    first = float(at[0])
    coarse = np.arange(first - BEFORE_S, first + AFTER_S, COARSE_S)
    some = slice(None, None, max(1, len(at) // ENOUGH))
    # Of the points left out for speed the others tell the same: their weight goes to them.
    few = at[some], height[some], error[some] * np.sqrt(len(at[some]) / len(at))
    costs, heights, _ = _grid(*few, coarse, TERMINALS)
    row, column = np.unravel_index(int(np.argmin(costs)), costs.shape)
    release, terminal = float(coarse[row]), float(TERMINALS[column])
    if not rough:
        near = np.arange(release - COARSE_S, release + COARSE_S, FINE_S)
        near = near[near <= first + AFTER_S]
        slower = float(TERMINALS[max(0, int(column) - 1)])
        faster = float(TERMINALS[min(len(TERMINALS) - 1, int(column) + 1)])
        release, terminal = _search(*few, near, slower * (faster / slower) ** FINE_PARTS)
    # How far the release may be from there: all falls of the coarse grid, by how well they fit.
    least = float(costs.min())
    weight = np.exp(-0.5 * (costs - least) / max(1.0, least / max(1, len(at) - 3)))
    weight /= max(1e-300, float(weight.sum()))
    _, top, scale = _grid(at, height, error, np.array([release]), np.array([terminal]))
    release_height, factor = float(top[0, 0]), float(scale[0, 0])
    spread = float(np.sqrt((weight * (heights - release_height) ** 2).sum()))
    # What was not seen is known from the model alone.
    height_error = hypot(spread, UNSEEN_SHARE * max(0.0, release_height - float(height[0])))
    fitted = release_height - factor * _fallen(at - release, np.array(terminal))
    unsteady = _unsteady(at, height) / error
    line, line_error = _line(points, used, release)
    bend = points.across[used] - (line[0] + line[1] * (at - release))
    return Drop(
        release_at=release,
        release_height=release_height,
        height_error=height_error,
        release_across=line[0],
        across_error=line_error,
        across_speed=line[1],
        across_bend=float(np.sqrt(np.mean((bend / error) ** 2))),
        terminal=terminal,
        scale=factor,
        acceleration=float(-2 * curve.height[0]),
        acceleration_error=curve.acceleration_error,
        speed_first=float(factor * terminal * np.tanh(GRAVITY * (first - release) / terminal)),
        speed_last=float(
            factor * terminal * np.tanh(GRAVITY * (float(at[-1]) - release) / terminal)
        ),
        residual=float(np.sqrt(np.mean(((height - fitted) / error) ** 2))),
        steady_residual=float(np.sqrt(np.mean(unsteady**2))),
        used=used,
    )


def _curve(factors: Values, time: Values) -> Values:
    return factors[0] * time**2 + factors[1] * time + factors[2]


def _unsteady(at: Values, height: Values) -> Values:
    """What is left of the heights after the best steady speed."""
    time, above = at - at.mean(), height - height.mean()
    return above - time * (float(time @ above) / max(1e-12, float(time @ time)))


def _line(
    points: Points, used: npt.NDArray[np.bool_], release: float
) -> tuple[tuple[float, float], float]:
    time = points.at[used] - release
    weight = 1 / points.error[used] ** 2
    design = np.stack([np.ones_like(time), time], axis=1)
    inverse = np.linalg.inv((design * weight[:, None]).T @ design)
    found = inverse @ ((design * weight[:, None]).T @ points.across[used])
    left = points.across[used] - design @ found
    loose = max(1.0, float(np.mean(left**2 * weight)))
    return (float(found[0]), float(found[1])), float(np.sqrt(inverse[0, 0] * loose))


def _search(
    at: Values, height: Values, error: Values, releases: Values, terminals: Values
) -> tuple[float, float]:
    costs, _, _ = _grid(at, height, error, releases, terminals)
    row, column = np.unravel_index(int(np.argmin(costs)), costs.shape)
    return float(releases[row]), float(terminals[column])


def _grid(
    at: Values, height: Values, error: Values, releases: Values, terminals: Values
) -> tuple[Values, Values, Values]:
    """Cost, release height and scale for every release time (rows) and terminal speed."""
    past = at[None, None, :] - releases[:, None, None]
    fallen = _fallen(past, terminals[None, :, None])
    # Before its release a thing does not rise: it is thrown up at most a little.
    weight = 1 / error**2
    total = float(weight.sum())
    mean_fallen = (fallen * weight).sum(axis=2) / total
    mean_height = float((height * weight).sum() / total)
    down = fallen - mean_fallen[:, :, None]
    up = height - mean_height
    stiff = 1 / SCALE_SPREAD**2
    scale = (stiff - (down * (up * weight)).sum(axis=2)) / (stiff + (down**2 * weight).sum(axis=2))
    left = up[None, None, :] + scale[:, :, None] * down
    cost = (left**2 * weight).sum(axis=2) + ((scale - 1) / SCALE_SPREAD) ** 2
    return cost, mean_height + scale * mean_fallen, scale
