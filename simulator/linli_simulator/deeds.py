"""What can happen to one terminal, as data; scenes, faults and obeyed commands are lists of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from linli_simulator.sayings import Value, Values


class Picture(StrEnum):
    """The stills a camera can take."""

    E_BIKE_IN_LIFT = "e_bike_in_lift"
    FALLING_OBJECT = "falling_object"


@dataclass(frozen=True, slots=True)
class Show:
    """From now on it reads so, whatever the rhythm says; it reports the change at once."""

    values: Values


@dataclass(frozen=True, slots=True)
class Freeze:
    """These readings stay at what they are now."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """These readings follow the rhythm again (counters go on from where they stood)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Happen:
    """An event, with a still when there is one to take."""

    name: str
    fields: Mapping[str, str | Value] = field(default_factory=dict[str, str | Value])
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class SendKept:
    """Hourly readings of the last hours arrive in one message: nothing moved in all that time."""

    names: tuple[str, ...]
    hours: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """The present readings, `times` over, a minute apart, the last of them now."""

    times: int


@dataclass(frozen=True, slots=True)
class Misdate:
    """Its clock is wrong by so many seconds; 0 sets it right."""

    seconds: float


@dataclass(frozen=True, slots=True)
class FallSilent:
    """It loses power or network, without a good-bye."""


@dataclass(frozen=True, slots=True)
class Return:
    """It is back."""


@dataclass(frozen=True, slots=True)
class Flood:
    """It sends the same few readings over and over."""

    per_second: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Simulated seconds until the next deed."""

    seconds: float


Deed = (
    Show
    | Freeze
    | Release
    | Happen
    | SendKept
    | Repeat
    | Misdate
    | FallSilent
    | Return
    | Flood
    | Pause
)
