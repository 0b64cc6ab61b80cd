"""The benchmark counts rightly: known intervals, tracks matched to true falls."""

import pytest
from benchmarks.falling_objects.evaluation import compare_rival, rate, share
from benchmarks.falling_objects.rival import RivalAlarm
from benchmarks.falling_objects.splits import fall_wish, piece_wish

from linli_simulator.footage.scene import made


def test_intervals_are_those_of_the_tables() -> None:
    assert rate(0, 1.0) == "0.00 (0.00–3.69; 0 in 1.00 h)"
    assert rate(10, 1.0) == "10.00 (4.80–18.39; 10 in 1.00 h)"
    # By the formula of Wilson and Hilferty: 2745.3 to 2955.6.
    assert rate(2849, 1.0) == "2849.00 (2745.34–2955.58; 2849 in 1.00 h)"
    assert share(95, 100) == "0.950 (0.89–0.98; 95 of 100)"
    assert share(0, 0) == "no cases"


def test_the_splits_share_no_seed() -> None:
    seeds = [
        {wish(split, number).seed for number in range(3000)}
        for wish in (fall_wish, piece_wish)
        for split in ("tuning", "test")
    ]
    together: set[int] = set()
    for some in seeds:
        assert not together & some
        together |= some


def test_pieces_hold_every_distraction_and_no_fall() -> None:
    wishes = [piece_wish("test", number) for number in range(24)]
    assert len({kind for wish in wishes for kind in wish.distractions or ()}) == 12
    assert {wish.falls for wish in wishes} == {0}
    assert len({wish.weather for wish in wishes}) == 4


def test_a_track_belongs_to_the_fall_it_follows() -> None:
    truth = made(fall_wish("tuning", 3)).truth
    first = truth.falls[0]
    track = tuple((point.at, point.x + 3, point.y - 4) for point in first.points[4:30])
    elsewhere = tuple((at, x + 400, y) for at, x, y in track)
    results, wrong = compare_rival(
        truth, [RivalAlarm(track, first.wall_id), RivalAlarm(elsewhere, first.wall_id)]
    )
    assert [found for found, _ in results] == [True, False, False, False]
    assert results[0][1] == pytest.approx(0, abs=1)
    assert wrong == 1
