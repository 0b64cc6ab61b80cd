"""Partners as others may see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody asked in to one incident until `valid_to`; `id` is the grant's."""

    id: UUID
    incident_id: UUID
    estate_id: UUID
    account_id: UUID
    name: str
    house: str
    basis: str
    asked_at: datetime
    asked_by: str
    valid_to: datetime
    ended_at: datetime | None = None
    ended_by: str = ""

    def stands(self, now: datetime) -> bool:
        """Whether the partner still sees the incident."""
        return self.ended_at is None and now < self.valid_to


@dataclass(frozen=True, slots=True)
class Stranger:
    """An account found by its login."""

    account_id: UUID
    name: str
    house: str
