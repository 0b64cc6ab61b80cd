"""Incidents as others may see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from linli.responding.alerts.contracts import Category, Severity

NO_DETAIL: Mapping[str, str] = MappingProxyType({})


class IncidentState(StrEnum):
    """How far an incident has come; closed, false alarm and merged are ends."""

    OPEN = "open"
    HANDLING = "handling"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"
    MERGED = "merged"

    @property
    def words(self) -> str:
        return _STATE_WORDS[self]


_STATE_WORDS = {
    IncidentState.OPEN: "待处置",
    IncidentState.HANDLING: "处置中",
    IncidentState.RESOLVED: "已解决待确认",
    IncidentState.CONFIRMED: "已确认",
    IncidentState.CLOSED: "已办结",
    IncidentState.FALSE_ALARM: "误报",
    IncidentState.MERGED: "已合并",
}

ACTIVE_STATES = frozenset(
    {
        IncidentState.OPEN,
        IncidentState.HANDLING,
        IncidentState.RESOLVED,
        IncidentState.CONFIRMED,
    }
)
UNANSWERED_STATES = frozenset({IncidentState.OPEN, IncidentState.HANDLING})


class IncidentMove(StrEnum):
    """What can be done with an incident."""

    TAKE = "take"
    DISPATCH = "dispatch"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    CLOSE = "close"
    MARK_FALSE_ALARM = "mark_false_alarm"
    REOPEN = "reopen"
    MERGE = "merge"
    RAISE_LEVEL = "raise_level"

    @property
    def words(self) -> str:
        return _MOVE_WORDS[self]


_MOVE_WORDS = {
    IncidentMove.TAKE: "我来跟进",
    IncidentMove.DISPATCH: "派单",
    IncidentMove.RESOLVE: "标记已解决",
    IncidentMove.CONFIRM: "确认已解决",
    IncidentMove.CLOSE: "办结归档",
    IncidentMove.MARK_FALSE_ALARM: "误报",
    IncidentMove.REOPEN: "重新打开",
    IncidentMove.MERGE: "合并到另一事件",
    IncidentMove.RAISE_LEVEL: "上报上一级",
}


class Level(StrEnum):
    """Who holds the incident now; it rises when a deadline passes."""

    PROPERTY = "property"
    COMMUNITY = "community"
    STREET = "street"
    COUNTY = "county"

    @property
    def words(self) -> str:
        return _LEVEL_WORDS[self]


_LEVEL_WORDS = {
    Level.PROPERTY: "物业",
    Level.COMMUNITY: "社区",
    Level.STREET: "街道",
    Level.COUNTY: "县级",
}


class Stage(StrEnum):
    """What is due next."""

    ACCEPT = "accept"
    ARRIVE = "arrive"
    FIX = "fix"
    VERIFY = "verify"

    @property
    def words(self) -> str:
        return _STAGE_WORDS[self]


_STAGE_WORDS = {
    Stage.ACCEPT: "接单",
    Stage.ARRIVE: "到场",
    Stage.FIX: "处理完成",
    Stage.VERIFY: "确认",
}


@dataclass(frozen=True, slots=True)
class Incident:
    """One matter that needs people.

    `line` is what the desk reads: 阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置.
    Deadlines run from `received_at`, the moment linli received the first signal.
    """

    id: UUID
    code: str
    estate_id: UUID
    estate_title: str
    place_id: UUID | None
    place_path: str
    category: Category
    severity: Severity
    what: str
    line: str
    duty: str
    state: IncidentState
    version: int
    level: Level
    owner_id: UUID
    owner_title: str
    opened_at: datetime
    received_at: datetime
    last_seen_at: datetime
    times_seen: int
    ringing: bool
    source_kind: str
    source_title: str
    source_device_id: UUID | None
    evidence: tuple[UUID, ...] = ()
    taken_by_id: UUID | None = None
    taken_by: str = ""
    stage: Stage | None = None
    due_at: datetime | None = None
    overdue: bool = False
    accepted_at: datetime | None = None
    resolved_at: datetime | None = None
    ended_at: datetime | None = None
    merged_into: UUID | None = None
    reopened_times: int = 0
    steps: int = 0
    chain: str = ""
    """The hash of the newest step: the story cannot be altered without breaking it."""


@dataclass(frozen=True, slots=True)
class StepDraft:
    """One step to be added to a story."""

    kind: str
    title: str
    words: str = ""
    evidence: tuple[UUID, ...] = ()
    detail: Mapping[str, str] = field(default_factory=lambda: NO_DETAIL)
    at: datetime | None = None
    actor_id: UUID | None = None
    actor_name: str | None = None
    actor_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a story, in order, append-only; `hash` covers it and the step before."""

    incident_id: UUID
    seq: int
    at: datetime
    recorded_at: datetime
    actor_id: UUID | None
    actor_name: str
    actor_kind: str
    kind: str
    title: str
    words: str
    evidence: tuple[UUID, ...]
    detail: Mapping[str, str]
    hash: str


@dataclass(frozen=True, slots=True)
class Report:
    """A matter reported by a person on the desk, or found by linli where no device is.

    `level` says who answers for it from the start; None: the property company, or the community
    where there is none.
    """

    estate_id: UUID
    place_id: UUID | None
    category: Category
    severity: Severity
    words: str
    evidence: tuple[UUID, ...]
    level: Level | None = None
