"""Orders as others may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from linli.responding.alerts.contracts import Severity


class OrderState(StrEnum):
    """How far an order has come; the last five are ends."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    FIXED = "fixed"
    VERIFIED = "verified"
    REFUSED = "refused"
    TRANSFERRED = "transferred"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        return _STATE_WORDS[self]


_STATE_WORDS = {
    OrderState.OFFERED: "待接单",
    OrderState.ACCEPTED: "已接单",
    OrderState.ARRIVED: "已到场",
    OrderState.FIXED: "已处理",
    OrderState.VERIFIED: "已核实",
    OrderState.REFUSED: "已拒单",
    OrderState.TRANSFERRED: "已转派",
    OrderState.EXPIRED: "超时未接",
    OrderState.CANCELLED: "已取消",
}

ACTIVE_STATES = frozenset(
    {OrderState.OFFERED, OrderState.ACCEPTED, OrderState.ARRIVED, OrderState.FIXED}
)


class OrderMove(StrEnum):
    """What can be done with an order."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    TRANSFER = "transfer"
    ARRIVE = "arrive"
    FIX = "fix"
    VERIFY = "verify"
    SEND_BACK = "send_back"
    EXPIRE = "expire"
    CANCEL = "cancel"

    @property
    def words(self) -> str:
        return _MOVE_WORDS[self]


_MOVE_WORDS = {
    OrderMove.ACCEPT: "接单",
    OrderMove.REFUSE: "拒单",
    OrderMove.TRANSFER: "转给同事",
    OrderMove.ARRIVE: "我已到场",
    OrderMove.FIX: "处理完成",
    OrderMove.VERIFY: "核实通过",
    OrderMove.SEND_BACK: "退回重做",
    OrderMove.EXPIRE: "超时收回",
    OrderMove.CANCEL: "取消工单",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What an order asks of a company: where, what, how bad, and until when each step is due."""

    subject_id: UUID
    subject_code: str
    estate_id: UUID
    place_id: UUID | None
    company_id: UUID
    company_title: str
    duty: str
    severity: Severity
    line: str
    what: str
    estate_title: str
    place_path: str
    words: str
    due: Mapping[str, datetime]
    assignee_id: UUID | None = None
    assignee_name: str = ""
    pictures: tuple[UUID, ...] = ()
    """What shows the matter, as it was when the order was offered."""


@dataclass(frozen=True, slots=True)
class Order:
    """An offer and how far it has come. `evidence` are files; times are ours, aware, UTC."""

    id: UUID
    code: str
    offer: Offer
    state: OrderState
    version: int
    offered_at: datetime
    offered_by: str
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    fixed_at: datetime | None = None
    ended_at: datetime | None = None
    fixed_by: UUID | None = None
    result: str = ""
    evidence: tuple[UUID, ...] = ()
    follows: UUID | None = None
    """The order this one was transferred from."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may be sent: whether they are on duty now, and how busy they are."""

    account_id: UUID
    name: str
    phone_masked: str | None
    role_title: str
    on_duty: bool
    load: int
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A company under contract for the duty, and its people, least busy first."""

    company_id: UUID
    company_title: str
    duty: str
    duty_title: str
    colleagues: tuple[Colleague, ...]
