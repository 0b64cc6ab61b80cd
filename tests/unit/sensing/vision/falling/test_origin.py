"""From a fall to windows: the band holds the truth, what is ruled out is so for cause."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.vision.contracts import (
    Facade,
    FallenObject,
    FallFit,
    Grade,
    Origin,
    RulingOut,
    TrackPoint,
)
from linli.sensing.vision.falling.origin import origin_of

SIZE = (1920, 1080)
FACADE = Facade(
    "south", "building", ((0.25, 0.1), (0.75, 0.1), (0.8, 0.9), (0.2, 0.9)), 18, 1, 6, 3.0, 24.0
)


def fall_from(
    height: float, across: float, *, unsure: float = 0.1, late: float = 0.2
) -> FallenObject:
    points = tuple(
        TrackPoint(0.2 + 0.04 * n, 0, 0, across, height - late - 0.5 * n) for n in range(10)
    )
    fit = FallFit(
        release_at=0.0,
        release_height_m=height,
        release_across_m=across,
        across_m_s=0.0,
        terminal_m_s=20.0,
        acceleration_m_s2=9.0,
        residual_px=0.5,
        height_error_m=unsure,
        across_error_m=0.05,
    )
    return FallenObject(
        grade=Grade.CONFIRMED,
        reasons=(),
        confidence=0.9,
        points=points,
        released_at=0.0,
        impact_at=1.0,
        size_px=10,
        contrast=30,
        facade_id="south",
        fit=fit,
    )


def origin(fallen: FallenObject, facade: Facade = FACADE) -> Origin:
    found = origin_of(fallen, facade, SIZE)
    assert found is not None
    return found


def test_a_clear_fall_names_its_window() -> None:
    found = origin(fall_from(34.5, 10.0))
    assert (found.storey, found.column) == (12, 3)
    assert [(cell.storey, cell.column) for cell in found.possible] == [(12, 3)]
    why = {(out.cell.storey, out.cell.column): out.why for out in found.ruled_out}
    assert why[13, 3] is RulingOut.ABOVE
    assert why[11, 3] is RulingOut.BELOW
    assert why[12, 2] is RulingOut.LEFT
    assert why[12, 4] is RulingOut.RIGHT


def test_a_fall_first_seen_far_below_keeps_every_storey_between() -> None:
    found = origin(fall_from(34.5, 10.0, late=7.0))
    assert (found.storey_low, found.storey_high) == (10, 12)
    assert {cell.storey for cell in found.possible} == {10, 11, 12}


def test_an_unsure_fit_never_names_one_home() -> None:
    found = origin(fall_from(34.5, 10.0, unsure=2.5))
    assert found.storey_high - found.storey_low >= 1
    assert len(found.possible) > 1


def test_a_crooked_calibration_widens_the_band() -> None:
    rough = msgspec.structs.replace(FACADE, error_px=40.0)
    sure, unsure = origin(fall_from(34.5, 11.9)), origin(fall_from(34.5, 11.9), rough)
    assert unsure.height_high_m > sure.height_high_m
    assert unsure.height_low_m < sure.height_low_m
    assert len(unsure.possible) > len(sure.possible)


def test_above_the_highest_storey_is_the_roof() -> None:
    found = origin(fall_from(55.5, 10.0))
    assert found.from_roof
    assert found.storey == 18


def test_a_fall_without_fit_or_on_another_facade_has_no_origin() -> None:
    assert origin_of(replace(fall_from(30, 5), fit=None), FACADE, SIZE) is None
    assert origin_of(replace(fall_from(30, 5), facade_id="north"), FACADE, SIZE) is None


@given(
    height=st.floats(-5, 60),
    across=st.floats(-3, 27),
    unsure=st.floats(0, 10),
    late=st.floats(0, 20),
)
def test_every_window_is_possible_or_ruled_out(
    height: float, across: float, unsure: float, late: float
) -> None:
    found = origin(fall_from(height, across, unsure=unsure, late=late))
    cells = {*found.possible, *(out.cell for out in found.ruled_out)}
    assert len(cells) == len(found.possible) + len(found.ruled_out) == 18 * 6
    assert found.possible
    assert found.storey_low <= found.storey <= found.storey_high
    assert found.column_low <= found.column <= found.column_high
