"""Owners, leases, households and vehicles of homes, on the real database."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from tests.unit.directory.people.test_people import move_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.enterprises import service as shops_of
from linli.directory.enterprises.contracts import EnterpriseEntry, EnterpriseFilter
from linli.directory.enterprises.policy import BadCreditCode, credit_code
from linli.directory.enterprises.public import enter_enterprises, find_enterprises
from linli.directory.homes import service as homes
from linli.directory.homes.contracts import (
    Held,
    HomeEntry,
    HomeFilter,
    HomePath,
    HomeState,
    HouseholdEntry,
    HouseholdRole,
    LeaseEntry,
    OwnershipEntry,
    Party,
    Share,
    VehicleEntry,
    VehicleKind,
)
from linli.directory.homes.policy import BadHousehold, MoreThanWhole
from linli.directory.homes.public import (
    VehicleFilter,
    change_members,
    end_lease,
    enter_homes,
    enter_households,
    enter_leases,
    enter_ownerships,
    enter_vehicles,
    holdings_of,
    homes_at,
    list_vehicles,
    picture_of,
    transfer_ownership,
    versions_of_home,
)
from linli.directory.places.public import place_of
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import TwiceInList
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.support.looks.contracts import ReasonNeeded, What
from linli.support.looks.public import looks_at

FILE = Source(SourceKind.IMPORT, "房屋.xlsx", UUID(int=98))
SINCE = date(2020, 1, 1)


def owned(home: UUID, person: UUID, part: Fraction) -> OwnershipEntry:
    return OwnershipEntry(home_id=home, party=Party(person_id=person), part=part, valid_from=SINCE)


async def test_homes_by_their_doors_are_added_once(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    paths = [
        HomePath(building="3号楼", entrance="1单元", floor="5层", home="502室"),
        HomePath(building="9号楼", entrance="2单元", floor="3层", home="301"),
        HomePath(building="9号楼", entrance="2单元", floor="3层", home="302"),
        HomePath(building="别墅1栋", home="101"),
    ]
    async with desks.machine.work() as work:
        first = await homes_at(work, estate, paths)
        assert first == await homes_at(work, estate, paths)
        assert first[paths[0]] == town.home
        assert (await place_of(work, first[paths[1]])).path == "9号楼 2单元 301"
        entries = [HomeEntry(home_id=one, area=9_050) for one in first.values()]
        entered = await enter_homes(work, estate, entries, FILE)
        assert (entered.created, entered.updated) == (4, 0)
        again = await enter_homes(work, estate, entries, FILE)
        assert again.unchanged == 4
        # What a later list does not say stays known.
        await enter_homes(work, estate, [HomeEntry(home_id=town.home, state=HomeState.LET)], FILE)
        facts = (await picture_of(work, town.home, people=False)).facts
        assert facts is not None
        assert (facts.area, facts.state) == (9_050, HomeState.LET)
        assert [one.changed for one in await versions_of_home(work, town.home)] == [
            ("state",),
            (),
        ]
        with pytest.raises(TwiceInList):
            await enter_homes(work, estate, [entries[0], entries[0]], FILE)
        with pytest.raises(BadInput):
            await enter_homes(work, town.estates[1].id, entries[:1], FILE)


async def test_a_home_changes_hands_and_remembers(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    seller = await move_in(desks, town.home, "卖房人", None)
    wife = await move_in(desks, town.home, "卖房妻", None)
    buyer = await move_in(desks, town.home, "买房人", None)
    half = Fraction(1, 2)
    async with desks.machine.work() as work:
        shares = [owned(town.home, seller, half), owned(town.home, wife, half)]
        assert (await enter_ownerships(work, estate, shares, FILE)).created == 2
        assert (await enter_ownerships(work, estate, shares, FILE)).unchanged == 2
        with pytest.raises(MoreThanWhole):
            await enter_ownerships(work, estate, [owned(town.home, buyer, half)], FILE)
        day = date(2026, 6, 1)
        after = await transfer_ownership(
            work,
            town.home,
            givers=frozenset({Party(seller), Party(wife)}),
            takers=[Share(Party(buyer), Fraction(1), day)],
            day=day,
        )
        assert [(one.share.party.person_id, one.share.valid_to) for one in after] == [
            (buyer, None),
            (seller, day),
            (wife, day),
        ] or {one.share.party.person_id for one in after} == {buyer, seller, wife}
        held = await holdings_of(work, person_id=seller)
        assert [one.share.valid_to for one in held.ownerships] == [day]
    async with desks.as_account(town.accounts["weixiu"]) as work:
        # Who does not see people sees the home, but not who owns it.
        assert (await picture_of(work, town.home, people=True)).ownerships == ()


async def test_the_list_of_homes_names_owners_only_to_who_sees_people(
    desks: Offices, town: Town
) -> None:
    estate = town.estates[0].id
    owner = await move_in(desks, town.home, "房主", None)
    tenant = await move_in(desks, town.home, "租客", None)
    async with desks.machine.work() as work:
        third = Fraction(1, 3)
        await enter_ownerships(work, estate, [owned(town.home, owner, third)], FILE)
        lease = LeaseEntry(home_id=town.home, party=Party(tenant), valid_from=SINCE)
        await enter_leases(work, estate, [lease], FILE)
    wanted = HomeFilter(estate_id=estate, held=Held.PART)
    async with desks.as_account(town.accounts["shequ"]) as work:
        [line] = await homes.list_homes(work, wanted)
        assert (line.home_id, line.owners, line.tenants) == (
            town.home,
            (Party(owner),),
            (Party(tenant),),
        )
    async with desks.as_account(town.accounts["weixiu"]) as work:
        assert await homes.list_homes(work, wanted) == []
        seen = await homes.list_homes(work, HomeFilter(estate_id=estate))
        assert town.home in {one.home_id for one in seen}
        assert all(one.owners == () and one.tenants == () and one.held is None for one in seen)
        with pytest.raises(NotFound):
            await homes.list_homes(work, HomeFilter(estate_id=town.estates[1].id))


async def test_leases_and_households_end_and_stay_noted(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    tenant = await move_in(desks, town.home, "租客", None)
    child = await move_in(desks, town.home, "租客儿", None)
    async with desks.machine.work() as work:
        await enter_leases(
            work,
            estate,
            [LeaseEntry(home_id=town.home, party=Party(tenant), valid_from=SINCE)],
            FILE,
        )
        [lease] = (await picture_of(work, town.home, people=True)).leases
        with pytest.raises(BadInput):
            await end_lease(work, lease.id, SINCE)
        await end_lease(work, lease.id, date(2026, 1, 1))
        [lease] = (await picture_of(work, town.home, people=True)).leases
        assert lease.valid_to == date(2026, 1, 1)
        entry = HouseholdEntry(
            home_id=town.home,
            valid_from=SINCE,
            members=((tenant, HouseholdRole.HEAD), (child, HouseholdRole.CHILD)),
        )
        await enter_households(work, estate, [entry], FILE)
        [household] = (await picture_of(work, town.home, people=True)).households
        assert len(household.members) == 2
        with pytest.raises(BadHousehold):
            await change_members(work, household.id, [(child, HouseholdRole.CHILD)])
    desks.clock.move(timedelta(days=400))
    async with desks.machine.work() as work:
        after = await change_members(work, household.id, [(child, HouseholdRole.HEAD)])
        past = [one for one in after.members if one.valid_to is not None]
        assert {one.person_id for one in past} == {tenant, child}
        [now] = [one for one in after.members if one.valid_to is None]
        assert (now.person_id, now.role) == (child, HouseholdRole.HEAD)
        with pytest.raises(NotFound):
            await change_members(work, UUID(int=3), [(child, HouseholdRole.HEAD)])


async def test_vehicles_are_known_by_their_plates(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    entries = [
        VehicleEntry(plate="川A·12345", home_id=town.home, space="B1-001"),
        VehicleEntry(plate="川AD12345", kind=VehicleKind.NEW_ENERGY),
    ]
    async with desks.machine.work() as work:
        assert (await enter_vehicles(work, estate, entries, FILE)).created == 2
        assert (await enter_vehicles(work, estate, entries, FILE)).unchanged == 2
        with pytest.raises(BadInput) as wrong:
            await enter_vehicles(work, estate, [VehicleEntry(plate="不是车牌")], FILE)
        assert [fault.field for fault in wrong.value.faults] == ["0.plate"]
    async with desks.as_account(town.accounts["shequ"]) as work:
        rows, total = await list_vehicles(work, VehicleFilter(plate="A12345"))
        assert (total, [row.plate for row in rows]) == (1, ["川A1***5"])
    async with desks.as_account(town.accounts["weixiu"]) as work:
        assert (await list_vehicles(work, VehicleFilter()))[1] == 0


async def test_enterprises_are_known_by_their_credit_code(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    code = "91350100M000100Y43"  # the sample of GB 32100-2015
    assert credit_code(code.lower()) == code
    with pytest.raises(BadCreditCode):
        credit_code("91350100M000100Y44")
    shop = EnterpriseEntry(
        title="老街面馆", credit_code=code, contact="马先生", phone="13900000001"
    )
    async with desks.machine.work() as work:
        first = await enter_enterprises(work, CIPHER, estate, [shop], FILE)
        assert first.created == 1
        again = await enter_enterprises(work, CIPHER, estate, [shop], FILE)
        assert (again.created, again.unchanged) == (0, 1)
        renamed = EnterpriseEntry(title="新街面馆", credit_code=code)
        assert (await enter_enterprises(work, CIPHER, estate, [renamed], FILE)).updated == 1
    async with desks.as_account(town.accounts["weixiu"]) as work:
        rows, _ = await find_enterprises(work, CIPHER, EnterpriseFilter(words="新街"))
        assert [(row.title, row.phone_masked) for row in rows] == [("新街面馆", "139****0001")]


async def test_a_plate_and_a_shops_number_are_shown_for_a_reason_and_on_record(
    desks: Offices, town: Town
) -> None:
    estate = town.estates[0].id
    owner = await move_in(desks, town.home, "周明")
    async with desks.machine.work() as work:
        entered = await enter_vehicles(
            work,
            estate,
            [VehicleEntry(plate="川A·66688", party=Party(person_id=owner), home_id=town.home)],
            FILE,
        )
        (vehicle,) = entered.ids.values()
        shops = await enter_enterprises(
            work, CIPHER, estate, [EnterpriseEntry(title="便民超市", phone="13900001111")], FILE
        )
        (shop,) = shops.ids.values()
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(ReasonNeeded):
            await homes.look_at_plate(work, vehicle, reason=" 挪车 ")
        assert await homes.look_at_plate(work, vehicle, reason="堵住消防通道") == "川A66688"
        assert await shops_of.look_at_phone(work, CIPHER, shop, reason="燃气泄漏，联系店主") == (
            "13900001111"
        )
    async with desks.as_account(town.accounts["xian"]) as work:
        mine, _ = await looks_at(work, frozenset({owner}), most=5)
        assert [(one.what, one.subject_title, one.reason) for one in mine] == [
            (What.PLATE, "川A6***8", "堵住消防通道")
        ]
    # Who sees people masked, or not at all, is not told more for a reason.
    for login in ("wuye", "weixiu"):
        async with desks.as_account(town.accounts[login]) as work:
            assert not work.scope.may("see_people_full", estate)
            with pytest.raises((Forbidden, NotFound)):
                await homes.look_at_plate(work, vehicle, reason="堵住消防通道")
            with pytest.raises(Forbidden):
                await shops_of.look_at_phone(work, CIPHER, shop, reason="堵住消防通道")
