"""Facts about alerts that others may react to."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AlertRang(Event):
    """An alert rang for the first time, or again because it became worse."""

    alert_id: UUID
    device_id: UUID
    severity: str

    def topics(self) -> tuple[str, ...]:
        return (f"see_incidents:{self.estate_id}",)
