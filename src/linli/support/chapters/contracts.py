"""A chapter of what is kept about one person.

A context says in its `about.py` what it tells:

    CHAPTERS = (Chapter(code="person", title="登记资料", place=10, tell=tell),)
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher

Record = tuple[tuple[str, str], ...]
"""One thing that is kept: labels and what stands there, in the words of the person's language."""


@dataclass(frozen=True, slots=True)
class Section:
    """Records of one sort. `note` says what was left out and who can tell it."""

    title: str
    records: tuple[Record, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom it is about, and why it is asked: the reason stands in the record of looks."""

    person_id: UUID
    reason: str


Telling = Callable[[Work, Cipher, Asked], Awaitable[tuple[Section, ...]]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one context tells, in full; `place` orders chapters.

    `tell` keeps to what the asking session may see and says in a note what it may not. It raises
    Forbidden or NotFound when nothing at all may be told.
    """

    code: str
    title: str
    place: int
    tell: Telling
