"""What a question is and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition with its parameters filled in; `negated` asks for the opposite."""

    code: str
    values: Mapping[str, str]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Clauses that all must hold."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class SavedQuestion:
    """A question kept by an organisation; None: it comes with linli."""

    id: UUID | None
    organisation_id: UUID | None
    title: str
    question: Question
    created_by: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A person whom a question finds, with the home by which they were found."""

    person_id: UUID
    home_id: UUID
    estate_id: UUID
    home_title: str


@dataclass(frozen=True, slots=True)
class Spot:
    """How many people a question finds in a building (the outermost place of their homes)."""

    estate_id: UUID
    place_id: UUID
    people: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of the people found, how many they are, and where."""

    rows: tuple[Found, ...]
    total: int
    spots: tuple[Spot, ...]
