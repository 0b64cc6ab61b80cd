"""Facts about drills."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DrillChanged(Event):
    """A drill was started, taken up by its incident, or is over."""

    drill_id: UUID
    version: int
    state: str

    def topics(self) -> tuple[str, ...]:
        return (f"see_incidents:{self.estate_id}",)
