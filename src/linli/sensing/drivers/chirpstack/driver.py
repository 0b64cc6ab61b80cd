"""ChirpStack 4 over its MQTT integration, with JSON as its marshaler.

Documented at chirpstack.io/docs/chirpstack/integrations (mqtt, events). A child is registered under
its DevEUI. Its codec is the tag `linli_codec` of the device or its profile, else the one set for
the profile, else the one whose model stands in the profile's name, else ChirpStack's own `object`.
"""

from base64 import b64decode
from binascii import Error as BrokenBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from re import compile as pattern
from typing import cast

import msgspec

from linli.sensing.devices.public import DeviceKind
from linli.sensing.drivers.chirpstack.codecs import (
    CODECS,
    BrokenFrame,
    Codec,
    Frame,
    Moment,
    codec_for_profile,
    codec_named,
)
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
    Setting,
    SettingForm,
    StateReport,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.naming import (
    BrokenSetting,
    Meaning,
    names_from_setting,
    read_named,
)
from linli.sensing.drivers.ports import DecodeContext
from linli.sensing.drivers.reading import (
    as_number,
    as_object,
    is_keepable,
    known,
    range_words,
    read_json,
    refuse,
    shown,
    time_from_text,
)
from linli.sensing.drivers.sending import check_command, topic_level

LARGEST_PAYLOAD = 128 * 1024
LARGEST_FRAME = 512
LOWEST_PORT, HIGHEST_PORT = 1, 255

EVENT_TOPIC = pattern(
    r"application/(?P<application>[^/+#]{1,64})/device/(?P<eui>[0-9A-Fa-f]{16})"
    r"/event/(?P<event>up|join|status|ack|txack|log|location|integration)",
)
COMMAND_TOPIC = pattern(r"application/[^/+#]{1,64}/device/[0-9A-Fa-f]{16}/command/[a-z]{1,20}")
MANIFEST = Manifest(
    code="chirpstack",
    title="ChirpStack（LoRaWAN）",
    maker="ChirpStack",
    source="https://www.chirpstack.io/docs/chirpstack/integrations/mqtt.html",
    transport="mqtt",
    topics=("application/+/device/+/event/+", "application/+/device/+/command/+"),
    has_children=True,
    acknowledges=True,
    settings=(
        Setting(
            "application_id",
            "应用编号",
            help="ChirpStack 里这个应用的 ID；要下发指令时才需要",
            longest=64,
        ),
        Setting(
            "port",
            "下发指令的 FPort",
            "10",
            form=SettingForm.INTEGER,
            help="按设备说明书填写",
            low=LOWEST_PORT,
            high=HIGHEST_PORT,
        ),
        Setting(
            "codecs",
            "解码方式",
            form=SettingForm.LINES,
            help="设备模板名称里看不出型号时填写，每行一条：设备模板名称 = 解码方式",
            longest=4000,
            choices=tuple(codec.code for codec in CODECS),
        ),
        NAMES_SETTING,
    ),
    purpose="已经有 ChirpStack v4 的 LoRaWAN 网络，如无线水表、烟感",
    guide=(
        (
            "打开 ChirpStack 服务器的 chirpstack.toml，找到 [integration.mqtt]"
            "（或在站点自己的 MQTT 服务器上做桥接）。"
        ),
        "server 填 {mqtt_url}，username 填 {username}，password 填接入密码，json 设为 true。",
        "重启 ChirpStack；消息主题是 application/应用编号/device/DevEUI/event/up。",
        "每个表、每个烟感登记为“挂在现场网关下”，网关内编号填它的 DevEUI（16 位小写十六进制）。",
    ),
)


