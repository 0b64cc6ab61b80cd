"""Approvals: the table of moves, who may move what, and what "exactly this" means."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, StaleVersion
from linli.support.approvals import policy
from linli.support.approvals.contracts import Approval, ApprovalState, Purpose, Wanted
from linli.support.approvals.policy import Move, Mover

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WANG, LI = UUID(int=1), UUID(int=2)
ASKER, SECOND = Mover(WANG, "王", holds=True), Mover(LI, "李", holds=True)
STRANGER, CLOCK = Mover(UUID(int=3), "张", holds=False), Mover(None, "", holds=False)


def approval() -> Approval:
    wanted = Wanted(
        purpose=Purpose.EXPORT_LIST, title="导出名单 1523 人", request={"q": "", "form": "csv"},
        total=1523, reason="核对走访名单", said=(), needs=("manage_people",),
        estate_ids=(UUID(int=9),),
    )  # fmt: skip
    return Approval(
        id=UUID(int=5),
        wanted=wanted,
        request_hash=policy.hash_of(wanted.purpose, wanted.request),
        asker_id=WANG,
        asker_name="王",
        asked_at=NOW,
        state=ApprovalState.ASKED,
        version=1,
        expires_at=NOW + policy.UNDECIDED_FOR,
    )


def test_another_person_agrees_and_the_asker_does_it_once() -> None:
    agreed = policy.moved(approval(), Move.APPROVE, SECOND, now=NOW, answer="可以")
    assert (agreed.decided_by, agreed.answer, agreed.expires_at) == (
        LI,
        "可以",
        NOW + policy.USABLE_FOR,
    )
    used = policy.moved(agreed, Move.USE, ASKER, now=NOW + timedelta(hours=1))
    assert used.state is ApprovalState.USED
    with pytest.raises(IllegalMove):
        policy.moved(used, Move.USE, ASKER, now=NOW + timedelta(hours=1))


def test_nobody_agrees_with_themselves_and_nobody_without_the_right_decides() -> None:
    with pytest.raises(policy.OwnRequest):
        policy.moved(approval(), Move.APPROVE, ASKER, now=NOW)
    for mover in (STRANGER, CLOCK):
        with pytest.raises(Forbidden):
            policy.moved(approval(), Move.APPROVE, mover, now=NOW)
    agreed = policy.moved(approval(), Move.APPROVE, SECOND, now=NOW)
    with pytest.raises(Forbidden):
        policy.moved(agreed, Move.USE, SECOND, now=NOW)


def test_consent_ends_with_its_day_and_a_request_with_its_third() -> None:
    with pytest.raises(IllegalMove):
        policy.moved(approval(), Move.APPROVE, SECOND, now=NOW + policy.UNDECIDED_FOR)
    agreed = policy.moved(approval(), Move.APPROVE, SECOND, now=NOW)
    with pytest.raises(IllegalMove):
        policy.moved(agreed, Move.USE, ASKER, now=NOW + policy.USABLE_FOR)
    with pytest.raises(IllegalMove):
        policy.moved(agreed, Move.EXPIRE, CLOCK, now=NOW)
    lapsed = policy.moved(agreed, Move.EXPIRE, CLOCK, now=NOW + policy.USABLE_FOR)
    assert lapsed.state is ApprovalState.EXPIRED


def test_a_refusal_says_why_and_a_stale_page_decides_nothing() -> None:
    with pytest.raises(BadInput):
        policy.moved(approval(), Move.REFUSE, SECOND, now=NOW, answer=" ")
    with pytest.raises(StaleVersion):
        policy.moved(approval(), Move.APPROVE, SECOND, now=NOW, expected_version=2)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Move),
            st.sampled_from([ASKER, SECOND, STRANGER, CLOCK]),
            st.integers(min_value=0, max_value=40),
        ),
        max_size=12,
    )
)
def test_whatever_happens_it_is_used_only_after_another_agreed(
    steps: list[tuple[Move, Mover, int]],
) -> None:
    one, now, agreed = approval(), NOW, False
    for move, mover, hours in steps:
        now += timedelta(hours=hours)
        before = one
        try:
            one = policy.moved(one, move, mover, now=now, answer="好")
        except (Forbidden, IllegalMove):
            continue
        assert before.ended_at is None
        assert (one.ended_at is not None) == (one.state not in policy.MOVES)
        if move is Move.APPROVE:
            agreed = mover.account_id != one.asker_id
        if one.state is ApprovalState.USED:
            assert agreed
            assert now < before.expires_at


def test_exactly_this_knows_no_order_but_every_value() -> None:
    def hashed(**request: str | None) -> bytes:
        return policy.hash_of(Purpose.EXPORT_LIST, {**request})

    assert hashed(q="王", form="csv") == hashed(form="csv", q="王")
    assert hashed(q="王", form="csv") != hashed(q="王", form="xlsx")
    assert hashed(q=None) != hashed(q="")
    assert policy.hash_of(Purpose.UNDO_IMPORT, {}) != policy.hash_of(Purpose.EXPORT_LIST, {})
