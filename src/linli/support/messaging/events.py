"""Events of messaging."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageArrived(Event):
    """A message for somebody's own eyes is there."""

    account_id: UUID
    message_id: UUID
    incident_id: UUID | None
    order_id: UUID | None

    def topics(self) -> tuple[str, ...]:
        return (f"account:{self.account_id}",)
