"""SQL of identity."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Interval,
    LargeBinary,
    Row,
    Text,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.identity.contracts import (
    Account,
    AccountState,
    ApiKey,
    Grant,
    Leaving,
    Permission,
    Role,
    TargetKind,
)
from linli.directory.identity.models import (
    account_table,
    grant_table,
    key_table,
    leaving_table,
    password_table,
    session_table,
    sign_in_table,
)
from linli.directory.identity.policy import Held, Tries
from linli.directory.organisation.contracts import Duty
from linli.directory.terminals.contracts import Seat
from linli.kernel.database import Id, Moment

a = account_table.c
g = grant_table.c
p = password_table.c
s = session_table.c

PHONE = "directory_account.phone"


@dataclass(frozen=True, slots=True)
class Login:
    """What sign-in needs to know of an account."""

    account_id: UUID
    login: str
    display_name: str
    state: AccountState
    password_hash: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session that is open, and the version of what its account may reach."""

    session_id: UUID
    account_id: UUID
    display_name: str
    scope_version: int
    has_factor: bool
    seat: Seat | None


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A key in force, and the version of what its account may reach."""

    key_id: UUID
    account_id: UUID
    display_name: str
    title: str
    permissions: frozenset[str]
    per_minute: int
    scope_version: int


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened."""

    id: UUID
    account_id: UUID
    token_hash: bytes
    created_at: datetime
    expires_at: datetime
    address: str | None
    terminal_id: UUID | None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One grant of one member of an organisation's staff."""

    account_id: UUID
    display_name: str
    phone_masked: str | None
    held: Held


# ── before a scope is known: one narrow function each ──

_FIND_IDENTITY = text(
    "SELECT account_id, login, display_name, state, password_hash"
    " FROM linli_find_identity(:issuer, :subject, :at)"
).bindparams(bindparam("at", type_=Moment))
_FIND_LOGIN = text(
    "SELECT account_id, login, display_name, state, password_hash FROM linli_find_login(:wanted)"
).columns(account_id=Id)

_TRIES = (
    text("SELECT subject, failures, last_failed_at, blocked_until FROM linli_sign_in_tries(:keys)")
    .bindparams(bindparam("keys", type_=ARRAY(Text)))
    .columns(last_failed_at=Moment, blocked_until=Moment)
)

_SET_TRIES = text(
    "SELECT linli_set_sign_in_tries(:subject, :failures, :last_failed_at, :blocked_until)"
).bindparams(
    bindparam("subject", type_=Text),
    bindparam("failures", type_=Integer),
    bindparam("last_failed_at", type_=Moment),
    bindparam("blocked_until", type_=Moment),
)

_OPEN_SESSION = (
    text(
        "SELECT session_id, account_id, display_name, scope_version, has_factor,"
        " terminal_id, terminal"
        " FROM linli_open_session(:token, :at, :idle, :idle_there, :by_person)"
    )
    .bindparams(
        bindparam("token", type_=LargeBinary),
        bindparam("at", type_=Moment),
        bindparam("idle", type_=Interval),
        bindparam("idle_there", type_=Interval),
        bindparam("by_person", type_=Boolean),
    )
    .columns(session_id=Id, account_id=Id, scope_version=BigInteger, terminal_id=Id, terminal=Text)
)

_END_SESSION = (
    text("SELECT session_id, account_id FROM linli_end_session(:token, :at)")
    .bindparams(bindparam("token", type_=LargeBinary), bindparam("at", type_=Moment))
    .columns(session_id=Id, account_id=Id)
)

_OPEN_KEY = (
    text(
        "SELECT key_id, account_id, display_name, title, permissions, per_minute, scope_version"
        " FROM linli_open_key(:secret, :at, :came_from)"
    )
    .bindparams(
        bindparam("secret", type_=LargeBinary),
        bindparam("at", type_=Moment),
        bindparam("came_from", type_=Text),
    )
    .columns(key_id=Id, account_id=Id, permissions=ARRAY(Text), scope_version=BigInteger)
)

_SCOPE_VERSION = text("SELECT linli_scope_version(:wanted)").bindparams(
    bindparam("wanted", type_=Id)
)

