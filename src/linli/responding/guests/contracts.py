"""Guest links as others may see them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class LinkState(StrEnum):
    """Whether a link still opens."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def words(self) -> str:
        return _STATE_WORDS[self]


_STATE_WORDS = {
    LinkState.OPEN: "有效",
    LinkState.EXPIRED: "已到期",
    LinkState.REVOKED: "已收回",
}


@dataclass(frozen=True, slots=True)
class GuestLink:
    """Access of one person from outside to one order, until `expires_at` or until revoked.

    `before_id` and `before_name` are whose order it was before; it goes back to them.
    """

    id: UUID
    order_id: UUID
    estate_id: UUID
    guest_name: str
    firm: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    before_id: UUID | None = None
    before_name: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a link: what was done (`opened`, `refused`, a move of the order, `photo`)."""

    id: UUID
    link_id: UUID
    at: datetime
    act: str
    address: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Who has shown a link's token."""

    link_id: UUID
    order_id: UUID
    estate_id: UUID
    name: str
    state: LinkState


@dataclass(frozen=True, slots=True)
class Made:
    """A new link; `token` is told once and stored nowhere."""

    link: GuestLink
    token: str = field(repr=False)
