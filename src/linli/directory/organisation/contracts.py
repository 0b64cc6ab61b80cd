"""What others may know of organisations and of the contracts by which firms serve estates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class OrganisationKind(StrEnum):
    """What an organisation is. A property company, a lift firm, a cleaner: all are companies."""

    COUNTY = "county"
    STREET = "street"
    COMMUNITY = "community"
    COMPANY = "company"
    OWNERS_COMMITTEE = "owners_committee"


KIND_TITLES: Mapping[OrganisationKind, str] = {
    OrganisationKind.COUNTY: "区县",
    OrganisationKind.STREET: "街道（乡镇）",
    OrganisationKind.COMMUNITY: "社区",
    OrganisationKind.COMPANY: "服务企业",
    OrganisationKind.OWNERS_COMMITTEE: "业主委员会",
}


class Duty(StrEnum):
    """What a company does on an estate."""

    PROPERTY = "property"
    SECURITY = "security"
    REPAIR = "repair"
    LIFT = "lift"
    FIRE = "fire"
    CLEANING = "cleaning"


DUTY_TITLES: Mapping[Duty, str] = {
    Duty.PROPERTY: "物业服务",
    Duty.SECURITY: "秩序维护",
    Duty.REPAIR: "设施维修",
    Duty.LIFT: "电梯维保",
    Duty.FIRE: "消防维保",
    Duty.CLEANING: "保洁",
}


@dataclass(frozen=True, slots=True)
class Organisation:
    """A node of the tree; `path` are the ids from the root to this one.

    `training`: nothing at and below its county is real.
    """

    id: UUID
    parent_id: UUID | None
    kind: OrganisationKind
    title: str
    path: tuple[UUID, ...]
    training: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationDraft:
    """An organisation to be added under a parent; only a county stands without one.

    `training` is said of a county; what stands below it is what its county is.
    """

    kind: OrganisationKind
    title: str
    parent_id: UUID | None
    training: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDraft:
    """A service contract to be signed: in force from `valid_from` until before `valid_to`."""

    company_id: UUID
    estate_id: UUID
    duties: frozenset[Duty]
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceContract:
    """A company serves an estate with some duties, `valid_from` ≤ time < `valid_to`."""

    id: UUID
    company_id: UUID
    estate_id: UUID
    duties: frozenset[Duty]
    valid_from: datetime
    valid_to: datetime | None
