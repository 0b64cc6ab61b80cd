"""Events of people. They carry ids only."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PersonRevealed(Event):
    """Somebody looked at a person's full details, with a reason that stands in the audit."""

    person_id: UUID
    account_id: UUID | None

    def topics(self) -> tuple[str, ...]:
        return (f"see_audit:{self.estate_id}",)
