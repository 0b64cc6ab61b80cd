"""Facts about modules."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ModuleSwitched(Event):
    """A module of an estate was switched off, or `on` again."""

    switch_id: UUID
    module: str
    on: bool

    def topics(self) -> tuple[str, ...]:
        return (f"see_places:{self.estate_id}",)
