"""Falls fitted to points: where they began, and what is no fall."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.sensing.vision.falling.judging import WORST_RESIDUAL
from linli.sensing.vision.falling.physics import Drop, Points, fit
from linli_simulator.footage.moving import Throw, trajectory

ERROR_M = 0.04


def seen_fall(
    terminal: float, height: float, unseen_s: float, seed: int, across: float = 0.3
) -> Points:
    path = trajectory(Throw(5.0, 8.0, height, 0.1, across, 0.0, 0.0), terminal)
    at = np.arange(5.0 + unseen_s, path[-1, 0], 0.04)
    dice = np.random.default_rng(seed)
    return Points(
        at,
        np.interp(at, path[:, 0], path[:, 1]) + dice.normal(0, ERROR_M, len(at)),
        np.interp(at, path[:, 0], path[:, 2]) + dice.normal(0, ERROR_M, len(at)),
        np.full(len(at), ERROR_M),
    )


def fitted(points: Points) -> Drop:
    drop = fit(points)
    assert drop is not None
    return drop


@settings(max_examples=40, deadline=None)
@given(
    terminal=st.floats(7, 45),
    height=st.floats(10, 50),
    unseen=st.floats(0.04, 0.7),
    seed=st.integers(0, 10_000),
)
def test_the_release_is_found_within_its_error(
    terminal: float, height: float, unseen: float, seed: int
) -> None:
    drop = fitted(seen_fall(terminal, height, unseen, seed))
    off = abs(drop.release_height - height)
    assert off < max(0.5, 6 * drop.height_error)
    assert off < 2.0
    assert drop.residual < WORST_RESIDUAL


@given(terminal=st.floats(9, 45), seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_the_ground_is_reached_when_the_fit_says(terminal: float, seed: int) -> None:
    points = seen_fall(terminal, 30.0, 0.1, seed)
    drop = fitted(points)
    assert drop.arrival(0.0) == pytest.approx(float(points.at[-1]), abs=0.15)
    assert drop.height_at(drop.arrival(10.0)) == pytest.approx(10.0, abs=0.05)


def test_a_few_points_of_something_else_are_left_out() -> None:
    points = seen_fall(20.0, 30.0, 0.1, 3)
    points.height[10:13] += 2.5
    points.across[30] -= 3.0
    drop = fitted(points)
    assert not drop.used[[10, 11, 12, 30]].any()
    assert drop.release_height == pytest.approx(30.0, abs=0.5)


def test_rain_falls_at_one_speed() -> None:
    at = np.arange(0, 1.6, 0.04)
    dice = np.random.default_rng(1)
    rain = Points(
        at,
        np.full(len(at), 5.0),
        40 - 8.0 * at + dice.normal(0, ERROR_M, len(at)),
        np.full(len(at), ERROR_M),
    )
    drop = fitted(rain)
    assert drop.steady_residual < 1.6 * max(drop.residual, 0.7)
    falling = fitted(seen_fall(20.0, 30.0, 0.1, 1))
    assert falling.steady_residual > 10 * falling.residual


def test_too_few_points_or_one_moment_give_no_fit() -> None:
    points = seen_fall(20.0, 30.0, 0.1, 3)
    few = Points(points.at[:4], points.across[:4], points.height[:4], points.error[:4])
    assert fit(few) is None
    same = Points(np.full(8, 3.0), np.zeros(8), np.zeros(8), np.full(8, ERROR_M))
    assert fit(same) is None
