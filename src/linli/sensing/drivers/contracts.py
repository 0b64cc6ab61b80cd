"""What drivers take and give. Made of C structs because every message passes through here."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from linli.sensing.devices.public import DeviceKind, Scalar


class Reason(StrEnum):
    """Why a message, or one part of it, could not be used."""

    BROKEN_JSON = "broken_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_CHILD = "unknown_child"
    UNKNOWN_PROPERTY = "unknown_property"
    UNKNOWN_EVENT = "unknown_event"
    UNKNOWN_COMMAND = "unknown_command"
    MISSING_PART = "missing_part"
    WRONG_TYPE = "wrong_type"
    WRONG_UNIT = "wrong_unit"
    OUT_OF_RANGE = "out_of_range"
    NO_CODEC = "no_codec"
    BROKEN_FRAME = "broken_frame"
    UNSUPPORTED_VERSION = "unsupported_version"

    @property
    def heading(self) -> str:
        """The reason in a few Chinese words."""
        return _WORDS[self][0]

    @property
    def remedy(self) -> str:
        """What the installer should do about it, in Chinese."""
        return _WORDS[self][1]


_WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.BROKEN_JSON: (
        "内容不是完整的 JSON",
        "请设备厂家检查编码是否为 UTF-8、括号引号是否成对、有没有写入 NaN。",
    ),
    Reason.NOT_AN_OBJECT: ("内容的样子不对", "请对照协议文档里的样例，外层应是对象或对象的列表。"),
    Reason.TOO_LARGE: ("一条消息太大", "请设备分成几条发送，图片走文件接口。"),
    Reason.TOO_MANY: ("一条消息里条目太多", "请设备分批补传，每条不超过规定的条数。"),
    Reason.UNKNOWN_TOPIC: ("主题不认识", "请核对设备的接入协议是否选对，主题是否拼写正确。"),
    Reason.UNKNOWN_CHILD: ("下挂设备没有登记", "请在设备管理里登记这台设备，再重新处理。"),
    Reason.UNKNOWN_PROPERTY: ("这类设备没有这一项", "请核对设备类型，或在接入设置里写明对应关系。"),
    Reason.UNKNOWN_EVENT: ("这类设备没有这种事件", "请核对设备类型和事件名称。"),
    Reason.UNKNOWN_COMMAND: ("这类设备没有这个指令", "请核对设备类型和指令名称。"),
    Reason.MISSING_PART: ("缺少必要的内容", "请对照协议文档补上缺少的字段。"),
    Reason.WRONG_TYPE: ("数据类型不对", "数值请发数字，开关请发 true 或 false，不要加引号。"),
    Reason.WRONG_UNIT: ("单位不对", "请按设备类型规定的单位发送，或写明能换算的单位。"),
    Reason.OUT_OF_RANGE: ("数值超出可能的范围", "请检查传感器是否损坏、接线或单位是否有误。"),
    Reason.NO_CODEC: ("不知道怎样解码", "请在接入设置里为这种型号选定解码方式。"),
    Reason.BROKEN_FRAME: ("设备报文与厂家格式不符", "请核对型号与解码方式是否一致，固件是否太旧。"),
    Reason.UNSUPPORTED_VERSION: ("协议版本不支持", "请升级平台，或让设备改用文档所列的版本。"),
}


class Undecodable(Exception):
    """Nothing of the message could be used; it goes to quarantine with this reason."""

    def __init__(self, reason: Reason, words: str = "") -> None:
        """Keep the reason and, in Chinese, what exactly was wrong."""
        self.reason = reason
        self.words = words or reason.heading
        super().__init__(f"{reason}: {self.words}")


class Unsendable(Exception):
    """The command cannot be put into this protocol."""

    def __init__(self, reason: Reason, words: str = "") -> None:
        """Keep the reason and, in Chinese, what exactly was wrong."""
        self.reason = reason
        self.words = words or reason.heading
        super().__init__(f"{reason}: {self.words}")


class Refused(msgspec.Struct, frozen=True):
    """One part of a message that was not used while the rest was.

    `name` is the property, field or child; `value` is what was said, shortened; `words` Chinese.
    """

    reason: Reason
    name: str
    value: str
    words: str


class EventReport(msgspec.Struct, frozen=True):
    """Something that happened. The same `id` from the same device is the same happening.

    `id` is None where a protocol gives none: then device, code and time tell happenings apart.
    `evidence` are ids of files sent before.
    """

    code: str
    id: str | None = None
    data: tuple[tuple[str, Scalar], ...] = ()
    evidence: tuple[str, ...] = ()


class StateReport(msgspec.Struct, frozen=True):
    """What a device says of itself; None means it said nothing. Battery in %, signal in dBm.

    Where the kind has properties of these names, the reader of the report keeps them as readings
    too, so that rules see them; a driver does not repeat them in `Report.values`.
    """

    online: bool | None = None
    firmware: str | None = None
    battery: float | None = None
    signal: float | None = None


class AckStatus(StrEnum):
    """What became of a command."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class CommandAck(msgspec.Struct, frozen=True):
    """A device's answer to a command; `reference` as given by `Driver.acknowledged_as`."""

    reference: str
    status: AckStatus
    message: str = ""


