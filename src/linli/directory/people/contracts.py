"""What others may know of people: masked by default, full only after a reason was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from linli.directory.sources.contracts import CLERK, Source


class Tag(StrEnum):
    """Why somebody needs special care."""

    ELDER_ALONE = "elder_alone"
    ELDER = "elder"
    DISABLED = "disabled"
    BEDRIDDEN = "bedridden"
    CHILD_ALONE = "child_alone"
    LOW_INCOME = "low_income"


TAG_TITLES: Mapping[Tag, str] = {
    Tag.ELDER_ALONE: "独居老人",
    Tag.ELDER: "高龄老人",
    Tag.DISABLED: "残疾人",
    Tag.BEDRIDDEN: "卧床",
    Tag.CHILD_ALONE: "留守儿童",
    Tag.LOW_INCOME: "困难家庭",
}


class Relation(StrEnum):
    """How a person belongs to a home."""

    OWNER = "owner"
    TENANT = "tenant"
    FAMILY = "family"


RELATION_TITLES: Mapping[Relation, str] = {
    Relation.OWNER: "业主",
    Relation.TENANT: "租户",
    Relation.FAMILY: "家属",
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a list shows them (`王*明`, `138****0001`)."""

    id: UUID
    estate_id: UUID
    name_masked: str
    phone_masked: str | None
    home_id: UUID | None
    home_title: str
    relation: Relation | None
    tags: tuple[Tag, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Residence:
    """A person lives in or owns a home, `valid_from` ≤ time < `valid_to`."""

    id: UUID
    estate_id: UUID
    home_id: UUID
    home_title: str
    home_path: tuple[UUID, ...]
    relation: Relation
    valid_from: datetime
    valid_to: datetime | None
    source: Source = CLERK
    entered_by: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call when something happens to the person: a daughter, a carer."""

    id: UUID
    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person in full, or with names and numbers masked: the caller knows what it asked for."""

    id: UUID
    estate_id: UUID
    name: str
    phone: str | None
    id_number: str | None
    tags: tuple[Tag, ...]
    residences: tuple[Residence, ...]
    contacts: tuple[Contact, ...]
    code: str = ""
    birth_date: date | None = None
    version: int = 1
    source: Source = CLERK
    entered_by: str = ""
    entered_at: datetime | None = None
    merged_into: UUID | None = None


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """A contact to be noted; `relation` in words (`女儿`)."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """A person to be registered with the home they live in or own."""

    name: str
    home_id: UUID
    relation: Relation
    valid_from: datetime
    valid_to: datetime | None = None
    phone: str | None = None
    id_number: str | None = None
    birth_date: date | None = None
    code: str | None = None
    tags: tuple[Tag, ...] = ()
    contacts: tuple[ContactDraft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEntry:
    """A person in a list to be entered; with the home where they are, when there is one.

    The same person is known by the identity number, else by `code` in the estate, else by name,
    home and phone together. `tags` None leaves the present ones.
    """

    name: str
    home_id: UUID | None = None
    relation: Relation = Relation.OWNER
    valid_from: datetime | None = None
    phone: str | None = None
    id_number: str | None = None
    birth_date: date | None = None
    code: str | None = None
    tags: tuple[Tag, ...] | None = None
    contacts: tuple[ContactDraft, ...] = ()


class PersonField(StrEnum):
    """What of a person can be corrected."""

    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    BIRTH_DATE = "birth_date"
    OTHER = "other"


FIELD_TITLES: Mapping[PersonField, str] = {
    PersonField.NAME: "姓名",
    PersonField.PHONE: "手机号",
    PersonField.ID_NUMBER: "身份证号",
    PersonField.BIRTH_DATE: "出生日期",
    PersonField.OTHER: "其他",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """What is to be changed of a person; None leaves it as it is."""

    name: str | None = None
    phone: str | None = None
    id_number: str | None = None
    birth_date: date | None = None
    tags: tuple[Tag, ...] | None = None


class Group(StrEnum):
    """People of one kind, besides those of a tag."""

    OWNER = "owner"
    TENANT = "tenant"
    FAMILY = "family"


class ListOrder(StrEnum):
    """By what a list of people without words is ordered."""

    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSearch:
    """What to look for: every word in a name, its pinyin or initials, an address or a number."""

    estate_id: UUID | None = None
    place_id: UUID | None = None
    words: str = ""
    tag: Tag | None = None
    relation: Relation | None = None
    order: ListOrder = ListOrder.NAME


class TwinState(StrEnum):
    """What became of two records that look like one person."""

    OPEN = "open"
    DIFFERENT = "different"
    MERGED = "merged"


TWIN_TITLES: Mapping[TwinState, str] = {
    TwinState.OPEN: "待核对",
    TwinState.DIFFERENT: "不是同一人",
    TwinState.MERGED: "已合并",
}


class TwinReason(StrEnum):
    """Why two records look like one person."""

    ID_NUMBER = "id_number"
    NAME_BIRTH_PHONE = "name_birth_phone"
    NAME_HOME = "name_home"
    SOUND_HOME = "sound_home"


REASON_TITLES: Mapping[TwinReason, str] = {
    TwinReason.ID_NUMBER: "身份证号相同",
    TwinReason.NAME_BIRTH_PHONE: "姓名、出生日期和手机后四位相同",
    TwinReason.NAME_HOME: "姓名和住房相同",
    TwinReason.SOUND_HOME: "姓名读音和住房相同",
}


@dataclass(frozen=True, slots=True)
class Twin:
    """Two records that look like one person, and why; both masked."""

    id: UUID
    left: PersonRow
    right: PersonRow
    reasons: tuple[TwinReason, ...]
    state: TwinState
    found_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    merge_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Two records that were made one; `undone_at` says when that was taken back."""

    id: UUID
    kept_id: UUID
    gone_id: UUID
    reason: str
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None
    undone_by: str | None


class CorrectionState(StrEnum):
    """How far a correction has come."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


CORRECTION_TITLES: Mapping[CorrectionState, str] = {
    CorrectionState.WAITING: "待处理",
    CorrectionState.ACCEPTED: "已更正",
    CorrectionState.REFUSED: "未采纳",
}


class AskedBy(StrEnum):
    """Who asked for a correction."""

    PERSON = "person"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionDraft:
    """A correction asked for: what of the person is wrong, and what is right."""

    person_id: UUID
    field: PersonField
    value: str | None
    words: str
    asked_by: AskedBy


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction waiting for a clerk, or decided; `value` masked unless it is being decided."""

    id: UUID
    estate_id: UUID
    person: PersonRow
    field: PersonField
    value: str | None
    words: str
    asked_by: AskedBy
    asked_by_name: str
    asked_at: datetime
    state: CorrectionState
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None
    version: int
