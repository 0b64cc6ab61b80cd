"""What others may know of opening balances. Amounts are fen: owed above zero, paid ahead below."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from linli.directory.sources.contracts import Source


@dataclass(frozen=True, slots=True)
class OpeningEntry:
    """A line to be entered: of a home, for what, for which days, how much on which day."""

    home_id: UUID
    item: str
    since: date | None
    until: date | None
    fen: int
    as_of: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """A line as it stands.

    `corrects` is the line that this one corrects; `comes_to` is a line with all its corrections.
    """

    id: UUID
    estate_id: UUID
    home_id: UUID
    item: str
    since: date | None
    until: date | None
    fen: int
    as_of: date
    note: str
    corrects: UUID | None
    comes_to: int
    source: Source
    entered_by: str
    entered_at: datetime


class Side(StrEnum):
    """Owed, or paid ahead."""

    OWED = "owed"
    PREPAID = "prepaid"


SIDE_TITLES: Mapping[Side, str] = {Side.OWED: "欠费", Side.PREPAID: "预存"}


class BalanceOrder(StrEnum):
    """What a list is ordered by; backwards with a `-` before it."""

    AMOUNT = "amount"
    AMOUNT_DOWN = "-amount"
    ENTERED = "entered"
    ENTERED_DOWN = "-entered"


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSearch:
    """Which lines a list shows; None means any."""

    estate_id: UUID | None = None
    home_ids: tuple[UUID, ...] | None = None
    item: str | None = None
    side: Side | None = None
    order: BalanceOrder = BalanceOrder.ENTERED_DOWN


@dataclass(frozen=True, slots=True)
class Sums:
    """How many lines and homes, and what they come to: owed, paid ahead (below zero), together."""

    lines: int = 0
    homes: int = 0
    owed: int = 0
    prepaid: int = 0

    @property
    def together(self) -> int:
        return self.owed + self.prepaid