class ChildSeen(msgspec.Struct, frozen=True):
    """A site gateway told of a device behind it, registered or not.

    `names` are all names under which it may be registered, the most lasting first; `kind` is a
    guess at the device kind, None when the maker's description gives none.
    """

    names: tuple[str, ...]
    title: str = ""
    model: str = ""
    kind: str | None = None


class Report(msgspec.Struct, frozen=True):
    """What one device said about one moment, in the words and units of its kind.

    `child` is None for the connection's own device, else the code under which the child is
    registered. `observed_at` is the device's own time (UTC), None when it gave none; when it gave
    one that no calendar holds, `clock_unreadable` is true. `values` lists (property, value), a
    switch as 0 or 1. `unknown` names what the kind does not have and nobody asked for. When
    `refused` is not empty the message belongs in quarantine too, for these parts.
    """

    child: str | None = None
    observed_at: datetime | None = None
    clock_unreadable: bool = False
    values: tuple[tuple[str, float], ...] = ()
    events: tuple[EventReport, ...] = ()
    state: StateReport | None = None
    acks: tuple[CommandAck, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    seen: tuple[ChildSeen, ...] = ()


class SettingForm(StrEnum):
    """How a setting is entered: a line, a whole number, or many lines."""

    TEXT = "text"
    INTEGER = "integer"
    LINES = "lines"


class Setting(msgspec.Struct, frozen=True):
    """One thing an installer may set for a connection with this driver.

    `low` and `high` bound an integer; `longest` is the most characters of a text. `choices` are
    the words that may stand after the equals sign of a line, empty when any may.
    """

    code: str
    title: str
    default: str = ""
    form: SettingForm = SettingForm.TEXT
    help: str = ""
    low: int | None = None
    high: int | None = None
    longest: int = 200
    choices: tuple[str, ...] = ()


NAMES_SETTING = Setting(
    "names",
    "名称对应",
    form=SettingForm.LINES,
    help="设备用的名称与本平台不同时填写，每行一条：对方名称 = 本平台属性 单位；单位相同可不写。"
    "例如：pulseCounter = water_total L",
    longest=8000,
)


class Manifest(msgspec.Struct, frozen=True):
    """What a driver is. `source` is the public page on which the protocol is written down.

    `topics` are the MQTT filters a device may publish to with default settings. `acknowledges`
    tells whether commands are answered; if not, sent is all that is known. `purpose` says for which
    devices it is, and `guide`, step by step, what to enter there: `{host}`, `{port}`, `{username}`,
    `{token}`, `{mqtt_url}`, `{http_url}` and the codes of its settings stand for what belongs to
    the connection.
    """

    code: str
    title: str
    maker: str
    source: str
    transport: str
    topics: tuple[str, ...]
    has_children: bool
    acknowledges: bool
    settings: tuple[Setting, ...] = ()
    purpose: str = ""
    guide: tuple[str, ...] = ()


class CommandToSend(msgspec.Struct, frozen=True):
    """A command for a device: `id` is a UUID, `kind` the kind of the device it is for.

    `child` is None for the connection's own device. Params were checked against the kind.
    """

    id: str
    command: str
    kind: DeviceKind
    params: Mapping[str, Scalar]
    expires_at: datetime | None = None
    child: str | None = None
