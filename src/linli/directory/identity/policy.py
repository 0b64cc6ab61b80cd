"""Decisions of identity: what roles hold, what a session reaches, who may give what. Pure."""

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from linli.directory.identity.contracts import Home, Permission, Role, TargetKind
from linli.directory.organisation.contracts import Duty, OrganisationKind
from linli.kernel.errors import BadInput
from linli.kernel.scope import Scope

P = Permission
R = Role
T = TargetKind
O = OrganisationKind  # noqa: E741 - reads well in the table below


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What a role holds, over what it is given, and which roles its holder may hand out."""

    title: str
    home: Home
    permissions: frozenset[Permission]
    targets: frozenset[TargetKind]
    organisation_kinds: frozenset[OrganisationKind] = frozenset()
    hands_out: frozenset[Role] = frozenset()
    must_end: bool = False


_LEVEL = frozenset(
    {
        P.SEE_INCIDENTS,
        P.HANDLE_INCIDENTS,
        P.DISPATCH_ORDERS,
        P.SEE_ORDERS,
        P.SEE_DEVICES,
        P.SEE_CAMERAS,
        P.SEE_RULES,
        P.SEE_PEOPLE,
        P.SEE_KEY_PEOPLE,
        P.SEE_PLACES,
        P.SEE_QUARANTINE,
        P.MANAGE_ACCOUNTS,
        P.SEE_ROSTERS,
        P.MANAGE_ROSTERS,
        P.MANAGE_MODULES,
        P.LEAD_DRILLS,
        P.RUN_DEMO,
    }
)
_LOCAL_ROLES = frozenset({R.DUTY_OFFICER, R.GRID_WORKER, R.PROPERTY_MANAGER, R.PROPERTY_STAFF})

# In force since 2026-11-22. A change of this table is a change of everybody's rights.
ROLES: Mapping[Role, RoleRule] = {
    R.COUNTY_OFFICER: RoleRule(
        title="区县工作人员",
        home=Home.WORKPLACE,
        permissions=_LEVEL | {P.MANAGE_ORGANISATIONS, P.SEE_AUDIT, P.SEE_LOOKS},
        targets=frozenset({T.ORGANISATION}),
        organisation_kinds=frozenset({O.COUNTY}),
        hands_out=_LOCAL_ROLES | {R.STREET_OFFICER},
    ),
    R.STREET_OFFICER: RoleRule(
        title="街道工作人员",
        home=Home.WORKPLACE,
        permissions=_LEVEL,
        targets=frozenset({T.ORGANISATION}),
        organisation_kinds=frozenset({O.STREET}),
        hands_out=_LOCAL_ROLES,
    ),
    R.DUTY_OFFICER: RoleRule(
        title="社区值班员",
        home=Home.WORKPLACE,
        permissions=(_LEVEL - {P.MANAGE_ACCOUNTS})
        | {
            P.VERIFY_ORDERS,
            P.COMMAND_DEVICES,
            P.SEE_PEOPLE_FULL,
            P.MANAGE_PEOPLE,
            P.MANAGE_KEY_PEOPLE,
            P.VISIT_KEY_PEOPLE,
            P.SEE_MEDICAL_NOTES,
            P.MANAGE_PLACES,
            P.SEE_RECORDINGS,
            P.SEE_CARDS,
        },
        targets=frozenset({T.ORGANISATION, T.ESTATE}),
        organisation_kinds=frozenset({O.COMMUNITY}),
    ),
    R.GRID_WORKER: RoleRule(
        title="网格员",
        home=Home.WORKPLACE,
        permissions=frozenset(
            {
                P.SEE_INCIDENTS,
                P.SEE_ORDERS,
                P.DO_ORDERS,
                P.SEE_PEOPLE,
                P.SEE_KEY_PEOPLE,
                P.VISIT_KEY_PEOPLE,
                P.SEE_PLACES,
                P.SEE_ROSTERS,
            }
        ),
        targets=frozenset({T.ORGANISATION, T.ESTATE}),
        organisation_kinds=frozenset({O.COMMUNITY}),
    ),
    R.PROPERTY_MANAGER: RoleRule(
        title="物业经理",
        home=Home.WORKPLACE,
        permissions=frozenset(
            {
                P.SEE_INCIDENTS,
                P.HANDLE_INCIDENTS,
                P.DISPATCH_ORDERS,
                P.SEE_ORDERS,
                P.DO_ORDERS,
                P.VERIFY_ORDERS,
                P.SEE_DEVICES,
                P.MANAGE_DEVICES,
                P.COMMAND_DEVICES,
                P.SEE_CAMERAS,
                P.SEE_RECORDINGS,
                P.MANAGE_CAMERAS,
                P.SEE_RULES,
                P.SEE_ARREARS,
                P.MANAGE_ARREARS,
                P.SEE_CARDS,
                P.MANAGE_CARDS,
                P.SEE_PLACES,
                P.MANAGE_PLACES,
                P.SEE_PEOPLE,
                P.SEE_ROSTERS,
                P.MANAGE_ROSTERS,
                P.LEAD_DRILLS,
                P.RUN_DEMO,
            }
        ),
        targets=frozenset({T.COMPANY, T.ESTATE}),
        organisation_kinds=frozenset({O.COMPANY}),
    ),
    R.PROPERTY_STAFF: RoleRule(
        title="物业员工",
        home=Home.MY_ORDERS,
        permissions=frozenset(
            {P.SEE_ORDERS, P.DO_ORDERS, P.SEE_PLACES, P.SEE_DEVICES, P.SEE_ROSTERS}
        ),
        targets=frozenset({T.COMPANY, T.ESTATE}),
        organisation_kinds=frozenset({O.COMPANY}),
    ),
    R.ADMINISTRATOR: RoleRule(
        title="系统管理员",
        home=Home.ADMIN,
        permissions=frozenset(
            {
                P.MANAGE_ACCOUNTS,
                P.MANAGE_ORGANISATIONS,
                P.SEE_AUDIT,
                P.SEE_DEVICES,
                P.MANAGE_DEVICES,
                P.SEE_CAMERAS,
                P.MANAGE_CAMERAS,
                P.SEE_QUARANTINE,
                P.SEE_RULES,
                P.MANAGE_RULES,
                P.SEE_PLACES,
                P.MANAGE_PLACES,
                P.RUN_DEMO,
            }
        ),
        targets=frozenset({T.ORGANISATION}),
        organisation_kinds=frozenset({O.COUNTY, O.STREET}),
        hands_out=_LOCAL_ROLES
        | {R.COUNTY_OFFICER, R.STREET_OFFICER, R.DATA_OFFICER, R.ADMINISTRATOR},
    ),
    R.DATA_OFFICER: RoleRule(
        title="数据管理员",
        home=Home.ADMIN,
        permissions=frozenset(
            {
                P.SEE_PLACES,
                P.MANAGE_PLACES,
                P.SEE_PEOPLE,
                P.MANAGE_PEOPLE,
                P.SEE_KEY_PEOPLE,
                P.MANAGE_KEY_PEOPLE,
                P.SEE_DEVICES,
                P.MANAGE_DEVICES,
                P.SEE_RULES,
                P.MANAGE_RULES,
                P.SEE_QUARANTINE,
                P.SEE_CARDS,
                P.SEE_LOOKS,
            }
        ),
        targets=frozenset({T.ORGANISATION}),
        organisation_kinds=frozenset({O.COUNTY, O.STREET, O.COMMUNITY}),
    ),
    R.INVITED_HELPER: RoleRule(
        title="协助人员",
        home=Home.MY_ORDERS,
        permissions=frozenset({P.SEE_INCIDENTS, P.SEE_ORDERS, P.DO_ORDERS}),
        targets=frozenset({T.INCIDENT}),
        must_end=True,
    ),
}

# A lift firm comes for its lifts, not for the residents: only the duty `property` carries all.
OTHER_DUTIES_CARRY = frozenset(
    {P.SEE_ORDERS, P.DO_ORDERS, P.DISPATCH_ORDERS, P.SEE_PLACES, P.SEE_DEVICES}
)

HOMES_FIRST = (Home.WORKPLACE, Home.ADMIN, Home.MY_ORDERS)


# ── what a session reaches ──


@dataclass(frozen=True, slots=True)
class Held:
    """A grant in force with all it reaches.

    `estates` maps each estate to the duties by which a company serves it; None where the reach
    comes from the tree or from the estate itself.
    """

    grant_id: UUID
    role: Role
    target_kind: TargetKind
    target_id: UUID
    estates: Mapping[UUID, frozenset[Duty] | None]
    organisations: frozenset[UUID]
    around: frozenset[UUID]


def carried(
    permissions: frozenset[Permission], duties: frozenset[Duty] | None
) -> frozenset[Permission]:
    """What is left of a role's permissions on an estate served with these duties."""
    if duties is None or Duty.PROPERTY in duties:
        return permissions
    return permissions & OTHER_DUTIES_CARRY


