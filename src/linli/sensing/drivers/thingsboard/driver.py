"""The ThingsBoard MQTT API of devices and gateways, version 1.

Documented at thingsboard.io/docs/reference/mqtt-api and /docs/reference/gateway-api. The API knows
no events: a key named as an event of the kind, with true or an object of fields, is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from re import compile as pattern
from typing import cast

import msgspec

from linli.sensing.devices.public import DeviceKind
from linli.sensing.drivers.contracts import (
    NAMES_SETTING,
    AckStatus,
    ChildSeen,
    CommandAck,
    CommandToSend,
    EventReport,
    Manifest,
    Reason,
    Refused,
    Report,
    StateReport,
    Undecodable,
)
from linli.sensing.drivers.naming import Meaning, names_from_setting, read_named
from linli.sensing.drivers.ports import DecodeContext
from linli.sensing.drivers.reading import (
    as_number,
    as_object,
    is_keepable,
    known,
    read_event_fields,
    read_json,
    refuse,
    shown,
    time_from_ms,
)
from linli.sensing.drivers.sending import check_command, running_number

LARGEST_PAYLOAD = 512 * 1024
MOST_MOMENTS = 1000
MOST_CHILDREN = 1000
LONGEST_NAME = 255

TELEMETRY = "v1/devices/me/telemetry"
ATTRIBUTES = "v1/devices/me/attributes"
RPC_ANSWER = pattern(r"v1/devices/me/rpc/response/(?P<number>[0-9]{1,10})")
NOTHING_SAID = pattern(
    r"v1/devices/me/(attributes/request|rpc/request)/[0-9]{1,10}"
    r"|v1/devices/me/claim|v1/gateway/(attributes/request|claim)",
)
GATEWAY_TELEMETRY = "v1/gateway/telemetry"
GATEWAY_ATTRIBUTES = "v1/gateway/attributes"
GATEWAY_CONNECT = "v1/gateway/connect"
GATEWAY_DISCONNECT = "v1/gateway/disconnect"
GATEWAY_RPC = "v1/gateway/rpc"
PLAIN_TOPICS = frozenset(
    {
        TELEMETRY,
        ATTRIBUTES,
        GATEWAY_TELEMETRY,
        GATEWAY_ATTRIBUTES,
        GATEWAY_CONNECT,
        GATEWAY_DISCONNECT,
        GATEWAY_RPC,
    },
)
SUBSCRIBABLE = (
    "v1/devices/me/rpc/request/+",
    "v1/devices/me/rpc/response/+",
    "v1/devices/me/attributes",
    "v1/devices/me/attributes/response/+",
    "v1/gateway/rpc",
    "v1/gateway/attributes",
    "v1/gateway/attributes/response",
)
FIRMWARE_NAMES = (
    "fw_version",
    "current_fw_version",
    "currentFirmwareVersion",
    "firmwareVersion",
    "firmware",
)

MANIFEST = Manifest(
    code="thingsboard",
    title="ThingsBoard 设备接口",
    maker="ThingsBoard",
    source="https://thingsboard.io/docs/reference/mqtt-api/",
    transport="mqtt",
    topics=("v1/devices/me/#", "v1/gateway/#"),
    has_children=True,
    acknowledges=True,
    settings=(NAMES_SETTING,),
    purpose="固件里已经支持 ThingsBoard 的设备，或 ThingsBoard IoT Gateway",
    guide=(
        "服务器（host）填 {host}，端口（port）填 {port}。",
        (
            "验证方式选“用户名和密码”（basic）：用户名 {username}，密码填接入密码；"
            "客户端编号（clientId）可以随意。"
        ),
        "主题不用改：数据 v1/devices/me/telemetry，网关 v1/gateway/telemetry。",
        "网关下面的每台设备登记为“挂在现场网关下”，网关内编号填它在网关里的名称。",
    ),
)


@dataclass(frozen=True, slots=True)
class ThingsBoard:
    """A device, or a gateway with its devices, speaking this API."""

    names: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])

    @property
    def manifest(self) -> Manifest:
        """What this driver is."""
        return MANIFEST

    def may_publish(self, topic: str, connection_code: str) -> bool:  # noqa: ARG002 - the port's shape; these topics name no connection
        """The topics of the device API and of the gateway API."""
        return (
            topic in PLAIN_TOPICS
            or RPC_ANSWER.fullmatch(topic) is not None
            or NOTHING_SAID.fullmatch(topic) is not None
        )

    def command_topics(self, connection_code: str, children: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Commands, and the topics its client libraries subscribe to without being asked."""
        return SUBSCRIBABLE

    def decode(self, topic: str, payload: bytes, context: DecodeContext) -> tuple[Report, ...]:
        """Read telemetry, attributes, answers to commands, and what a gateway says of children."""
        answer = RPC_ANSWER.fullmatch(topic)
        if answer:
            result = read_json(payload, LARGEST_PAYLOAD)
            return (Report(acks=(_ack(str(int(answer["number"])), result),)),)
        if NOTHING_SAID.fullmatch(topic):
            return ()
        if topic not in PLAIN_TOPICS:
            raise Undecodable(Reason.UNKNOWN_TOPIC, f"没有主题 {shown(topic)}")
        body = read_json(payload, LARGEST_PAYLOAD)
        match topic:
            case "v1/devices/me/telemetry":
                kind = known(context.kind_of(None), None)
                return tuple([self._moment(moment, kind, None) for moment in _moments(body)])
            case "v1/devices/me/attributes":
                kind = known(context.kind_of(None), None)
                return (self._attributes(as_object(body), kind, None),)
            case "v1/gateway/telemetry" | "v1/gateway/attributes":
                return self._children(topic, as_object(body), context)
            case "v1/gateway/rpc":
                return (_gateway_answer(as_object(body), context),)
            case _:
                online = topic == GATEWAY_CONNECT
                return (_presence(as_object(body), context, online=online),)

    def encode_command(self, command: CommandToSend) -> tuple[str, bytes]:
        """Write the command as a server-side RPC: method and params bear our names."""
        check_command(command)
        number = running_number(command)
        call = {"method": command.command, "params": dict(command.params)}
        if command.child is None:
            return f"v1/devices/me/rpc/request/{number}", msgspec.json.encode(call)
        body = {"device": command.child, "data": {"id": number, **call}}
        return GATEWAY_RPC, msgspec.json.encode(body)

    def acknowledged_as(self, command: CommandToSend) -> str | None:
        """The request number, under which the device answers."""
        return str(running_number(command))

    def _children(
        self,
        topic: str,
        body: Mapping[str, object],
        context: DecodeContext,
    ) -> tuple[Report, ...]:
        if len(body) > MOST_CHILDREN:
            raise Undecodable(Reason.TOO_MANY, f"一条消息最多 {MOST_CHILDREN} 台设备")
        reports: list[Report] = []
        strangers: list[Refused] = []
        for name, said in body.items():
            kind = context.kind_of(name)
            if kind is None:
                words = f"下挂设备 {shown(name)} 没有登记"
                strangers.append(refuse(Reason.UNKNOWN_CHILD, name, said, words))
            elif topic == GATEWAY_ATTRIBUTES:
                reports.append(self._attributes(as_object(said), kind, name))
            else:
                reports.extend(self._moment(moment, kind, name) for moment in _moments(said))
            if len(reports) > MOST_MOMENTS:
                raise Undecodable(Reason.TOO_MANY, f"一条消息最多 {MOST_MOMENTS} 个时刻")
        if strangers and not reports:
            raise Undecodable(Reason.UNKNOWN_CHILD, strangers[0].words)
        if strangers:
            reports.append(Report(refused=tuple(strangers)))
        return tuple(reports)

    def _moment(
        self,
        moment: Mapping[str, object],
        kind: DeviceKind,
        child: str | None,
    ) -> Report:
        time: tuple[datetime | None, bool] = (None, False)
        said = moment
        if isinstance(moment.get("values"), dict):
            said = as_object(moment["values"])
            time = _time(moment.get("ts"))
        return self._report(said, kind, child, time)

    def _attributes(
        self,
        body: Mapping[str, object],
        kind: DeviceKind,
        child: str | None,
    ) -> Report:
        report = self._report(body, kind, child, (None, False))
        firmware = next(
            (
                value
                for name in FIRMWARE_NAMES
                if isinstance(value := body.get(name), str) and is_keepable(value)
            ),
            None,
        )
        unknown = tuple(name for name in report.unknown if name not in FIRMWARE_NAMES)
        return msgspec.structs.replace(
            report,
            state=StateReport(firmware=firmware) if firmware else None,
            unknown=unknown,
        )

    def _report(
        self,
        said: Mapping[str, object],
        kind: DeviceKind,
        child: str | None,
        time: tuple[datetime | None, bool],
    ) -> Report:
        events: list[EventReport] = []
        refused: list[Refused] = []
        values: list[tuple[str, object]] = []
        for name, value in said.items():
            happening = kind.events.get(name)
            if happening is None:
                values.append((name, value))
            elif isinstance(value, dict):
                given = cast("Mapping[str, object]", value)
                fields, bad = read_event_fields(happening, given.items())
                events.append(EventReport(happening.code, data=fields))
                refused.extend(bad)
            elif value is True or value == 1:
                events.append(EventReport(happening.code))
            elif value is not False and value != 0 and value is not None:
                # Whatever was meant by it, a call must not be lost over its form.
                events.append(EventReport(happening.code))
                refused.append(refuse(Reason.WRONG_TYPE, name, value))
        read = read_named(kind, values, self.names)
        return Report(
            child=child,
            observed_at=time[0],
            clock_unreadable=time[1],
            values=read.values,
            events=tuple(events),
            unknown=read.unknown,
            refused=read.refused + tuple(refused),
        )


