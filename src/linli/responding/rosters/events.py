"""Facts about rosters that others may react to."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class RosterChanged(Event):
    """Shifts, a swap or a hand-over of an organisation changed; `people` are those concerned."""

    organisation_id: UUID
    change: str
    people: tuple[UUID, ...]

    def topics(self) -> tuple[str, ...]:
        return (
            f"organisation:{self.organisation_id}",
            *(f"account:{account_id}" for account_id in self.people),
        )
