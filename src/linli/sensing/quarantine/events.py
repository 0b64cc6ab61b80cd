"""What happens in the quarantine."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class QuarantineChanged(Event):
    """A message was held for the first time, replayed or dropped."""

    message_id: UUID
    connection_id: UUID | None
    reason: str
    state: str

    def topics(self) -> tuple[str, ...]:
        """All who may see the estate's held messages; nobody's go to those above all estates."""
        return (f"see_quarantine:{self.estate_id or 'anywhere'}",)