@dataclass(frozen=True, slots=True)
class ChirpStack:
    """One ChirpStack with the codecs, names and downlink port its installer set."""

    application_id: str = ""
    port: int = 10
    codecs: Mapping[str, Codec] = field(default_factory=dict[str, Codec])
    names: Mapping[str, Meaning] = field(default_factory=dict[str, Meaning])

    @property
    def manifest(self) -> Manifest:
        """What this driver is."""
        return MANIFEST

    def may_publish(self, topic: str, connection_code: str) -> bool:  # noqa: ARG002 - the port's shape; these topics name no connection
        """The events of devices; and commands of others at the site, which leave no trace."""
        return bool(EVENT_TOPIC.fullmatch(topic) or COMMAND_TOPIC.fullmatch(topic))

    def command_topics(self, connection_code: str, children: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """What ChirpStack, or the bridge of the broker it speaks to, subscribes to."""
        return ("application/+/device/+/command/+",)

    def decode(self, topic: str, payload: bytes, context: DecodeContext) -> tuple[Report, ...]:
        """Read one event of a radio device."""
        if COMMAND_TOPIC.fullmatch(topic):
            return ()
        address = EVENT_TOPIC.fullmatch(topic)
        if address is None:
            raise Undecodable(Reason.UNKNOWN_TOPIC, f"没有主题 {shown(topic)}")
        event = address["event"]
        if event in {"txack", "log", "location", "integration"}:
            return ()
        body = as_object(read_json(payload, LARGEST_PAYLOAD))
        eui = address["eui"].lower()
        child = next((name for name in (eui, eui.upper()) if context.kind_of(name)), eui)
        kind = context.kind_of(child)
        if event == "join" and kind is None:
            return (Report(seen=(_seen(eui, body),)),)
        kind = known(kind, child)
        time = _time(body)
        match event:
            case "up":
                return self._uplink(body, kind, child, time)
            case "status":
                return (_status(body, kind, child, time),)
            case "ack":
                return (_ack(body, child, time),)
            case _:
                online = StateReport(online=True)
                return (Report(child, *time, state=online, seen=(_seen(eui, body),)),)

    def encode_command(self, command: CommandToSend) -> tuple[str, bytes]:
        """Write the command as a confirmed downlink whose `object` the device profile encodes."""
        check_command(command)
        if command.child is None:
            raise Unsendable(Reason.UNKNOWN_CHILD, "指令要写明哪一台设备")
        if not self.application_id:
            raise Unsendable(Reason.MISSING_PART, "请在接入设置里填写应用编号")
        eui = topic_level(command.child).lower()
        body = {
            "id": command.id,
            "devEui": eui,
            "confirmed": True,
            "fPort": self.port,
            "object": {"command": command.command, "params": dict(command.params)},
        }
        topic = f"application/{self.application_id}/device/{eui}/command/down"
        return topic, msgspec.json.encode(body)

    def acknowledged_as(self, command: CommandToSend) -> str | None:
        """The id of the downlink, which comes back as `queueItemId` of the ack event."""
        return command.id

    def _uplink(
        self,
        body: Mapping[str, object],
        kind: DeviceKind,
        child: str,
        time: tuple[datetime | None, bool],
    ) -> tuple[Report, ...]:
        codec = self._codec(body)
        if codec is None:
            return (self._object(body, kind, child, time),)
        frame = _frame(body, time[0])
        try:
            moments = codec.decode(frame)
        except BrokenFrame as error:
            raise Undecodable(Reason.BROKEN_FRAME, f"{codec.code}：{error}") from error
        happening = body.get("deduplicationId")
        uplink = happening if isinstance(happening, str) and is_keepable(happening) else None
        radio = _radio(body, kind)
        last = len(moments) - 1
        return tuple(
            [
                _moment(moment, kind, child, time, uplink, radio if place == last else ())
                for place, moment in enumerate(moments)
            ],
        )

    def _codec(self, body: Mapping[str, object]) -> Codec | None:
        about = body.get("deviceInfo")
        if not isinstance(about, dict):
            return None
        described = cast("Mapping[str, object]", about)
        tags = described.get("tags")
        if isinstance(tags, dict):
            chosen = cast("Mapping[str, object]", tags).get("linli_codec")
            if isinstance(chosen, str):
                codec = codec_named(chosen)
                if codec is None:
                    raise Undecodable(Reason.NO_CODEC, f"没有解码方式 {shown(chosen)}")
                return codec
        profile = described.get("deviceProfileName")
        if not isinstance(profile, str):
            return None
        return self.codecs.get(profile) or codec_for_profile(profile[:200])

    def _object(
        self,
        body: Mapping[str, object],
        kind: DeviceKind,
        child: str,
        time: tuple[datetime | None, bool],
    ) -> Report:
        decoded = body.get("object")
        if not isinstance(decoded, dict):
            raise Undecodable(Reason.NO_CODEC)
        read = read_named(kind, cast("Mapping[str, object]", decoded).items(), self.names)
        return Report(
            child=child,
            observed_at=time[0],
            clock_unreadable=time[1],
            values=_with_radio(read.values, _radio(body, kind)),
            state=StateReport(online=True),
            unknown=read.unknown,
            refused=read.refused,
        )


def from_settings(settings: Mapping[str, str]) -> ChirpStack:
    """The driver as an installer set it.

    Raises:
        BrokenSetting: a line cannot be read, a codec does not exist, the port is none.
    """
    codecs: dict[str, Codec] = {}
    for line in settings.get("codecs", "").splitlines():
        profile, _, code = (part.strip() for part in line.partition("="))
        if not profile:
            continue
        codec = codec_named(code)
        if codec is None:
            raise BrokenSetting(f"没有解码方式 {shown(code)}")
        codecs[profile] = codec
    application = settings.get("application_id", "").strip()
    if any(sign in application for sign in "+#/\x00"):
        raise BrokenSetting("应用编号里不能有 + # /")
    port = settings.get("port", "").strip() or "10"
    if not port.isdecimal() or not LOWEST_PORT <= int(port) <= HIGHEST_PORT:
        raise BrokenSetting(f"FPort 应在 {LOWEST_PORT} 到 {HIGHEST_PORT} 之间")
    return ChirpStack(
        application_id=application,
        port=int(port),
        codecs=codecs,
        names=names_from_setting(settings.get("names", "")),
    )


def _moment(
    moment: Moment,
    kind: DeviceKind,
    child: str,
    time: tuple[datetime | None, bool],
    uplink: str | None,
    radio: tuple[tuple[str, float], ...],
) -> Report:
    read = read_named(kind, moment.values.items(), {})
    happened = tuple(EventReport(code, id=uplink) for code in moment.events if code in kind.events)
    return Report(
        child=child,
        observed_at=moment.observed_at or time[0],
        clock_unreadable=moment.observed_at is None and time[1],
        values=_with_radio(read.values, radio),
        events=happened,
        state=StateReport(online=True) if radio else None,
        unknown=read.unknown,
        refused=read.refused,
    )


def _with_radio(
    values: tuple[tuple[str, float], ...],
    radio: tuple[tuple[str, float], ...],
) -> tuple[tuple[str, float], ...]:
    """What the device says of its signal counts before what its network heard."""
    said = {name for name, _ in values}
    return values + tuple(heard for heard in radio if heard[0] not in said)


def _frame(body: Mapping[str, object], heard_at: datetime | None) -> Frame:
    written = body.get("data")
    if not isinstance(written, str):
        raise Undecodable(Reason.MISSING_PART, "缺少 data")
    if len(written) > LARGEST_FRAME:
        raise Undecodable(Reason.BROKEN_FRAME, "报文太长")
    try:
        content = b64decode(written, validate=True)
    except (BrokenBase64, ValueError) as error:
        raise Undecodable(Reason.BROKEN_FRAME, "data 不是 base64") from error
    port = as_number(body.get("fPort"))
    return Frame(
        int(port) if port is not None and 0 <= port <= HIGHEST_PORT else 0, content, heard_at
    )


def _time(body: Mapping[str, object]) -> tuple[datetime | None, bool]:
    said = body.get("time")
    if said is None:
        return None, False
    return time_from_text(said) if isinstance(said, str) else (None, True)


def _radio(body: Mapping[str, object], kind: DeviceKind) -> tuple[tuple[str, float], ...]:
    """How strongly the nearest radio gateway heard the device."""
    heard = body.get("rxInfo")
    held = kind.properties.get("signal")
    if held is None or not isinstance(heard, list):
        return ()
    strengths = [
        strength
        for gateway in cast("list[object]", heard)
        if isinstance(gateway, dict)
        and (strength := as_number(cast("Mapping[str, object]", gateway).get("rssi"))) is not None
        and held.admits(strength)
    ]
    return (("signal", max(strengths)),) if strengths else ()


def _status(
    body: Mapping[str, object],
    kind: DeviceKind,
    child: str,
    time: tuple[datetime | None, bool],
) -> Report:
    refused: tuple[Refused, ...] = ()
    battery: float | None = None
    unknowable = body.get("batteryLevelUnavailable") is True
    if not unknowable and body.get("externalPowerSource") is not True:
        battery = as_number(body.get("batteryLevel"))
    held = kind.properties.get("battery")
    if battery is not None and held is not None and not held.admits(battery):
        refused = (refuse(Reason.OUT_OF_RANGE, "battery", battery, range_words(held)),)
        battery = None
    return Report(
        child=child,
        observed_at=time[0],
        clock_unreadable=time[1],
        state=StateReport(online=True, battery=battery),
        refused=refused,
    )


def _ack(body: Mapping[str, object], child: str, time: tuple[datetime | None, bool]) -> Report:
    reference = body.get("queueItemId")
    if not isinstance(reference, str) or not is_keepable(reference):
        raise Undecodable(Reason.MISSING_PART, "缺少 queueItemId")
    if body.get("acknowledged") is True:
        # The device's radio heard it; what the device then did shows in its next readings.
        ack = CommandAck(reference, AckStatus.DONE, "设备已收到")
    else:
        ack = CommandAck(reference, AckStatus.FAILED, "设备没有收到")
    return Report(child=child, observed_at=time[0], clock_unreadable=time[1], acks=(ack,))


def _seen(eui: str, body: Mapping[str, object]) -> ChildSeen:
    about = body.get("deviceInfo")
    described: Mapping[str, object] = {}
    if isinstance(about, dict):
        described = cast("Mapping[str, object]", about)
    title, profile = described.get("deviceName"), described.get("deviceProfileName")
    return ChildSeen(
        names=(eui,),
        title=shown(title) if isinstance(title, str) else "",
        model=shown(profile) if isinstance(profile, str) else "",
    )
