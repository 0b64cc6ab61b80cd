"""What others may know of devices and connections. Everything is frozen; times are aware UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from linli.sensing.devices.kinds import DeviceKind, Scalar

Params = Mapping[str, Scalar]

HOST = "{host}"

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class ConnectionKind(StrEnum):
    """What stands at the other end of a connection."""

    DEVICE = "device"
    SITE_GATEWAY = "site_gateway"


class DeviceState(StrEnum):
    """Whether a device speaks: never heard, heard lately, or silent for too long."""

    NEVER = "never"
    ONLINE = "online"
    OFFLINE = "offline"

    @property
    def in_words(self) -> str:
        """The state as people read it."""
        return _STATE_TITLES[self]


_STATE_TITLES = {
    DeviceState.NEVER: "从未上线",
    DeviceState.ONLINE: "在线",
    DeviceState.OFFLINE: "离线",
}


class CommandState(StrEnum):
    """How far a command has come. The last four are final."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def in_words(self) -> str:
        """The state as people read it."""
        return _COMMAND_TITLES[self]


_COMMAND_TITLES = {
    CommandState.WAITING: "等待设备接收",
    CommandState.SENT: "已下发",
    CommandState.DONE: "已执行",
    CommandState.REFUSED: "设备拒绝",
    CommandState.FAILED: "执行失败",
    CommandState.EXPIRED: "已过期",
}


class CommandMove(StrEnum):
    """What can happen to a command."""

    SEND = "send"
    FINISH = "finish"
    REFUSE = "refuse"
    FAIL = "fail"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Connection:
    """One authenticated way in. `settings` are the driver's; `version` counts its changes."""

    id: UUID
    estate_id: UUID
    code: str
    kind: ConnectionKind
    driver: str
    settings: Mapping[str, str]
    version: int
    created_at: datetime
    rotated_at: datetime
    revoked_at: datetime | None = None
    connected_since: datetime | None = None
    last_disconnected_at: datetime | None = None
    last_reason: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One device of an estate; `external_code` is its name behind a site gateway."""

    id: UUID
    estate_id: UUID
    place_id: UUID | None
    code: str
    title: str
    kind: str
    driver: str
    connection_id: UUID | None
    external_code: str | None
    state: DeviceState
    version: int
    state_since: datetime
    last_seen_at: datetime | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What a device signs in with. The token is shown once; only its hash is kept."""

    connection_id: UUID
    username: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registration:
    """A device to be registered.

    Without `code` one is made (`YG-XF-0007`). With `connection_id` it becomes a child of that site
    gateway under `external_code`; without, it gets a connection of its own.
    """

    estate_id: UUID
    place_id: UUID | None
    kind: str
    title: str
    driver: str
    code: str | None = None
    connection_id: UUID | None = None
    external_code: str | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: NO_SETTINGS)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered device, and the credential when it got a connection of its own."""

    device: Device
    credential: Credential | None


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential that was fetched for the first time, and whose it is."""

    connection: Connection
    credential: Credential
    device: Device


@dataclass(frozen=True, slots=True)
class Command:
    """Something a device was told to do. `words` is the device's answer or why it failed."""

    id: UUID
    device_id: UUID
    estate_id: UUID
    connection_id: UUID
    name: str
    params: Params
    state: CommandState
    asked_by: UUID | None
    asked_by_name: str
    asked_at: datetime
    expires_at: datetime
    version: int
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life of a device; `online` and `firmware` are what it said of itself, if it did."""

    device_id: UUID
    received_at: datetime
    online: bool | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """A device's answer to a command; `reference` as noted when the command was sent.

    `move` is None when the device only says that it has the command.
    """

    device_id: UUID
    reference: str
    move: CommandMove | None
    at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class CommandSending:
    """How a command goes out; without a `reference` no answer will follow."""

    command_id: UUID
    client_id: str
    packet_id: int
    at: datetime
    reference: str | None


@dataclass(frozen=True, slots=True)
class OutgoingCommand:
    """A command with what is needed to put it on the wire.

    `sent_as` is (client id, packet id) while it is out and not acknowledged.
    """

    command: Command
    device: Device
    sent_as: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """Something wrong with the device itself, found by a rule: since when, and in words."""

    device_id: UUID
    code: str
    since: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Which devices to list; None and empty mean: any. `state` also knows `fault`."""

    estate_id: UUID | None = None
    place_ids: tuple[UUID, ...] = ()
    kind: str | None = None
    state: str | None = None
    words: str | None = None
    ids: tuple[UUID, ...] = ()
    connection_id: UUID | None = None


class DeviceOrder(StrEnum):
    """What a list of devices is ordered by; backwards with a `-` before it."""

    CODE = "code"
    CODE_DOWN = "-code"
    TITLE = "title"
    TITLE_DOWN = "-title"
    KIND = "kind"
    KIND_DOWN = "-kind"
    STATE = "state"
    STATE_DOWN = "-state"
    SEEN = "seen"
    SEEN_DOWN = "-seen"


@dataclass(frozen=True, slots=True)
class DevicePage:
    """One page of a list; `next_after` continues it, None at the end."""

    devices: tuple[Device, ...]
    next_after: str | None
    total: int


@dataclass(frozen=True, slots=True)
class DeviceCounts:
    """How many devices stand how, among those the session sees."""

    total: int
    online: int
    offline: int
    never: int
    fault: int
    by_kind: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SettingFault:
    """A setting of a driver that cannot be understood: which, and why, in Chinese."""

    code: str
    words: str


SettingsCheck = Callable[[str, Mapping[str, str]], SettingFault | None]


def any_settings(_driver: str, _settings: Mapping[str, str]) -> SettingFault | None:
    """Stands where no driver is known: nothing can be said of its settings."""
    return None


@dataclass(frozen=True, slots=True)
class Doors:
    """Where devices reach linli, as written into their credentials, and which drivers there are.

    `HOST` in an address stands for the host by which a page was reached. `check` tells what is
    wrong with a driver's settings.
    """

    mqtt_url: str
    http_url: str
    drivers: frozenset[str]
    check: SettingsCheck = any_settings


@dataclass(frozen=True, slots=True)
class KnownConnection:
    """A connection with its devices, as the doors hold it in memory.

    `own` is the connection's own device; `children` go by the code they are registered under.
    """

    connection: Connection
    own: Device | None
    children: Mapping[str, Device]
    kinds: Mapping[str, DeviceKind] = field(repr=False)

    @property
    def id(self) -> UUID:
        """The connection's id."""
        return self.connection.id

    def device_for(self, child: str | None) -> Device | None:
        """The connection's own device (None), or the child registered so."""
        return self.own if child is None else self.children.get(child)

    def kind_of(self, child: str | None) -> DeviceKind | None:
        """The kind of the device that `device_for` gives."""
        device = self.device_for(child)
        return None if device is None else self.kinds.get(device.kind)
