"""Rosters: turns, overlaps, and who may do what with a swap."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.errors import BadInput, Forbidden, IllegalMove
from linli.responding.rosters import policy
from linli.responding.rosters.contracts import (
    Pattern,
    Shift,
    ShiftState,
    Swap,
    SwapMove,
    SwapState,
)

NIGHT = Pattern(
    id=UUID(int=1), organisation_id=UUID(int=2), title="夜班", post="治理大厅",
    starts_at=20 * 60, minutes=12 * 60,
)  # fmt: skip
WANG, LI, CHIEF = UUID(int=11), UUID(int=12), UUID(int=13)
EVENING = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def shift(account_id: UUID = WANG, starts_at: datetime = EVENING, hours: float = 12) -> Shift:
    return Shift(
        id=uuid4(),
        organisation_id=NIGHT.organisation_id,
        account_id=account_id,
        name="王值班",
        title="夜班",
        post="治理大厅",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        state=ShiftState.PLANNED,
        version=1,
    )


def swap(state: SwapState = SwapState.ASKED) -> Swap:
    return Swap(
        id=uuid4(), organisation_id=NIGHT.organisation_id, shift_id=uuid4(), in_return=None,
        asker_id=WANG, asker_name="王", colleague_id=LI, colleague_name="李",
        reason="孩子发烧", state=state, version=1, asked_at=EVENING,
    )  # fmt: skip


def test_a_night_shift_ends_the_day_after() -> None:
    starts_at, ends_at = policy.on_day(NIGHT, date(2026, 11, 22))
    assert (starts_at, ends_at) == (EVENING, EVENING + timedelta(hours=12))


def test_two_at_a_time_take_turns_over_three_days() -> None:
    people = [(WANG, "王"), (LI, "李"), (CHIEF, "陈")]
    days = [date(2026, 11, 24), date(2026, 11, 22), date(2026, 11, 23)]
    planned = policy.in_turns(NIGHT, people, days, at_once=2)
    assert [draft.name for draft in planned] == ["王", "李", "陈", "王", "李", "陈"]
    assert planned[0].starts_at < planned[-1].starts_at


@given(
    people=st.integers(1, 8),
    at_once=st.integers(1, 8),
    days=st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), min_size=1, max_size=40),
)
def test_turns_are_fair_and_never_double(people: int, at_once: int, days: set[date]) -> None:
    """Everybody has as many turns as everybody else, give or take one; nobody twice at once."""
    crew = [(UUID(int=n), f"员工{n}") for n in range(1, people + 1)]
    if at_once > people:
        with pytest.raises(BadInput):
            policy.in_turns(NIGHT, crew, sorted(days), at_once=at_once)
        return
    planned = policy.in_turns(NIGHT, crew, sorted(days), at_once=at_once)
    counts = [sum(draft.account_id == one for draft in planned) for one, _ in crew]
    assert len(planned) == len(days) * at_once
    assert max(counts) - min(counts) <= 1
    assert len({(draft.account_id, draft.starts_at) for draft in planned}) == len(planned)


@given(
    gap=st.integers(-24 * 60, 24 * 60),
    hours=st.floats(0.5, 24),
    state=st.sampled_from(ShiftState),
)
def test_a_person_is_free_exactly_when_nothing_touches(
    gap: int, hours: float, state: ShiftState
) -> None:
    known = replace(shift(), state=state)
    starts_at = known.starts_at + timedelta(minutes=gap)
    ends_at = starts_at + timedelta(hours=hours)
    touches = starts_at < known.ends_at and known.starts_at < ends_at
    if touches and state in policy.BUSY:
        with pytest.raises(policy.Overlap) as refused:
            policy.check_free(WANG, starts_at, ends_at, [known])
        assert "2026-11-22 20:00" in str(refused.value)
    else:
        policy.check_free(WANG, starts_at, ends_at, [known])
    policy.check_free(LI, starts_at, ends_at, [known])


def test_one_begins_only_ones_own_shift_and_only_in_time() -> None:
    planned = shift()
    with pytest.raises(policy.TooEarly) as early:
        policy.check_in(planned, WANG, EVENING - timedelta(minutes=31))
    assert "19:30" in str(early.value)
    with pytest.raises(policy.NotYourShift):
        policy.check_in(planned, LI, EVENING)
    begun = policy.check_in(planned, WANG, EVENING - timedelta(minutes=30))
    assert (begun.state, begun.version) == (ShiftState.WORKING, 2)
    with pytest.raises(IllegalMove):
        policy.check_in(begun, WANG, EVENING)
    with pytest.raises(IllegalMove):
        policy.check_in(planned, WANG, planned.ends_at)


def test_who_comes_late_still_begins() -> None:
    missed = policy.miss(shift())
    assert missed is not None
    late = policy.check_in(missed, WANG, EVENING + timedelta(hours=1))
    assert late.state is ShiftState.WORKING
    assert policy.miss(late) is None


@pytest.mark.parametrize("state", SwapState)
@pytest.mark.parametrize("move", SwapMove)
@pytest.mark.parametrize("who", [WANG, LI, CHIEF, None])
def test_a_swap_moves_only_as_the_table_says(
    state: SwapState, move: SwapMove, who: UUID | None
) -> None:
    """Each move has its person; what the table does not name is refused for everybody."""
    asking = policy.Asking(who, plans=who == CHIEF)
    own = {
        SwapMove.AGREE: LI, SwapMove.DECLINE: LI, SwapMove.WITHDRAW: WANG,
        SwapMove.APPROVE: CHIEF, SwapMove.REJECT: CHIEF,
    }  # fmt: skip
    wanted = swap(state)
    target = policy.SWAPS.get((state, move))
    if target is None:
        with pytest.raises(IllegalMove):
            policy.move_swap(wanted, move, asking, now=EVENING, answer="因为")
    elif move is SwapMove.LAPSE or own[move] == who:
        moved = policy.move_swap(wanted, move, asking, now=EVENING, answer="因为")
        assert moved.state is target
        assert (moved.ended_at is None) == (target in policy.OPEN_SWAPS)
        if move is not SwapMove.LAPSE:
            assert move in policy.allowed(wanted, asking)
    else:
        assert move not in policy.allowed(wanted, asking)
        with pytest.raises(Forbidden):
            policy.move_swap(wanted, move, asking, now=EVENING, answer="因为")


def test_a_planner_does_not_approve_a_swap_of_their_own() -> None:
    agreed = swap(SwapState.AGREED)
    assert SwapMove.APPROVE not in policy.allowed(agreed, policy.Asking(WANG, plans=True))


def test_a_refusal_says_why() -> None:
    with pytest.raises(BadInput) as refused:
        policy.move_swap(
            swap(), SwapMove.DECLINE, policy.Asking(LI, plans=False), now=EVENING, answer=" "
        )
    assert refused.value.field == "answer"
