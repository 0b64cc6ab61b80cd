"""What others may know of facilities."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from linli.directory.sources.contracts import Source


class FacilityKind(StrEnum):
    """What a facility is."""

    LIFT = "lift"
    PUMP = "pump"
    HYDRANT = "hydrant"
    EXTINGUISHER = "extinguisher"
    FIRE_ALARM = "fire_alarm"
    FIRE_DOOR = "fire_door"
    COVER = "cover"
    PLAYGROUND = "playground"
    GATE = "gate"
    POWER = "power"
    LIGHT = "light"
    WATER_TANK = "water_tank"
    CHARGING = "charging"
    CAMERA = "camera"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What a kind is called and how many months may lie between two checks (None: no check)."""

    title: str
    check_months: int | None


# Lifts are tested yearly (TSG T7001), fire equipment is (GB 25201-2010); the rest is the house's
# own habit. Each facility may have its own interval.
KINDS: Mapping[FacilityKind, KindFacts] = {
    FacilityKind.LIFT: KindFacts("电梯", 12),
    FacilityKind.PUMP: KindFacts("水泵", 12),
    FacilityKind.HYDRANT: KindFacts("消火栓", 12),
    FacilityKind.EXTINGUISHER: KindFacts("灭火器", 12),
    FacilityKind.FIRE_ALARM: KindFacts("火灾报警系统", 12),
    FacilityKind.FIRE_DOOR: KindFacts("防火门", 12),
    FacilityKind.COVER: KindFacts("井盖", 6),
    FacilityKind.PLAYGROUND: KindFacts("游乐健身设施", 3),
    FacilityKind.GATE: KindFacts("出入口道闸", 12),
    FacilityKind.POWER: KindFacts("配电设施", 12),
    FacilityKind.LIGHT: KindFacts("公共照明", None),
    FacilityKind.WATER_TANK: KindFacts("二次供水水箱", 6),
    FacilityKind.CHARGING: KindFacts("充电设施", 6),
    FacilityKind.CAMERA: KindFacts("监控设施", None),
    FacilityKind.OTHER: KindFacts("其他设施", None),
}


class FacilityState(StrEnum):
    """How a facility stands."""

    IN_USE = "in_use"
    OUT_OF_ORDER = "out_of_order"
    REPAIR = "repair"
    SCRAPPED = "scrapped"


STATE_TITLES: Mapping[FacilityState, str] = {
    FacilityState.IN_USE: "在用",
    FacilityState.OUT_OF_ORDER: "停用",
    FacilityState.REPAIR: "维修中",
    FacilityState.SCRAPPED: "已报废",
}


class Due(StrEnum):
    """How near the next check is."""

    NONE = "none"
    LATER = "later"
    SOON = "soon"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"


DUE_TITLES: Mapping[Due, str] = {
    Due.NONE: "不需检查",
    Due.LATER: "未到期",
    Due.SOON: "30 天内到期",
    Due.OVERDUE: "已过期",
    Due.UNKNOWN: "未登记",
}


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility; `place_id` None: of the whole estate. `due` is judged on the day it was asked."""

    id: UUID
    estate_id: UUID
    place_id: UUID | None
    code: str
    title: str
    kind: FacilityKind
    maker: str
    model: str
    serial: str
    installed_on: date | None
    check_months: int | None
    checked_on: date | None
    next_check_on: date | None
    due: Due
    state: FacilityState
    state_words: str
    device_ids: tuple[UUID, ...]
    version: int
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityEntry:
    """A facility to be entered, known by its code in the estate; without one, one is made.

    `check_months` None: as usual for the kind. `next_check_on` None: counted from the last check,
    else from the installation.
    """

    title: str
    kind: FacilityKind
    code: str | None = None
    place_id: UUID | None = None
    maker: str = ""
    model: str = ""
    serial: str = ""
    installed_on: date | None = None
    check_months: int | None = None
    checked_on: date | None = None
    next_check_on: date | None = None
    state: FacilityState = FacilityState.IN_USE
    state_words: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a facility: the day, whether it passed, by whom, in words."""

    id: UUID
    day: date
    passed: bool
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityFilter:
    """Which facilities a list shows; `words` in title, code, maker, model or serial."""

    estate_id: UUID | None = None
    place_ids: tuple[UUID, ...] | None = None
    words: str = ""
    kind: FacilityKind | None = None
    state: FacilityState | None = None
    due: Due | None = None
    sort: str = "next_check_on"
    most: int = 50
    skip: int = 0
