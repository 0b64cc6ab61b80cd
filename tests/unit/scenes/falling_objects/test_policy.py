"""Who may have thrown it, who cannot have, and how sure that is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.errors import BadInput
from linli.scenes.falling_objects import policy
from linli.scenes.falling_objects.contracts import (
    Agreement,
    Band,
    FacadeDraft,
    Fall,
    Grade,
    Verdict,
    Window,
)
from linli.scenes.falling_objects.packing import on_wall

BUILDING, CAMERA, FRONT, SIDE = uuid4(), uuid4(), uuid4(), uuid4()
SQUARE = ((0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9))


def wall(*, storeys: int = 18, columns: int = 4, mirrored: bool = False) -> FacadeDraft:
    return FacadeDraft(
        building_id=BUILDING,
        camera_id=CAMERA,
        title="南立面",
        corners=SQUARE,
        storeys=storeys,
        ground_storey=1,
        columns=columns,
        storey_height_m=2.9,
        width_m=24,
        mirrored=mirrored,
    )


def homes_of(storeys: int = 18, each: int = 4) -> list[policy.HomeAt]:
    return [
        policy.HomeAt(UUID(int=storey * 100 + n), f"3号楼 {storey:02d}{n:02d}", storey, n - 1)
        for storey in range(1, storeys + 1)
        for n in range(1, each + 1)
    ]


HOMES = homes_of()
TITLES = {home.home_id: home.title for home in HOMES}
WINDOWS = policy.windows_by_position(wall(), HOMES)


def view(band: Band, facade: UUID = FRONT, camera: str = "南立面摄像机") -> policy.View:
    return policy.View(camera, facade, band, WINDOWS)


def test_homes_share_the_columns_of_their_storey_from_left_to_right() -> None:
    at = {(one.storey, one.column): one.home_id for one in WINDOWS}
    assert [at[(12, column)] for column in (1, 2, 3, 4)] == [
        UUID(int=1200 + n) for n in range(1, 5)
    ]
    turned = policy.windows_by_position(wall(mirrored=True), HOMES)
    at = {(one.storey, one.column): one.home_id for one in turned}
    assert [at[(12, column)] for column in (1, 4)] == [UUID(int=1204), UUID(int=1201)]


def test_a_home_may_have_several_windows() -> None:
    wide = policy.windows_by_position(wall(columns=8), HOMES)
    assert [one.home_id for one in wide if one.storey == 3] == [
        UUID(int=300 + n) for n in (1, 1, 2, 2, 3, 3, 4, 4)
    ]


def test_what_people_corrected_stays_when_the_wall_is_calibrated_anew() -> None:
    stairs = Window(5, 2, None, "楼梯间", corrected=True)
    gone = Window(30, 2, None, "天台", corrected=True)
    kept = policy.with_corrections(WINDOWS, [stairs, gone], wall())
    assert stairs in kept
    assert gone not in kept
    assert len(kept) == len(WINDOWS)


def test_the_band_names_possible_homes_and_clears_every_other_with_its_reason() -> None:
    verdict = policy.verdict_of([view(Band(7, 8, 3, 3))], TITLES)
    assert {home.title for home in verdict.possible} == {"3号楼 0703", "3号楼 0803"}
    assert verdict.words == "7–8层 第3列"
    why = {home.title: home.why for home in verdict.cleared}
    assert why["3号楼 0903"] == "在9层，高于推算的最高起点8层"
    assert why["3号楼 0603"] == "在6层，物体在它上方（不低于7层）就已经落下"
    assert why["3号楼 0702"] == "第2列，在推算的第3列的左侧之外"
    assert len(verdict.possible) + len(verdict.cleared) == len(HOMES)


def test_a_home_without_a_window_on_the_wall_is_cleared_by_that() -> None:
    north = uuid4()
    verdict = policy.verdict_of([view(Band(7, 8, 3, 3))], {**TITLES, north: "3号楼 0705"})
    assert [one.why for one in verdict.cleared if one.home_id == north] == [policy.NO_WINDOW]


def test_a_band_of_three_storeys_never_names_one_home() -> None:
    verdict = policy.verdict_of([view(Band(7, 9, 3, 3))], TITLES)
    assert len(verdict.possible) == 3


def test_two_cameras_on_one_wall_narrow_each_other() -> None:
    views = [view(Band(6, 8, 2, 3)), view(Band(7, 9, 3, 4), camera="东南角摄像机")]
    verdict = policy.verdict_of(views, TITLES)
    assert verdict.agreement is Agreement.AGREES
    assert (verdict.storey_low, verdict.storey_high) == (7, 8)
    assert {home.title for home in verdict.possible} == {"3号楼 0703", "3号楼 0803"}


def test_a_camera_at_the_side_says_the_storey_and_leaves_the_column() -> None:
    views = [view(Band(6, 8, 3, 3)), view(Band(7, 9, 1, 1), SIDE, "东立面摄像机")]
    verdict = policy.verdict_of(views, TITLES)
    assert verdict.agreement is Agreement.AGREES
    assert (verdict.storey_low, verdict.storey_high) == (7, 8)


@pytest.mark.parametrize(
    "other", [view(Band(12, 13, 3, 3), camera="乙"), view(Band(7, 8, 1, 1), camera="乙")]
)
def test_cameras_that_contradict_each_other_clear_nobody_alone(other: policy.View) -> None:
    verdict = policy.verdict_of([view(Band(7, 8, 3, 3), camera="甲"), other], TITLES)
    assert verdict.agreement is Agreement.CONTRADICTS
    assert "甲推算7–8层" in verdict.words
    assert {"3号楼 0703", "3号楼 0803"} <= {home.title for home in verdict.possible}


def test_without_a_calibrated_wall_nobody_is_pointed_at() -> None:
    verdict = policy.verdict_of([], TITLES)
    assert verdict.possible == ()
    assert verdict.cleared == ()


def band_of(storeys: tuple[int, int], columns: tuple[int, int]) -> Band:
    return Band(min(storeys), max(storeys), min(columns), max(columns))


storeys = st.tuples(st.integers(-2, 22), st.integers(-2, 22))
columns = st.tuples(st.integers(0, 6), st.integers(0, 6))
bands = st.builds(band_of, storeys, columns)


@given(st.lists(st.tuples(bands, st.sampled_from([FRONT, SIDE])), min_size=1, max_size=4))
def test_every_home_is_possible_or_cleared_and_never_both(
    seen: list[tuple[Band, UUID]],
) -> None:
    verdict = policy.verdict_of([view(band, facade) for band, facade in seen], TITLES)
    possible = {home.home_id for home in verdict.possible}
    cleared = {home.home_id for home in verdict.cleared}
    assert possible | cleared == set(TITLES)
    assert not possible & cleared
    assert all(home.why for home in verdict.cleared)


@given(st.lists(bands, min_size=2, max_size=4))
def test_more_cameras_that_agree_never_add_a_suspect(seen: list[Band]) -> None:
    together = policy.verdict_of([view(band) for band in seen], TITLES)
    if together.agreement is Agreement.CONTRADICTS:
        return
    alone = policy.verdict_of([view(seen[0])], TITLES)
    assert {h.home_id for h in together.possible} <= {h.home_id for h in alone.possible}


def test_the_same_fall_is_seen_within_seconds_at_the_same_building() -> None:
    at = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    fall = Fall(
        id=uuid4(),
        estate_id=uuid4(),
        building_id=BUILDING,
        incident_id=None,
        grade=Grade.SUSPECTED,
        released_at=at,
        impact_at=at,
        verdict=Verdict(None, None, Agreement.SINGLE, ""),
        version=1,
    )
    assert policy.is_same(fall, BUILDING, at + timedelta(seconds=5))
    assert not policy.is_same(fall, BUILDING, at + timedelta(seconds=6))
    assert not policy.is_same(fall, uuid4(), at)
    assert not policy.is_same(fall, None, at)


def test_one_sure_camera_makes_the_fall_sure() -> None:
    assert policy.grade_of([Grade.SUSPECTED, Grade.CONFIRMED]) is Grade.CONFIRMED
    assert policy.grade_of([Grade.SUSPECTED]) is Grade.SUSPECTED


@pytest.mark.parametrize(
    "corners",
    [
        ((0.8, 0.1), (0.2, 0.1), (0.8, 0.9), (0.2, 0.9)),
        ((0.2, 0.9), (0.8, 0.9), (0.8, 0.1), (0.2, 0.1)),
        ((0.2, 0.1), (0.21, 0.1), (0.21, 0.11), (0.2, 0.11)),
        ((0.2, 0.1), (0.8, 0.1), (0.3, 0.2), (0.2, 0.9)),
    ],
)
def test_corners_that_make_no_wall_are_refused(corners: tuple[tuple[float, float], ...]) -> None:
    assert not policy.is_wall(corners)
    assert policy.is_wall(SQUARE)


def test_every_wrong_figure_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        policy.check_facade(wall(storeys=0, columns=0))
    assert {fault.field for fault in refused.value.faults} == {"storeys", "columns"}


def test_the_corners_of_the_wall_lie_where_they_were_put() -> None:
    leaning = ((0.3, 0.1), (0.7, 0.05), (0.8, 0.9), (0.2, 0.95))
    for (across, down), corner in zip(((0, 0), (1, 0), (1, 1), (0, 1)), leaning, strict=True):
        assert on_wall(leaning, across, down) == pytest.approx(corner)
