"""What a terminal can say, before any dialect has put it into bytes. Times: epoch seconds, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = float | int | bool
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Telemetry:
    at: float
    values: Values


@dataclass(frozen=True, slots=True)
class Backlog:
    """Readings that were kept while nobody listened, oldest first."""

    readings: tuple[Telemetry, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A happening; `key` tells it from others of its name in the same millisecond."""

    at: float
    name: str
    fields: Mapping[str, str | Value] = field(default_factory=dict[str, str | Value])
    evidence: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class State:
    at: float
    online: bool
    battery: float | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The acknowledgement of a command: status is done, refused or failed."""

    command_id: str
    status: str
    words: str = ""


Saying = Telemetry | Backlog | Event | State | Answer


@dataclass(frozen=True, slots=True)
class Command:
    """An order from linli; `expires` in epoch seconds, `child` for one behind a site gateway."""

    id: str
    name: str
    params: Mapping[str, object]
    expires: float | None
    child: str | None = None
