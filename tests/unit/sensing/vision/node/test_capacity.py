"""An overloaded node gives up analysis in the announced order, and takes it back."""

from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.vision.node.capacity import Balance, Level, Load

CAMERAS = ("first", "second", "third")
HEAVY, LIGHT, MIDDLING = Load(0.97, 0.1), Load(0.2, 0.0), Load(0.75, 0.2)


def lived(balance: Balance, load: Load, seconds: int, began: float) -> list[tuple[str, Level]]:
    steps = (balance.judged(load, CAMERAS, began + second) for second in range(seconds))
    return [step for step in steps if step is not None]


def test_every_camera_is_thinned_before_any_is_given_up() -> None:
    balance = Balance()
    assert lived(balance, HEAVY, 75, 100.0) == [
        ("third", Level.HALF),
        ("second", Level.HALF),
        ("first", Level.HALF),
        ("third", Level.OFF),
        ("second", Level.OFF),
        ("first", Level.OFF),
    ]
    assert lived(balance, HEAVY, 60, 200.0) == []
    assert lived(balance, LIGHT, 400, 300.0) == [
        ("first", Level.HALF),
        ("second", Level.HALF),
        ("third", Level.HALF),
        ("first", Level.FULL),
        ("second", Level.FULL),
        ("third", Level.FULL),
    ]


def test_late_analysis_is_overload_too() -> None:
    assert lived(Balance(), Load(0.3, 4.0), 12, 0.5) == [("third", Level.HALF)]


def test_who_falls_further_behind_gives_way_sooner_and_who_catches_up_does_not() -> None:
    balance = Balance()
    later = [Load(0.3, 4.0 + second) for second in range(18)]
    steps = [balance.judged(load, CAMERAS, 1.0 + second) for second, load in enumerate(later)]
    assert [second for second, step in enumerate(steps) if step is not None] == [10, 13, 16]
    less = [Load(0.3, 20.0 - second) for second in range(7)]
    assert not any(balance.judged(load, CAMERAS, 19.0 + second) for second, load in enumerate(less))


def test_a_short_peak_and_a_middling_load_change_nothing() -> None:
    balance = Balance()
    for round_ in range(10):
        assert lived(balance, HEAVY, 8, 20.0 * round_ + 1) == []
        assert lived(balance, MIDDLING, 8, 20.0 * round_ + 10) == []


@given(loads=st.lists(st.sampled_from([HEAVY, LIGHT, MIDDLING]), max_size=400))
def test_levels_never_differ_by_more_than_the_order_allows(loads: list[Load]) -> None:
    balance = Balance()
    for second, load in enumerate(loads):
        balance.judged(load, CAMERAS, float(second + 1))
        levels = [balance.levels[camera] for camera in CAMERAS]
        assert levels == sorted(levels)
        assert max(levels) - min(levels) <= 1
