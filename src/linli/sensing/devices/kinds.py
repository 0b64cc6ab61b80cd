"""What kinds of devices an estate has: what each measures, tells and can be told to do.

The kinds are sheets of text in the folder `kinds/` beside this file; a new kind is a new sheet.
Readings are kept in the unit of the sheet, and a value outside its physical range is no reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated

import msgspec

from linli.sensing.devices.units import is_known

Scalar = str | float | bool
"""One flat value of an event or a command."""


class Form(StrEnum):
    """How a property behaves over time."""

    NUMBER = "number"
    SWITCH = "switch"
    COUNTER = "counter"
    ENUMERATION = "enumeration"


class FieldForm(StrEnum):
    """What a field of an event or a parameter of a command holds."""

    TEXT = "text"
    NUMBER = "number"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Property:
    """One thing a device measures, always kept as a number in `unit`.

    A switch is 0 or 1, an enumeration one of its labels, a counter never falls except when the
    device is replaced. `low` and `high` are what is physically possible, not what is desirable.
    """

    code: str
    title: str
    form: Form
    unit: str | None
    low: float
    high: float
    whole: bool
    decimals: int
    labels: Mapping[int, str]

    def admits(self, value: float) -> bool:
        """Whether the value can be true of this property; never for NaN."""
        if not self.low <= value <= self.high:
            return False
        if not self.whole:
            return True
        return value.is_integer() and (not self.labels or int(value) in self.labels)

    def words(self, value: float) -> str:
        """The value as people read it: 有烟, 12.35 m³, 3 层."""
        label = self.labels.get(int(value)) if self.whole and value.is_integer() else None
        if label is not None:
            return label
        number = f"{value:.{self.decimals}f}"
        return f"{number} {self.unit}" if self.unit else number


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event, or one parameter of a command."""

    code: str
    title: str
    form: FieldForm
    unit: str | None
    low: float | None
    high: float | None
    longest: int
    choices: tuple[str, ...]
    required: bool

    def problem(self, value: Scalar) -> str | None:
        """Why the value does not fit, in Chinese; None when it fits."""
        match self.form:
            case FieldForm.SWITCH:
                fits = isinstance(value, bool)
                return None if fits else f"{self.title}应为是或否"
            case FieldForm.TEXT:
                return self._text_problem(value)
            case FieldForm.NUMBER:
                return self._number_problem(value)

    def _text_problem(self, value: Scalar) -> str | None:
        if not isinstance(value, str):
            return f"{self.title}应为文字"
        if len(value) > self.longest:
            return f"{self.title}最多 {self.longest} 个字"
        if self.choices and value not in self.choices:
            return f"{self.title}只能是：{'、'.join(self.choices)}"
        return None

    def _number_problem(self, value: Scalar) -> str | None:
        if isinstance(value, bool | str) or value != value:  # noqa: PLR0124 - NaN differs from itself
            return f"{self.title}应为数字"
        if (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        ):
            return f"{self.title}应在 {self.low:g} 到 {self.high:g} 之间"
        return None


@dataclass(frozen=True, slots=True)
class EventKind:
    """Something that happens at a moment: a button pressed, a person seen."""

    code: str
    title: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class CommandKind:
    """Something a device can be told to do. `risky` ones are confirmed by a person first."""

    code: str
    title: str
    params: Mapping[str, Field]
    risky: bool

    def problem(self, params: Mapping[str, Scalar]) -> str | None:
        """Why the parameters do not fit, in Chinese; None when they fit."""
        for name in params:
            if name not in self.params:
                return f"指令“{self.title}”没有参数 {name}"
        for name, field in self.params.items():
            value = params.get(name)
            if value is None:
                if field.required:
                    return f"指令“{self.title}”缺少参数“{field.title}”"
                continue
            problem = field.problem(value)
            if problem:
                return problem
        return None


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """One kind of device. Silent for longer than `offline_after`, it counts as offline."""

    code: str
    title: str
    group: str
    offline_after: timedelta
    notes: str
    properties: Mapping[str, Property]
    events: Mapping[str, EventKind]
    commands: Mapping[str, CommandKind]


class BrokenSheet(ValueError):
    """A sheet of a device kind says something impossible; names the sheet and the place."""


Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=30)]


class FieldSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field as written in a sheet."""

    title: Title
    form: FieldForm
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    longest: int = 200
    choices: tuple[str, ...] = ()
    required: bool = False


class PropertySheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A property as written in a sheet."""

    title: Title
    form: Form
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    decimals: int = 0
    labels: dict[int, str] = {}


class EventSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event as written in a sheet."""

    title: Title
    fields: dict[Code, FieldSheet] = {}


class CommandSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command as written in a sheet."""

    title: Title
    risky: bool = False
    params: dict[Code, FieldSheet] = {}


class KindSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device kind as written in a sheet."""

    code: Code
    title: Title
    group: Title
    offline_after_minutes: Annotated[int, msgspec.Meta(gt=0)]
    notes: str = ""
    properties: dict[Code, PropertySheet] = {}
    events: dict[Code, EventSheet] = {}
    commands: dict[Code, CommandSheet] = {}


def read_sheet(text: bytes | str) -> DeviceKind:
    """Read one sheet (TOML) and make sure it can be true.

    Raises:
        BrokenSheet: unreadable, an unknown word, an unknown unit, a range upside down,
            labels missing or given where they mean nothing.
    """
    try:
        sheet = msgspec.toml.decode(text, type=KindSheet, strict=False)
    except msgspec.DecodeError as error:
        raise BrokenSheet(str(error)) from error
    return DeviceKind(
        code=sheet.code,
        title=sheet.title,
        group=sheet.group,
        offline_after=timedelta(minutes=sheet.offline_after_minutes),
        notes=sheet.notes,
        properties=MappingProxyType(
            {
                code: _property(f"{sheet.code}.{code}", code, given)
                for code, given in sheet.properties.items()
            },
        ),
        events=MappingProxyType(
            {
                code: EventKind(
                    code=code,
                    title=given.title,
                    fields=_fields(f"{sheet.code}.{code}", given.fields),
                )
                for code, given in sheet.events.items()
            },
        ),
        commands=MappingProxyType(
            {
                code: CommandKind(
                    code=code,
                    title=given.title,
                    params=_fields(f"{sheet.code}.{code}", given.params),
                    risky=given.risky,
                )
                for code, given in sheet.commands.items()
            },
        ),
    )


def _property(place: str, code: str, given: PropertySheet) -> Property:
    if given.unit is not None and not is_known(given.unit):
        raise BrokenSheet(f"{place}: unit {given.unit} is not in the table of units")
    low, high = given.low, given.high
    match given.form:
        case Form.SWITCH:
            if set(given.labels) != {0, 1} or given.unit or (low, high) != (None, None):
                raise BrokenSheet(f"{place}: a switch has labels for 0 and 1 and nothing else")
            low, high = 0.0, 1.0
        case Form.ENUMERATION:
            if not given.labels or (low, high) != (None, None):
                raise BrokenSheet(f"{place}: an enumeration has labels and no range")
            low, high = float(min(given.labels)), float(max(given.labels))
        case Form.COUNTER:
            low = 0.0 if low is None else low
        case Form.NUMBER:
            pass
    if low is None or high is None or not low < high:
        raise BrokenSheet(f"{place}: low and high must be given, low below high")
    return Property(
        code=code,
        title=given.title,
        form=given.form,
        unit=given.unit,
        low=low,
        high=high,
        whole=given.whole or given.form in {Form.SWITCH, Form.ENUMERATION},
        decimals=given.decimals,
        labels=MappingProxyType(dict(given.labels)),
    )


def _fields(place: str, given: Mapping[str, FieldSheet]) -> Mapping[str, Field]:
    for code, sheet in given.items():
        numeric = sheet.form is FieldForm.NUMBER
        if (sheet.low is None) != (sheet.high is None) or (sheet.low is not None and not numeric):
            raise BrokenSheet(f"{place}.{code}: low and high come together, for numbers only")
        if sheet.choices and sheet.form is not FieldForm.TEXT:
            raise BrokenSheet(f"{place}.{code}: choices are for text only")
    return MappingProxyType(
        {
            code: Field(
                code=code,
                title=sheet.title,
                form=sheet.form,
                unit=sheet.unit,
                low=sheet.low,
                high=sheet.high,
                longest=sheet.longest,
                choices=sheet.choices,
                required=sheet.required,
            )
            for code, sheet in given.items()
        },
    )


@cache
def all_kinds() -> Mapping[str, DeviceKind]:
    """Every device kind by its code, in the order of the codes.

    Raises:
        BrokenSheet: a sheet cannot be true, or its file is not named after its code.
    """
    kinds: dict[str, DeviceKind] = {}
    folder = files("linli.sensing.devices").joinpath("kinds")
    for sheet in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not sheet.name.endswith(".toml"):
            continue
        try:
            kind = read_sheet(sheet.read_bytes())
        except BrokenSheet as error:
            raise BrokenSheet(f"{sheet.name}: {error}") from error
        if sheet.name != f"{kind.code}.toml":
            raise BrokenSheet(f"{sheet.name}: the file must be named {kind.code}.toml")
        kinds[kind.code] = kind
    return MappingProxyType(kinds)
