"""Facts about key people that others may react to. They carry ids, never personal data."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class KeyPersonChanged(Event):
    """A record of the register changed: its plan, its dates, an absence, a visit."""

    estate_id: UUID
    key_person_id: UUID
    version: int

    def topics(self) -> tuple[str, ...]:
        return (f"see_key_people:{self.estate_id}",)


@dataclass(frozen=True, kw_only=True)
class VisitFoundProblem(Event):
    """A visitor asks for an incident; `visit_id` says which visit."""

    estate_id: UUID
    visit_id: UUID

    def topics(self) -> tuple[str, ...]:
        return (f"see_key_people:{self.estate_id}",)
