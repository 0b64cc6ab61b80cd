"""What others may know of held messages. Times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class HeldState(StrEnum):
    """Where a held message stands. `asked`: somebody wants it replayed and the intake is next."""

    WAITING = "waiting"
    ASKED = "asked"
    REPLAYED = "replayed"
    DROPPED = "dropped"


STATE_TITLES: Mapping[HeldState, str] = {
    HeldState.WAITING: "待处理",
    HeldState.ASKED: "正在重新处理",
    HeldState.REPLAYED: "已重新处理",
    HeldState.DROPPED: "已丢弃",
}


class HeldMove(StrEnum):
    """What can happen to a held message."""

    ASK = "ask"
    ACCEPT = "accept"
    FAIL = "fail"
    DROP = "drop"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A message to be held: why, in a code, and in Chinese what exactly was wrong.

    Connection and estate are None when nobody knows who sent it.
    """

    received_at: datetime
    connection_id: UUID | None
    estate_id: UUID | None
    topic: str
    payload: bytes
    reason: str
    reason_title: str
    words: str


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message as held; `payload` is cut at 256 KiB and `bytes` is its real length."""

    id: UUID
    first_received_at: datetime
    received_at: datetime
    connection_id: UUID | None
    estate_id: UUID | None
    topic: str
    payload: bytes
    bytes: int
    reason: str
    reason_title: str
    words: str
    times_seen: int
    state: HeldState

    @property
    def whole(self) -> bool:
        """Whether all of the message was kept; only then it can be replayed."""
        return self.bytes == len(self.payload)


@dataclass(frozen=True, slots=True)
class HeldFilter:
    """Which held messages to list; None means any. `oldest`: those first."""

    reason: str | None = None
    connection_id: UUID | None = None
    state: HeldState | None = None
    oldest: bool = False


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One page, newest first; `next_after` continues it, None at the end."""

    messages: tuple[HeldMessage, ...]
    next_after: str | None
    total: int


@dataclass(frozen=True, slots=True)
class HeldCounts:
    """How many messages wait, by reason (rows) and how often such came in all (times seen)."""

    waiting: int
    by_reason: Mapping[str, int]
    titles: Mapping[str, str]
    times_seen: int
