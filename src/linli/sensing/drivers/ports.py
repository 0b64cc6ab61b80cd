"""What every driver must be able to do, and what it may ask while decoding."""

from typing import Protocol

from linli.sensing.devices.public import DeviceKind
from linli.sensing.drivers.contracts import CommandToSend, Manifest, Report


class DecodeContext(Protocol):
    """What is registered about the connection a message came by."""

    def kind_of(self, child: str | None) -> DeviceKind | None:
        """The kind of the connection's own device (None) or of the child registered so."""
        ...


class Driver(Protocol):
    """One way of speaking. Holds no state between messages and may be shared by connections."""

    @property
    def manifest(self) -> Manifest:
        """What this driver is."""
        ...

    def may_publish(self, topic: str, connection_code: str) -> bool:
        """Whether a device may publish to this topic at all; called before anything is decoded."""
        ...

    def command_topics(self, connection_code: str, children: tuple[str, ...]) -> tuple[str, ...]:
        """MQTT filters a device may subscribe to; only its own commands are ever sent on them.

        A subscription is fine when one of these filters covers it. `children` are the codes
        registered behind the connection.
        """
        ...

    def decode(self, topic: str, payload: bytes, context: DecodeContext) -> tuple[Report, ...]:
        """Read one message. An empty tuple means understood, and nothing to record.

        Raises:
            Undecodable: nothing of it could be used. Nothing else is ever raised.
        """
        ...

    def encode_command(self, command: CommandToSend) -> tuple[str, bytes]:
        """Write a command as (topic, payload).

        Raises:
            Unsendable: the protocol or the kind has no such command, or a parameter does not fit.
        """
        ...

    def acknowledged_as(self, command: CommandToSend) -> str | None:
        """The reference the device's answer will carry; None: this protocol knows no answers."""
        ...
