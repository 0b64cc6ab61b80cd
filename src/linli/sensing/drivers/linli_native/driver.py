"""The native protocol: JSON on `linli/v1/…`, the same bodies over MQTT and HTTP."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import msgspec

from linli.sensing.devices.public import DeviceKind, Form, Scalar
from linli.sensing.drivers.contracts import (
    AckStatus,
    CommandAck,
    CommandToSend,
    EventReport,
    Manifest,
    Reason,
    Refused,
    Report,
    StateReport,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.ports import DecodeContext
from linli.sensing.drivers.reading import (
    LONGEST_ID,
    as_object,
    is_keepable,
    known,
    read_event_fields,
    read_json,
    read_value,
    refuse,
    shown,
    time_from_ms,
)
from linli.sensing.drivers.sending import check_command

LARGEST_PAYLOAD = 512 * 1024
MOST_MOMENTS = 1000
MOST_VALUES = 200
MOST_EVIDENCE = 20
STATE_PARTS = frozenset({"ts", "online", "firmware", "battery", "signal"})
ACK_STATUSES = frozenset(AckStatus)

TELEMETRY = "linli/v1/telemetry"
EVENT = "linli/v1/event"
STATE = "linli/v1/state"
ACK = "linli/v1/command/ack"
COMMAND = "linli/v1/command"
OWN_TOPICS = frozenset({TELEMETRY, EVENT, STATE, ACK})
CHILD_TOPIC = re.compile(
    r"linli/v1/child/(?P<child>[A-Za-z0-9_.:-]{1,64})/(?P<what>telemetry|event|state|command/ack)",
)
CHILD_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
OTHER_VERSION = re.compile(r"linli/v(?!1/)[0-9]+/.*", re.DOTALL)


class Moment(msgspec.Struct, gc=False):
    """One telemetry object as most devices send it: nothing odd, so nothing to look at twice."""

    values: dict[str, float | bool]
    ts: float | None = None
    units: dict[str, str] | None = None


from_timestamp = datetime.fromtimestamp
_moments = msgspec.json.Decoder(Moment | list[Moment])


class LinliNative:
    """See `protocols/native.md`."""

    manifest = Manifest(
        code="linli_native",
        title="邻里标准协议",
        maker="邻里",
        source="protocols/native.md",
        transport="mqtt, http",
        topics=(TELEMETRY, EVENT, STATE, ACK, "linli/v1/child/+/#"),
        has_children=True,
        acknowledges=True,
        purpose="按本平台协议开发的设备和站点网关，MQTT 或 HTTP 都可以",
        guide=(
            "MQTT 服务器填 {host}，端口 {port}，用户名 {username}，密码填接入密码。",
            (
                "数据发到 linli/v1/telemetry，事件发到 linli/v1/event，状态发到 linli/v1/state；"
                '遗嘱建议设为 linli/v1/state 上的 {"online": false}。'
            ),
            "订阅 linli/v1/command 接收指令，办完后在 linli/v1/command/ack 回执。",
            (
                "只会 HTTP 的设备：POST 到 {http_url}/device/v1/telemetry，"
                "请求头 Authorization: Bearer {username}:接入密码。"
            ),
        ),
    )

    def may_publish(self, topic: str, connection_code: str) -> bool:  # noqa: ARG002 - the port's shape; native topics name no connection
        """Own topics and those of children; whether a child is registered is seen at decoding."""
        return topic in OWN_TOPICS or CHILD_TOPIC.fullmatch(topic) is not None

    def command_topics(self, connection_code: str, children: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """Its own commands, and those of each registered child, singly or all at once."""
        if not children:
            return (COMMAND,)
        return (COMMAND, "linli/v1/child/+/command")

    def decode(self, topic: str, payload: bytes, context: DecodeContext) -> tuple[Report, ...]:
        """Read one native message; the wire format is in `protocols/native.md`."""
        if topic == TELEMETRY:
            kind = context.kind_of(None)
            return _telemetry(payload, kind or known(kind, None), None)
        child, what = _address(topic)
        kind = known(context.kind_of(child), child)
        if what == "telemetry":
            return _telemetry(payload, kind, child)
        body = as_object(read_json(payload, LARGEST_PAYLOAD))
        match what:
            case "event":
                return (_event(body, kind, child),)
            case "state":
                return (_state(body, child),)
            case _:
                return (_ack(body, child),)

    def encode_command(self, command: CommandToSend) -> tuple[str, bytes]:
        """Write the command as in `protocols/native.md`, for the device itself or for its child."""
        check_command(command)
        if command.child is not None and not CHILD_CODE.fullmatch(command.child):
            raise Unsendable(Reason.UNKNOWN_CHILD, f"编号 {shown(command.child)} 不能写进主题")
        topic = COMMAND if command.child is None else f"linli/v1/child/{command.child}/command"
        body: dict[str, object] = {
            "id": command.id,
            "command": command.command,
            "params": dict(command.params),
        }
        if command.expires_at is not None:
            body["expires"] = round(command.expires_at.timestamp() * 1000)
        return topic, msgspec.json.encode(body)

    def acknowledged_as(self, command: CommandToSend) -> str | None:
        """The command's own id."""
        return command.id


