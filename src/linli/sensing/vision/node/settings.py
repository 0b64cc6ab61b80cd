"""What a node must know before it asks for its plan."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

GIGABYTE = 1 << 30


class NodeMisconfigured(Exception):
    """A setting is missing or makes no sense; the text says which, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """The settings of a node.

    Attributes:
        platform: base URL of the platform's pages and API.
        mqtt: `mqtt://host:port` or `mqtts://…` of its device door.
        connection: the code of the node's own connection (a site gateway); `token` its token.
        folder: where recordings, evidence and unsent words lie.
        host: where viewers' requests are listened for; `port` 0 takes a free one.
        address: how the platform reaches that door; None: by host and port.
        keep_free: bytes that stay free on the folder's disk.
        most_bytes: recordings take no more than this; None: as much as the disk gives.
    """

    platform: str
    mqtt: str
    connection: str
    folder: Path
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    address: str | None = None
    keep_free: int = 2 * GIGABYTE
    most_bytes: int | None = None

    @property
    def broker(self) -> tuple[str, int, bool]:
        """Host and port of the device door, and whether by TLS.

        Raises:
            NodeMisconfigured: the URL makes no sense.
        """
        try:
            parts = urlsplit(self.mqtt)
            secure = parts.scheme == "mqtts"
            port = parts.port or (8883 if secure else 1883)
        except ValueError as error:
            raise NodeMisconfigured(f"MQTT 地址不对 / wrong MQTT URL: {self.mqtt}") from error
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise NodeMisconfigured(f"MQTT 地址不对 / wrong MQTT URL: {self.mqtt}")
        return parts.hostname, port, secure
