"""What others may know of key people: masked by default, in full only after a reason was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Risk(StrEnum):
    """How much could go wrong when nobody looks."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


RISK_TITLES: Mapping[Risk, str] = {Risk.HIGH: "高", Risk.MEDIUM: "中", Risk.LOW: "低"}


class Basis(StrEnum):
    """On what the keeping of a record rests (个人信息保护法 art. 13, 28, 29)."""

    SEPARATE_CONSENT = "separate_consent"
    GUARDIAN_CONSENT = "guardian_consent"
    STATUTORY_DUTY = "statutory_duty"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class BasisRule:
    """A basis in words, and the law it comes from."""

    title: str
    source: str


BASES: Mapping[Basis, BasisRule] = {
    Basis.SEPARATE_CONSENT: BasisRule("本人单独同意", "个人信息保护法第十三条、第二十九条"),
    Basis.GUARDIAN_CONSENT: BasisRule("监护人同意", "个人信息保护法第十三条、第三十一条"),
    Basis.STATUTORY_DUTY: BasisRule("履行法定职责", "个人信息保护法第十三条、第三十四条"),
    Basis.EMERGENCY: BasisRule("紧急情况下保护生命健康", "个人信息保护法第十三条"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Why somebody is in the register.

    `every_days` is the usual time between visits, `review_days` after which a clerk looks whether
    it still holds. In force from `since` until before `until`; `counties` names the county
    organisations for which it holds, empty for all.
    """

    code: str
    title: str
    risk: Risk
    every_days: int
    review_days: int
    since: date
    until: date | None = None
    counties: frozenset[UUID] = frozenset()


class EntryState(StrEnum):
    """How a category of a person stands."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"


ENTRY_TITLES: Mapping[EntryState, str] = {
    EntryState.ACTIVE: "有效",
    EntryState.EXPIRED: "已到期",
    EntryState.ENDED: "已退出",
}


class EntryMove(StrEnum):
    """What can happen to a category of a person."""

    EXPIRE = "expire"
    END = "end"
    RENEW = "renew"


class Outcome(StrEnum):
    """How a visit went."""

    MET = "met"
    NOT_HOME = "not_home"
    PHONED = "phoned"
    DECLINED = "declined"


OUTCOME_TITLES: Mapping[Outcome, str] = {
    Outcome.MET: "见到本人",
    Outcome.NOT_HOME: "家中无人",
    Outcome.PHONED: "电话联系上",
    Outcome.DECLINED: "本人不愿见面",
}


class Finding(StrEnum):
    """What a visitor notices."""

    WELL = "well"
    ILL = "ill"
    LOW_MOOD = "low_mood"
    FIRE_RISK = "fire_risk"
    FALL_RISK = "fall_risk"
    NO_FOOD = "no_food"
    DEVICE_FAULT = "device_fault"
    NEEDS_HELP = "needs_help"


FINDING_TITLES: Mapping[Finding, str] = {
    Finding.WELL: "一切正常",
    Finding.ILL: "身体不适",
    Finding.LOW_MOOD: "情绪低落",
    Finding.FIRE_RISK: "用火用电隐患",
    Finding.FALL_RISK: "有跌倒风险",
    Finding.NO_FOOD: "缺吃缺药",
    Finding.DEVICE_FAULT: "呼救器等设备故障",
    Finding.NEEDS_HELP: "需要帮助办事",
}


class ToldBy(StrEnum):
    """Who said that somebody is away."""

    PERSON = "person"
    CARER = "carer"
    CLERK = "clerk"


TOLD_TITLES: Mapping[ToldBy, str] = {
    ToldBy.PERSON: "本人",
    ToldBy.CARER: "家属或照护人",
    ToldBy.CLERK: "工作人员",
}


class Due(StrEnum):
    """Which people a list shows, by what is to be done."""

    ALL = "all"
    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    AWAY = "away"
    REVIEW = "review"
    UNPLANNED = "unplanned"
    LEFT = "left"


DUE_TITLES: Mapping[Due, str] = {
    Due.ALL: "在册",
    Due.OVERDUE: "走访逾期",
    Due.TODAY: "今天该走访",
    Due.WEEK: "七天内",
    Due.AWAY: "外出中",
    Due.REVIEW: "待复核",
    Due.UNPLANNED: "未安排走访",
    Due.LEFT: "已退出",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One category of a person, with its basis and its dates."""

    id: UUID
    category: str
    title: str
    basis: Basis
    basis_words: str
    since: date
    review_on: date
    expires_on: date | None
    state: EntryState
    ended_at: datetime | None
    end_reason: str
    entered_by: str
    version: int


@dataclass(frozen=True, slots=True)
class KeyPerson:
    """A person of the register without name and number: whom it is about says `person_id`."""

    id: UUID
    estate_id: UUID
    person_id: UUID
    home_id: UUID | None
    categories: tuple[str, ...]
    risk: Risk
    risk_by_hand: bool
    risk_reasons: tuple[str, ...]
    every_days: int | None
    visitor_id: UUID | None
    visitor_name: str
    last_visit_at: datetime | None
    next_visit_on: date | None
    away_until: date | None
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Carer:
    """Who looks after somebody; the phone as the caller may see it."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a visitor stood, degrees WGS 84 and metres; only with the visitor's consent."""

    latitude: float
    longitude: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDraft:
    """A visit as it was written down, perhaps long before it is received.

    `id` is given by the phone: the same visit sent again is the same visit. `problem` asks for an
    incident.
    """

    id: UUID
    key_person_id: UUID
    visited_at: datetime
    outcome: Outcome
    findings: tuple[Finding, ...]
    words: str
    file_ids: tuple[UUID, ...] = ()
    position: Position | None = None
    problem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit that was made. `words` None: something was noted, and the reader may not see it."""

    id: UUID
    key_person_id: UUID
    estate_id: UUID
    visitor_id: UUID | None
    visitor_name: str
    visited_at: datetime
    received_at: datetime
    outcome: Outcome
    findings: tuple[Finding, ...]
    words: str | None
    file_ids: tuple[UUID, ...]
    position: Position | None
    problem: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSearch:
    """Which visits a list shows: from a moment until before another."""

    since: datetime
    until: datetime
    estate_id: UUID | None = None
    visitor_id: UUID | None = None
    outcome: Outcome | None = None
    problem: bool = False


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit in a list: whose, by whom, when, how it went; not what was noted."""

    id: UUID
    key_person_id: UUID
    person_id: UUID
    visitor_name: str
    visited_at: datetime
    received_at: datetime
    outcome: Outcome
    findings: tuple[Finding, ...]
    photos: int
    problem: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """What a visitor found that needs others: where, in words, with photos."""

    estate_id: UUID
    home_id: UUID | None
    words: str
    file_ids: tuple[UUID, ...]
    visitor_id: UUID | None
    visitor_name: str


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away from the first to the last of these days."""

    id: UUID
    since: date
    until: date
    whereto: str
    told_by: ToldBy
    noted_by: str
    noted_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of what happened to a record."""

    at: datetime
    by: str
    change: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """A person under one category; `every_days` None takes the category's usual."""

    person_id: UUID
    category: str
    basis: Basis
    basis_words: str = ""
    since: date | None = None
    expires_on: date | None = None
    every_days: int | None = None
    visitor_id: UUID | None = None
    visitor_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySearch:
    """Which key people to look for; words as in the search for people."""

    words: str = ""
    estate_id: UUID | None = None
    category: str | None = None
    risk: Risk | None = None
    due: Due = Due.ALL
    visitor_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """How one visitor is doing: people planned, overdue now, visits and people met in 30 days."""

    visitor_id: UUID | None
    visitor_name: str
    people: int
    overdue: int
    visits: int
    met: int


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is shown only after a reason: carers with phones, the door code, medical notes.

    `medical` is None when the session may not see it, empty when there is nothing.
    """

    carers: tuple[Carer, ...]
    door: str
    medical: str | None
