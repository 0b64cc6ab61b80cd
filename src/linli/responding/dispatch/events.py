"""Facts about orders that others may react to."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderChanged(Event):
    """An order was offered or moved. `subject_id` is the incident it serves."""

    order_id: UUID
    incident_id: UUID
    move: str
    state: str
    version: int
    severity: str
    company_id: UUID
    assignee_id: UUID | None
    actor_id: UUID | None
    actor_name: str
    words: str
    evidence: tuple[UUID, ...]

    def topics(self) -> tuple[str, ...]:
        return (f"see_orders:{self.estate_id}", f"see_incidents:{self.estate_id}")
