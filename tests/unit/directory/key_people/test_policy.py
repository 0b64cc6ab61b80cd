"""Who is at risk, when a visit is due, and what a category allows."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.directory.key_people import policy
from linli.directory.key_people.contracts import (
    BASES,
    Basis,
    Carer,
    Category,
    EntryMove,
    EntryState,
    Outcome,
    Risk,
)
from linli.kernel.errors import IllegalMove

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
CODES = st.lists(st.sampled_from([one.code for one in policy.CATEGORIES]), unique=True)
LEVEL = {Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2}


@given(last=st.none() | DAYS, since=DAYS, every=st.integers(1, 366), away=st.none() | DAYS)
def test_nobody_is_sent_while_somebody_is_away(
    last: date | None, since: date, every: int, away: date | None
) -> None:
    due = policy.next_visit(last=last, since=since, every_days=every, away_until=away)
    assert due is not None
    assert away is None or due > away
    rested = policy.next_visit(last=last, since=since, every_days=every, away_until=None)
    assert rested is not None
    assert due == rested or (away is not None and due == away + timedelta(days=1))
    assert rested == (since if last is None else last + timedelta(days=every))


@given(last=DAYS, since=DAYS, every=st.integers(1, 366), later=st.integers(1, 100))
def test_a_later_visit_never_brings_the_next_one_nearer(
    last: date, since: date, every: int, later: int
) -> None:
    first = policy.next_visit(last=last, since=since, every_days=every, away_until=None)
    second = policy.next_visit(
        last=last + timedelta(days=later), since=since, every_days=every, away_until=None
    )
    assert first is not None
    assert second is not None
    assert second > first


def test_without_a_plan_nothing_is_due() -> None:
    assert policy.next_visit(last=None, since=TODAY, every_days=None, away_until=None) is None


@given(st.lists(st.sampled_from(EntryMove), max_size=12))
def test_a_category_goes_only_ways_that_the_table_names(moves: list[EntryMove]) -> None:
    state = EntryState.ACTIVE
    for move in moves:
        allowed = policy.ENTRY_MOVES.get((state, move))
        if allowed is None:
            with pytest.raises(IllegalMove):
                policy.moved(state, move)
        else:
            state = policy.moved(state, move)
    # Whatever happened, a clerk can always bring the person back into the lists.
    assert policy.moved(state, EntryMove.RENEW) is EntryState.ACTIVE


@given(CODES, CODES)
def test_more_categories_never_mean_less_risk(some: list[str], more: list[str]) -> None:
    few, many = policy.judged(some), policy.judged({*some, *more})
    assert LEVEL[many.risk] >= LEVEL[few.risk]
    assert bool(many.reasons) == bool({*some, *more})


@given(CODES, st.lists(st.sampled_from(Outcome), max_size=4))
def test_unmet_visits_raise_the_risk_and_say_so(codes: list[str], last: list[Outcome]) -> None:
    plain, seen = policy.judged(codes), policy.judged(codes, last)
    assert LEVEL[seen.risk] >= LEVEL[plain.risk]
    unmet = len(last) > 1 and last[0] is last[1] is Outcome.NOT_HOME
    assert (len(seen.reasons) > len(plain.reasons)) == (unmet and bool(codes))


def test_a_category_holds_from_its_day_until_its_last_in_its_county() -> None:
    here, there = uuid4(), uuid4()
    one = Category(
        code="flood",
        title="汛期重点户",
        risk=Risk.MEDIUM,
        every_days=7,
        review_days=30,
        since=TODAY,
        until=TODAY + timedelta(days=10),
        counties=frozenset({here}),
    )
    assert policy.in_force(TODAY, here, [one]) == (one,)
    assert not policy.in_force(TODAY, there, [one])
    assert not policy.in_force(TODAY - timedelta(days=1), here, [one])
    assert not policy.in_force(TODAY + timedelta(days=10), here, [one])


def test_every_basis_names_its_law() -> None:
    assert set(BASES) == set(Basis)
    assert all("个人信息保护法" in one.source for one in BASES.values())


@given(
    st.text("王李张建国秀英", min_size=1, max_size=4),
    st.text("0123456789", min_size=11, max_size=11),
)
def test_a_masked_carer_gives_neither_name_nor_number(name: str, phone: str) -> None:
    (shown,) = policy.masked_carers([Carer(name, "女儿", phone)])
    assert "*" in shown.name
    assert shown.phone != phone
    assert phone[3:7] not in shown.phone or "*" in shown.phone[3:7]
