"""Nobody gives, takes or keeps more than they may."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.unit.directory.town import STAFF, Offices, Town, appoint, hire

from linli.directory.identity.contracts import (
    AccountState,
    GrantDraft,
    Invitation,
    Permission,
    Role,
    TargetKind,
)
from linli.directory.identity.policy import ROLES, NotTheirCompany, WrongPeriod, WrongTarget
from linli.directory.identity.public import (
    account_of,
    grant_role,
    grants_of,
    invite_to_incident,
    lock_account,
    reset_password,
    resolve_scope,
    revoke_grant,
    staff_of,
    unlock_account,
)
from linli.directory.identity.service import BeyondYourScope, LastAdministrator, NotYourself
from linli.directory.organisation.public import end_contract
from linli.kernel.errors import Forbidden, IllegalMove, NotFound
from linli.kernel.scope import NOBODY, Scope


async def scope_of(desks: Offices, account_id: UUID) -> Scope:
    async with desks.app.work(scope=NOBODY) as work:
        return await resolve_scope(work, account_id)


def draft_of(
    role: Role, kind: TargetKind, target_id: UUID, desks: Offices, **changes: object
) -> GrantDraft:
    draft = GrantDraft(
        role=role,
        target_kind=kind,
        target_id=target_id,
        valid_from=desks.clock.now(),
        basis="任命文件",
    )
    return replace(draft, **changes)  # pyright: ignore[reportArgumentType]  # fields of the draft


async def test_each_level_reaches_its_own_estates_and_no_others(desks: Offices, town: Town) -> None:
    sun, harmony, north = (estate.id for estate in town.estates)
    reach = {
        login: (await scope_of(desks, account_id)).estates_for(Permission.SEE_PLACES)
        for login, account_id in town.accounts.items()
    }
    assert reach["xian"] == reach["admin"] == {sun, harmony, north}
    assert reach["jiedao"] == {sun, harmony}
    assert reach["shequ"] == reach["wangge"] == reach["wuye"] == reach["weixiu"] == {sun}
    assert reach["dianti"] == {sun, north}


async def test_a_lift_firm_comes_for_its_lifts_and_not_for_the_residents(
    desks: Offices, town: Town
) -> None:
    lifts = await scope_of(desks, town.accounts["dianti"])
    assert lifts.estates_for(Permission.DO_ORDERS) == {town.estates[0].id, town.estates[2].id}
    assert lifts.estates_for(Permission.SEE_PEOPLE) == frozenset()
    assert lifts.estates_for(Permission.SEE_INCIDENTS) == frozenset()


async def test_the_administrator_sees_no_people(desks: Offices, town: Town) -> None:
    scope = await scope_of(desks, town.accounts["admin"])
    assert not scope.permissions() & {Permission.SEE_PEOPLE, Permission.SEE_PEOPLE_FULL}


async def test_when_the_contract_ends_the_company_is_out_at_once(
    desks: Offices, town: Town
) -> None:
    manager = town.accounts["wuye"]
    before = await scope_of(desks, manager)
    desks.clock.move(timedelta(minutes=1))
    async with desks.as_account(town.accounts["xian"]) as work:
        await end_contract(work, town.contract.id)
    after = await scope_of(desks, manager)
    assert before.estates_for(Permission.SEE_PEOPLE) == {town.estates[0].id}
    assert after.estates == {}
    assert after.version > before.version
    async with desks.machine.work() as work:
        company, sun = town.property_company.id, town.estates[0].id
        assert await staff_of(work, company, sun, Permission.DO_ORDERS) == ()


async def test_a_managers_own_estate_also_ends_with_the_companys_contract(
    desks: Offices, town: Town
) -> None:
    async with desks.machine.work() as work:
        worker = await hire(work, town.login("xiangmu"), town.property_company, "x")
        await appoint(work, worker, Role.PROPERTY_MANAGER, town.estates[0])
        await appoint(work, worker, Role.PROPERTY_MANAGER, town.estates[1])
    scope = await scope_of(desks, worker)
    assert scope.estates_for(Permission.SEE_INCIDENTS) == {town.estates[0].id}


async def test_a_grant_begins_and_ends_by_its_own_dates(desks: Offices, town: Town) -> None:
    begins, ends = desks.clock.now() + timedelta(hours=1), desks.clock.now() + timedelta(hours=2)
    async with desks.machine.work() as work:
        relief = await hire(work, town.login("tiban"), town.communities[0], "x")
        await appoint(
            work, relief, Role.DUTY_OFFICER, town.communities[0], valid_from=begins, valid_to=ends
        )
    seen: list[bool] = []
    for _ in range(3):
        scope = await scope_of(desks, relief)
        seen.append(scope.may(Permission.SEE_INCIDENTS, town.estates[0].id))
        desks.clock.move(timedelta(hours=1))
    assert seen == [False, True, False]


async def test_revoking_is_noticed(desks: Offices, town: Town) -> None:
    grid_worker = town.accounts["wangge"]
    before = await scope_of(desks, grid_worker)
    told = await desks.events("grant_changed")
    async with desks.as_account(town.accounts["admin"]) as work:
        (grant,) = (await grants_of(work, [grid_worker]))[grid_worker]
        await revoke_grant(work, grant.id)
    after = await scope_of(desks, grid_worker)
    assert after.permissions() == frozenset()
    assert after.version > before.version
    assert await desks.events("grant_changed") == told + 1


async def test_nobody_hands_out_more_than_they_may(desks: Offices, town: Town) -> None:
    """Every role is tried over every target by everybody; only the listed ones pass."""
    passed: set[tuple[str, Role, str]] = set()
    targets = {
        "county": (TargetKind.ORGANISATION, town.county.id),
        "street": (TargetKind.ORGANISATION, town.streets[0].id),
        "other street": (TargetKind.ORGANISATION, town.streets[1].id),
        "community": (TargetKind.ORGANISATION, town.communities[0].id),
        "other community": (TargetKind.ORGANISATION, town.communities[2].id),
        "estate": (TargetKind.ESTATE, town.estates[0].id),
        "other estate": (TargetKind.ESTATE, town.estates[2].id),
    }
    async with desks.machine.work() as work:
        newcomer = await hire(work, town.login("xinren"), town.communities[0], "x")
    for login in STAFF:
        for role in Role:
            for name, (kind, target_id) in targets.items():
                try:
                    async with desks.as_account(town.accounts[login]) as work:
                        await grant_role(work, newcomer, draft_of(role, kind, target_id, desks))
                except (Forbidden, NotFound, WrongTarget, WrongPeriod):
                    continue
                passed.add((login, role, name))
    local = {Role.DUTY_OFFICER, Role.GRID_WORKER}
    near = {(role, name) for role in local for name in ("community", "estate")}
    far = {(role, name) for role in local for name in ("other community", "other estate")}
    near |= {(role, "estate") for role in (Role.PROPERTY_MANAGER, Role.PROPERTY_STAFF)}
    far |= {(role, "other estate") for role in (Role.PROPERTY_MANAGER, Role.PROPERTY_STAFF)}
    streets = {(Role.STREET_OFFICER, "street"), (Role.STREET_OFFICER, "other street")}
    system = {
        (role, name)
        for role in (Role.ADMINISTRATOR, Role.DATA_OFFICER)
        for name in ("county", "street", "other street")
    }
    system |= {(Role.DATA_OFFICER, name) for name in ("community", "other community")}
    expected = {("jiedao", *pair) for pair in near}
    expected |= {("xian", *pair) for pair in near | far | streets}
    expected |= {("admin", *pair) for pair in near | far | streets | system}
    expected.add(("admin", Role.COUNTY_OFFICER, "county"))
    assert passed == expected


def test_handing_on_gives_nobody_more() -> None:
    """Whoever received a role hands out nothing that the giver could not hand out itself."""
    for role, rule in ROLES.items():
        for received in rule.hands_out:
            assert ROLES[received].hands_out <= rule.hands_out, (role, received)


async def test_nobody_grants_to_themselves_or_locks_themselves(desks: Offices, town: Town) -> None:
    admin = town.accounts["admin"]
    draft = draft_of(Role.COUNTY_OFFICER, TargetKind.ORGANISATION, town.county.id, desks)
    async with desks.as_account(admin) as work:
        (own,) = (await grants_of(work, [admin]))[admin]
    with pytest.raises(NotYourself):
        async with desks.as_account(admin) as work:
            await grant_role(work, admin, draft)
    with pytest.raises(NotYourself):
        async with desks.as_account(admin) as work:
            await lock_account(work, admin)
    with pytest.raises(NotYourself):
        async with desks.as_account(admin) as work:
            await revoke_grant(work, own.id)


async def test_the_last_administrator_stays(desks: Offices, town: Town) -> None:
    admin = town.accounts["admin"]
    async with desks.machine.work() as work:
        second = await hire(work, town.login("admin2"), town.county, "x")
        grant_id = await appoint(work, second, Role.ADMINISTRATOR, town.county)
    async with desks.as_account(second) as work:
        await lock_account(work, admin)
    assert (await scope_of(desks, admin)).permissions() == frozenset()
    async with desks.machine.work() as work:
        third = await hire(work, town.login("admin3"), town.county, "x")
        # Administers for a day only: no successor.
        await appoint(
            work,
            third,
            Role.ADMINISTRATOR,
            town.county,
            valid_to=work.now + timedelta(days=1),
        )
    with pytest.raises(LastAdministrator):
        async with desks.as_account(third) as work:
            await revoke_grant(work, grant_id)
    with pytest.raises(LastAdministrator):
        async with desks.as_account(third) as work:
            await lock_account(work, second)


async def test_two_administrators_who_lock_each_other_at_once_cannot_both_win(
    desks: Offices, town: Town
) -> None:
    first = town.accounts["admin"]
    async with desks.machine.work() as work:
        second = await hire(work, town.login("admin2"), town.county, "x")
        await appoint(work, second, Role.ADMINISTRATOR, town.county)

    async def lock(actor: UUID, other: UUID) -> None:
        async with desks.as_account(actor) as work:
            await lock_account(work, other)

    outcomes = await asyncio.gather(
        lock(first, second), lock(second, first), return_exceptions=True
    )
    # Whoever comes second finds nobody left, or is already without rights.
    assert sorted(type(outcome).__name__ for outcome in outcomes if outcome) in (
        ["LastAdministrator"],
        ["Forbidden"],
        ["BeyondYourScope"],
        ["NotFound"],
    )
    left = [await scope_of(desks, account) for account in (first, second)]
    assert sum(bool(scope.permissions()) for scope in left) == 1


async def test_a_password_of_somebody_greater_is_out_of_reach(desks: Offices, town: Town) -> None:
    """A county officer who works from the street's office is not the street's to take over."""
    async with desks.machine.work() as work:
        greater = await hire(work, town.login("paizhu"), town.streets[0], "x")
        await appoint(work, greater, Role.COUNTY_OFFICER, town.county)
    for act in (lock_account, unlock_account):
        with pytest.raises(BeyondYourScope):
            async with desks.as_account(town.accounts["jiedao"]) as work:
                await act(work, greater)
    with pytest.raises(BeyondYourScope):
        async with desks.as_account(town.accounts["jiedao"]) as work:
            await reset_password(work, greater, "hash")


async def test_locking_ends_every_session_and_unlocking_forgives(
    desks: Offices, town: Town
) -> None:
    worker, ended = town.accounts["wangge"], await desks.events("session_ended")
    async with desks.as_account(town.accounts["jiedao"]) as work:
        assert (await lock_account(work, worker)).state is AccountState.LOCKED
    with pytest.raises(IllegalMove):
        async with desks.as_account(town.accounts["jiedao"]) as work:
            await lock_account(work, worker)
    assert await desks.events("session_ended") == ended + 1
    async with desks.as_account(town.accounts["jiedao"]) as work:
        assert (await unlock_account(work, worker)).state is AccountState.ACTIVE
    assert (await scope_of(desks, worker)).may(Permission.SEE_ORDERS, town.estates[0].id)


async def test_a_company_role_goes_to_the_companys_own_people(desks: Offices, town: Town) -> None:
    draft = draft_of(Role.PROPERTY_MANAGER, TargetKind.COMPANY, town.property_company.id, desks)
    with pytest.raises(NotTheirCompany):
        async with desks.as_account(town.accounts["admin"]) as work:
            await grant_role(work, town.accounts["shequ"], draft)


@pytest.mark.parametrize("role", [Role.INVITED_HELPER, Role.PROPERTY_STAFF])
async def test_a_role_over_what_it_is_not_made_for_is_refused(
    desks: Offices, town: Town, role: Role
) -> None:
    draft = draft_of(role, TargetKind.ORGANISATION, town.communities[0].id, desks)
    with pytest.raises(WrongTarget):
        async with desks.as_account(town.accounts["admin"]) as work:
            await grant_role(work, town.accounts["shequ"], draft)


async def test_a_helper_reaches_one_incident_until_the_invitation_ends(
    desks: Offices, town: Town
) -> None:
    async with desks.machine.work() as work:
        helper = await hire(work, town.login("xiaofang"), town.communities[2], "x")
    incident = uuid4()
    invitation = Invitation(
        account_id=helper,
        incident_id=incident,
        incident_title="YG-20261122-0007",
        estate_id=town.estates[0].id,
        valid_to=desks.clock.now() + timedelta(hours=4),
        basis="火警协助",
    )
    with pytest.raises(Forbidden):
        async with desks.as_account(town.accounts["weixiu"]) as work:
            await invite_to_incident(work, invitation)
    async with desks.as_account(town.accounts["shequ"]) as work:
        await invite_to_incident(work, invitation)
    scope = await scope_of(desks, helper)
    assert scope.incidents[Permission.SEE_INCIDENTS] == {incident}
    assert scope.estates == {}
    desks.clock.move(timedelta(hours=4))
    assert (await scope_of(desks, helper)).incidents == {}


async def test_staff_are_those_who_may_on_that_estate(desks: Offices, town: Town) -> None:
    company, sun, north = town.property_company.id, town.estates[0].id, town.estates[2].id
    async with desks.as_account(town.accounts["shequ"]) as work:
        names = {s.display_name for s in await staff_of(work, company, sun, "do_orders")}
        lift = await staff_of(work, town.lift_firm.id, sun, "do_orders")
        unknown = await staff_of(work, town.communities[2].id, sun, "see_places")
        elsewhere = await staff_of(work, company, north, "do_orders")
    assert names == {"wuye的人", "weixiu的人"}
    assert [s.phone_masked for s in lift] == ["138****0001"]
    assert unknown == elsewhere == ()


async def test_an_account_out_of_reach_looks_absent(desks: Offices, town: Town) -> None:
    with pytest.raises(NotFound):
        async with desks.as_account(town.accounts["jiedao"]) as work:
            await account_of(work, town.accounts["admin"])
    async with desks.as_account(town.accounts["weixiu"]) as work:
        own = await account_of(work, town.accounts["weixiu"])
    assert (own.login, own.phone_masked) == (town.login("weixiu"), "138****0001")
