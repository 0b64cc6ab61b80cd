"""What the cockpit shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

Totals = Mapping[str, int]
"""How many, by the code of the figure."""


class Level(StrEnum):
    """How high something stands; what lies in a building and is no home is a `part`."""

    ALL = "all"
    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    ESTATE = "estate"
    BUILDING = "building"
    PART = "part"
    HOME = "home"


LEVEL_TITLES: Mapping[Level, str] = {
    Level.ALL: "全部",
    Level.COUNTY: "区县",
    Level.STREET: "街道",
    Level.COMMUNITY: "社区",
    Level.ESTATE: "小区",
    Level.BUILDING: "楼栋",
    Level.PART: "公共部位",
    Level.HOME: "住户",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One place in the tree; without an id: everything in sight, or what nobody put anywhere."""

    id: UUID | None
    level: Level
    title: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a number is about: the estates, and in one of them only what lies in `place_id`.

    `depth` is how many places stand over what lies directly in it.
    """

    node: Node
    above: tuple[Node, ...]
    estates: tuple[UUID, ...]
    place_id: UUID | None = None
    depth: int = 0

    @property
    def estate_id(self) -> UUID | None:
        """The estate in which the ground lies, if it lies in one."""
        inside = self.node.level in {Level.ESTATE, Level.BUILDING, Level.PART, Level.HOME}
        return self.estates[0] if inside else None


@dataclass(frozen=True, slots=True)
class Total:
    """A number, and the moment for which it is true."""

    total: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Child:
    """A part of the ground with its own numbers; `index` is an estate's safety index."""

    node: Node
    totals: Totals
    index: Fraction | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A ground with its numbers and those of its parts, all of them seen at `at`."""

    ground: Ground
    totals: Mapping[str, Total]
    children: tuple[Child, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One of the records behind a number."""

    id: UUID
    title: str
    words: str
    place: str
    estate_id: UUID
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long something took: of `count` times half were shorter than `median`; in seconds."""

    code: str
    count: int
    median: float
    ninth: float
    """Nine of ten were shorter."""


@dataclass(frozen=True, slots=True)
class Day:
    """How often something happened on a day."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast things go, and day by day how often they happen."""

    timings: tuple[Timing, ...]
    flows: Mapping[str, tuple[Day, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a safety index: what it reached of its weight, and from which numbers."""

    code: str
    title: str
    weight: int
    reached: Fraction
    counts: Totals


@dataclass(frozen=True, slots=True)
class Index:
    """The safety index of an estate on a day, by a formula that has a name."""

    estate_id: UUID
    day: date
    formula: str
    score: Fraction
    parts: tuple[Part, ...]
    made_at: datetime
