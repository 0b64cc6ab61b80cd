"""What passes between the MQTT door and the rest of linli.

Everything here is frozen. Times are aware UTC datetimes, sizes are bytes, spans are seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

KIBIBYTE = 1024


class Transport(StrEnum):
    """How the bytes arrived."""

    TCP = "tcp"
    TLS = "tls"
    WEBSOCKET = "websocket"
    WEBSOCKET_TLS = "websocket_tls"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client said of itself in CONNECT; the password never shows in a log."""

    username: str | None
    password: bytes | None = field(repr=False)
    client_id: str
    address: str
    transport: Transport


class RefusalReason(Enum):
    """Why a CONNECT is turned away."""

    BAD_CREDENTIALS = "bad_credentials"
    NOT_AUTHORIZED = "not_authorized"
    BANNED = "banned"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Refused:
    """The doorkeeper's no. `detail` is for our log only; the client hears the reason code."""

    reason: RefusalReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one connection may use. A rate is an average; the burst is what it may save up."""

    messages_per_second: float = 1_000.0
    """Packets of any kind, in truth: a flood of pings is a flood."""
    messages_burst: float = 5_000.0
    bytes_per_second: float = 2_048.0 * KIBIBYTE
    bytes_burst: float = 8_192.0 * KIBIBYTE
    in_flight: int = 1_024
    """Messages received and not yet committed; past that nothing more is read."""
    commands_in_flight: int = 32
    packet_bytes: int = 256 * KIBIBYTE
    topic_aliases: int = 64
    subscriptions: int = 64
    clients: int = 8
    """Clients (different client ids) at the same time under one connection."""
    keep_alive_seconds: int = 1_200
    """The longest keep-alive a client of MQTT 5 may choose; also what 0 becomes there."""
    session_expiry_seconds: int = 7 * 24 * 3_600
    will_delay_seconds: int = 24 * 3_600


class TopicPermission(Protocol):
    """Which topics a connection may use; decided by its driver."""

    def may_publish(self, topic: str) -> bool:
        """Tell whether the connection may publish to this topic name."""
        ...

    def command_topics(self) -> Sequence[str]:
        """List the topic filters commands for this connection are sent on."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """The doorkeeper's yes: which connection this is and what it may do.

    `credential_at` is when the credential came into force that opened the door: what arrives
    after another took its place, or none did, is not taken.
    """

    connection_id: UUID
    code: str
    topics: TopicPermission
    limits: Limits = field(default_factory=Limits)
    credential_at: datetime | None = None


class Inbound(msgspec.Struct, frozen=True, gc=False):
    """One application message as it came in.

    `permitted` is false when the topic is not the connection's own: such a message is handed over
    only so that it lands in quarantine. `will` marks a last will published by the gateway.
    """

    admission: Admission
    client_id: str
    topic: str
    payload: bytes
    received_at: datetime
    qos: int = 0
    packet_id: int = 0
    duplicate: bool = False
    retained: bool = False
    permitted: bool = True
    will: bool = False

    @property
    def connection_id(self) -> UUID:
        """The connection that sent it."""
        return self.admission.connection_id


class Fate(Enum):
    """What became of a message, known only after the commit of the batch holding it."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    FAILED = "failed"


class Outcome(msgspec.Struct, frozen=True):
    """The answer for one message.

    Accepted and quarantined are committed and acknowledged. Refused is acknowledged with `code`
    on MQTT 5 (a PUBACK reason code of 0x80 or more) and plainly on 3.1.1. Failed is not
    acknowledged: the connection is closed so that the client sends again.
    """

    fate: Fate
    reason: str = ""
    code: int = 0


ACCEPTED = Outcome(Fate.ACCEPTED)
FAILED = Outcome(Fate.FAILED)


def quarantined(reason: str) -> Outcome:
    """Say that the message is kept aside and why."""
    return Outcome(Fate.QUARANTINED, reason)


def refused(code: int, reason: str = "") -> Outcome:
    """Say that the message was not kept; `code` is an MQTT 5 PUBACK reason of 0x80 or more."""
    return Outcome(Fate.REFUSED, reason, code)


@dataclass(frozen=True, slots=True)
class Will:
    """The message a client leaves to be published when it is lost."""

    topic: str
    payload: bytes
    qos: int = 0
    retained: bool = False
    delay_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """One granted subscription; `identifier` is MQTT 5's, 0 when there is none."""

    topic_filter: str
    qos: int
    identifier: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """What outlives a network connection, and a gateway.

    `gateway` names the gateway that holds the connection now; None when the client is away. Then
    `ends_at` says when the session is to be removed (None: not before it is reclaimed) and
    `will_due_at` when the will is to be published.
    """

    connection_id: UUID
    client_id: str
    expiry_seconds: int = 0
    subscriptions: tuple[Subscription, ...] = ()
    received: frozenset[int] = frozenset()
    """Packet ids of QoS 2 messages committed and not yet released."""
    will: Will | None = None
    gateway: str | None = None
    ends_at: datetime | None = None
    will_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentAs:
    """Under which client and packet id a command went out unacknowledged."""

    client_id: str
    packet_id: int


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """A command some connection has not acknowledged yet."""

    id: UUID
    connection_id: UUID
    topic: str
    payload: bytes
    expires_at: datetime | None = None
    sent_as: SentAs | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """A command about to be written. Packet id 0 is QoS 0: no PUBACK will follow."""

    command_id: UUID
    connection_id: UUID
    client_id: str
    packet_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CommandReceipt:
    """A client's PUBACK for a command; `refusal` is its MQTT 5 reason code when not a success."""

    command_id: UUID
    connection_id: UUID
    at: datetime
    refusal: int = 0


class LeaveReason(StrEnum):
    """Why a client is gone."""

    CLIENT = "client"
    """It said DISCONNECT and meant it."""
    CLIENT_WITH_WILL = "client_with_will"
    LOST = "lost"
    KEEP_ALIVE = "keep_alive"
    TAKEN_OVER = "taken_over"
    PROTOCOL = "protocol"
    LIMIT = "limit"
    SLOW = "slow"
    FAILED = "failed"
    DISMISSED = "dismissed"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A client was admitted."""

    connection_id: UUID
    client_id: str
    address: str
    transport: Transport
    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """A client is gone; `will` says whether it left one that is (or will be) published."""

    connection_id: UUID
    client_id: str
    reason: LeaveReason
    at: datetime
    will: bool


Notice = Arrived | Left


class DismissalReason(Enum):
    """Why linli ends a connection on its own account."""

    REVOKED = "revoked"
    ADMINISTRATIVE = "administrative"
    TAKEN_OVER = "taken_over"


@dataclass(frozen=True, slots=True)
class Dismissal:
    """An order to drop every client of a connection, at once.

    With `client_id` only that client; with `gateway` only where that gateway holds it (the client
    has come to another one).
    """

    connection_id: UUID
    reason: DismissalReason
    client_id: str | None = None
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class GatewayCounts:
    """A reading of the gateway's counters; all but the two gauges only ever grow."""

    connections_open: int
    connections_waiting: int
    """Connected, CONNECT not sent yet."""
    connections_total: int
    messages: int
    message_bytes: int
    acknowledged: int
    commands_sent: int
    commands_acknowledged: int
    wills: int
    refused: dict[str, int]
    """Connections and messages turned away, by reason."""
    left: dict[str, int]
    """Connections ended, by reason."""
    failures: dict[str, int]
    """Calls into linli that failed, by place."""
