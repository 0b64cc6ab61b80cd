"""What others may see of findings and alerts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Severity(StrEnum):
    """How bad, worst first. Deadlines, sounds and repeat windows follow from it."""

    CRITICAL = "critical"
    DANGER = "danger"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def rank(self) -> int:
        """4 for critical down to 1 for notice."""
        return _RANK[self]

    @property
    def words(self) -> str:
        return _SEVERITY_TITLES[self]


_RANK = {Severity.CRITICAL: 4, Severity.DANGER: 3, Severity.WARNING: 2, Severity.NOTICE: 1}
_SEVERITY_TITLES = {
    Severity.CRITICAL: "特急",
    Severity.DANGER: "紧急",
    Severity.WARNING: "警示",
    Severity.NOTICE: "提示",
}


class Category(StrEnum):
    """What sort of matter it is; a person on the desk filters by it."""

    FIRE = "fire"
    RESCUE = "rescue"
    LIFT = "lift"
    E_BIKE = "e_bike"
    FALLING_OBJECT = "falling_object"
    ACCESS = "access"
    WATER = "water"
    ELDER = "elder"
    COVER = "cover"
    CHARGING = "charging"
    DEVICE_FAULT = "device_fault"
    REPORT = "report"

    @property
    def words(self) -> str:
        return _CATEGORY_TITLES[self]


_CATEGORY_TITLES = {
    Category.FIRE: "火灾烟雾",
    Category.RESCUE: "一键呼救",
    Category.LIFT: "电梯安全",
    Category.E_BIKE: "电动自行车入梯",
    Category.FALLING_OBJECT: "高空抛物",
    Category.ACCESS: "门禁异常",
    Category.WATER: "用水异常",
    Category.ELDER: "独居老人",
    Category.COVER: "井盖异常",
    Category.CHARGING: "充电安全",
    Category.DEVICE_FAULT: "设备故障",
    Category.REPORT: "人工上报",
}


class AlertState(StrEnum):
    """Whether an alert rings, or its condition is over."""

    RINGING = "ringing"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Fact:
    """One reading or event field that a finding rests on."""

    title: str
    value: str
    unit: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule found what it found: a sentence, the readings, and since when it held."""

    sentence: str
    facts: tuple[Fact, ...]
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleName:
    """Which rule, and which version of it, speaks."""

    id: UUID
    code: str
    title: str
    version: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found about a device at a place.

    `what` and `action` make the desk's line: "发现电动自行车进入" and "请及时处置".
    `found_at` is the device's time, `received_at` ours: deadlines run on the latter.
    `duty` is the service-contract duty that should answer.
    """

    rule: RuleName
    estate_id: UUID
    place_id: UUID | None
    device_id: UUID
    category: Category
    severity: Severity
    what: str
    action: str
    duty: str
    found_at: datetime
    received_at: datetime
    explanation: Explanation
    evidence: tuple[UUID, ...] = ()
    joins: UUID | None = None
    """An incident that this is known to be about, because another device told of the same."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding that rings, and how often it was seen."""

    id: UUID
    finding: Finding
    state: AlertState
    times_seen: int
    last_seen_at: datetime
    told_at: datetime
    cleared_at: datetime | None = None


class Ring(StrEnum):
    """What a finding did to the alerts."""

    RANG = "rang"
    WORSENED = "worsened"
    REPEATED = "repeated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Rung:
    """An alert and what just happened to it; `tell` is False for a repeat nobody must hear of.

    `findings` is how many findings of one batch did it; the end of a condition is none.
    """

    ring: Ring
    alert: Alert
    tell: bool = True
    findings: int = 1