def scope_of(account_id: UUID, version: int, held: Iterable[Held]) -> Scope:
    """All grants together, by permission."""
    estates: dict[str, set[UUID]] = {}
    organisations: dict[str, set[UUID]] = {}
    incidents: dict[str, set[UUID]] = {}
    covers: set[UUID] = set()
    for grant in held:
        permissions = ROLES[grant.role].permissions
        covers.update(grant.organisations)
        for estate_id, duties in grant.estates.items():
            for permission in carried(permissions, duties):
                estates.setdefault(permission.value, set()).add(estate_id)
        for permission in permissions:
            if grant.organisations:
                organisations.setdefault(permission.value, set()).update(grant.organisations)
            if grant.target_kind is TargetKind.INCIDENT:
                incidents.setdefault(permission.value, set()).add(grant.target_id)
        if P.SEE_PLACES in permissions and grant.around:
            organisations.setdefault(P.SEE_PLACES.value, set()).update(grant.around)
    return Scope(
        account_id=account_id,
        version=version,
        estates=_frozen(estates),
        organisations=_frozen(organisations),
        incidents=_frozen(incidents),
        covers=frozenset(covers),
    )


def _frozen(reach: Mapping[str, set[UUID]]) -> Mapping[str, frozenset[UUID]]:
    return {permission: frozenset(ids) for permission, ids in reach.items()}


