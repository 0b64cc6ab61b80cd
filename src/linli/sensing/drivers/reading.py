"""Parts that every driver reads in the same way: JSON, time, values, events."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import cast

import msgspec

from linli.sensing.devices.public import (
    DeviceKind,
    EventKind,
    Form,
    Property,
    Scalar,
    WrongUnit,
    convert,
)
from linli.sensing.drivers.contracts import Reason, Refused, Undecodable

LONGEST_TEXT = 1000
LONGEST_SHOWN = 80
LONGEST_ID = 64
MOST_FIELDS = 64

_anything = msgspec.json.Decoder(object)


def read_json(payload: bytes, largest: int) -> object:
    """The JSON of a payload.

    Raises:
        Undecodable: larger than `largest` bytes, or no JSON.
    """
    if len(payload) > largest:
        raise Undecodable(Reason.TOO_LARGE, f"一条消息最多 {largest // 1024} KiB")
    try:
        return _anything.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(Reason.BROKEN_JSON) from error


def as_object(body: object, words: str = "") -> Mapping[str, object]:
    """The JSON object that must stand here.

    Raises:
        Undecodable: something else stands here.
    """
    if isinstance(body, dict):
        return cast("Mapping[str, object]", body)
    raise Undecodable(Reason.NOT_AN_OBJECT, words)


def as_number(value: object) -> float | None:
    """The number, when it is one; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def is_keepable(text: str, longest: int = LONGEST_ID) -> bool:
    """Whether a foreign text can be kept as it is; PostgreSQL knows no NUL in a text."""
    return 0 < len(text) <= longest and "\x00" not in text


def time_from_ms(milliseconds: float | None) -> tuple[datetime | None, bool]:
    """A time in milliseconds since 1970 UTC, and whether one was given that no calendar holds."""
    if milliseconds is None:
        return None, False
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC), False
    except (OverflowError, ValueError, OSError):
        return None, True


def time_from_text(text: str) -> tuple[datetime | None, bool]:
    """A time written after ISO 8601 with its offset; without an offset it is unreadable."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None, True
        return moment.astimezone(UTC), False
    except (ValueError, OverflowError):
        return None, True


def shown(value: object) -> str:
    """A foreign value, short enough to be kept and shown."""
    text = _text(value).replace("\x00", "␀")
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _text(value: object) -> str:
    if isinstance(value, str):
        return value[: LONGEST_SHOWN + 1]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, int):
        # Thousands of digits would take their time, and Python refuses them as text anyway.
        return str(value) if value.bit_length() < LONGEST_SHOWN * 3 else "(很大的整数)"
    return "{…}" if isinstance(value, dict) else "[…]"


def refuse(reason: Reason, name: str, value: object, words: str = "") -> Refused:
    """A refused part with its name and value cut to a length that can be kept."""
    return Refused(
        reason=reason, name=shown(name), value=shown(value), words=words or reason.heading
    )


def read_value(held: Property, value: object, unit: str | None = None) -> float | Refused:
    """One value of a property in the property's unit, or why it is none.

    A switch may be said as true, false, 0 or 1.
    """
    if not isinstance(value, int | float):
        return refuse(Reason.WRONG_TYPE, held.code, value, f"“{held.title}”应为数字或是否")
    if isinstance(value, bool) and held.form is not Form.SWITCH:
        return refuse(Reason.WRONG_TYPE, held.code, value, f"“{held.title}”应为数字")
    try:
        number = float(value)
        if unit is not None:
            number = convert(number, unit, held.unit)
    except OverflowError:
        number = float("inf")
    except WrongUnit as error:
        return refuse(Reason.WRONG_UNIT, held.code, value, f"“{held.title}”：{error}")
    if held.admits(number):
        return number
    return refuse(Reason.OUT_OF_RANGE, held.code, value, range_words(held))


def range_words(held: Property) -> str:
    """What values the property can have, in Chinese."""
    if held.labels:
        choices = "、".join(f"{number}（{words}）" for number, words in held.labels.items())
        return f"“{held.title}”只能是 {choices}"
    unit = held.unit or ""
    whole = "的整数" if held.whole else ""
    return f"“{held.title}”应在 {held.low:g} 到 {held.high:g} {unit}之间{whole}"


def read_event_fields(
    kind: EventKind,
    given: Iterable[tuple[str, object]],
) -> tuple[tuple[tuple[str, Scalar], ...], tuple[Refused, ...]]:
    """The flat fields of an event, and those refused. A bad field never silences its event."""
    fields: list[tuple[str, Scalar]] = []
    refused: list[Refused] = []
    for name, value in given:
        if len(fields) == MOST_FIELDS:
            refused.append(refuse(Reason.TOO_MANY, name, value))
            break
        fitting = _flat(value)
        if fitting is None or not is_keepable(name, LONGEST_SHOWN):
            refused.append(refuse(Reason.WRONG_TYPE, name, value, "只能是短文字、数字或是否"))
            continue
        field = kind.fields.get(name)
        problem = field.problem(fitting) if field is not None else None
        if problem:
            refused.append(refuse(Reason.OUT_OF_RANGE, name, value, problem))
            continue
        fields.append((name, fitting))
    return tuple(fields), tuple(refused)


def _flat(value: object) -> Scalar | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT and "\x00" not in value else None
    number = as_number(value)
    return number if number is not None and isfinite(number) else None


def known(kind: DeviceKind | None, child: str | None) -> DeviceKind:
    """The kind, when it is registered.

    Raises:
        Undecodable: nothing is registered under this name.
    """
    if kind is not None:
        return kind
    if child is None:
        raise Undecodable(Reason.UNKNOWN_CHILD, "这个接入凭证没有绑定设备")
    raise Undecodable(Reason.UNKNOWN_CHILD, f"下挂设备 {shown(child)} 没有登记")
