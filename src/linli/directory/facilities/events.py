"""Events of facilities. They carry ids only."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class FacilityChanged(Event):
    """A facility was entered or changed."""

    facility_id: UUID
    version: int

    def topics(self) -> tuple[str, ...]:
        return (f"see_places:{self.estate_id}",)
