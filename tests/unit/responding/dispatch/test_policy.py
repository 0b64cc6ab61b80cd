"""Orders move only as the table allows, and only by the hands that may."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.responding.findings import AT, LI, ORDER, ZHANG

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, Refusal, StaleVersion
from linli.responding.dispatch import policy
from linli.responding.dispatch.contracts import Order, OrderMove, OrderState

PHOTO = UUID(int=99)


def worker(account: UUID, name: str) -> policy.Mover:
    return policy.Mover(
        account_id=account, name=name, may_do=True, may_judge=False, may_steer=False
    )


ZHANG_WORKS = worker(ZHANG, "张维修")
LI_WORKS = worker(LI, "李强")
MANAGER = policy.Mover(
    account_id=UUID(int=13), name="陈经理", may_do=True, may_judge=True, may_steer=True, leads=True
)


def go(order: Order, move: OrderMove, mover: policy.Mover, words: str = "好了") -> Order:
    step = policy.Step(move, words, (PHOTO,), AT + timedelta(minutes=order.version))
    return policy.move(order, step, mover, expected_version=order.version)


def test_an_order_on_an_ordinary_day() -> None:
    order = go(ORDER, OrderMove.ACCEPT, ZHANG_WORKS)
    assert order.offer.assignee_name == "张维修"
    order = go(order, OrderMove.ARRIVE, ZHANG_WORKS)
    order = go(order, OrderMove.FIX, ZHANG_WORKS, "劝离，已推出单元门")
    assert order.result == "劝离，已推出单元门"
    order = go(order, OrderMove.VERIFY, MANAGER)
    assert order.state is OrderState.VERIFIED
    assert order.ended_at is not None
    times = [order.offered_at, order.accepted_at, order.arrived_at, order.fixed_at]
    assert times == sorted(t for t in times if t)


def test_of_two_who_accept_the_second_is_told_who_was_faster() -> None:
    taken = go(ORDER, OrderMove.ACCEPT, ZHANG_WORKS)
    step = policy.Step(OrderMove.ACCEPT, "", (), AT)
    with pytest.raises(policy.AlreadyTaken, match="张维修"):
        policy.move(taken, step, LI_WORKS, expected_version=ORDER.version)


def test_nobody_moves_a_colleagues_order_but_the_manager() -> None:
    taken = go(ORDER, OrderMove.ACCEPT, ZHANG_WORKS)
    with pytest.raises(policy.NotYours):
        go(taken, OrderMove.ARRIVE, LI_WORKS)
    assert go(taken, OrderMove.ARRIVE, MANAGER).state is OrderState.ARRIVED


def test_nobody_verifies_their_own_work() -> None:
    order = go(ORDER, OrderMove.ACCEPT, MANAGER)
    order = go(go(order, OrderMove.ARRIVE, MANAGER), OrderMove.FIX, MANAGER)
    with pytest.raises(policy.OwnWork):
        go(order, OrderMove.VERIFY, MANAGER)


def test_fixed_needs_words_and_a_photo() -> None:
    order = go(go(ORDER, OrderMove.ACCEPT, ZHANG_WORKS), OrderMove.ARRIVE, ZHANG_WORKS)
    bare = replace(order, evidence=())
    with pytest.raises(BadInput) as wordless:
        go(bare, OrderMove.FIX, ZHANG_WORKS, words=" ")
    assert wordless.value.field == "words"
    step = policy.Step(OrderMove.FIX, "好了", (), AT)
    with pytest.raises(BadInput) as blind:
        policy.move(bare, step, ZHANG_WORKS, expected_version=bare.version)
    assert blind.value.field == "evidence"


def test_a_stale_page_is_refused() -> None:
    step = policy.Step(OrderMove.ACCEPT, "", (), AT)
    with pytest.raises(StaleVersion):
        policy.move(ORDER, step, ZHANG_WORKS, expected_version=0)


def test_work_sent_back_is_done_again_and_may_be_verified_then() -> None:
    order = go(go(ORDER, OrderMove.ACCEPT, ZHANG_WORKS), OrderMove.ARRIVE, ZHANG_WORKS)
    order = go(go(order, OrderMove.FIX, ZHANG_WORKS), OrderMove.SEND_BACK, MANAGER, "还有一辆")
    assert order.state is OrderState.ARRIVED
    order = go(go(order, OrderMove.FIX, ZHANG_WORKS), OrderMove.VERIFY, MANAGER)
    assert order.state is OrderState.VERIFIED


movers = st.builds(
    policy.Mover,
    account_id=st.sampled_from([ZHANG, LI, MANAGER.account_id]),
    name=st.just("某人"),
    may_do=st.booleans(),
    may_judge=st.booleans(),
    may_steer=st.booleans(),
    leads=st.booleans(),
)


@given(st.lists(st.tuples(st.sampled_from(OrderMove), movers), max_size=12))
def test_what_is_offered_is_what_works(tries: list[tuple[OrderMove, policy.Mover]]) -> None:
    """The moves shown to a person are exactly those that succeed, and an ended order rests."""
    order = ORDER
    for move, mover in tries:
        shown = move in policy.allowed(order, mover)
        try:
            moved = go(order, move, mover)
        except (IllegalMove, Forbidden):
            assert not shown
            continue
        except Refusal as refusal:
            pytest.fail(f"neither shown nor named: {refusal.code}")
        assert shown or move is OrderMove.EXPIRE
        assert order.state not in policy.ENDED
        assert (moved.ended_at is not None) == (moved.state in policy.ENDED)
        assert moved.version == order.version + 1
        order = moved