_STANDING = (
    text("SELECT * FROM linli_standing(:wanted, :at)")
    .bindparams(bindparam("wanted", type_=Id), bindparam("at", type_=Moment))
    .columns(
        grant_id=Id,
        target_id=Id,
        estates=ARRAY(Id),
        duties=ARRAY(Text),
        organisations=ARRAY(Id),
        around=ARRAY(Id),
    )
)

_STAFF = (
    text("SELECT * FROM linli_staff(:wanted, :at)")
    .bindparams(bindparam("wanted", type_=Id), bindparam("at", type_=Moment))
    .columns(
        account_id=Id,
        grant_id=Id,
        target_id=Id,
        estates=ARRAY(Id),
        duties=ARRAY(Text),
        organisations=ARRAY(Id),
        around=ARRAY(Id),
    )
)

_NEXT_CHANGE = text("SELECT linli_next_change(:wanted, :at) AS moment").bindparams(
    bindparam("wanted", type_=Id), bindparam("at", type_=Moment)
)

_NAMES = (
    text("SELECT account_id, display_name FROM linli_account_names(:wanted)")
    .bindparams(bindparam("wanted", type_=ARRAY(Id)))
    .columns(account_id=Id)
)

_ADMINISTRATORS = (
    text("SELECT grant_id, account_id FROM linli_administrators(:target, :at)")
    .bindparams(bindparam("target", type_=Id), bindparam("at", type_=Moment))
    .columns(grant_id=Id, account_id=Id)
)


_INVITE = text(
    "SELECT linli_invite("
    ":id, :account_id, :incident_id, :title, :estate_id, :begins, :ends, :basis, :granted_by)"
).bindparams(
    bindparam("id", type_=Id),
    bindparam("account_id", type_=Id),
    bindparam("incident_id", type_=Id),
    bindparam("title", type_=Text),
    bindparam("estate_id", type_=Id),
    bindparam("begins", type_=Moment),
    bindparam("ends", type_=Moment),
    bindparam("basis", type_=Text),
    bindparam("granted_by", type_=Id),
)


async def find_login(connection: AsyncConnection, login: str) -> Login | None:
    row = (await connection.execute(_FIND_LOGIN, {"wanted": login})).first()
    return _login(row) if row else None


def _login(row: Row[Any]) -> Login:
    return Login(
        account_id=row.account_id,
        login=row.login,
        display_name=row.display_name,
        state=AccountState(row.state),
        password_hash=row.password_hash,
    )


async def find_identity(
    connection: AsyncConnection, issuer: str, subject: str, at: datetime
) -> Login | None:
    """Whose identity it is; its use is noted."""
    asked = {"issuer": issuer, "subject": subject, "at": at}
    row = (await connection.execute(_FIND_IDENTITY, asked)).first()
    return _login(row) if row else None


async def tries_of(connection: AsyncConnection, subjects: Iterable[str]) -> Mapping[str, Tries]:
    """The wrong tries of these subjects, locked until the transaction ends."""
    rows = await connection.execute(_TRIES, {"keys": sorted(subjects)})
    return {
        row.subject: Tries(
            subject=row.subject,
            failures=row.failures,
            last_failed_at=row.last_failed_at,
            blocked_until=row.blocked_until,
        )
        for row in rows
    }


async def set_tries(connection: AsyncConnection, tries: Tries) -> None:
    await connection.execute(
        _SET_TRIES,
        {
            "subject": tries.subject,
            "failures": tries.failures,
            "last_failed_at": tries.last_failed_at,
            "blocked_until": tries.blocked_until,
        },
    )


async def open_session(
    connection: AsyncConnection,
    token_hash: bytes,
    *,
    at: datetime,
    idle: timedelta,
    idle_there: timedelta,
    by_person: bool,
) -> SessionRow | None:
    """The session, when it is open; only what a person does (`by_person`) keeps it from idling.

    `idle_there` is the limit of sessions at a shared terminal.
    """
    asked = {
        "token": token_hash,
        "at": at,
        "idle": idle,
        "idle_there": idle_there,
        "by_person": by_person,
    }
    row = (await connection.execute(_OPEN_SESSION, asked)).first()
    if row is None:
        return None
    return SessionRow(
        session_id=row.session_id,
        account_id=row.account_id,
        display_name=row.display_name,
        scope_version=row.scope_version,
        has_factor=row.has_factor,
        seat=Seat(row.terminal_id, row.terminal) if row.terminal_id else None,
    )


