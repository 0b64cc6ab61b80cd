"""The full county as the worker, the page and the command line know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

SEED = 20_261_123
NOTHING: Mapping[str, int] = MappingProxyType({})


class CountyState(StrEnum):
    """How far the full county has come."""

    ABSENT = "absent"
    WAITING = "waiting"
    LOADING = "loading"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class CountyMove(StrEnum):
    """What can happen to the load."""

    ASK = "ask"
    BEGIN = "begin"
    FINISH = "finish"
    STOP = "stop"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Shape:
    """The buildings of an estate: how many, how high, 单元 of each, homes on a floor."""

    buildings: int
    floors: int
    entrances: int
    homes: int

    @property
    def all_homes(self) -> int:
        """Homes of the whole estate."""
        return self.buildings * self.floors * self.entrances * self.homes


SHAPES = (
    Shape(9, 18, 3, 4),
    Shape(12, 27, 2, 3),
    Shape(18, 18, 2, 3),
    Shape(27, 6, 3, 4),
    Shape(6, 27, 3, 4),
)
"""All of one number of homes, so that estates differ to the eye and not in size."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is entered: estates beyond the demo's own, and what each of them holds."""

    estates: int = 59
    residents: int = 5_085
    cared: int = 1_034
    devices: int = 85
    incidents: int = 1_695
    shapes: tuple[Shape, ...] = SHAPES

    @property
    def whole(self) -> Mapping[str, int]:
        """What the county gains, by what is counted."""
        return {
            "estates": self.estates,
            "residents": self.estates * self.residents,
            "key_people": self.estates * self.cared,
            "devices": self.estates * self.devices,
            "incidents": self.estates * self.incidents,
        }


@dataclass(frozen=True, slots=True)
class County:
    """The load as it stands: `at` of `of` estates are there, the last one is `title`.

    `counts` are what was entered so far. `words` say why it failed.
    """

    state: CountyState = CountyState.ABSENT
    asked_by: str = ""
    at: int = 0
    of: int = 0
    title: str = ""
    words: str = ""
    cancelled: bool = False
    counts: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return self.at / self.of if self.of else 0.0
