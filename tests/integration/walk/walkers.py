"""Everybody who may come to the door: every role over everything it can be given, and strangers."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.walk.counties import OURS, THEIRS, County

from linli.directory.identity.contracts import Role, TargetKind
from linli.directory.identity.door import CSRF_HEADER, SESSION_COOKIE, csrf_of, hash_of
from linli.directory.identity.policy import ROLES
from linli.directory.organisation.contracts import OrganisationKind
from linli.responding.guests.door import TOKEN_HEADER
from linli.responding.guests.policy import hash_of as guest_hash

# A household's grant reaches nothing beyond what its role holds, whatever role is written there.
PRIVATE = (TargetKind.HOME, TargetKind.PERSON)
TABLE_OF = {
    TargetKind.ORGANISATION: "directory_organisation",
    TargetKind.COMPANY: "directory_organisation",
    TargetKind.ESTATE: "directory_estate",
    TargetKind.HOME: "directory_place",
    TargetKind.PERSON: "directory_person",
    TargetKind.INCIDENT: "responding_incident",
}
HIGHEST = (Role.COUNTY_OFFICER, Role.PROPERTY_MANAGER)
LEVELS = tuple(OrganisationKind)
# The argon2id hash of a password that nobody kept.
NOBODY_KNOWS = PasswordHasher(1, 8, 1).hash(uuid4().hex)


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody at the door. `county` is None for those who must see no county at all."""

    name: str
    county: County | None
    headers: dict[str, str]
    inside: bool = False
    account_id: str = ""
    own: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        digest = hashlib.sha256(self.name.encode()).digest()
        return f"10.{digest[0]}.{digest[1]}.{digest[2]}"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class _Hired:
    """An account to be made with one grant."""

    name: str
    role: Role
    kind: TargetKind
    target_id: str
    employer: str
    county: County


async def hire_everybody(
    admin: AsyncConnection, now: datetime, *, all_of_them: bool
) -> list[Walker]:
    """Make the walkers; each session is open already.

    Not `all_of_them`: each role over each kind of target once, at its highest level.
    """
    wanted = await _wanted(admin, all_of_them=all_of_them)
    walkers = [await _hire(admin, one, now) for one in wanted]
    strangers = await _strangers(admin, now)
    nobody = Walker("nobody", None, {})
    forged = Walker("a forged cookie", None, _cookie("no-such-token"))
    return [nobody, forged, *strangers, *await _guests(admin, now), *walkers]


async def _guests(admin: AsyncConnection, now: datetime) -> list[Walker]:
    """Somebody with a link to one order of each county, and one whose link is over."""
    return [
        await _guest(admin, "ours: a guest of one order", OURS, now + timedelta(days=3)),
        await _guest(admin, "theirs: a guest whose link is over", THEIRS, now - timedelta(days=1)),
    ]


async def _guest(admin: AsyncConnection, name: str, county: County, expires_at: datetime) -> Walker:
    token = f"token-of-{name}"
    found = await admin.execute(
        text(
            "UPDATE responding_guest_link SET token_hash = :hash, ended_at = NULL, revoked = false,"
            " expires_at = :expires_at"
            " WHERE id = (SELECT l.id FROM responding_guest_link AS l JOIN responding_order AS o"
            " ON o.id = l.order_id WHERE l.id::text ~ :mark LIMIT 1)"
            " RETURNING id::text, order_id::text"
        ),
        {"hash": guest_hash(token), "expires_at": expires_at, "mark": county.id_mark},
    )
    link_id, order_id = found.one()
    await admin.execute(
        text(
            "UPDATE responding_order SET assignee_id = CAST(:link AS uuid), offer ="
            " jsonb_set(offer, '{assignee_id}', to_jsonb(CAST(:link AS text)))"
            " WHERE id = CAST(:order_id AS uuid)"
        ),
        {"link": link_id, "order_id": order_id},
    )
    return Walker(name, county, {TOKEN_HEADER: token})


async def _wanted(admin: AsyncConnection, *, all_of_them: bool) -> list[_Hired]:
    wanted: list[_Hired] = []
    for county in (OURS, THEIRS):
        organisations = await _organisations(admin, county)
        company = organisations["company"]
        for role, rule in ROLES.items():
            if county is THEIRS and role not in {Role.COUNTY_OFFICER, Role.PROPERTY_STAFF}:
                continue
            private = PRIVATE if county is OURS and (all_of_them or role in HIGHEST) else ()
            for kind in sorted({*rule.targets, *private}):
                if kind in {TargetKind.ORGANISATION, TargetKind.COMPANY}:
                    levels = sorted(rule.organisation_kinds, key=LEVELS.index)
                    for level in levels if all_of_them else levels[:1]:
                        if (level == "company") is not (kind is TargetKind.COMPANY):
                            continue
                        target = organisations[level]
                        name = f"{role} of a {level}"
                        wanted.append(_Hired(name, role, kind, target, target, county))
                    continue
                target = await _one(admin, TABLE_OF[kind], county, kind)
                serves = "company" in rule.organisation_kinds
                employer = company if serves else organisations["community"]
                wanted.append(_Hired(f"{role} of one {kind}", role, kind, target, employer, county))
    return wanted


