"""What a drill's handling is worth."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.errors import IllegalMove
from linli.responding.drills import policy
from linli.responding.drills.contracts import SCENARIOS, DrillState
from linli.responding.drills.policy import Handling, score
from linli.responding.incidents.contracts import Stage
from linli.sensing.devices.public import all_kinds

BEGAN = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DUE = {
    Stage.ACCEPT: BEGAN + timedelta(seconds=90),
    Stage.ARRIVE: BEGAN + timedelta(minutes=10),
    Stage.FIX: BEGAN + timedelta(minutes=60),
    Stage.VERIFY: BEGAN + timedelta(hours=12),
}
BEST = Handling(
    received_at=BEGAN,
    due=DUE,
    accepted_at=BEGAN + timedelta(seconds=42),
    arrived_at=BEGAN + timedelta(minutes=6),
    fixed_at=BEGAN + timedelta(minutes=31),
    proved=True,
    verified=True,
    closed=True,
)
MOMENTS = st.none() | st.timedeltas(timedelta(0), timedelta(hours=6)).map(lambda one: BEGAN + one)
HANDLINGS = st.builds(
    Handling,
    received_at=st.just(BEGAN),
    due=st.just(DUE),
    accepted_at=MOMENTS,
    arrived_at=MOMENTS,
    fixed_at=MOMENTS,
    proved=st.booleans(),
    verified=st.booleans(),
    closed=st.booleans(),
    called_false=st.booleans(),
    risen=st.integers(0, 4),
    reopened=st.integers(0, 3),
)


def marks_of(done: Handling) -> dict[str, int]:
    return {mark.code: mark.points for mark in score(done).marks}


def test_who_does_everything_in_time_has_a_hundred() -> None:
    whole = score(BEST)
    assert (whole.points, whole.grade) == (100, "优秀")
    assert whole.marks[0].words == "用时42秒（1分30秒内满分，到3分钟减为零）"


def test_points_melt_after_the_limit_and_are_gone_at_twice_the_time() -> None:
    late = replace(BEST, accepted_at=BEGAN + timedelta(seconds=135))
    assert marks_of(late)["accept"] == 12
    never = replace(BEST, accepted_at=BEGAN + timedelta(seconds=180))
    assert marks_of(never)["accept"] == 0


def test_a_fire_called_a_false_alarm_leaves_only_the_points_for_accepting() -> None:
    told = score(replace(BEST, called_false=True))
    assert told.points == policy.ACCEPT
    assert told.grade == "不合格"
    assert "误报" in told.marks[-1].words


def test_rising_and_doing_it_again_cost_points() -> None:
    told = score(replace(BEST, risen=2, reopened=1))
    assert told.points == 100 - 2 * policy.FOR_RISING - policy.FOR_REOPENING
    assert [mark.title for mark in told.marks[-2:]] == ["超时上报", "返工"]


@given(HANDLINGS)
def test_points_are_the_marks_together_between_nothing_and_a_hundred(done: Handling) -> None:
    told = score(done)
    assert 0 <= told.points <= 100
    assert told.points == max(0, sum(mark.points for mark in told.marks))
    assert told.grade == policy.grade_of(told.points)
    assert sum(mark.most for mark in told.marks) == 100
    assert all(mark.points <= mark.most and mark.words for mark in told.marks)


@given(HANDLINGS, st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_who_is_faster_never_has_fewer_points(done: Handling, sooner: timedelta) -> None:
    if done.arrived_at is None:
        return
    faster = replace(done, arrived_at=max(BEGAN, done.arrived_at - sooner))
    assert score(faster).points >= score(done).points


@pytest.mark.parametrize("ended", [DrillState.SCORED, DrillState.CANCELLED, DrillState.FAILED])
@pytest.mark.parametrize("wanted", list(DrillState))
def test_what_is_over_stays_over(ended: DrillState, wanted: DrillState) -> None:
    with pytest.raises(IllegalMove):
        policy.moved(ended, wanted)


def test_every_scenario_names_kinds_of_devices_that_there_are() -> None:
    assert {kind for one in SCENARIOS for kind in one.kinds} <= set(all_kinds())
    assert all(one.points for one in SCENARIOS)
