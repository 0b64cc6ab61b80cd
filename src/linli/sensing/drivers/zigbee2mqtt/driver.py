"""Zigbee2MQTT's topics and payloads, as documented at zigbee2mqtt.io/guide/usage.

A child is registered under its friendly name, or under its IEEE address when the installer gave it
no name or switched on `include_device_information`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

import msgspec

from linli.sensing.devices.public import DeviceKind
from linli.sensing.drivers.contracts import (
    NAMES_SETTING,
    ChildSeen,
    CommandToSend,
    EventReport,
    Manifest,
    Reason,
    Refused,
    Report,
    Setting,
    StateReport,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.naming import Meaning, Named, names_from_setting, read_named
from linli.sensing.drivers.ports import DecodeContext
from linli.sensing.drivers.reading import (
    as_number,
    as_object,
    is_keepable,
    known,
    read_json,
    refuse,
    shown,
    time_from_ms,
    time_from_text,
)
from linli.sensing.drivers.sending import check_command, no_such_command, topic_level
from linli.sensing.drivers.zigbee2mqtt.names import KIND_BY_EXPOSED, NAMES, NOT_READINGS

LARGEST_PAYLOAD = 1024 * 1024
LONGEST_NAME = 200
MOST_CHILDREN = 2000
TO_DEVICES = ("set", "get")
JOINED = ("device_joined", "device_announce", "device_interview")

MANIFEST = Manifest(
    code="zigbee2mqtt",
    title="Zigbee2MQTT 网关",
    maker="Zigbee2MQTT",
    source="https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html",
    transport="mqtt",
    topics=("zigbee2mqtt/#",),
    has_children=True,
    acknowledges=False,
    settings=(
        Setting(
            "base_topic",
            "主题前缀（base_topic）",
            "zigbee2mqtt",
            help="与 Zigbee2MQTT 设置里的 mqtt.base_topic 一致",
        ),
        NAMES_SETTING,
    ),
    purpose="已经装了 Zigbee2MQTT 的网关，下面挂 Zigbee 传感器、门磁、按钮",
    guide=(
        "打开 Zigbee2MQTT 的设置页“MQTT”（或 configuration.yaml 的 mqtt 一节）。",
        "服务器 server 填 {mqtt_url}，用户 user 填 {username}，密码 password 填接入密码。",
        "主题前缀 base_topic 填 {base_topic}。",
        "重启后把每个 Zigbee 设备登记为“挂在现场网关下”，网关内编号填它的 IEEE 地址或名称。",
    ),
)


@dataclass(frozen=True, slots=True)
class Zigbee2Mqtt:
    """One Zigbee2MQTT with its base topic and the installer's additional names."""

    base_topic: str = "zigbee2mqtt"
    names: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])

    @property
    def manifest(self) -> Manifest:
        """What this driver is."""
        return MANIFEST

    def may_publish(self, topic: str, connection_code: str) -> bool:  # noqa: ARG002 - the port's shape; the base topic belongs to the connection
        """Everything under the base topic.

        A site's own broker that passes on the base topic passes on what others there tell devices,
        too; that is understood and leaves no trace.
        """
        head, slash, rest = topic.partition(f"{self.base_topic}/")
        return not head and bool(slash and rest) and not rest.endswith("/")

    def command_topics(self, connection_code: str, children: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """The whole base topic: Zigbee2MQTT subscribes to it at once and accepts nothing less."""
        return (f"{self.base_topic}/#",)

    def decode(self, topic: str, payload: bytes, context: DecodeContext) -> tuple[Report, ...]:
        """Read one message of the bridge or of a device behind it."""
        if not self.may_publish(topic, ""):
            raise Undecodable(Reason.UNKNOWN_TOPIC, f"没有主题 {shown(topic)}")
        rest = topic.removeprefix(f"{self.base_topic}/")
        if not payload:  # clears a retained message
            return ()
        if rest.startswith("bridge/"):
            return _bridge(rest.removeprefix("bridge/"), payload)
        name, _, last = rest.rpartition("/")
        if name and last in TO_DEVICES:
            return ()
        if name and last == "availability":
            child = _child(name, {}, context)[0]
            return (Report(child=child, state=StateReport(online=_is_online(payload))),)
        return (self._device(rest, payload, context),)

    def encode_command(self, command: CommandToSend) -> tuple[str, bytes]:
        """Write the command as a `set` for the child, as its page at zigbee2mqtt.io has it."""
        check_command(command)
        if command.child is None:
            raise no_such_command(command)
        topic = f"{self.base_topic}/{topic_level(command.child)}/set"
        return topic, msgspec.json.encode(_told(command))

    def acknowledged_as(self, command: CommandToSend) -> str | None:  # noqa: ARG002 - the port's shape
        """None: a device shows that it obeyed by its next message only."""
        return None

    def _device(self, name: str, payload: bytes, context: DecodeContext) -> Report:
        body = as_object(read_json(payload, LARGEST_PAYLOAD), "设备消息应为 JSON 对象")
        child, kind = _child(name, body, context)
        observed_at, unreadable = _last_seen(body.get("last_seen"))
        given = [(code, value) for code, value in body.items() if code not in NOT_READINGS]
        read = read_named(kind, given, {**NAMES.get(kind.code, {}), **self.names})
        return _report(child, (observed_at, unreadable), read, _events(kind, body))


def from_settings(settings: Mapping[str, str]) -> Zigbee2Mqtt:
    """The driver as an installer set it.

    Raises:
        BrokenSetting: the names cannot be read.
    """
    base = settings.get("base_topic", "").strip().strip("/") or "zigbee2mqtt"
    return Zigbee2Mqtt(base, names_from_setting(settings.get("names", "")))


def _report(
    child: str,
    time: tuple[datetime | None, bool],
    read: Named,
    events: tuple[tuple[EventReport, ...], tuple[Refused, ...]],
) -> Report:
    return Report(
        child=child,
        observed_at=time[0],
        clock_unreadable=time[1],
        values=read.values,
        events=events[0],
        state=StateReport(online=True),
        unknown=read.unknown,
        refused=read.refused + events[1],
    )


def _child(
    name: str,
    body: Mapping[str, object],
    context: DecodeContext,
) -> tuple[str, DeviceKind]:
    kind = context.kind_of(name)
    if kind is not None:
        return name, kind
    about = body.get("device")
    if isinstance(about, dict):
        described = cast("Mapping[str, object]", about)
        address = described.get("ieeeAddr", described.get("ieee_address"))
        if isinstance(address, str):
            kind = context.kind_of(address)
            if kind is not None:
                return address, kind
    return name, known(None, name)


def _last_seen(said: object) -> tuple[datetime | None, bool]:
    """`last_seen` is ISO 8601 in UTC or local time, or milliseconds, as the installer chose."""
    if said is None:
        return None, False
    if isinstance(said, str):
        return time_from_text(said)
    number = as_number(said)
    return time_from_ms(number) if number is not None else (None, True)


def _events(
    kind: DeviceKind,
    body: Mapping[str, object],
) -> tuple[tuple[EventReport, ...], tuple[Refused, ...]]:
    if kind.code == "smoke_alarm" and body.get("test") is True:
        return (EventReport("tested"),), ()
    action = body.get("action")
    if kind.code != "sos_button" or action is None or action == "":
        return (), ()
    if not isinstance(action, str) or not is_keepable(action):
        # Whatever a call for help looks like, it is one.
        refused = refuse(Reason.WRONG_TYPE, "action", action)
        return (EventReport("sos_pressed"),), (refused,)
    if action.endswith("release"):  # the finger leaves the button it pressed before
        return (), ()
    return (EventReport("sos_pressed", data=(("button", action),)),), ()


def _bridge(what: str, payload: bytes) -> tuple[Report, ...]:
    match what:
        case "state":
            return (Report(state=StateReport(online=_is_online(payload))),)
        case "devices":
            return _devices(read_json(payload, LARGEST_PAYLOAD))
        case "event":
            body = as_object(read_json(payload, LARGEST_PAYLOAD))
            if body.get("type") not in JOINED:
                return ()
            seen = _seen(body.get("data"))
            return (Report(seen=(seen,)),) if seen else ()
        case _:
            return ()  # logs, groups, settings, answers to requests: nothing about a device


def _devices(body: object) -> tuple[Report, ...]:
    if not isinstance(body, list):
        raise Undecodable(Reason.NOT_AN_OBJECT, "bridge/devices 应为列表")
    devices = cast("list[object]", body)
    if len(devices) > MOST_CHILDREN:
        raise Undecodable(Reason.TOO_MANY, f"一个网关最多 {MOST_CHILDREN} 台设备")
    seen = tuple(found for found in map(_seen, devices) if found is not None)
    return (Report(seen=seen),) if seen else ()


def _seen(given: object) -> ChildSeen | None:
    if not isinstance(given, dict):
        return None
    about = cast("Mapping[str, object]", given)
    if about.get("type") == "Coordinator":
        return None
    names = tuple(
        dict.fromkeys(
            name
            for name in (about.get("ieee_address"), about.get("friendly_name"))
            if isinstance(name, str) and is_keepable(name, LONGEST_NAME)
        ),
    )
    if not names:
        return None
    definition = about.get("definition")
    described: Mapping[str, object] = {}
    if isinstance(definition, dict):
        described = cast("Mapping[str, object]", definition)
    vendor, model = described.get("vendor"), described.get("model")
    return ChildSeen(
        names=names,
        title=shown(described.get("description") or ""),
        model=shown(" ".join(part for part in (vendor, model) if isinstance(part, str))),
        kind=_guess(described),
    )


def _guess(described: Mapping[str, object]) -> str | None:
    exposes = described.get("exposes")
    if not isinstance(exposes, list):
        return None
    features = [
        cast("Mapping[str, object]", feature)
        for feature in cast("list[object]", exposes)
        if isinstance(feature, dict)
    ]
    exposed = {name for feature in features if isinstance(name := feature.get("property"), str)}
    for feature in features:
        calls = feature.get("values")
        if feature.get("property") == "action" and isinstance(calls, list) and "emergency" in calls:
            return "sos_button"
    return next((kind for name, kind in KIND_BY_EXPOSED if name in exposed), None)


def _is_online(payload: bytes) -> bool:
    """`online` or `offline`, bare (before version 2) or as `{"state": "online"}`."""
    said: object
    if payload in {b"online", b"offline"}:
        said = payload.decode()
    else:
        said = as_object(read_json(payload, LARGEST_PAYLOAD)).get("state")
    match said:
        case "online":
            return True
        case "offline":
            return False
        case _:
            raise Undecodable(Reason.WRONG_TYPE, "state 只能是 online 或 offline")


def _told(command: CommandToSend) -> Mapping[str, object]:
    match command.kind.code, command.command:
        case "water_meter", "open_valve":
            return {"state": "ON"}
        case "water_meter", "close_valve":
            return {"state": "OFF"}
        case "charging_pile", "stop_charging":
            return {"state": "OFF"}
        case "charging_pile", "start_charging":
            return _switched_on(command, "minutes", 60)
        case "gate_controller", "open_gate":
            return _switched_on(command, "seconds", 1)
        case "smoke_alarm", "silence":
            siren = {"mode": "stop", "level": "low", "strobe": False, "duration": 300}
            return {"warning": siren}
        case "smoke_alarm", "self_test":
            return {"selftest": ""}
        case _:
            raise no_such_command(command)


def _switched_on(
    command: CommandToSend,
    param: Literal["minutes", "seconds"],
    seconds: int,
) -> Mapping[str, object]:
    length = command.params.get(param)
    if length is None:
        return {"state": "ON"}
    if isinstance(length, str | bool):
        raise Unsendable(Reason.WRONG_TYPE)
    return {"state": "ON", "on_time": round(length * seconds)}