async def _organisations(admin: AsyncConnection, county: County) -> dict[str, str]:
    rows = await admin.execute(
        text("SELECT kind, id::text FROM directory_organisation WHERE id::text ~ :mark"),
        {"mark": county.id_mark},
    )
    return {str(kind): str(one) for kind, one in rows}


async def _one(admin: AsyncConnection, table: str, county: County, kind: TargetKind) -> str:
    home = "AND kind = 'home'" if kind is TargetKind.HOME else ""
    found = await admin.scalar(
        text(f"SELECT id::text FROM {table} WHERE id::text ~ :mark {home} LIMIT 1"),  # noqa: S608
        {"mark": county.id_mark},
    )
    return str(found)


async def _hire(admin: AsyncConnection, one: _Hired, now: datetime) -> Walker:
    where = "ours" if one.county is OURS else "theirs"
    name = f"{where}: {one.name}"
    # What a household's grant does not reach is foreign, its own county too.
    private = one.kind in PRIVATE
    account_id = str(uuid4()) if private else one.county.painted_id(str(uuid4()))
    token, login = f"token of {name}", f"w-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    await _account(admin, account_id, login, one, marked=not private)
    await _grant(admin, account_id, one, now, marked=not private)
    await _session(admin, account_id, token, now)
    return Walker(
        name,
        None if private else one.county,
        _cookie(token),
        inside=True,
        account_id=account_id,
        own=(one.target_id,),
    )


async def _strangers(admin: AsyncConnection, now: datetime) -> list[Walker]:
    """People whose way in is over: nothing of any county may be shown to them."""
    organisations = await _organisations(admin, OURS)
    county_office = organisations["county"]

    async def made(name: str, **changes: Any) -> Walker:
        role = Role.COUNTY_OFFICER
        hired = _Hired(name, role, TargetKind.ORGANISATION, county_office, county_office, OURS)
        account_id, token = str(uuid4()), f"token of {name}"
        login = f"s-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        await _account(admin, account_id, login, hired, marked=False)
        await admin.execute(
            text("UPDATE directory_account SET state = :state WHERE id::text = :id"),
            {"id": account_id, "state": changes.get("state", "active")},
        )
        if changes.get("granted", True):
            await _grant(admin, account_id, hired, now, marked=False, **changes)
        await _session(admin, account_id, token, now, **changes)
        return Walker(name, None, _cookie(token), inside="grant" in name, account_id=account_id)

    day = timedelta(days=1)
    return [
        await made("expired session", expires_at=now - day),
        await made("session idle for a day", last_seen_at=now - day),
        await made("ended session", ended_at=now - day),
        await made("locked account", state="locked"),
        await made("account that left", state="left"),
        await made("grant that is over", valid_to=now - day),
        await made("grant not begun", valid_from=now + day),
        await made("grant taken back", revoked_at=now - day),
        await made("no grant", granted=False),
    ]


def _cookie(token: str) -> dict[str, str]:
    return {
        "Cookie": f"{SESSION_COOKIE}={hashlib.sha256(token.encode()).hexdigest()}",
        CSRF_HEADER: csrf_of(hashlib.sha256(token.encode()).hexdigest()),
    }


async def _account(
    admin: AsyncConnection, account_id: str, login: str, one: _Hired, *, marked: bool
) -> None:
    await _insert(
        admin,
        "directory_account",
        id=account_id,
        login=login,
        display_name=f"巡查员{one.county.text_mark if marked else ''}",
        organisation_id=one.employer,
        state="active",
        scope_version=1,
        created_at=datetime.now(UTC),  # noqa: TID251 (a row of the past; nothing is decided by it)
    )
    await _insert(
        admin,
        "directory_account_password",
        account_id=account_id,
        password_hash=NOBODY_KNOWS,
        must_change=False,
        changed_at="2026-01-01T00:00:00Z",
    )


async def _grant(
    admin: AsyncConnection,
    account_id: str,
    one: _Hired,
    now: datetime,
    *,
    marked: bool,
    **changes: Any,
) -> None:
    await _insert(
        admin,
        "directory_grant",
        id=one.county.painted_id(str(uuid4())) if marked else str(uuid4()),
        account_id=account_id,
        role=one.role.value,
        target_kind=one.kind.value,
        target_id=one.target_id,
        target_title=f"目标{one.county.text_mark if marked else ''}",
        valid_from=changes.get("valid_from", now - timedelta(days=30)),
        valid_to=changes.get("valid_to", now + timedelta(days=30)),
        basis="任命文件",
        granted_at=now,
        revoked_at=changes.get("revoked_at"),
    )


async def _session(
    admin: AsyncConnection, account_id: str, token: str, now: datetime, **changes: Any
) -> None:
    shown = hashlib.sha256(token.encode()).hexdigest()
    await _insert(
        admin,
        "directory_session",
        id=str(uuid4()),
        account_id=account_id,
        token_hash="\\x" + hash_of(shown).hex(),
        created_at=now - timedelta(days=2),
        last_seen_at=changes.get("last_seen_at", now),
        expires_at=changes.get("expires_at", now + timedelta(days=5)),
        ended_at=changes.get("ended_at"),
    )


async def _insert(admin: AsyncConnection, table: str, **row: Any) -> None:
    names = ", ".join(row)
    await admin.execute(
        text(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608
            f"FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
        ),
        {"row": json.dumps(row, default=lambda at: at.isoformat())},
    )
