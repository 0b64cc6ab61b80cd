"""A scope is what a naive reading of grants, tree and contracts says, and the rows agree.

Random counties are written into the real database. The naive reading below walks everything with
plain loops; the product resolves with one function in the database and holds the same line again
with row security.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Table, insert, select, update
from tests.unit.directory.town import CIPHER, START, Offices, Town

from linli.directory.identity import store
from linli.directory.identity.contracts import (
    Account,
    AccountState,
    Grant,
    Permission,
    Role,
    TargetKind,
)
from linli.directory.identity.models import account_table, grant_table
from linli.directory.identity.policy import ROLES, carried
from linli.directory.identity.public import resolve_scope
from linli.directory.organisation.contracts import Duty, OrganisationKind
from linli.directory.organisation.models import contract_table, organisation_table
from linli.directory.people import store as people_store
from linli.directory.people.contracts import Person, Relation, Residence
from linli.directory.people.models import person_table, residence_table
from linli.directory.places.models import estate_table, place_table
from linli.directory.sources.contracts import CLERK
from linli.directory.sources.public import told_by
from linli.kernel.scope import NOBODY, Actor, Scope
from linli.kernel.work import Work

HOURS = st.integers(0, 6)
K = OrganisationKind


@dataclass(slots=True)
class Node:
    """An organisation of a drawn county."""

    kind: OrganisationKind
    parent: "Node | None"
    id: UUID = field(default_factory=lambda: UUID(int=0))

    def line(self) -> "list[Node]":
        return [*(self.parent.line() if self.parent else []), self]


@dataclass(slots=True)
class Land:
    """An estate with one home and one person."""

    community: Node
    id: UUID = field(default_factory=lambda: UUID(int=0))


@dataclass(frozen=True, slots=True)
class Period:
    """Hours after START; `ends` None is open."""

    begins: int
    ends: int | None

    def holds(self, hour: int) -> bool:
        return self.begins <= hour and (self.ends is None or hour < self.ends)


@dataclass(frozen=True, slots=True)
class Deal:
    """A service contract."""

    company: Node
    land: Land
    duties: frozenset[Duty]
    period: Period


@dataclass(frozen=True, slots=True)
class Given:
    """A grant, over a node or an estate."""

    role: Role
    target: Node | Land
    period: Period
    revoked: bool


@dataclass(frozen=True, slots=True)
class County:
    """A drawn county with one account whose scope is asked for, at `hour`."""

    nodes: list[Node]
    lands: list[Land]
    deals: list[Deal]
    employer: Node
    active: bool
    grants: list[Given]
    hour: int


@st.composite
def periods(draw: st.DrawFn) -> Period:
    begins = draw(HOURS)
    ends = draw(st.none() | st.integers(begins + 1, 8))
    return Period(begins, ends)


@st.composite
def counties(draw: st.DrawFn) -> County:
    nodes = [Node(K.COUNTY, None) for _ in range(draw(st.integers(1, 2)))]
    for kind, above, most in (
        (K.STREET, K.COUNTY, 3),
        (K.COMMUNITY, K.STREET, 3),
        (K.COMPANY, K.COUNTY, 3),
    ):
        parents = [node for node in nodes if node.kind is above]
        count = draw(st.integers(0, most)) if parents else 0
        nodes += [Node(kind, draw(st.sampled_from(parents))) for _ in range(count)]
    communities = [node for node in nodes if node.kind is K.COMMUNITY]
    companies = [node for node in nodes if node.kind is K.COMPANY]
    count = draw(st.integers(0, 4)) if communities else 0
    lands = [Land(draw(st.sampled_from(communities))) for _ in range(count)]
    deals = [
        Deal(
            company=draw(st.sampled_from(companies)),
            land=draw(st.sampled_from(lands)),
            duties=frozenset(draw(st.sets(st.sampled_from(list(Duty)), min_size=1, max_size=3))),
            period=draw(periods()),
        )
        for _ in range(draw(st.integers(0, 5)) if companies and lands else 0)
    ]
    targets: list[Node | Land] = [*nodes, *lands]
    grants = [
        Given(
            role=draw(st.sampled_from([role for role in Role if role != Role.INVITED_HELPER])),
            target=draw(st.sampled_from(targets)),
            period=draw(periods()),
            revoked=draw(st.integers(0, 4)) == 0,
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    return County(
        nodes=nodes,
        lands=lands,
        deals=deals,
        employer=draw(st.sampled_from(nodes)),
        active=draw(st.integers(0, 6)) > 0,
        grants=grants,
        hour=draw(HOURS),
    )


# ── the naive reading ──


def duties_of(county: County, company: Node, land: Land) -> frozenset[Duty]:
    found: set[Duty] = set()
    for deal in county.deals:
        if deal.company is company and deal.land is land and deal.period.holds(county.hour):
            found |= deal.duties
    return frozenset(found)


def in_force(county: County) -> Iterator[Given]:
    for grant in county.grants:
        if county.active and not grant.revoked and grant.period.holds(county.hour):
            yield grant


def reaches(county: County, grant: Given, land: Land, permission: Permission) -> bool:
    held = ROLES[grant.role].permissions
    if isinstance(grant.target, Land):
        if grant.target is not land:
            return False
        if county.employer.kind is not K.COMPANY:
            return permission in held
        duties = duties_of(county, county.employer, land)
        return bool(duties) and permission in carried(held, duties)
    if grant.target.kind is K.COMPANY:
        duties = duties_of(county, grant.target, land)
        return bool(duties) and permission in carried(held, duties)
    return grant.target in land.community.line() and permission in held


def naive_estates(county: County, permission: Permission) -> set[UUID]:
    return {
        land.id
        for land in county.lands
        for grant in in_force(county)
        if reaches(county, grant, land, permission)
    }


def touches(county: County, grant: Given, land: Land) -> bool:
    return any(reaches(county, grant, land, permission) for permission in Permission)


def naive_organisations(county: County, permission: Permission) -> set[UUID]:
    found: set[UUID] = set()
    for grant in in_force(county):
        if permission not in ROLES[grant.role].permissions:
            continue
        if isinstance(grant.target, Node):
            found |= {node.id for node in county.nodes if grant.target in node.line()}
        if permission is Permission.SEE_PLACES:
            found |= set(known(county, grant))
    return found


def known(county: County, grant: Given) -> Iterator[UUID]:
    """Whom one knows of: who stands above, and who works on the same estates."""
    if isinstance(grant.target, Node):
        yield from (node.id for node in grant.target.line())
    for land in county.lands:
        if not touches(county, grant, land):
            continue
        yield from (node.id for node in land.community.line())
        for deal in county.deals:
            if deal.land is land and deal.period.holds(county.hour):
                yield deal.company.id


# ── writing it down ──


async def write(work: Work, county: County) -> UUID:
    """Write the county; answers the account."""
    for node in county.nodes:
        node.id = work.new_id()
    for land in county.lands:
        land.id = work.new_id()
    rows = [
        {
            "id": node.id,
            "parent_id": node.parent.id if node.parent else None,
            "kind": node.kind.value,
            "title": node.kind.value,
            "path": [above.id for above in node.line()],
            "created_at": START,
        }
        for node in county.nodes
    ]
    await work.connection.execute(insert(organisation_table), rows)
    for land in county.lands:
        await settle(work, land)
    for deal in county.deals:
        await work.connection.execute(
            insert(contract_table).values(
                id=work.new_id(),
                company_id=deal.company.id,
                estate_id=deal.land.id,
                duties=sorted(deal.duties),
                valid_from=moment(deal.period.begins),
                valid_to=moment(deal.period.ends),
                created_at=START,
            )
        )
    return await employ(work, county)


async def settle(work: Work, land: Land) -> None:
    home = work.new_id()
    await work.connection.execute(
        insert(estate_table).values(
            id=land.id,
            code=land.id.hex[-20:],
            title="小区",
            community_id=land.community.id,
            width_m=1,
            height_m=1,
            created_at=START,
        )
    )
    await work.connection.execute(
        insert(place_table).values(
            id=home,
            estate_id=land.id,
            kind="home",
            code="1",
            title="1",
            path="1",
            path_ids=[home],
            created_at=START,
        )
    )
    residence = Residence(work.new_id(), land.id, home, "1", (home,), Relation.OWNER, START, None)
    person = Person(work.new_id(), land.id, "王晓明", None, None, (), (residence,), ())
    person = replace(person, code=person.id.hex)
    await people_store.add(work.connection, CIPHER, [person], told_by(work, CLERK), START)


async def employ(work: Work, county: County) -> UUID:
    account = Account(
        id=work.new_id(),
        login=work.new_id().hex,
        display_name="某人",
        organisation_id=county.employer.id,
        phone_masked=None,
        state=AccountState.ACTIVE,
        must_change_password=False,
        last_signed_in_at=None,
    )
    await store.add_account(work.connection, store.NewAccount(account, None, "x"), START)
    for given_grant in county.grants:
        grant = Grant(
            id=work.new_id(),
            account_id=account.id,
            role=given_grant.role,
            target_kind=kind_of(given_grant.target),
            target_id=given_grant.target.id,
            target_title="",
            valid_from=START + timedelta(hours=given_grant.period.begins),
            valid_to=moment(given_grant.period.ends),
            basis="任命",
        )
        await store.add_grant(work.connection, grant, granted_by=None, now=START)
        if given_grant.revoked:
            await store.revoke(work.connection, grant.id, revoked_by=None, at=START)
    if not county.active:
        await work.connection.execute(
            update(account_table)
            .where(account_table.c.id == account.id)
            .values(state=AccountState.LOCKED.value)
        )
    return account.id


def kind_of(target: Node | Land) -> TargetKind:
    if isinstance(target, Land):
        return TargetKind.ESTATE
    return TargetKind.COMPANY if target.kind is K.COMPANY else TargetKind.ORGANISATION


def moment(hour: int | None) -> datetime | None:
    return None if hour is None else START + timedelta(hours=hour)


# ── the two agree ──


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(county=counties())
async def test_scope_and_rows_are_what_the_naive_reading_says(
    desks: Offices, county: County
) -> None:
    desks.clock.at = START
    async with desks.machine.work() as work:
        account_id = await write(work, county)
    desks.clock.move(timedelta(hours=county.hour))
    async with desks.app.work(scope=NOBODY) as work:
        scope = await resolve_scope(work, account_id)
    for permission in Permission:
        assert scope.estates_for(permission) == naive_estates(county, permission), permission
        organisations = naive_organisations(county, permission)
        assert scope.organisations_for(permission) == organisations, permission
    await rows_agree(desks, county, scope, account_id)


async def rows_agree(desks: Offices, county: County, scope: Scope, account_id: UUID) -> None:
    """Queries without any condition return exactly what the naive reading allows."""
    places = naive_estates(county, Permission.SEE_PLACES)
    people = naive_estates(county, Permission.SEE_PEOPLE)
    managed = naive_organisations(county, Permission.MANAGE_ORGANISATIONS)
    known_ones = naive_organisations(county, Permission.SEE_PLACES)
    actor = Actor(kind="person", name="某人", account_id=account_id)
    async with desks.app.work(actor=actor, scope=scope) as work:

        async def ids(table: Table, column: ColumnElement[UUID]) -> set[UUID]:
            return set(await work.connection.scalars(select(column).select_from(table)))

        assert await ids(estate_table, estate_table.c.id) == places | {
            land.id for land in county.lands if land.community.id in managed
        }
        assert await ids(place_table, place_table.c.estate_id) == places
        assert await ids(person_table, person_table.c.estate_id) == people
        assert await ids(residence_table, residence_table.c.estate_id) == people
        assert await ids(organisation_table, organisation_table.c.id) == known_ones | {
            node.id for node in county.nodes if node.parent and node.parent.id in managed
        }
        assert await ids(contract_table, contract_table.c.estate_id) == {
            deal.land.id
            for deal in county.deals
            if deal.land.id in places or deal.company.id in managed
        }
        # Only this account was hired here: one's own account is always in sight, no other ever is.
        assert await ids(account_table, account_table.c.id) == {account_id}
        assert await ids(grant_table, grant_table.c.account_id) <= {account_id}


async def test_without_a_scope_no_row_is_seen(desks: Offices, town: Town) -> None:
    assert town.accounts
    tables: tuple[Table, ...] = (
        estate_table,
        place_table,
        person_table,
        residence_table,
        organisation_table,
        contract_table,
        account_table,
        grant_table,
    )
    async with desks.app.work(scope=NOBODY) as work:
        for table in tables:
            first = (await work.connection.execute(select(table).limit(1))).first()
            assert first is None, table.name
