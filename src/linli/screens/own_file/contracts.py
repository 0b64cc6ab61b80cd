"""The file that a person takes home."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.support.chapters.contracts import Section


@dataclass(frozen=True, slots=True)
class ToldChapter:
    """A chapter as it was told."""

    code: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class OwnFile:
    """Everything that was told about a person, by whom it was handed out, when and why."""

    person_id: UUID
    made_at: datetime
    made_by: str
    reason: str
    chapters: tuple[ToldChapter, ...]
