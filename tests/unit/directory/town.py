"""A small county for tests: two streets, three communities, three estates, two companies.

Rows are written by linli itself (`machine`), read and changed by people (`app`), each through the
database role that the product uses for it.
"""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from linli.app.engine.roles import DatabaseUrls, connected, on_database, quoted
from linli.directory.identity.contracts import (
    AccountDraft,
    GrantDraft,
    Role,
    TargetKind,
)
from linli.directory.identity.door import DoorSettings, SessionDoor
from linli.directory.identity.public import (
    HashCost,
    Passwords,
    create_account,
    grant_role,
    resolve_scope,
)
from linli.directory.organisation.contracts import (
    ContractDraft,
    Duty,
    Organisation,
    OrganisationDraft,
    OrganisationKind,
    ServiceContract,
)
from linli.directory.organisation.public import add_organisation, sign_contract
from linli.directory.places.contracts import Estate, EstateDraft, PlaceDraft, PlaceKind
from linli.directory.places.public import add_estate, add_places
from linli.kernel.database import engine_for
from linli.kernel.scope import NOBODY, Actor
from linli.kernel.work import Work, Workshop
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PASSWORD = "tang-cu-pai-gu"
CIPHER = AesGcmCipher(Keys.of(bytes(range(32))))
CHEAP = HashCost(memory_kib=64, passes=1)


@dataclass(slots=True)
class MovedClock:
    """Stands still until a test moves it."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


class CountingPasswords(Passwords):
    """Real argon2 at a low cost; counts how often something was hashed."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.computed = 0

    async def right(self, password_hash: str | None, password: str) -> bool:
        self.computed += 1
        return await super().right(password_hash, password)


@dataclass(frozen=True, slots=True)
class Offices:
    """The two ways into the database, on one clock."""

    app: Workshop
    machine: Workshop
    clock: MovedClock
    passwords: CountingPasswords

    def door(self, settings: DoorSettings | None = None) -> SessionDoor:
        return SessionDoor(
            self.app, self.passwords, settings or DoorSettings(), cipher=CIPHER, clock=self.clock
        )

    @asynccontextmanager
    async def as_account(self, account_id: UUID) -> AsyncGenerator[Work]:
        """A unit of work of a signed-in account, in the scope it has right now."""
        async with self.app.work(scope=NOBODY) as work:
            scope = await resolve_scope(work, account_id)
        actor = Actor(kind="person", name="某人", account_id=account_id, address="10.0.0.7")
        async with self.app.work(actor=actor, scope=scope) as work:
            yield work

    async def events(self, name: str) -> int:
        """How many events of this name were recorded."""
        async with self.machine.work() as work:
            found = await work.connection.scalar(
                text("SELECT count(*) FROM kernel_event WHERE name = :name"), {"name": name}
            )
            return int(found or 0)


@asynccontextmanager
async def database_beside(urls: DatabaseUrls, template: str) -> AsyncGenerator[DatabaseUrls]:
    """A new database from the template, on the server of `urls`; dropped at the end."""
    name = f"{template}_{secrets.token_hex(3)}"
    made = DatabaseUrls(
        admin=on_database(urls.admin, name),
        owner=on_database(urls.owner, name),
        app=on_database(urls.app, name),
        gateway=on_database(urls.gateway, name),
    )
    async with connected(on_database(urls.admin, "postgres")) as admin:
        create = (
            f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)} "
            "STRATEGY file_copy OWNER linli_owner"
        )
        await admin.execute(text(create))
        try:
            yield made
        finally:
            await admin.execute(text(f"DROP DATABASE {quoted(name)} WITH (FORCE)"))


@asynccontextmanager
async def offices(urls: DatabaseUrls) -> AsyncGenerator[Offices]:
    clock = MovedClock()
    app, machine = engine_for(urls.app, connections=4), engine_for(urls.gateway, connections=2)
    try:
        yield Offices(Workshop(app, clock), Workshop(machine, clock), clock, CountingPasswords())
    finally:
        await app.dispose()
        await machine.dispose()


@dataclass(slots=True)
class Town:
    """The county as it was built; `accounts` by login."""

    county: Organisation
    streets: tuple[Organisation, Organisation]
    communities: tuple[Organisation, Organisation, Organisation]
    estates: tuple[Estate, Estate, Estate]
    property_company: Organisation
    lift_firm: Organisation
    contract: ServiceContract
    home: UUID
    tag: str
    accounts: dict[str, UUID] = field(default_factory=dict[str, UUID])

    def login(self, name: str) -> str:
        """The login of this county's account of that name."""
        return f"{name}-{self.tag}"


async def organisation(
    work: Work, kind: OrganisationKind, title: str, parent: Organisation | None
) -> Organisation:
    draft = OrganisationDraft(kind=kind, title=title, parent_id=parent.id if parent else None)
    return await add_organisation(work, draft)


