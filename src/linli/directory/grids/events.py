"""Facts about grids."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class GridChanged(Event):
    """A community's grids are not what they were."""

    community_id: UUID

    def topics(self) -> tuple[str, ...]:
        return (f"organisation:{self.community_id}",)
