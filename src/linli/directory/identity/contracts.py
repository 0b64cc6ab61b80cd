"""What others may know of identity: permissions, roles, grants, and people's accounts as staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """One right. A session holds it for estates, organisations or incidents."""

    SEE_INCIDENTS = "see_incidents"
    HANDLE_INCIDENTS = "handle_incidents"
    DISPATCH_ORDERS = "dispatch_orders"
    SEE_ORDERS = "see_orders"
    DO_ORDERS = "do_orders"
    VERIFY_ORDERS = "verify_orders"
    SEE_DEVICES = "see_devices"
    MANAGE_DEVICES = "manage_devices"
    COMMAND_DEVICES = "command_devices"
    SEE_CAMERAS = "see_cameras"
    SEE_RECORDINGS = "see_recordings"
    MANAGE_CAMERAS = "manage_cameras"
    SEE_RULES = "see_rules"
    MANAGE_RULES = "manage_rules"
    SEE_PEOPLE = "see_people"
    SEE_PEOPLE_FULL = "see_people_full"
    MANAGE_PEOPLE = "manage_people"
    SEE_KEY_PEOPLE = "see_key_people"
    MANAGE_KEY_PEOPLE = "manage_key_people"
    VISIT_KEY_PEOPLE = "visit_key_people"
    SEE_MEDICAL_NOTES = "see_medical_notes"
    SEE_PLACES = "see_places"
    MANAGE_PLACES = "manage_places"
    SEE_ROSTERS = "see_rosters"
    MANAGE_ROSTERS = "manage_rosters"
    MANAGE_MODULES = "manage_modules"
    SEE_ARREARS = "see_arrears"
    MANAGE_ARREARS = "manage_arrears"
    LEAD_DRILLS = "lead_drills"
    SEE_CARDS = "see_cards"
    MANAGE_CARDS = "manage_cards"
    MANAGE_ORGANISATIONS = "manage_organisations"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_AUDIT = "see_audit"
    SEE_LOOKS = "see_looks"
    SEE_QUARANTINE = "see_quarantine"
    RUN_DEMO = "run_demo"


class Role(StrEnum):
    """A named set of permissions; what it holds is in `policy.ROLES`."""

    COUNTY_OFFICER = "county_officer"
    STREET_OFFICER = "street_officer"
    DUTY_OFFICER = "duty_officer"
    GRID_WORKER = "grid_worker"
    PROPERTY_MANAGER = "property_manager"
    PROPERTY_STAFF = "property_staff"
    ADMINISTRATOR = "administrator"
    DATA_OFFICER = "data_officer"
    INVITED_HELPER = "invited_helper"


class TargetKind(StrEnum):
    """What a grant can be given over."""

    ORGANISATION = "organisation"
    COMPANY = "company"
    ESTATE = "estate"
    HOME = "home"
    INCIDENT = "incident"
    PERSON = "person"


class AccountState(StrEnum):
    """Whether an account may sign in."""

    ACTIVE = "active"
    LOCKED = "locked"
    LEFT = "left"


STATE_TITLES: Mapping[AccountState, str] = {
    AccountState.ACTIVE: "正常",
    AccountState.LOCKED: "已停用",
    AccountState.LEFT: "已离职",
}


class Home(StrEnum):
    """The page an account starts on."""

    WORKPLACE = "workplace"
    MY_ORDERS = "my_orders"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """An account; the phone only as others may see it (`138****0001`)."""

    id: UUID
    login: str
    display_name: str
    organisation_id: UUID
    phone_masked: str | None
    state: AccountState
    must_change_password: bool
    last_signed_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over a target, from `valid_from` until before `valid_to` (None: open)."""

    id: UUID
    account_id: UUID
    role: Role
    target_kind: TargetKind
    target_id: UUID
    target_title: str
    valid_from: datetime
    valid_to: datetime | None
    basis: str


@dataclass(frozen=True, slots=True)
class Staff:
    """A person one can send or tell: an active account with a grant that fits."""

    account_id: UUID
    display_name: str
    phone_masked: str | None
    role: Role
    role_title: str
    organisation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """An account to be created; `login` is stored in lower case, `phone` sealed."""

    login: str
    display_name: str
    organisation_id: UUID
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantDraft:
    """A grant to be given; `basis` says on what it rests (an appointment, a contract)."""

    role: Role
    target_kind: TargetKind
    target_id: UUID
    valid_from: datetime
    valid_to: datetime | None = None
    basis: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program: it acts as its account, with `permissions` at most.

    `head` are its first characters, by which people tell it from others.
    """

    id: UUID
    account_id: UUID
    account_name: str
    title: str
    head: str
    permissions: frozenset[Permission]
    per_minute: int
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyDraft:
    """A key to be made."""

    title: str
    permissions: frozenset[Permission]
    expires_at: datetime
    per_minute: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody leaves: from `leaves_at` on their account is closed and has no rights.

    What they have in hand goes to the successor; without one, back to where it came from.
    """

    account_id: UUID
    leaves_at: datetime
    successor_id: UUID | None
    successor_name: str
    reason: str
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingDraft:
    """A leaving to be noted."""

    leaves_at: datetime
    successor_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody from outside helps with one incident, until `valid_to`."""

    account_id: UUID
    incident_id: UUID
    incident_title: str
    estate_id: UUID
    valid_to: datetime
    basis: str
