"""What was right and what was not, event by event, and how sure the figures are."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, sqrt

import numpy as np

from benchmarks.falling_objects.rival import RivalAlarm
from benchmarks.falling_objects.watching import Alarm, facades_of
from linli.sensing.vision.falling.facade import FacadeView
from linli.sensing.vision.falling.origin import origin_of
from linli_simulator.footage.truth import FallTruth, Truth

LATE_S = 4.0
NEAR_PX = 25.0
Z = 1.96


@dataclass(frozen=True, slots=True)
class FallResult:
    """One true fall and what became of it. Errors in storeys and columns; `None` when missed."""

    size_px: float
    contrast: float
    contrast_nominal: float
    light: str
    weather: str
    found: bool
    confirmed: bool = False
    delay_s: float | None = None
    storey_error: int | None = None
    column_error: int | None = None
    in_band: bool | None = None
    rival_found: bool | None = None
    rival_storey_error: int | None = None


def compare(truth: Truth, alarms: Sequence[Alarm]) -> tuple[list[FallResult], list[Alarm]]:
    """Results of the true falls, and the alarms that belong to none."""
    left = list(alarms)
    results: list[FallResult] = []
    facades = {facade.id: facade for facade in facades_of(truth)}
    for fall in truth.falls:
        mine = [one for one in left if _same(fall, [(p.at, p.x, p.y) for p in one.fallen.points])]
        base = FallResult(
            fall.size_px, fall.contrast, fall.contrast_nominal, truth.light, truth.weather,
            found=bool(mine),
        )  # fmt: skip
        if not mine:
            results.append(base)
            continue
        alarm = mine[0]
        left = [one for one in left if one is not alarm]
        facade = facades[alarm.fallen.facade_id or fall.wall_id]
        origin = origin_of(alarm.fallen, facade, (truth.width, truth.height))
        results.append(
            FallResult(
                fall.size_px, fall.contrast, fall.contrast_nominal, truth.light, truth.weather,
                found=True, confirmed=alarm.fallen.grade == "confirmed",
                delay_s=alarm.told_at - fall.impact_at,
                storey_error=None if origin is None else origin.storey - fall.storey,
                column_error=None if origin is None else origin.column - fall.column,
                in_band=None if origin is None else (
                    origin.storey_low <= fall.storey <= origin.storey_high
                    and origin.column_low <= fall.column <= origin.column_high
                ),
            )
        )  # fmt: skip
    return results, left


def compare_rival(
    truth: Truth, alarms: Sequence[RivalAlarm]
) -> tuple[list[tuple[bool, int | None]], int]:
    """Per true fall whether it was found and the storey's error, and the number of false alarms."""
    left = list(alarms)
    views = {
        facade.id: FacadeView.of(facade, (truth.width, truth.height))
        for facade in facades_of(truth)
    }
    results: list[tuple[bool, int | None]] = []
    for fall in truth.falls:
        mine = [one for one in left if _same(fall, one.points)]
        if not mine:
            results.append((False, None))
            continue
        # Pieces of one fall count once, and not as false alarms.
        left = [one for one in left if one not in mine]
        view = views[fall.wall_id]
        _, height = view.metres(*mine[0].points[0][1:])
        results.append((True, view.storey_at(height) - fall.storey))
    return results, len(left)


def _same(fall: FallTruth, points: Sequence[tuple[float, float, float]]) -> bool:
    """Whether a reported track follows the true one: half of its points within a few pixels."""
    times = np.array([point.at for point in fall.points])
    if not len(times) or points[-1][0] > fall.impact_at + LATE_S:
        return False
    xs = np.array([point.x for point in fall.points])
    ys = np.array([point.y for point in fall.points])
    reported = np.array([one for one in points if times[0] - 0.1 <= one[0] <= times[-1] + 0.1])
    if len(reported) < len(points) / 2:
        return False
    off = np.hypot(
        np.interp(reported[:, 0], times, xs) - reported[:, 1],
        np.interp(reported[:, 0], times, ys) - reported[:, 2],
    )
    return float(np.median(off)) < NEAR_PX + fall.size_px


def share(hits: int, of: int) -> str:
    """A share with its 95 % interval (Wilson)."""
    if not of:
        return "no cases"
    p = hits / of
    middle = (p + Z * Z / (2 * of)) / (1 + Z * Z / of)
    reach = Z * sqrt(p * (1 - p) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return f"{p:.3f} ({low:.2f}–{high:.2f}; {hits} of {of})"


def rate(count: int, hours: float) -> str:
    """Events an hour with the exact 95 % interval of a Poisson count."""
    if hours <= 0:
        return "no hours"
    low = _poisson_bound(count, upper=False)
    high = _poisson_bound(count, upper=True)
    return f"{count / hours:.2f} ({low / hours:.2f}–{high / hours:.2f}; {count} in {hours:.2f} h)"


def _poisson_bound(count: int, *, upper: bool) -> float:
    """The mean at which so few (or so many) events have a chance of 2.5 %."""
    if count == 0 and not upper:
        return 0.0
    low, high = 0.0, 10.0 + 3 * count
    for _ in range(80):
        mean = (low + high) / 2
        # By logarithms: of thousands of events exp(-mean) alone would be nothing.
        below = fsum(
            exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(count + 1 if upper else count)
        )
        chance = below if upper else 1 - below
        if (chance > (1 - 0.95) / 2) == upper:
            low = mean
        else:
            high = mean
    return (low + high) / 2
