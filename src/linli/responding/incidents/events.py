"""Facts about incidents that others may react to."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class IncidentChanged(Event):
    """An incident was opened or changed; `change` says how (opened, raised, moved, noted, …)."""

    incident_id: UUID
    version: int
    severity: str
    state: str
    level: str
    change: str

    def topics(self) -> tuple[str, ...]:
        return (f"see_incidents:{self.estate_id}", f"incident:{self.incident_id}")