def from_settings(settings: Mapping[str, str]) -> ThingsBoard:
    """The driver as an installer set it.

    Raises:
        BrokenSetting: the names cannot be read.
    """
    return replace(ThingsBoard(), names=names_from_setting(settings.get("names", "")))


def _moments(body: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(body, list):
        return (as_object(body),)
    moments = cast("list[object]", body)
    if len(moments) > MOST_MOMENTS:
        raise Undecodable(Reason.TOO_MANY, f"一条消息最多 {MOST_MOMENTS} 个时刻")
    return tuple([as_object(moment) for moment in moments])


def _time(given: object) -> tuple[datetime | None, bool]:
    if given is None:
        return None, False
    number = as_number(given)
    return time_from_ms(number) if number is not None else (None, True)


def _ack(reference: str, result: object) -> CommandAck:
    """An answer is any JSON; it tells of failure by `success` false or by an `error`."""
    if not isinstance(result, dict):
        return CommandAck(reference, AckStatus.DONE, "" if result is None else shown(result))
    said = cast("Mapping[str, object]", result)
    error = said.get("error")
    if error or said.get("success") is False:
        return CommandAck(reference, AckStatus.FAILED, shown(error or said.get("message") or ""))
    return CommandAck(reference, AckStatus.DONE, shown(said.get("message") or ""))


def _gateway_answer(body: Mapping[str, object], context: DecodeContext) -> Report:
    name = _name(body)
    known(context.kind_of(name), name)
    number = body.get("id")
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise Undecodable(Reason.MISSING_PART, "缺少指令的 id")
    return Report(child=name, acks=(_ack(shown(number), body.get("data")),))


def _presence(body: Mapping[str, object], context: DecodeContext, *, online: bool) -> Report:
    name = _name(body)
    if context.kind_of(name) is not None:
        return Report(child=name, state=StateReport(online=online))
    profile = body.get("type")
    seen = ChildSeen((name,), model=shown(profile) if isinstance(profile, str) else "")
    return Report(seen=(seen,))


def _name(body: Mapping[str, object]) -> str:
    name = body.get("device")
    if not isinstance(name, str) or not is_keepable(name, LONGEST_NAME):
        raise Undecodable(Reason.MISSING_PART, "缺少设备名称 device")
    return name
