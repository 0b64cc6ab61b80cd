"""Read `estate.json`: which devices there are, and with which accounts they connect."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import cast

Json = Mapping[str, object]


class Kind(StrEnum):
    SMOKE_ALARM = "smoke_alarm"
    WATER_METER = "water_meter"
    SOS_BUTTON = "sos_button"
    LIFT_CAMERA = "lift_camera"
    LIFT_CONTROLLER = "lift_controller"
    FALLING_OBJECT_CAMERA = "falling_object_camera"
    GATE_CONTROLLER = "gate_controller"
    DOOR_CONTACT = "door_contact"
    MANHOLE_COVER = "manhole_cover"
    CHARGING_PILE = "charging_pile"
    PUBLIC_SPEAKER = "public_speaker"
    SITE_GATEWAY = "site_gateway"
    SIMULATOR = "simulator"


class Dialect(StrEnum):
    """How a connection speaks."""

    LINLI_NATIVE = "linli_native"
    ZIGBEE2MQTT = "zigbee2mqtt"


class UnreadableEstate(Exception):
    """`estate.json` is absent or says something the simulator cannot play; the text says what."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one MQTT connection signs in with; the same pair opens the HTTP door."""

    username: str
    token: str


@dataclass(frozen=True, slots=True)
class Device:
    """A terminal as the platform knows it; `gateway` is the connection that speaks for it.

    `apart` is the code of its estate, where that estate is told apart what to play. One that is
    `calm` speaks as seldom as such devices do where thousands share a network.
    """

    code: str
    kind: Kind
    dialect: Dialect
    title: str
    place: str
    building: int | None
    connection: str
    is_child: bool
    external_code: str
    apart: str = ""
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """What is played. `controls` are, by estate, the connections of those that are told apart."""

    mqtt_host: str
    mqtt_port: int
    http: str
    devices: tuple[Device, ...]
    accounts: Mapping[str, Account]
    control: Account | None
    controls: Mapping[str, Account]


def read(folder: Path) -> Register:
    """Read `folder`/estate.json.

    Devices of a kind or driver that the simulator cannot play are left out.

    Raises:
        UnreadableEstate: the file is absent, is not JSON, or a needed field is absent or wrong.
    """
    path = folder / "estate.json"
    try:
        return _register(_as_object(json.loads(path.read_bytes()), "the file"))
    except (OSError, ValueError) as broken:
        raise UnreadableEstate(f"cannot read {path}: {broken}") from broken


@dataclass(frozen=True, slots=True)
class MoreEstate:
    """An estate that came while the simulator was running."""

    devices: tuple[Device, ...]
    accounts: Mapping[str, Account]


def read_estate(path: Path) -> MoreEstate:
    """Read one more estate: its devices speak calmly.

    Raises:
        UnreadableEstate: as `read`.
    """
    try:
        top = _as_object(json.loads(path.read_bytes()), "the file")
        rows = [_as_object(row, "a device") for row in _as_list(top.get("devices"), "devices")]
        found = [replace(one, calm=True) for row in rows if (one := _device(row)) is not None]
        return MoreEstate(tuple(found), _accounts(rows))
    except (OSError, ValueError) as broken:
        raise UnreadableEstate(f"cannot read {path}: {broken}") from broken


def _accounts(rows: Sequence[Json]) -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for row in rows:
        if isinstance(token := row.get("token"), str) and token:
            username = _words(row, "username")
            accounts[username] = Account(username, token)
    return accounts


def _register(top: Json) -> Register:
    mqtt = _as_object(top.get("mqtt"), "mqtt")
    estates = [_as_object(one, "an estate") for one in _as_list(top.get("estates"), "estates")]
    controls = {
        _words(one, "code"): _account(_as_object(one["control"], "control"))
        for one in estates
        if one.get("control") is not None
    }
    rows = [
        {**_as_object(row, "a device"), "apart": str(one.get("code")) if one.get("control") else ""}
        for one in estates
        for row in _as_list(one.get("devices"), "devices")
    ]
    accounts = _accounts(rows)
    devices = tuple(
        device
        for row in rows
        if (device := _device(row)) is not None and device.kind is not Kind.SIMULATOR
    )
    for device in devices:
        if device.connection not in accounts:
            raise UnreadableEstate(f"{device.code}: no token for connection {device.connection}")
    control = top.get("control")
    return Register(
        mqtt_host=_words(mqtt, "host"),
        mqtt_port=_whole(mqtt, "port"),
        http=_words(top, "http").rstrip("/"),
        devices=devices,
        accounts=accounts,
        control=None if control is None else _account(_as_object(control, "control")),
        controls=controls,
    )


def _account(row: Json) -> Account:
    return Account(_words(row, "username"), _words(row, "token"))


def _device(row: Json) -> Device | None:
    try:
        kind = Kind(_words(row, "kind"))
        dialect = Dialect(_words(row, "driver"))
    except ValueError:
        return None
    code = _words(row, "code")
    parent = row.get("parent")
    building = row.get("building")
    return Device(
        code=code,
        kind=kind,
        dialect=dialect,
        title=_words(row, "title"),
        place=_words(row, "place") if "place" in row else "",
        building=building if isinstance(building, int) else None,
        connection=parent if isinstance(parent, str) else _words(row, "username"),
        is_child=isinstance(parent, str),
        external_code=str(row.get("external_code") or code),
        apart=str(row.get("apart") or ""),
    )


def _as_object(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise UnreadableEstate(f"{name} should be an object")
    return cast("Json", value)


def _as_list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise UnreadableEstate(f"{name} should be a list")
    return cast("list[object]", value)


def _words(row: Json, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise UnreadableEstate(f"{name} should be text, in {sorted(row)}")
    return value


def _whole(row: Json, name: str) -> int:
    value = row.get(name)
    if not isinstance(value, int):
        raise UnreadableEstate(f"{name} should be a whole number, in {sorted(row)}")
    return value