def _address(topic: str) -> tuple[str | None, str]:
    if topic in OWN_TOPICS:
        return None, topic.removeprefix("linli/v1/")
    match = CHILD_TOPIC.fullmatch(topic)
    if match:
        return match["child"], match["what"]
    if OTHER_VERSION.fullmatch(topic):
        raise Undecodable(Reason.UNSUPPORTED_VERSION, "目前只支持 linli/v1")
    raise Undecodable(Reason.UNKNOWN_TOPIC, f"没有主题 {shown(topic)}")


def _telemetry(payload: bytes, kind: DeviceKind, child: str | None) -> tuple[Report, ...]:
    if len(payload) > LARGEST_PAYLOAD:
        raise Undecodable(Reason.TOO_LARGE, f"一条消息最多 {LARGEST_PAYLOAD // 1024} KiB")
    try:
        moments = _moments.decode(payload)
    except msgspec.ValidationError:
        return _odd_telemetry(read_json(payload, LARGEST_PAYLOAD), kind, child)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(Reason.BROKEN_JSON) from error
    if type(moments) is Moment:
        return (_moment(moments, kind, child),)
    _bounded(len(moments))
    return tuple([_moment(moment, kind, child) for moment in moments])


def _bounded(count: int) -> None:
    if count > MOST_MOMENTS:
        raise Undecodable(Reason.TOO_MANY, f"一条消息最多 {MOST_MOMENTS} 个时刻，这里有 {count} 个")


def _moment(moment: Moment, kind: DeviceKind, child: str | None) -> Report:
    said = moment.values
    if moment.units or len(said) > MOST_VALUES:
        return _odd_moment(
            {"ts": moment.ts, "values": said, "units": moment.units},
            kind,
            child,
        )
    ts = moment.ts
    try:  # `time_from_ms`, written out: every reading comes this way, and a call costs a twentieth
        observed_at = None if ts is None else from_timestamp(ts / 1000, UTC)
        unreadable = False
    except (OverflowError, ValueError, OSError):
        observed_at, unreadable = None, True
    find = kind.properties.get
    values: list[tuple[str, float]] = []
    refused: tuple[Refused, ...] = ()
    unknown: tuple[str, ...] = ()
    for name, value in said.items():
        held = find(name)
        if held is None:
            unknown = (*unknown, shown(name))
        elif type(value) is float and not held.whole and held.low <= value <= held.high:
            values.append((name, value))
        elif type(value) is bool and held.form is Form.SWITCH:
            values.append((name, 1.0 if value else 0.0))
        else:
            read = read_value(held, value)
            if isinstance(read, Refused):
                refused = (*refused, read)
            else:
                values.append((name, read))
    if refused or unknown:
        return Report(
            child=child,
            observed_at=observed_at,
            clock_unreadable=unreadable,
            values=tuple(values),
            unknown=unknown,
            refused=refused,
        )
    return Report(child, observed_at, unreadable, tuple(values))


def _odd_telemetry(body: object, kind: DeviceKind, child: str | None) -> tuple[Report, ...]:
    """Telemetry with something wrong in it: keep what is right, say what is not."""
    if not isinstance(body, list):
        return (_odd_moment(as_object(body), kind, child),)
    moments = cast("list[object]", body)
    _bounded(len(moments))
    return tuple([_odd_moment(as_object(moment), kind, child) for moment in moments])


def _odd_moment(moment: Mapping[str, object], kind: DeviceKind, child: str | None) -> Report:
    given = moment.get("values")
    if given is None:
        raise Undecodable(Reason.MISSING_PART, "缺少 values")
    said = as_object(given)
    if len(said) > MOST_VALUES:
        raise Undecodable(Reason.TOO_MANY, f"一个时刻最多 {MOST_VALUES} 项")
    observed_at, unreadable = _time(moment.get("ts"))
    refused: list[Refused] = []
    units = _units(moment.get("units"))
    values: list[tuple[str, float]] = []
    unknown: list[str] = []
    for name, value in said.items():
        held = kind.properties.get(name)
        if held is None:
            unknown.append(shown(name))
            continue
        unit = units.get(name)
        if unit is not None and not isinstance(unit, str):
            refused.append(refuse(Reason.WRONG_UNIT, name, unit, "单位应为文字"))
            continue
        read = read_value(held, value, unit)
        if isinstance(read, Refused):
            refused.append(read)
        else:
            values.append((name, read))
    return Report(
        child=child,
        observed_at=observed_at,
        clock_unreadable=unreadable,
        values=tuple(values),
        unknown=tuple(unknown),
        refused=tuple(refused),
    )


