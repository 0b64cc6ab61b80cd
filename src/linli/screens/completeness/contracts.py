"""What the completeness page shows."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Count:
    """Of `total` records `have` hold what they should."""

    total: int
    have: int

    @property
    def missing(self) -> int:
        return self.total - self.have

    def __add__(self, other: "Count") -> "Count":
        return Count(self.total + other.total, self.have + other.have)


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of one place in the tree, and what it takes from a full score."""

    code: str
    title: str
    group: str
    weight: int
    opens: str
    count: Count
    lost: Fraction


@dataclass(frozen=True, slots=True)
class Standing:
    """How complete an estate, community, street or county is; `score` of 100, None: nothing there.

    `counted_at` is the age of the oldest figure in it.
    """

    id: UUID
    parent_id: UUID | None
    kind: str
    title: str
    score: Fraction | None
    lines: tuple[Line, ...]
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A record that lacks something."""

    id: UUID
    title: str
