"""What others may know of people: masked by default, full only after a reason was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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
    tags: tuple[Tag, ...] = ()
    contacts: tuple[ContactDraft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSearch:
    """What to look for: any of the words in a name or address, or the last 4+ digits of a phone."""

    estate_id: UUID | None = None
    place_id: UUID | None = None
    words: str = ""
    tag: Tag | None = None