async def build_town(work: Work) -> Town:
    """Two streets; estates 阳光花园 and 和园 under the first, 北辛小区 under the second.

    Many such counties share a database; `tag` tells codes and logins of one from another's.
    """
    kind = OrganisationKind
    tag = secrets.token_hex(4)
    county = await organisation(work, kind.COUNTY, "示范县", None)
    east = await organisation(work, kind.STREET, "怀远街道", county)
    north = await organisation(work, kind.STREET, "北辛街道", county)
    communities = (
        await organisation(work, kind.COMMUNITY, "仁里社区", east),
        await organisation(work, kind.COMMUNITY, "和顺社区", east),
        await organisation(work, kind.COMMUNITY, "北辛社区", north),
    )
    titles = (("YG", "阳光花园"), ("HY", "和园"), ("BX", "北辛小区"))
    estates = [
        await add_estate(work, EstateDraft(f"{code}-{tag}", title, community.id, 260, 200))
        for (code, title), community in zip(titles, communities, strict=True)
    ]
    company = await organisation(work, kind.COMPANY, "安居物业", county)
    lifts = await organisation(work, kind.COMPANY, "平安电梯", county)
    contract = await sign_contract(
        work,
        ContractDraft(
            company_id=company.id,
            estate_id=estates[0].id,
            duties=frozenset({Duty.PROPERTY, Duty.REPAIR}),
            valid_from=work.now,
        ),
    )
    for estate in (estates[0], estates[2]):
        await sign_contract(
            work,
            ContractDraft(
                company_id=lifts.id,
                estate_id=estate.id,
                duties=frozenset({Duty.LIFT}),
                valid_from=work.now,
            ),
        )
    return Town(
        county=county,
        streets=(east, north),
        communities=communities,
        estates=(estates[0], estates[1], estates[2]),
        property_company=company,
        lift_firm=lifts,
        contract=contract,
        home=await _homes(work, estates),
        tag=tag,
    )


async def _homes(work: Work, estates: list[Estate]) -> UUID:
    """One building with one home in each estate; answers the home in the first."""
    homes: list[UUID] = []
    for estate in estates:
        building, entrance, floor, home = (work.new_id() for _ in range(4))
        drafts = (
            PlaceDraft(id=building, kind=PlaceKind.BUILDING, title="3号楼", x=20, y=30, w=48, h=18),
            PlaceDraft(id=entrance, kind=PlaceKind.ENTRANCE, title="1单元", parent_id=building),
            PlaceDraft(id=floor, kind=PlaceKind.FLOOR, title="5层", parent_id=entrance),
            PlaceDraft(id=home, kind=PlaceKind.HOME, title="502室", parent_id=floor),
            PlaceDraft(id=work.new_id(), kind=PlaceKind.LIFT, title="3号电梯", parent_id=entrance),
            PlaceDraft(id=work.new_id(), kind=PlaceKind.GATE, title="南门", x=130, y=198),
        )
        await add_places(work, estate.id, drafts)
        homes.append(home)
    return homes[0]


STAFF: dict[str, tuple[str, Role]] = {
    "admin": ("county", Role.ADMINISTRATOR),
    "xian": ("county", Role.COUNTY_OFFICER),
    "jiedao": ("street", Role.STREET_OFFICER),
    "shequ": ("community", Role.DUTY_OFFICER),
    "wangge": ("community", Role.GRID_WORKER),
    "wuye": ("company", Role.PROPERTY_MANAGER),
    "weixiu": ("company", Role.PROPERTY_STAFF),
    "dianti": ("lift_firm", Role.PROPERTY_MANAGER),
}


async def fill_town(work: Work, town: Town, passwords: Passwords) -> None:
    """One account of each kind, all with the same password."""
    password_hash = await passwords.hashed(PASSWORD)
    homes = {
        "county": town.county,
        "street": town.streets[0],
        "community": town.communities[0],
        "company": town.property_company,
        "lift_firm": town.lift_firm,
    }
    for login, (home, role) in STAFF.items():
        employer = homes[home]
        town.accounts[login] = await hire(work, town.login(login), employer, password_hash)
        await appoint(work, town.accounts[login], role, employer)


async def hire(work: Work, login: str, employer: Organisation, password_hash: str) -> UUID:
    draft = AccountDraft(
        login=login,
        display_name=f"{login.partition('-')[0]}的人",
        organisation_id=employer.id,
        phone="13812340001",
    )
    account = await create_account(
        work, CIPHER, draft, password_hash=password_hash, must_change=False
    )
    return account.id


async def appoint(
    work: Work,
    account_id: UUID,
    role: Role,
    over: Organisation | Estate,
    *,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> UUID:
    if isinstance(over, Estate):
        kind = TargetKind.ESTATE
    elif over.kind is OrganisationKind.COMPANY:
        kind = TargetKind.COMPANY
    else:
        kind = TargetKind.ORGANISATION
    draft = GrantDraft(
        role=role,
        target_kind=kind,
        target_id=over.id,
        valid_from=valid_from or work.now,
        valid_to=valid_to,
        basis="任命文件",
    )
    return (await grant_role(work, account_id, draft)).id
