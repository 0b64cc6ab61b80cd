"""Terms and reports of retention."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.kernel.retention import Purpose


class TermTooShort(ValueError):
    """A chosen term is shorter than what a law demands, or is of no known purpose."""


@dataclass(frozen=True, slots=True)
class Term:
    """A purpose with the days that hold in this installation."""

    purpose: Purpose
    days: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run forgot of one purpose: everything older than `before`."""

    id: UUID
    at: datetime
    code: str
    days: int
    before: datetime
    removed: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What was forgotten of one purpose so far, and when it was last looked after."""

    code: str
    removed: int
    last_at: datetime
