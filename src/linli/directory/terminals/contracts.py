"""What others may know of shared terminals."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shared terminal as those who manage accounts see it."""

    id: UUID
    organisation_id: UUID
    title: str
    registered_by: str
    registered_at: datetime
    last_used_at: datetime
    ended_at: datetime | None


class TerminalOrder(StrEnum):
    """What a list is ordered by; backwards with a `-` before it."""

    TITLE = "title"
    TITLE_DOWN = "-title"
    USED = "used"
    USED_DOWN = "-used"
    REGISTERED = "registered"
    REGISTERED_DOWN = "-registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSearch:
    """Which terminals a list shows; `words` are a part of the title."""

    words: str = ""
    order: TerminalOrder = TerminalOrder.TITLE


@dataclass(frozen=True, slots=True)
class Seat:
    """The terminal at which a session, or a browser, sits."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who used a terminal lately; `roles` are the codes of their grants in force."""

    account_id: UUID
    display_name: str
    roles: tuple[str, ...]
    has_pin: bool


@dataclass(frozen=True, slots=True)
class PinState:
    """An account's six-digit code: whether it is there, and locked by wrong tries."""

    there: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class PinTry:
    """Whose code is tried; it counts as wrong already. `failures`: wrong tries before this one."""

    account_id: UUID
    login: str
    display_name: str
    state: str
    password_hash: str = field(repr=False)
    pin_hash: str = field(repr=False)
    failures: int
