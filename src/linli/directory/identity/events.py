"""Events of identity: who may changed, or somebody was signed out. Live pages look again."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class GrantChanged(Event):
    """What an account may reach has changed: its open streams end and start anew in new scope."""

    account_id: UUID

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.account_id}",)


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A session is over; `session_id` None means every session of the account."""

    account_id: UUID
    session_id: UUID | None

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.account_id}",)


@dataclass(frozen=True, kw_only=True)
class AccountLeft(Event):
    """Somebody has left for good: what they had in hand is the successor's, if there is one."""

    account_id: UUID
    successor_id: UUID | None

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.account_id}",)
