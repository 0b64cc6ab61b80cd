"""What happens to cameras."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CameraChanged(Event):
    """A camera was set up, its settings or its sign changed."""

    camera_id: UUID
    version: int

    def topics(self) -> tuple[str, ...]:
        """All who may see the estate's cameras."""
        return (f"see_cameras:{self.estate_id}",)
