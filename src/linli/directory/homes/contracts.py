"""What others may know of homes: size and use, owners, leases, households, vehicles.

Areas are whole hundredths of a square metre (`9050` is 90.50 m²). Days are local days; a period
holds from its first day until before `valid_to`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from linli.directory.sources.contracts import Source


class HomeUse(StrEnum):
    """What a home is for."""

    DWELLING = "dwelling"
    SHOP = "shop"
    OFFICE = "office"
    GARAGE = "garage"
    STORAGE = "storage"


USE_TITLES: Mapping[HomeUse, str] = {
    HomeUse.DWELLING: "住宅",
    HomeUse.SHOP: "商铺",
    HomeUse.OFFICE: "办公",
    HomeUse.GARAGE: "车库",
    HomeUse.STORAGE: "储藏室",
}


class HomeState(StrEnum):
    """How a home stands at present."""

    OWN = "own"
    LET = "let"
    VACANT = "vacant"
    WORKS = "works"


STATE_TITLES: Mapping[HomeState, str] = {
    HomeState.OWN: "自住",
    HomeState.LET: "出租",
    HomeState.VACANT: "空置",
    HomeState.WORKS: "装修中",
}


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """Size, use and state of a home; its exclusive area in hundredths of a square metre."""

    home_id: UUID
    estate_id: UUID
    area: int | None
    use: HomeUse
    state: HomeState | None
    version: int
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeEntry:
    """A home in a list to be entered, by its place; None leaves what is known."""

    home_id: UUID
    area: int | None = None
    use: HomeUse = HomeUse.DWELLING
    state: HomeState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePath:
    """A home by the words on its doors; what is missing of building and entrance is added."""

    building: str
    home: str
    entrance: str | None = None
    floor: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Who owns or rents: a person or an enterprise, exactly one of them."""

    person_id: UUID | None = None
    enterprise_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a home that somebody owns from a day until before another."""

    party: Party
    part: Fraction
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """A share as it is noted."""

    id: UUID
    estate_id: UUID
    home_id: UUID
    share: Share
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease of a home, from a day until before another."""

    id: UUID
    estate_id: UUID
    home_id: UUID
    party: Party
    valid_from: date
    valid_to: date | None
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipEntry:
    """A share in a list to be entered; the same home, party and first day is the same share."""

    home_id: UUID
    party: Party
    part: Fraction
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseEntry:
    """A lease in a list to be entered; the same home, party and first day is the same lease."""

    home_id: UUID
    party: Party
    valid_from: date
    valid_to: date | None = None


class HouseholdRole(StrEnum):
    """How a member stands to the head of the household."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    GRANDCHILD = "grandchild"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER = "other"


ROLE_TITLES: Mapping[HouseholdRole, str] = {
    HouseholdRole.HEAD: "户主",
    HouseholdRole.SPOUSE: "配偶",
    HouseholdRole.CHILD: "子女",
    HouseholdRole.PARENT: "父母",
    HouseholdRole.GRANDCHILD: "孙辈",
    HouseholdRole.GRANDPARENT: "祖辈",
    HouseholdRole.SIBLING: "兄弟姐妹",
    HouseholdRole.OTHER: "其他",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a household, from a day until before another."""

    id: UUID
    person_id: UUID
    role: HouseholdRole
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """People who live together in a home and belong together."""

    id: UUID
    estate_id: UUID
    home_id: UUID
    code: str
    valid_from: date
    valid_to: date | None
    members: tuple[Member, ...]
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdEntry:
    """A household in a list to be entered; without a code one is made."""

    home_id: UUID
    valid_from: date
    members: tuple[tuple[UUID, HouseholdRole], ...]
    code: str | None = None
    valid_to: date | None = None


class VehicleKind(StrEnum):
    """What a vehicle is."""

    CAR = "car"
    NEW_ENERGY = "new_energy"
    VAN = "van"
    MOTORCYCLE = "motorcycle"
    E_BIKE = "e_bike"


VEHICLE_TITLES: Mapping[VehicleKind, str] = {
    VehicleKind.CAR: "小型汽车",
    VehicleKind.NEW_ENERGY: "新能源汽车",
    VehicleKind.VAN: "货车",
    VehicleKind.MOTORCYCLE: "摩托车",
    VehicleKind.E_BIKE: "电动自行车",
}


class SpaceKind(StrEnum):
    """By what right a vehicle stands on its space."""

    OWNED = "owned"
    RENTED = "rented"
    NONE = "none"


SPACE_TITLES: Mapping[SpaceKind, str] = {
    SpaceKind.OWNED: "自有车位",
    SpaceKind.RENTED: "租用车位",
    SpaceKind.NONE: "无固定车位",
}


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle of an estate; the plate as the caller may see it."""

    id: UUID
    estate_id: UUID
    plate: str
    kind: VehicleKind
    party: Party
    home_id: UUID | None
    space: str
    space_kind: SpaceKind
    valid_to: date | None
    version: int
    source: Source
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleEntry:
    """A vehicle in a list to be entered; the plate in its estate says which."""

    plate: str
    kind: VehicleKind = VehicleKind.CAR
    party: Party = Party()
    home_id: UUID | None = None
    space: str = ""
    space_kind: SpaceKind = SpaceKind.NONE
    valid_to: date | None = None


class Held(StrEnum):
    """How much of a home is noted as owned by somebody."""

    NOTHING = "nothing"
    PART = "part"
    WHOLE = "whole"


HELD_TITLES: Mapping[Held, str] = {
    Held.NOTHING: "未登记产权人",
    Held.PART: "份额不全",
    Held.WHOLE: "产权齐全",
}


@dataclass(frozen=True, slots=True)
class HomeLine:
    """A home in a list: where it is, what is noted of it, who owns and rents it today.

    `held` is None for who may not see people; then there are no owners and tenants either.
    """

    home_id: UUID
    path: str
    within: tuple[UUID, ...]
    facts: HomeFacts | None
    held: Held | None
    owners: tuple[Party, ...] = ()
    tenants: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFilter:
    """Which homes of an estate a list shows, and in which order (`path`, `area`, `-…`)."""

    estate_id: UUID
    place_id: UUID | None = None
    words: str = ""
    use: HomeUse | None = None
    state: HomeState | None = None
    held: Held | None = None
    sort: str = "path"