def asks_for_factor(held: Iterable[Held], roles: frozenset[Role]) -> bool:
    """Say whether one of these grants is of a role that demands a second factor."""
    return any(grant.role in roles for grant in held)


def until_proven(scope: Scope, *, waiting: bool) -> Scope:
    """The scope; while its account owes a second factor, the account itself and nothing else."""
    return Scope(account_id=scope.account_id, version=scope.version) if waiting else scope


# What decides about people's rights, or shows a person in full, takes a person.
NOT_FOR_PROGRAMS = frozenset(
    {
        P.MANAGE_ACCOUNTS,
        P.MANAGE_ORGANISATIONS,
        P.SEE_PEOPLE_FULL,
        P.SEE_MEDICAL_NOTES,
        P.SEE_RECORDINGS,
        P.SEE_AUDIT,
        P.SEE_LOOKS,
        P.LEAD_DRILLS,
        P.RUN_DEMO,
    }
)
# Who holds one of these decides about others' rights, or for many estates, or about all records.
_GOVERNING = frozenset({R.COUNTY_OFFICER, R.STREET_OFFICER, R.DATA_OFFICER, R.ADMINISTRATOR})
# Accounts are not managed where the next one in line looks over one's shoulder.
NOT_AT_TERMINALS = frozenset({P.MANAGE_ACCOUNTS})


def governs(held: Iterable[Held]) -> bool:
    """Say whether one of these grants is too heavy to be reached with six digits."""
    return any(
        grant.role in _GOVERNING or P.MANAGE_ACCOUNTS in ROLES[grant.role].permissions
        for grant in held
    )


