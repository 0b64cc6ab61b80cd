"""Shifts, swaps and hand-overs as others may see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ShiftState(StrEnum):
    """How far a shift has come."""

    PLANNED = "planned"
    WORKING = "working"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        return _SHIFT_WORDS[self]


_SHIFT_WORDS = {
    ShiftState.PLANNED: "待上岗",
    ShiftState.WORKING: "在岗",
    ShiftState.DONE: "已下岗",
    ShiftState.MISSED: "未到岗",
    ShiftState.CANCELLED: "已取消",
}


class SwapState(StrEnum):
    """How far a swap has come: asked by one, agreed by the other, approved by who plans."""

    ASKED = "asked"
    AGREED = "agreed"
    APPROVED = "approved"
    DECLINED = "declined"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def words(self) -> str:
        return _SWAP_WORDS[self]


_SWAP_WORDS = {
    SwapState.ASKED: "等同事答复",
    SwapState.AGREED: "等主管批准",
    SwapState.APPROVED: "已调班",
    SwapState.DECLINED: "同事未同意",
    SwapState.REJECTED: "主管未批准",
    SwapState.WITHDRAWN: "已撤回",
    SwapState.LAPSED: "已过时",
}


class SwapMove(StrEnum):
    """What can be done with a swap."""

    AGREE = "agree"
    DECLINE = "decline"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"

    @property
    def words(self) -> str:
        return _MOVE_WORDS[self]


_MOVE_WORDS = {
    SwapMove.AGREE: "同意换班",
    SwapMove.DECLINE: "不同意",
    SwapMove.APPROVE: "批准",
    SwapMove.REJECT: "不批准",
    SwapMove.WITHDRAW: "撤回",
    SwapMove.LAPSE: "过时",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A kind of shift an organisation plans by: `starts_at` minutes after midnight here."""

    id: UUID
    organisation_id: UUID
    title: str
    post: str
    starts_at: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's turn at one post. Times are aware, UTC; `version` grows with every change."""

    id: UUID
    organisation_id: UUID
    account_id: UUID
    name: str
    title: str
    post: str
    starts_at: datetime
    ends_at: datetime
    state: ShiftState
    version: int
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """One asks a colleague to take a shift, perhaps against one of the colleague's."""

    id: UUID
    organisation_id: UUID
    shift_id: UUID
    in_return: UUID | None
    asker_id: UUID
    asker_name: str
    colleague_id: UUID
    colleague_name: str
    reason: str
    state: SwapState
    version: int
    asked_at: datetime
    ended_at: datetime | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something still open when a shift ends; `id` opens it."""

    id: UUID
    code: str
    line: str
    severity: str
    state: str


@dataclass(frozen=True, slots=True)
class Handover:
    """What the outgoing person leaves to the next: words, and every matter open at that moment."""

    id: UUID
    organisation_id: UUID
    shift_id: UUID
    from_account: UUID
    from_name: str
    note: str
    matters: tuple[Matter, ...]
    given_at: datetime
    to_account: UUID | None = None
    to_name: str = ""
    taken_at: datetime | None = None
    remark: str = ""
