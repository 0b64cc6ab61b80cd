"""Questions across contexts: conditions that contexts contribute and screens put together.

A context says in its `conditions.py` by what its facts can be asked for; it never learns of the
others. A condition is about people, or about places: then it holds for whoever lives in one of the
places or anywhere inside it.

    CONDITIONS = (Condition(code="tag", title="需要关照", ...),)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import SelectBase


class About(StrEnum):
    """What a condition selects."""

    PERSON = "person"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a parameter may take, with its Chinese name."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is to be filled into a condition: one of `choices`, or a whole number in bounds."""

    name: str
    title: str
    usual: str
    choices: tuple[Choice, ...] = ()
    low: int = 0
    high: int = 100_000
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition as it is asked: its parameters, the moment, the estates in question."""

    values: Mapping[str, str]
    now: datetime
    estates: Sequence[UUID]

    def number(self, name: str) -> int:
        return int(self.values[name])


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that can be asked.

    `title` may name parameters (`{days} 天未走访`). `needs` is the permission without which nobody
    may ask it. `select` answers one column of ids: of people, or of places; where it is `lacking`,
    of those for whom the condition does not hold, because they are the fewer.
    """

    code: str
    title: str
    group: str
    about: About
    needs: str
    select: Callable[[Asked], SelectBase]
    parameters: tuple[Parameter, ...] = ()
    lacking: bool = False