async def open_key(
    connection: AsyncConnection, key_hash: bytes, *, at: datetime, came_from: str | None
) -> OpenKey | None:
    asked = {"secret": key_hash, "at": at, "came_from": came_from}
    row = (await connection.execute(_OPEN_KEY, asked)).first()
    if row is None:
        return None
    return OpenKey(
        key_id=row.key_id,
        account_id=row.account_id,
        display_name=row.display_name,
        title=row.title,
        permissions=frozenset(row.permissions),
        per_minute=row.per_minute,
        scope_version=row.scope_version,
    )


async def end_session(
    connection: AsyncConnection, token_hash: bytes, at: datetime
) -> tuple[UUID, UUID] | None:
    """Session and account that were open with this token; None when none was."""
    row = (await connection.execute(_END_SESSION, {"token": token_hash, "at": at})).first()
    return (row.session_id, row.account_id) if row else None


async def scope_version(connection: AsyncConnection, account_id: UUID) -> int:
    return int(await connection.scalar(_SCOPE_VERSION, {"wanted": account_id}) or 0)


async def standing(connection: AsyncConnection, account_id: UUID, at: datetime) -> tuple[Held, ...]:
    rows = await connection.execute(_STANDING, {"wanted": account_id, "at": at})
    return tuple(_held(row) for row in rows)


async def next_change(
    connection: AsyncConnection, account_id: UUID, at: datetime
) -> datetime | None:
    found: datetime | None = await connection.scalar(_NEXT_CHANGE, {"wanted": account_id, "at": at})
    return found


async def staff(
    connection: AsyncConnection, organisation_id: UUID, at: datetime
) -> Sequence[StaffRow]:
    rows = await connection.execute(_STAFF, {"wanted": organisation_id, "at": at})
    return [
        StaffRow(
            account_id=row.account_id,
            display_name=row.display_name,
            phone_masked=row.phone_masked,
            held=_held(row),
        )
        for row in rows
    ]


