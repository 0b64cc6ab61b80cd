"""What a work-place shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from linli.kernel.tallies import TallyKind


class Level(StrEnum):
    """Whose ground is looked at."""

    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    COMPANY = "company"
    ESTATE = "estate"


LEVEL_TITLES: Mapping[Level, str] = {
    Level.COUNTY: "区县",
    Level.STREET: "街道",
    Level.COMMUNITY: "社区",
    Level.COMPANY: "企业",
    Level.ESTATE: "小区",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A place in the tree of those who govern, a company, or an estate."""

    id: UUID
    level: Level
    title: str
    parent_id: UUID | None


@dataclass(frozen=True, slots=True)
class Line:
    """One number; `listed` says whether the rows behind it can be asked for here."""

    code: str
    title: str
    kind: TallyKind
    opens: str
    listed: bool
    good: bool | None
    total: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ground with its figures, by the code of the line."""

    ground: Ground
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Workplace:
    """The ground looked at (`above` from the asker's own ground down to it) and its numbers."""

    ground: Ground
    above: tuple[Ground, ...]
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One of the things that were counted."""

    id: UUID
    title: str
    detail: str
    at: datetime | None
    estate_id: UUID | None
    opens: str
