"""Events of organisations."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ServiceContractChanged(Event):
    """A contract between a company and an estate was signed or ended: who may reach it changes."""

    contract_id: UUID
    company_id: UUID

    def topics(self) -> tuple[str, ...]:
        return (f"organisation:{self.company_id}", f"see_places:{self.estate_id}")
