"""Who lived where, when: nothing is overwritten, nobody is in one home twice at a time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.directory.people.contracts import CorrectionState, PersonField, Relation
from linli.directory.people.policy import (
    MoveTooEarly,
    Stay,
    StayOverlaps,
    born_on,
    checked_value,
    decided,
    masked_value,
    moved,
    moved_out,
    overlap,
    stayed,
    years_before,
)
from linli.kernel.errors import BadInput, IllegalMove

DAY = datetime(2026, 1, 1, tzinfo=UTC)
HOMES = tuple(UUID(int=one) for one in range(1, 5))


def at(day: int) -> datetime:
    return DAY + timedelta(days=day)


@given(st.lists(st.tuples(st.sampled_from(HOMES), st.integers(1, 30)), max_size=12))
def test_moving_about_leaves_no_hole_and_no_overlap(moves: list[tuple[UUID, int]]) -> None:
    """A person moves from home to home: each move ends one stay where the next begins."""
    history: tuple[Stay, ...] = (Stay(HOMES[0], Relation.OWNER, at(0)),)
    day = 0
    for home, wait in moves:
        day += wait
        before = history
        if home == history[-1].home_id:
            continue
        history = moved(history, history[-1].home_id, Stay(home, Relation.TENANT, at(day)))
        # What was noted stays as it was, but for the end of the last stay.
        assert history[: len(before) - 1] == before[:-1]
    assert all(one.end == two.begin for one, two in pairwise(history))
    assert history[-1].end is None
    assert not any(
        overlap(one, two) for at_, one in enumerate(history) for two in history[at_ + 1 :]
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(HOMES[:2]), st.integers(0, 40), st.integers(0, 20)), max_size=10
    )
)
def test_whatever_is_noted_stays_do_not_overlap(tries: list[tuple[UUID, int, int]]) -> None:
    history: tuple[Stay, ...] = ()
    for home, begin, long in tries:
        stay = Stay(home, Relation.OWNER, at(begin), at(begin + long) if long else None)
        try:
            history = stayed(history, stay)
        except StayOverlaps:
            assert any(overlap(old, stay) for old in history)
    assert not any(
        overlap(one, two) for at_, one in enumerate(history) for two in history[at_ + 1 :]
    )


def test_nobody_leaves_before_they_came() -> None:
    with pytest.raises(MoveTooEarly):
        moved_out((Stay(HOMES[0], Relation.OWNER, at(3)),), HOMES[0], at(3))
    with pytest.raises(MoveTooEarly):
        stayed((), Stay(HOMES[0], Relation.OWNER, at(3), at(2)))


def test_a_correction_is_decided_once() -> None:
    decided(CorrectionState.WAITING, CorrectionState.ACCEPTED)
    with pytest.raises(IllegalMove):
        decided(CorrectionState.ACCEPTED, CorrectionState.REFUSED)


def test_what_is_asked_for_must_be_possible() -> None:
    assert checked_value(PersonField.PHONE, "138-1234 0001") == "13812340001"
    assert checked_value(PersonField.OTHER, " ") is None
    for field, value in ((PersonField.NAME, " "), (PersonField.BIRTH_DATE, "去年")):
        with pytest.raises(BadInput):
            checked_value(field, value)


@given(st.dates(min_value=datetime(1900, 1, 1, tzinfo=UTC).date()))
def test_a_birth_date_is_masked_but_for_the_year(day: object) -> None:
    shown = masked_value(PersonField.BIRTH_DATE, str(day))
    assert shown.startswith(str(day)[:4])
    assert str(day)[5:] not in shown


def test_days() -> None:
    assert str(born_on("51018419491231002X")) == "1949-12-31"
    assert born_on("51018419491331002X") is None
    assert str(years_before(datetime(2024, 2, 29, tzinfo=UTC).date(), 79)) == "1945-02-28"
