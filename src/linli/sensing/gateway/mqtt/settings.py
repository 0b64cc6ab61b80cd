"""How the MQTT door is set up."""

import ssl
from dataclasses import dataclass, field

from linli.sensing.gateway.mqtt.limits import ThrottleRule


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen. Port 0 takes a free one; with a context the bytes are TLS."""

    host: str
    port: int
    websocket: bool = False
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """Settings of one gateway; spans are seconds, sizes bytes."""

    gateway: str
    """A name that stays the same when this gateway restarts and that no other gateway bears."""
    endpoints: tuple[Endpoint, ...]
    websocket_path: str = "/mqtt"
    connect_timeout: float = 10.0
    """From accept to a whole CONNECT."""
    admit_timeout: float = 60.0
    """From accept to CONNACK; after a restart a whole county may stand at the door."""
    max_entering: int = 32
    """CONNECTs looked at in the register at the same time; the others wait."""
    max_connections: int = 20_000
    max_waiting_per_address: int = 256
    """Network connections of one address that have not sent their CONNECT."""
    max_in_flight: int = 100_000
    """Messages of all clients not yet committed; past that no client is read until half is."""
    write_buffer: int = 256 * 1_024
    """Above this a client gets no more and nothing more is read from it, until it reads."""
    stall_timeout: float = 30.0
    drain_timeout: float = 3.0
    tick: float | None = 0.1
    """How often limits are looked at; None when the owner calls `tick` itself."""
    sweep: float | None = 5.0
    """How often due wills and ended sessions are looked for; None when the owner does."""
    retry: float = 1.0
    """Pause before a failed background call is repeated."""
    restart_grace: float = 120.0
    """How long after a restart or a failure of ours a client may be back before its will counts."""
    client_throttle: ThrottleRule = field(
        default_factory=lambda: ThrottleRule(free=5, first=1.0, longest=300.0, forget=900.0)
    )
    """Failed sign-ins of one user name from one address."""
    address_throttle: ThrottleRule = field(
        default_factory=lambda: ThrottleRule(free=100, first=1.0, longest=60.0, forget=900.0)
    )
    """Failed sign-ins of one address, whatever the user name; a site's devices share one."""