def _units(given: object) -> Mapping[str, object]:
    if given is None:
        return {}
    if isinstance(given, dict):
        return cast("Mapping[str, object]", given)
    # Without its units a value may mean anything, so none of this moment can be believed.
    raise Undecodable(Reason.WRONG_UNIT, "units 应为对象，写明每一项的单位")


def _time(given: object) -> tuple[datetime | None, bool]:
    if given is None:
        return None, False
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None, True
    return time_from_ms(given)


def _event(body: Mapping[str, object], kind: DeviceKind, child: str | None) -> Report:
    code = body.get("event")
    if code is None:
        raise Undecodable(Reason.MISSING_PART, "缺少 event")
    happening = kind.events.get(code) if isinstance(code, str) else None
    if happening is None:
        raise Undecodable(Reason.UNKNOWN_EVENT, f"{kind.title}没有事件 {shown(code)}")
    refused: list[Refused] = []
    name = body.get("id")
    if not isinstance(name, str) or not is_keepable(name):
        if name is not None:
            refused.append(refuse(Reason.WRONG_TYPE, "id", name, f"最长 {LONGEST_ID} 个字符"))
        name = None
    said = body.get("data")
    fields: tuple[tuple[str, Scalar], ...] = ()
    if isinstance(said, dict):
        fields, bad = read_event_fields(happening, cast("dict[str, object]", said).items())
        refused.extend(bad)
    elif said is not None:
        refused.append(refuse(Reason.WRONG_TYPE, "data", said, "data 应为对象"))
    observed_at, unreadable = _time(body.get("ts"))
    report = EventReport(
        code=happening.code,
        id=name,
        data=fields,
        evidence=_evidence(body.get("evidence"), refused),
    )
    return Report(
        child=child,
        observed_at=observed_at,
        clock_unreadable=unreadable,
        events=(report,),
        refused=tuple(refused),
    )


def _evidence(given: object, refused: list[Refused]) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        refused.append(refuse(Reason.WRONG_TYPE, "evidence", given, "evidence 应为文件编号的列表"))
        return ()
    evidence: list[str] = []
    for name in cast("list[object]", given):
        if len(evidence) == MOST_EVIDENCE:
            refused.append(refuse(Reason.TOO_MANY, "evidence", name, f"最多 {MOST_EVIDENCE} 份"))
            break
        if isinstance(name, str) and is_keepable(name):
            evidence.append(name)
        else:
            refused.append(refuse(Reason.WRONG_TYPE, "evidence", name, "文件编号应为文字"))
    return tuple(evidence)


def _state(body: Mapping[str, object], child: str | None) -> Report:
    refused: list[Refused] = []
    online = body.get("online")
    if online is not None and not isinstance(online, bool):
        refused.append(refuse(Reason.WRONG_TYPE, "online", online, "online 应为 true 或 false"))
        online = None
    firmware = body.get("firmware")
    if firmware is not None and (not isinstance(firmware, str) or not is_keepable(firmware)):
        refused.append(refuse(Reason.WRONG_TYPE, "firmware", firmware, "firmware 应为短文字"))
        firmware = None
    state = StateReport(
        online=online,
        firmware=firmware,
        battery=_number(body, "battery", (0, 100), refused),
        signal=_number(body, "signal", (-150, 10), refused),
    )
    observed_at, unreadable = _time(body.get("ts"))
    return Report(
        child=child,
        observed_at=observed_at,
        clock_unreadable=unreadable,
        state=state,
        unknown=tuple(shown(name) for name in body if name not in STATE_PARTS),
        refused=tuple(refused),
    )


def _number(
    body: Mapping[str, object],
    name: str,
    limits: tuple[float, float],
    refused: list[Refused],
) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        refused.append(refuse(Reason.WRONG_TYPE, name, value, f"{name} 应为数字"))
        return None
    low, high = limits
    if not low <= value <= high:
        words = f"{name} 应在 {low:g} 到 {high:g} 之间"
        refused.append(refuse(Reason.OUT_OF_RANGE, name, value, words))
        return None
    return float(value)


def _ack(body: Mapping[str, object], child: str | None) -> Report:
    reference, status, message = body.get("id"), body.get("status"), body.get("message")
    if not isinstance(reference, str) or not is_keepable(reference):
        raise Undecodable(Reason.MISSING_PART, "缺少指令的 id")
    if not isinstance(status, str) or status not in ACK_STATUSES:
        choices = "、".join(sorted(ACK_STATUSES))
        raise Undecodable(Reason.WRONG_TYPE, f"status 只能是 {choices}")
    observed_at, unreadable = _time(body.get("ts"))
    ack = CommandAck(
        reference=reference,
        status=AckStatus(status),
        message=shown(message) if isinstance(message, str) else "",
    )
    return Report(
        child=child,
        observed_at=observed_at,
        clock_unreadable=unreadable,
        acks=(ack,),
    )


def from_settings(settings: Mapping[str, str]) -> LinliNative:  # noqa: ARG001 - every driver is made so; this one has nothing to set
    """The driver; there is nothing to set."""
    return LinliNative()
