"""Foreign names for our properties: what a maker calls a thing, and how to turn its values.

A driver brings a table of the maker's names; an installer adds lines to it in the settings of a
connection, one a line: `their name = our property unit`, the unit only where it differs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from re import ASCII
from re import compile as pattern

from linli.sensing.devices.public import DeviceKind
from linli.sensing.drivers.contracts import Reason, Refused
from linli.sensing.drivers.reading import read_value, refuse, shown

MOST_NAMES = 500
WRITTEN_NUMBER = pattern(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", ASCII)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a foreign name means: our property, the maker's unit, and words that stand for numbers.

    `said` turns a foreign true, false or text into the number kept.
    """

    property: str
    unit: str | None = None
    said: Mapping[bool | str, float] = field(default_factory=dict[bool | str, float])


class BrokenSetting(ValueError):
    """A setting of a connection cannot be understood; says which line and why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Named:
    """What became of the foreign values: kept, without a meaning here, refused."""

    values: tuple[tuple[str, float], ...]
    unknown: tuple[str, ...]
    refused: tuple[Refused, ...]


def names_from_setting(text: str) -> Mapping[str, Meaning]:
    """Read lines such as `pulseCounter = water_total L`.

    Raises:
        BrokenSetting: a line is not of this form.
    """
    names: dict[str, Meaning] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        theirs, equals, ours = line.partition("=")
        match ours.split():
            case [code] if equals and theirs.strip():
                names[theirs.strip()] = Meaning(code)
            case [code, unit] if equals and theirs.strip():
                names[theirs.strip()] = Meaning(code, unit)
            case _:
                raise BrokenSetting(f"第 {number} 行应写成：对方名称 = 本平台属性 单位")
    return names


def read_named(
    kind: DeviceKind,
    given: Iterable[tuple[str, object]],
    names: Mapping[str, Meaning],
) -> Named:
    """Turn foreign values into values of the kind. A name that is ours needs no entry in `names`.

    Null says nothing and is passed over; a number written as text counts as a number, because many
    devices write so. Where two names mean one property the first counts.
    """
    values: dict[str, float] = {}
    unknown: list[str] = []
    refused: list[Refused] = []
    for count, (name, value) in enumerate(given):
        if count == MOST_NAMES:
            refused.append(refuse(Reason.TOO_MANY, name, value))
            break
        if value is None:
            continue
        meaning = names.get(name) or Meaning(name)
        held = kind.properties.get(meaning.property)
        if held is None:
            unknown.append(shown(name))
            continue
        if isinstance(value, bool | str) and value in meaning.said:
            read = read_value(held, meaning.said[value])
        else:
            read = read_value(held, _plain(value), meaning.unit)
        if isinstance(read, Refused):
            refused.append(read)
        else:
            values.setdefault(held.code, read)
    return Named(tuple(values.items()), tuple(unknown), tuple(refused))


def _plain(value: object) -> object:
    return float(value) if isinstance(value, str) and WRITTEN_NUMBER.fullmatch(value) else value
