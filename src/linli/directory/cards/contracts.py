"""What others may know of door cards. A number is shown by its last four, unless somebody looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from linli.directory.sources.contracts import Source


class CardKind(StrEnum):
    """What a card is, technically."""

    IC = "ic"
    ID = "id"
    CPU = "cpu"
    OTHER = "other"


CARD_TITLES: Mapping[CardKind, str] = {
    CardKind.IC: "IC 卡",
    CardKind.ID: "ID 卡",
    CardKind.CPU: "CPU 卡",
    CardKind.OTHER: "其他",
}


class CardState(StrEnum):
    """Whether a card may be used."""

    ACTIVE = "active"
    LOST = "lost"
    BLOCKED = "blocked"
    RETURNED = "returned"


STATE_TITLES: Mapping[CardState, str] = {
    CardState.ACTIVE: "在用",
    CardState.LOST: "已挂失",
    CardState.BLOCKED: "已停用",
    CardState.RETURNED: "已收回",
}


class CardMove(StrEnum):
    """What can be done with a card."""

    REPORT_LOST = "report_lost"
    FOUND = "found"
    BLOCK = "block"
    UNBLOCK = "unblock"
    TAKE_BACK = "take_back"
    HAND_OUT = "hand_out"


MOVE_TITLES: Mapping[CardMove, str] = {
    CardMove.REPORT_LOST: "挂失",
    CardMove.FOUND: "已找回",
    CardMove.BLOCK: "停用",
    CardMove.UNBLOCK: "恢复使用",
    CardMove.TAKE_BACK: "收回",
    CardMove.HAND_OUT: "再次发放",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEntry:
    """A card to be entered. `holder` is a name where the holder is not registered.

    `state` None: as it is, and in use when the card is new.
    """

    number: str
    kind: CardKind = CardKind.IC
    home_id: UUID | None = None
    person_id: UUID | None = None
    holder: str = ""
    state: CardState | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it stands; `tail` are the last four of its number."""

    id: UUID
    estate_id: UUID
    tail: str
    kind: CardKind
    home_id: UUID | None
    person_id: UUID | None
    holder: str
    state: CardState
    state_reason: str
    state_at: datetime
    valid_from: date | None
    valid_to: date | None
    note: str
    version: int
    source: Source
    entered_by: str


class CardOrder(StrEnum):
    """What a list is ordered by; backwards with a `-` before it."""

    STATE_AT = "changed"
    STATE_AT_DOWN = "-changed"
    HOME = "home"
    HOME_DOWN = "-home"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSearch:
    """Which cards a list shows; None means any. `number` is a whole one, `tail` its last four."""

    estate_id: UUID | None = None
    home_ids: tuple[UUID, ...] | None = None
    person_id: UUID | None = None
    number: str | None = None
    tail: str | None = None
    kind: CardKind | None = None
    state: CardState | None = None
    order: CardOrder = CardOrder.STATE_AT_DOWN


@dataclass(frozen=True, slots=True)
class CardSums:
    """Of all that match: how many, and how many by state."""

    total: int
    by_state: Mapping[CardState, int]