async def names(connection: AsyncConnection, account_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    rows = await connection.execute(_NAMES, {"wanted": list(account_ids)})
    return {row.account_id: row.display_name for row in rows}


async def administrators(
    connection: AsyncConnection, organisation_id: UUID, at: datetime
) -> frozenset[UUID]:
    """Accounts that administer an organisation without end; others who ask wait their turn."""
    rows = await connection.execute(_ADMINISTRATORS, {"target": organisation_id, "at": at})
    return frozenset(row.account_id for row in rows)


async def invite(
    connection: AsyncConnection, grant: Grant, *, estate_id: UUID, granted_by: UUID | None
) -> bool:
    """False when the session does not dispatch on the estate."""
    done = await connection.scalar(
        _INVITE,
        {
            "id": grant.id,
            "account_id": grant.account_id,
            "incident_id": grant.target_id,
            "title": grant.target_title,
            "estate_id": estate_id,
            "begins": grant.valid_from,
            "ends": grant.valid_to,
            "basis": grant.basis,
            "granted_by": granted_by,
        },
    )
    return bool(done)


def _held(row: Row[*tuple[Any, ...]]) -> Held:
    kind = TargetKind(row.target_kind)
    by_contract = {
        estate_id: frozenset(Duty(duty) for duty in duties.split()) if duties else None
        for estate_id, duties in zip(row.estates, row.duties, strict=True)
    }
    return Held(
        grant_id=row.grant_id,
        role=Role(row.role),
        target_kind=kind,
        target_id=row.target_id,
        estates=by_contract,
        organisations=frozenset(row.organisations),
        around=frozenset(row.around),
    )


# ── within a scope ──

_ACCOUNT = (
    a.id,
    a.login,
    a.display_name,
    a.organisation_id,
    a.phone_masked,
    a.state,
    a.last_signed_in_at,
    p.must_change,
)
_GRANT = (
    g.id,
    g.account_id,
    g.role,
    g.target_kind,
    g.target_id,
    g.target_title,
    g.valid_from,
    g.valid_to,
    g.basis,
)


_KEYS = select(key_table, a.display_name).join_from(
    key_table, account_table, a.id == key_table.c.account_id
)
MOST_KEYS = 500


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be stored."""

    account: Account
    phone_sealed: bytes | None
    password_hash: str


async def add_account(connection: AsyncConnection, new: NewAccount, now: datetime) -> bool:
    """False when somebody else has taken the login meanwhile."""
    account = new.account
    added = await connection.execute(
        upsert(account_table)
        .values(
            id=account.id,
            login=account.login,
            display_name=account.display_name,
            organisation_id=account.organisation_id,
            phone_sealed=new.phone_sealed,
            phone_masked=account.phone_masked,
            state=account.state.value,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["login"])
    )
    if not added.rowcount:
        return False
    await connection.execute(
        insert(password_table).values(
            account_id=account.id,
            password_hash=new.password_hash,
            must_change=account.must_change_password,
            changed_at=now,
        )
    )
    return True


async def account(connection: AsyncConnection, account_id: UUID) -> Account | None:
    row = (
        await connection.execute(
            select(*_ACCOUNT)
            .join_from(account_table, password_table, p.account_id == a.id)
            .where(a.id == account_id)
        )
    ).first()
    return _account(row) if row else None


async def lock_account(connection: AsyncConnection, account_id: UUID) -> None:
    """Others who change this account wait until the transaction ends."""
    await connection.execute(select(a.id).where(a.id == account_id).with_for_update())


async def accounts(
    connection: AsyncConnection,
    *,
    words: str,
    after: str | None,
    most: int,
) -> Sequence[Account]:
    """By login; `after` is the last login already read."""
    wanted = (
        select(*_ACCOUNT)
        .join_from(account_table, password_table, p.account_id == a.id)
        .where(*_words_found(words))
        .order_by(a.login)
        .limit(most)
    )
    if after is not None:
        wanted = wanted.where(a.login > after)
    return [_account(row) for row in await connection.execute(wanted)]


async def count_accounts(connection: AsyncConnection, *, words: str) -> int:
    found = await connection.scalar(
        select(func.count()).select_from(account_table).where(*_words_found(words))
    )
    return int(found or 0)


def _words_found(words: str) -> list[ColumnElement[bool]]:
    return [
        or_(
            a.display_name.contains(word, autoescape=True),
            a.login.contains(word.lower(), autoescape=True),
            a.phone_masked.endswith(word, autoescape=True),
        )
        for word in words.split()
    ]


async def phones(connection: AsyncConnection, account_ids: Iterable[UUID]) -> Mapping[UUID, bytes]:
    rows = await connection.execute(
        select(a.id, a.phone_sealed).where(a.id.in_(list(account_ids)), a.phone_sealed.is_not(None))
    )
    return {row.id: row.phone_sealed for row in rows}


async def set_state(connection: AsyncConnection, account_id: UUID, state: AccountState) -> None:
    await connection.execute(
        update(account_table)
        .where(a.id == account_id)
        .values(state=state.value, scope_version=a.scope_version + 1)
    )


async def signed_in(connection: AsyncConnection, account_id: UUID, at: datetime) -> None:
    await connection.execute(
        update(account_table).where(a.id == account_id).values(last_signed_in_at=at)
    )


async def set_password(
    connection: AsyncConnection,
    account_id: UUID,
    password_hash: str,
    *,
    must_change: bool,
    at: datetime,
) -> None:
    await connection.execute(
        update(password_table)
        .where(p.account_id == account_id)
        .values(password_hash=password_hash, must_change=must_change, changed_at=at)
    )


async def rehash(connection: AsyncConnection, account_id: UUID, password_hash: str) -> None:
    await connection.execute(
        update(password_table).where(p.account_id == account_id).values(password_hash=password_hash)
    )


async def add_session(connection: AsyncConnection, new: NewSession) -> None:
    await connection.execute(
        insert(session_table).values(
            id=new.id,
            account_id=new.account_id,
            token_hash=new.token_hash,
            created_at=new.created_at,
            last_seen_at=new.created_at,
            expires_at=new.expires_at,
            address=new.address,
            terminal_id=new.terminal_id,
        )
    )


async def on_terminals(
    connection: AsyncConnection, terminal_ids: Collection[UUID], *, at: datetime, idle: timedelta
) -> Mapping[UUID, tuple[str, ...]]:
    """The names of who is signed in at these terminals, as far as they are in sight."""
    a = account_table.c
    rows = await connection.execute(
        select(s.terminal_id, a.display_name)
        .join_from(session_table, account_table, s.account_id == a.id)
        .where(
            s.terminal_id.in_(list(terminal_ids)),
            s.ended_at.is_(None),
            s.expires_at > at,
            s.last_seen_at > at - idle,
        )
        .order_by(a.display_name)
    )
    found: dict[UUID, list[str]] = {}
    for terminal_id, name in rows:
        found.setdefault(terminal_id, []).append(name)
    return {terminal_id: tuple(names) for terminal_id, names in found.items()}


async def end_sessions(
    connection: AsyncConnection, account_id: UUID, at: datetime, *, but: UUID | None = None
) -> Sequence[UUID]:
    """End every open session of an account (but one); answers which."""
    ending = (
        update(session_table)
        .where(s.account_id == account_id, s.ended_at.is_(None))
        .values(ended_at=at)
        .returning(s.id)
    )
    if but is not None:
        ending = ending.where(s.id != but)
    return list(await connection.scalars(ending))


async def add_grant(
    connection: AsyncConnection, grant: Grant, *, granted_by: UUID | None, now: datetime
) -> None:
    await connection.execute(
        insert(grant_table).values(
            id=grant.id,
            account_id=grant.account_id,
            role=grant.role.value,
            target_kind=grant.target_kind.value,
            target_id=grant.target_id,
            target_title=grant.target_title,
            valid_from=grant.valid_from,
            valid_to=grant.valid_to,
            basis=grant.basis,
            granted_by=granted_by,
            granted_at=now,
        )
    )


async def grant(connection: AsyncConnection, grant_id: UUID) -> Grant | None:
    """An unrevoked grant, locked until the transaction ends."""
    row = (
        await connection.execute(
            select(*_GRANT).where(g.id == grant_id, g.revoked_at.is_(None)).with_for_update()
        )
    ).first()
    return _grant(row) if row else None


async def grants(
    connection: AsyncConnection, account_ids: Iterable[UUID], at: datetime
) -> Sequence[Grant]:
    """Unrevoked grants of these accounts that are not over, future ones too."""
    rows = await connection.execute(
        select(*_GRANT)
        .where(
            g.account_id.in_(list(account_ids)),
            g.revoked_at.is_(None),
            or_(g.valid_to.is_(None), g.valid_to > at),
        )
        .order_by(g.valid_from, g.id)
    )
    return [_grant(row) for row in rows]


async def revoke(
    connection: AsyncConnection, grant_id: UUID, *, revoked_by: UUID | None, at: datetime
) -> None:
    await connection.execute(
        update(grant_table).where(g.id == grant_id).values(revoked_at=at, revoked_by=revoked_by)
    )


async def accounts_of_company(connection: AsyncConnection, company_id: UUID) -> Sequence[UUID]:
    """Accounts whose reach depends on a company's contracts."""
    rows = await connection.scalars(
        select(g.account_id)
        .join_from(grant_table, account_table, a.id == g.account_id)
        .where(
            g.revoked_at.is_(None),
            or_(g.target_id == company_id, a.organisation_id == company_id),
        )
        .distinct()
    )
    return list(rows)


async def add_key(connection: AsyncConnection, key: ApiKey, key_hash: bytes) -> None:
    await connection.execute(
        insert(key_table).values(
            id=key.id,
            account_id=key.account_id,
            title=key.title,
            head=key.head,
            key_hash=key_hash,
            permissions=sorted(key.permissions),
            per_minute=key.per_minute,
            made_by=key.made_by,
            made_at=key.made_at,
            expires_at=key.expires_at,
        )
    )


async def key(connection: AsyncConnection, key_id: UUID) -> ApiKey | None:
    row = (await connection.execute(_KEYS.where(key_table.c.id == key_id))).first()
    return _key(row) if row else None


async def keys(connection: AsyncConnection) -> Sequence[ApiKey]:
    """Newest first."""
    found = await connection.execute(_KEYS.order_by(key_table.c.id.desc()).limit(MOST_KEYS))
    return [_key(row) for row in found]


async def keys_in_force(
    connection: AsyncConnection, account_id: UUID, at: datetime
) -> Sequence[ApiKey]:
    found = await connection.execute(
        _KEYS.where(
            key_table.c.account_id == account_id,
            key_table.c.revoked_at.is_(None),
            key_table.c.expires_at > at,
        )
    )
    return [_key(row) for row in found]


async def revoke_key(connection: AsyncConnection, key_id: UUID, at: datetime) -> None:
    await connection.execute(
        update(key_table).where(key_table.c.id == key_id).values(revoked_at=at)
    )


async def note_leaving(connection: AsyncConnection, leaving: Leaving) -> None:
    told = {
        "leaves_at": leaving.leaves_at,
        "successor_id": leaving.successor_id,
        "successor_name": leaving.successor_name,
        "reason": leaving.reason,
        "noted_by": leaving.noted_by,
        "noted_at": leaving.noted_at,
    }
    await connection.execute(
        upsert(leaving_table)
        .values(account_id=leaving.account_id, **told)
        .on_conflict_do_update(index_elements=["account_id"], set_=told)
    )


async def leavings(
    connection: AsyncConnection, account_ids: Iterable[UUID]
) -> Mapping[UUID, Leaving]:
    rows = await connection.execute(
        select(leaving_table).where(leaving_table.c.account_id.in_(list(account_ids)))
    )
    return {
        row.account_id: Leaving(
            account_id=row.account_id,
            leaves_at=row.leaves_at,
            successor_id=row.successor_id,
            successor_name=row.successor_name,
            reason=row.reason,
            noted_by=row.noted_by,
            noted_at=row.noted_at,
        )
        for row in rows
    }


async def forget_leaving(connection: AsyncConnection, account_id: UUID) -> None:
    await connection.execute(delete(leaving_table).where(leaving_table.c.account_id == account_id))


async def forget_tries(connection: AsyncConnection, before: datetime) -> int:
    t = sign_in_table.c
    gone = await connection.execute(
        delete(sign_in_table).where(
            func.coalesce(t.last_failed_at, before) <= before,
            func.coalesce(t.blocked_until, before) <= before,
        )
    )
    return gone.rowcount


async def forget_sessions(connection: AsyncConnection, before: datetime) -> int:
    gone = await connection.execute(
        delete(session_table).where(or_(s.ended_at < before, s.expires_at < before))
    )
    return gone.rowcount


def _key(row: Row[*tuple[Any, ...]]) -> ApiKey:
    return ApiKey(
        id=row.id,
        account_id=row.account_id,
        account_name=row.display_name,
        title=row.title,
        head=row.head,
        permissions=frozenset(Permission(code) for code in row.permissions),
        per_minute=row.per_minute,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        last_address=row.last_address,
    )


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(
        id=row.id,
        login=row.login,
        display_name=row.display_name,
        organisation_id=row.organisation_id,
        phone_masked=row.phone_masked,
        state=AccountState(row.state),
        must_change_password=row.must_change,
        last_signed_in_at=row.last_signed_in_at,
    )


def _grant(row: Row[*tuple[Any, ...]]) -> Grant:
    return Grant(
        id=row.id,
        account_id=row.account_id,
        role=Role(row.role),
        target_kind=TargetKind(row.target_kind),
        target_id=row.target_id,
        target_title=row.target_title,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        basis=row.basis,
    )
