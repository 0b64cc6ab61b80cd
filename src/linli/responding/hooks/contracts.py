"""Subscriptions of other systems and what was sent to them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class HookEvent(StrEnum):
    """What a system may be told of; a ping only tries the connection."""

    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CHANGED = "incident.changed"
    INCIDENT_CLOSED = "incident.closed"
    ORDER_CHANGED = "order.changed"
    ALERT_RANG = "alert.rang"
    PING = "ping"


class HookState(StrEnum):
    """Only an active hook is delivered to; what waits for the others stays."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class DeliveryState(StrEnum):
    """Where one notice stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hook:
    """A subscription of one organisation; `failing_since` is the first failure in a row."""

    id: UUID
    organisation_id: UUID
    title: str
    url: str
    events: tuple[str, ...]
    state: HookState
    failing_since: datetime | None
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: `status` is the HTTP status, None when there was no answer."""

    at: datetime
    status: int | None
    error: str


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One notice to one hook; `sequence` grows within its hook."""

    id: UUID
    hook_id: UUID
    sequence: int
    event: str
    state: DeliveryState
    made_at: datetime
    due_at: datetime
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: of which subject, and which facts (ids and codes only).

    `key` is the same when the same event is handled twice.
    """

    event: HookEvent
    key: str
    estate_id: UUID
    happened_at: datetime
    subject_id: UUID
    facts: dict[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookStanding:
    """How all hooks of an installation stand.

    `suspended` and `failing` are titles; `waiting` are notices still to be sent, `overdue` those of
    them that an active hook should have had a while ago, `failed` those that were given up.
    """

    hooks: int
    suspended: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    waiting: int = 0
    overdue: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice taken out to be sent now; signed with each of the secrets, the newest first."""

    id: UUID
    hook_id: UUID
    url: str
    secrets_sealed: tuple[bytes, ...] = field(repr=False)
    body: str
    tries: int
