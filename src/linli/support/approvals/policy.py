"""Decisions about approvals: the lifecycle, who may move it, what exactly was asked. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, Refusal, StaleVersion
from linli.support.approvals.contracts import (
    STATE_TITLES,
    Approval,
    ApprovalState,
    Frozen,
    Purpose,
)

UNDECIDED_FOR = timedelta(days=3)
USABLE_FOR = timedelta(hours=24)
SHORTEST_REASON = 4
LONGEST_REASON = 300
S = ApprovalState


class Move(StrEnum):
    """What can be done with a request."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    USE = "use"


MOVES: Mapping[ApprovalState, Mapping[Move, ApprovalState]] = {
    S.ASKED: {
        Move.APPROVE: S.APPROVED,
        Move.REFUSE: S.REFUSED,
        Move.WITHDRAW: S.WITHDRAWN,
        Move.EXPIRE: S.EXPIRED,
    },
    S.APPROVED: {Move.USE: S.USED, Move.WITHDRAW: S.WITHDRAWN, Move.EXPIRE: S.EXPIRED},
}
DECIDES = frozenset({Move.APPROVE, Move.REFUSE})
ASKERS = frozenset({Move.WITHDRAW, Move.USE})


class SecondPairNeeded(Refusal):
    """It is more than one person alone may do: somebody else has to agree first."""

    status = 409
    code = "second_pair_needed"
    text = "这件事不能一个人单独办，需要另一位有权限的同事审批后才能执行"


class OwnRequest(Forbidden):
    """The asker is not the second pair of eyes."""

    code = "own_request"
    text = "不能审批自己的申请，请由另一位同事审批"


class GrewMeanwhile(IllegalMove):
    """More rows than were agreed to."""

    code = "grew_meanwhile"
    text = "数量比审批时多了，请重新申请"


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves a request, and whether they hold what deciding on it needs; linli: no account."""

    account_id: UUID | None
    name: str
    holds: bool


def hash_of(purpose: Purpose, request: Frozen) -> bytes:
    """The same for what asks exactly the same, however its keys are ordered."""
    said = json.dumps(
        [purpose.value, request], sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(said.encode()).digest()


def reason_given(reason: str) -> str:
    """Raises BadInput when the reason is too short or too long."""
    bare = reason.strip()
    if not SHORTEST_REASON <= len(bare) <= LONGEST_REASON:
        raise BadInput(f"请写明原因（{SHORTEST_REASON} 到 {LONGEST_REASON} 个字）", field="reason")
    return bare


def moved(
    approval: Approval,
    move: Move,
    mover: Mover,
    *,
    now: datetime,
    answer: str = "",
    expected_version: int | None = None,
) -> Approval:
    """The request after the move.

    Raises:
        OwnRequest, Forbidden: not this person's move.
        IllegalMove: not from this state, or its time is over.
        StaleVersion: somebody moved it meanwhile.
        BadInput: a refusal without a word.
    """
    _may(approval, move, mover)
    if expected_version is not None and expected_version != approval.version:
        raise StaleVersion
    into = MOVES.get(approval.state, {}).get(move)
    if into is None:
        raise IllegalMove(f"这个申请{STATE_TITLES[approval.state]}，不能再操作")
    over = now >= approval.expires_at
    if over and move in DECIDES | {Move.USE}:
        raise IllegalMove("这个申请已经过期，请重新申请")
    if not over and move is Move.EXPIRE:
        raise IllegalMove("这个申请还没有到期")
    after = replace(approval, state=into, version=approval.version + 1)
    if move in DECIDES:
        words = answer.strip()
        if move is Move.REFUSE and not words:
            raise BadInput("请写明不同意的理由", field="answer")
        after = replace(
            after,
            decided_by=mover.account_id,
            decided_name=mover.name,
            decided_at=now,
            answer=words,
        )
    if into is S.APPROVED:
        return replace(after, expires_at=now + USABLE_FOR)
    return replace(after, ended_at=now)


def _may(approval: Approval, move: Move, mover: Mover) -> None:
    own = mover.account_id == approval.asker_id
    if move in ASKERS and not own:
        raise Forbidden
    if move in DECIDES:
        if own:
            raise OwnRequest
        if mover.account_id is None or not mover.holds:
            raise Forbidden
    if move is Move.EXPIRE and mover.account_id is not None:
        raise Forbidden
