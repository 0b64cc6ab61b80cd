"""What happens to devices and connections."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DeviceChanged(Event):
    """A device was registered, changed, fell silent, came back, or has a fault more or less."""

    device_id: UUID
    version: int
    state: str

    def topics(self) -> tuple[str, ...]:
        """All who may see the estate's devices."""
        return (f"see_devices:{self.estate_id}",)


@dataclass(frozen=True, kw_only=True)
class ConnectionRevoked(Event):
    """A connection's token was revoked or rotated; whoever uses the old one is cut off."""

    connection_id: UUID
    revoked: bool

    def topics(self) -> tuple[str, ...]:
        """All who may manage the estate's devices."""
        return (f"manage_devices:{self.estate_id}",)


@dataclass(frozen=True, kw_only=True)
class DeviceCommanded(Event):
    """A command was written down for a device."""

    device_id: UUID
    connection_id: UUID
    command_id: UUID

    def topics(self) -> tuple[str, ...]:
        """All who may see the estate's devices."""
        return (f"see_devices:{self.estate_id}",)


@dataclass(frozen=True, kw_only=True)
class CommandMoved(Event):
    """A command was sent, answered, failed or expired."""

    device_id: UUID
    command_id: UUID
    state: str

    def topics(self) -> tuple[str, ...]:
        """All who may see the estate's devices."""
        return (f"see_devices:{self.estate_id}",)