def at_terminal(scope: Scope) -> Scope:
    """The scope of a session at a shared terminal: one's own but for `NOT_AT_TERMINALS`."""
    return narrowed(scope, frozenset(Permission) - NOT_AT_TERMINALS)


LONGEST_KEY = timedelta(days=731)


def for_programs(held: Iterable[Permission]) -> frozenset[Permission]:
    """What of these permissions a program's key may carry."""
    return frozenset(held) - NOT_FOR_PROGRAMS


def narrowed(scope: Scope, permissions: Collection[str]) -> Scope:
    """The scope with these permissions at most, over what they held for."""

    def kept(reach: Mapping[str, frozenset[UUID]]) -> Mapping[str, frozenset[UUID]]:
        return {code: ids for code, ids in reach.items() if code in permissions}

    return Scope(
        account_id=scope.account_id,
        version=scope.version,
        estates=kept(scope.estates),
        organisations=kept(scope.organisations),
        incidents=kept(scope.incidents),
        covers=scope.covers,
    )


def home_of(roles: Iterable[Role]) -> Home:
    """Where somebody with these roles starts."""
    homes = {ROLES[role].home for role in roles}
    return next((home for home in HOMES_FIRST if home in homes), Home.MY_ORDERS)


# ── who may give what ──


class WrongTarget(BadInput):
    code = "wrong_target"
    text = "这个角色不能授予在这个对象上"


class WrongPeriod(BadInput):
    code = "wrong_period"
    text = "结束时间必须晚于开始时间和现在"


class NotTheirCompany(BadInput):
    code = "not_their_company"
    text = "这个账号不属于该企业"


@dataclass(frozen=True, slots=True)
class Target:
    """Over what a grant is given; `organisation_kind` when it is an organisation or company."""

    kind: TargetKind
    id: UUID
    title: str
    organisation_kind: OrganisationKind | None = None


def fits(role: Role, target: Target) -> None:
    """Refuse a role over a target it is not made for."""
    rule = ROLES[role]
    organisation_fits = (
        target.organisation_kind is None or target.organisation_kind in rule.organisation_kinds
    )
    if target.kind not in rule.targets or not organisation_fits:
        raise WrongTarget(field="target_kind")


def may_hand_out(held: Iterable[Held], role: Role, kind: TargetKind, target_id: UUID) -> bool:
    """Say whether one of these grants lets its holder give (or take) this role over this target."""
    return any(
        role in ROLES[grant.role].hands_out and _within(grant, kind, target_id) for grant in held
    )


def _within(grant: Held, kind: TargetKind, target_id: UUID) -> bool:
    if kind in {TargetKind.ORGANISATION, TargetKind.COMPANY}:
        return target_id in grant.organisations
    return kind is TargetKind.ESTATE and target_id in grant.estates


# ── passwords, logins, wrong tries ──

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128
FEWEST_CHARACTERS = 5
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
_EASY = frozenset(
    {"1234567890", "0123456789", "qwertyuiop", "password12", "password123", "woaini1314"}
)
# Without 0, O, 1, I and L: first passwords are read aloud.
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"
_FIRST_GROUPS = 4
_FIRST_GROUP = 4


class BadLogin(BadInput):
    code = "bad_login"
    text = "登录名为 2 到 60 个小写字母、数字、点、横线或下划线"


class WeakPassword(BadInput):
    code = "weak_password"
    text = f"密码至少 {SHORTEST_PASSWORD} 个字符，不能过于简单，也不能包含登录名"


