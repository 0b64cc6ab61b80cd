"""A façade's corners in a picture, metres on the wall, storeys and columns."""

from math import hypot

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.vision.contracts import Facade, Point
from linli.sensing.vision.falling.facade import CrookedFacade, FacadeView
from linli_simulator.footage.camera import Camera, Wall

SIZE = (1920, 1080)


def seen_wall(away: float, yaw: float, tilt: float, pan: float) -> tuple[Facade, Camera, Wall]:
    wall = Wall("a", 0.0, 0.5, 0.0, yaw, 12, 6, 3.0, 24.0)
    camera = Camera(12.0, 3.0, away, tilt, pan, 900.0, *SIZE)
    a, b, c, d = ((float(x) / 1920, float(y) / 1080) for x, y in camera.seen(wall.corners()))
    return Facade("a", "building", (a, b, c, d), 12, 1, 6, 3.0, 24.0), camera, wall


walls = st.builds(
    seen_wall,
    away=st.floats(25, 90),
    yaw=st.floats(-0.4, 0.4),
    tilt=st.floats(0.0, 0.5),
    pan=st.floats(-0.2, 0.2),
)


@given(wall=walls, across=st.floats(0, 24), height=st.floats(0, 36))
def test_what_a_camera_sees_of_the_wall_comes_back_in_metres(
    wall: tuple[Facade, Camera, Wall], across: float, height: float
) -> None:
    facade, camera, real = wall
    view = FacadeView.of(facade, SIZE)
    x, y = camera.seen(real.placed(np.array([across]), np.array([height]), np.zeros(1)))[0]
    found = view.metres(float(x), float(y))
    assert found == pytest.approx((across, height), abs=1e-4)
    assert view.pixels(*found) == pytest.approx((float(x), float(y)), abs=1e-3)


@given(wall=walls, across=st.floats(1, 23), height=st.floats(1, 35))
def test_the_scale_is_the_length_of_a_metre(
    wall: tuple[Facade, Camera, Wall], across: float, height: float
) -> None:
    view = FacadeView.of(wall[0], SIZE)
    low, high = view.pixels(across, height - 0.5), view.pixels(across, height + 0.5)
    length = hypot(high[0] - low[0], high[1] - low[1])
    assert view.scale(across, height) == pytest.approx(length)


@pytest.mark.parametrize(
    "corners",
    [
        ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)),  # crossed
        ((0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.1, 0.9)),  # on a line
        ((0.1, 0.9), (0.9, 0.9), (0.9, 0.1), (0.1, 0.1)),  # upside down
        ((0.1, 0.1), (0.1, 0.1), (0.9, 0.9), (0.1, 0.9)),  # two at one place
    ],
)
def test_corners_that_make_no_wall_are_refused(
    corners: tuple[Point, Point, Point, Point],
) -> None:
    with pytest.raises(CrookedFacade):
        FacadeView.of(Facade("a", "b", corners, 12, 1, 6, 3.0, 24.0), SIZE)


def test_storeys_are_counted_as_lifts_count_them() -> None:
    corners = ((0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9))
    from_first = FacadeView.of(Facade("a", "b", corners, 10, 1, 4, 3.0, 20.0), SIZE)
    assert [from_first.storey_at(height) for height in (-1, 0.1, 3.1, 29.9, 45)] == [
        1,
        1,
        2,
        10,
        10,
    ]
    with_basement = FacadeView.of(Facade("a", "b", corners, 10, -2, 4, 3.0, 20.0), SIZE)
    assert [with_basement.storey_of(row) for row in range(4)] == [-2, -1, 1, 2]
    assert [from_first.column_at(across) for across in (-3, 0.1, 5.1, 19.9, 30)] == [1, 1, 2, 4, 4]