def plain_login(text: str) -> str:
    """The login as it is stored: one spelling, lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def login_given(text: str) -> str:
    """A new account's login.

    Raises:
        BadLogin: it contains what a login must not.
    """
    login = plain_login(text)
    if not _LOGIN.fullmatch(login):
        raise BadLogin(field="login")
    return login


def acceptable(password: str, login: str) -> None:
    """Refuse a password that would be guessed early."""
    plain = password.lower()
    if (
        not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD
        or plain in _EASY
        or len(set(plain)) < FEWEST_CHARACTERS
        or login in plain
    ):
        raise WeakPassword(field="new")


def first_password(below: Callable[[int], int]) -> str:
    """A password to be handed over once: 16 readable characters, 79 bits."""
    letters = [_READABLE[below(len(_READABLE))] for _ in range(_FIRST_GROUPS * _FIRST_GROUP)]
    groups = [letters[i : i + _FIRST_GROUP] for i in range(0, len(letters), _FIRST_GROUP)]
    return "-".join("".join(group) for group in groups)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many wrong tries are free, and after how long a quiet one is forgiven."""

    free: int
    forgiven_after: timedelta


LOGIN_LIMIT = Limit(free=5, forgiven_after=timedelta(hours=24))
# A whole office stands behind one address: its people may mistype before it is slowed down.
# Who tries one colleague after the other at one desk is slowed down.
TERMINAL_LIMIT = Limit(free=10, forgiven_after=timedelta(hours=1))
ADDRESS_LIMIT = Limit(free=20, forgiven_after=timedelta(hours=1))
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=15)
_IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries so far of one login or one address."""

    subject: str
    failures: int = 0
    last_failed_at: datetime | None = None
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a password may be tried now; if so, the tries as they stand should it be wrong."""

    wait: timedelta = field(default_factory=timedelta)
    tries: tuple[Tries, ...] = ()

    @property
    def admitted(self) -> bool:
        return not self.wait

    @property
    def begins_block(self) -> bool:
        """One more wrong password, and the next has to wait."""
        return any(tries.blocked_until for tries in self.tries)


def wait_after(failures: int, limit: Limit) -> timedelta:
    """How long the next try must wait: nothing at first, then doubling up to a quarter hour."""
    if failures < limit.free:
        return timedelta()
    doublings = min(failures - limit.free, 30)
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def failed_again(tries: Tries, limit: Limit, at: datetime) -> Tries:
    """The tries after one more wrong password."""
    quiet = tries.last_failed_at is None or at - tries.last_failed_at >= limit.forgiven_after
    failures = 1 if quiet else tries.failures + 1
    wait = wait_after(failures, limit)
    return Tries(
        subject=tries.subject,
        failures=failures,
        last_failed_at=at,
        blocked_until=at + wait if wait else None,
    )


def taken_back(tries: Tries, limit: Limit) -> Tries:
    """The tries of an address when one that was counted turned out right."""
    failures = max(tries.failures - 1, 0)
    return Tries(
        subject=tries.subject,
        failures=failures,
        last_failed_at=tries.last_failed_at if failures else None,
        blocked_until=tries.blocked_until if wait_after(failures, limit) else None,
    )


def admit(tries: Sequence[tuple[Tries, Limit]], at: datetime) -> Admission:
    """Decide before anything is computed: whoever must wait costs no hashing.

    Being refused does not lengthen the wait, so nobody is locked out for ever by a stranger.
    """
    waits = [t.blocked_until - at for t, _ in tries if t.blocked_until and t.blocked_until > at]
    if waits:
        return Admission(wait=max(waits))
    return Admission(tries=tuple(failed_again(t, limit, at) for t, limit in tries))


def login_subject(login: str) -> str:
    """Under what a login is counted; whatever was typed there is not stored."""
    return "login:" + hashlib.sha256(login.encode()).hexdigest()


def terminal_subject(terminal_id: UUID) -> str:
    """Under what a shared terminal is counted."""
    return f"terminal:{terminal_id}"


def address_subject(address: str | None) -> str:
    """Under what an address is counted; an IPv6 host owns its whole /64."""
    if address is None:
        return "address:unknown"
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return f"address:{address[:60]}"
    if parsed.version == 4:  # noqa: PLR2004 - the number of the protocol
        return f"address:{parsed}"
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        return f"address:{mapped}"
    network = ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False)
    return f"address:{network.network_address}"
