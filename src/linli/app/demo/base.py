"""The demo estate's base: who owns and rents what, households, vehicles, shops, facilities.

Invented, and the same every time: what varies is taken from a home's place in the list. Some facts
are left out on purpose, so that the completeness page has something to say.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from linli.app.demo.plan import EstatePlan
from linli.directory.balances.contracts import OpeningEntry
from linli.directory.balances.public import enter as enter_balances
from linli.directory.cards.contracts import CardEntry, CardKind, CardState
from linli.directory.cards.public import enter as enter_cards
from linli.directory.enterprises.contracts import EnterpriseEntry, EnterpriseKind
from linli.directory.enterprises.public import check_of, enter_enterprises
from linli.directory.facilities.contracts import FacilityEntry, FacilityKind, FacilityState
from linli.directory.facilities.public import enter_facilities
from linli.directory.homes.contracts import (
    HomeEntry,
    HomeState,
    HouseholdEntry,
    HouseholdRole,
    LeaseEntry,
    OwnershipEntry,
    Party,
    SpaceKind,
    VehicleEntry,
    VehicleKind,
)
from linli.directory.homes.public import (
    enter_homes,
    enter_households,
    enter_leases,
    enter_ownerships,
    enter_vehicles,
)
from linli.directory.people.contracts import ContactDraft, PersonEntry, Relation, Tag
from linli.directory.people.public import enter_people
from linli.directory.places.contracts import Place, PlaceDraft, PlaceKind
from linli.directory.places.public import add_places, places_in
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher

SOURCE = Source(SourceKind.DEMO, "演示小区名册")
BUILT = date(2012, 9, 28)
LONG_AGO = timedelta(days=365)

_TAGS = {"elder_alone": Tag.ELDER_ALONE, "elder_couple": Tag.ELDER, "walks_badly": Tag.DISABLED}

SHOPS = (
    ("便民超市", EnterpriseKind.SHOP, "刘芳", 4),
    ("老街面馆", EnterpriseKind.RESTAURANT, "马建国", 5),
    ("邻家药房", EnterpriseKind.CLINIC, "何静", 3),
    ("快递驿站", EnterpriseKind.SERVICE, "吴磊", 2),
    ("阳光幼托", EnterpriseKind.SCHOOL, "孙丽", 9),
    ("五金维修", EnterpriseKind.SERVICE, "郑勇", None),
)


async def seed_people(
    work: Work, cipher: Cipher, estate_id: UUID, plan: EstatePlan, places: Mapping[str, UUID]
) -> Mapping[str, Sequence[tuple[UUID, Relation]]]:
    """Register elders and residents; answers who lives at each home, by the home's code."""
    year = work.now.astimezone(SHANGHAI).year
    begin = work.now - LONG_AGO
    entries: list[tuple[str, PersonEntry]] = [
        (
            elder.home,
            PersonEntry(
                name=elder.name,
                home_id=places[elder.home],
                relation=Relation.OWNER,
                valid_from=begin,
                phone=elder.phone,
                birth_date=date(year - elder.age, 1 + at % 12, 1 + at % 27),
                tags=tuple(dict.fromkeys(_TAGS[tag] for tag in elder.tags if tag in _TAGS)),
                contacts=(
                    ContactDraft(elder.contact.name, elder.contact.relation, elder.contact.phone),
                ),
            ),
        )
        for at, elder in enumerate(plan.elders)
    ]
    entries += [
        (
            person.home,
            PersonEntry(
                name=person.name,
                home_id=places[person.home],
                relation=Relation(person.role),
                valid_from=begin,
                phone=person.phone,
                birth_date=date(1958 + at % 45, 1 + at % 12, 1 + at % 27) if at % 3 else None,
            ),
        )
        for at, person in enumerate(plan.people)
    ]
    entered = await enter_people(work, cipher, [entry for _, entry in entries], SOURCE, estate_id)
    living: dict[str, list[tuple[UUID, Relation]]] = {}
    for at, (home, entry) in enumerate(entries):
        living.setdefault(home, []).append((entered.ids[str(at)], entry.relation))
    return living


async def seed_base(
    work: Work,
    cipher: Cipher,
    estate_id: UUID,
    living: Mapping[str, Sequence[tuple[UUID, Relation]]],
) -> None:
    """Note homes, owners, leases, households, vehicles, shops and facilities."""
    homes = await places_in(work, estate_id, PlaceKind.HOME)
    await enter_homes(
        work, estate_id, [_home(at, one, living) for at, one in enumerate(homes)], SOURCE
    )
    owned = [one for one in homes if _of(living, one, Relation.OWNER)]
    await enter_ownerships(
        work, estate_id, [share for one in owned for share in _shares(one, living)], SOURCE
    )
    let = [one for one in homes if _of(living, one, Relation.TENANT)]
    today = work.now.astimezone(SHANGHAI).date()
    leases = [
        LeaseEntry(
            home_id=one.id,
            party=Party(person_id=_of(living, one, Relation.TENANT)[0]),
            valid_from=date(today.year - 1, 3, 1),
            valid_to=date(today.year + 1, 3, 1) if at % 4 else None,
        )
        for at, one in enumerate(let)
    ]
    await enter_leases(work, estate_id, leases, SOURCE)
    households = [_household(one, living[one.code]) for one in homes if one.code in living]
    await enter_households(work, estate_id, households, SOURCE)
    await _vehicles(work, estate_id, owned, living)
    await _cards(work, cipher, estate_id, owned, living)
    await _balances(work, estate_id, owned)
    await _shops(work, cipher, estate_id)
    await _facilities(work, estate_id)


def _of(
    living: Mapping[str, Sequence[tuple[UUID, Relation]]], home: Place, relation: Relation
) -> list[UUID]:
    return [person for person, how in living.get(home.code, ()) if how is relation]


def _home(at: int, home: Place, living: Mapping[str, Sequence[tuple[UUID, Relation]]]) -> HomeEntry:
    state = HomeState.OWN if home.code in living else HomeState.VACANT
    if _of(living, home, Relation.TENANT):
        state = HomeState.LET
    area = (8_865, 10_420, 12_650)[at % 3]
    # Every fourteenth home has not been measured yet.
    return HomeEntry(home_id=home.id, area=area if at % 14 else None, state=state)


def _shares(
    home: Place, living: Mapping[str, Sequence[tuple[UUID, Relation]]]
) -> list[OwnershipEntry]:
    owners = _of(living, home, Relation.OWNER)
    family = _of(living, home, Relation.FAMILY)
    # Where the door's number is even the owner's family holds half.
    halves = family and home.title[-1] in "02468"
    together = [owners[0], family[0]] if halves else owners[:1]
    return [
        OwnershipEntry(
            home_id=home.id,
            party=Party(person_id=person),
            part=Fraction(1, len(together)),
            valid_from=BUILT,
        )
        for person in together
    ]


def _household(home: Place, people: Sequence[tuple[UUID, Relation]]) -> HouseholdEntry:
    roles = (HouseholdRole.HEAD, HouseholdRole.SPOUSE, HouseholdRole.CHILD, HouseholdRole.PARENT)
    return HouseholdEntry(
        home_id=home.id,
        valid_from=BUILT,
        members=tuple(
            (person, roles[min(at, len(roles) - 1)]) for at, (person, _) in enumerate(people)
        ),
    )


async def _vehicles(
    work: Work,
    estate_id: UUID,
    owned: Sequence[Place],
    living: Mapping[str, Sequence[tuple[UUID, Relation]]],
) -> None:
    entries: list[VehicleEntry] = []
    for at, home in enumerate(owned):
        if at % 5 > 1:
            continue
        electric = at % 10 == 0
        plate = f"川AD{10_000 + at * 37:05d}" if electric else f"川A{20_000 + at * 53:05d}"
        driver = _of(living, home, Relation.OWNER)[0] if at % 15 else None
        entries.append(
            VehicleEntry(
                plate=plate,
                kind=VehicleKind.NEW_ENERGY if electric else VehicleKind.CAR,
                party=Party(person_id=driver),
                home_id=home.id,
                space=f"B1-{at + 1:03d}" if at % 3 else "",
                space_kind=(SpaceKind.NONE, SpaceKind.OWNED, SpaceKind.RENTED)[at % 3],
            )
        )
    await enter_vehicles(work, estate_id, entries, SOURCE)


async def _cards(
    work: Work,
    cipher: Cipher,
    estate_id: UUID,
    owned: Sequence[Place],
    living: Mapping[str, Sequence[tuple[UUID, Relation]]],
) -> None:
    """Cards as the gates' former system had them: two lost, one of a cleaner."""
    states = {3: CardState.LOST, 11: CardState.LOST, 17: CardState.RETURNED}
    entries = [
        CardEntry(
            number=f"00{48_271_000 + at * 613:08d}",
            kind=CardKind.CPU if at % 9 == 0 else CardKind.IC,
            home_id=home.id,
            person_id=_of(living, home, Relation.OWNER)[0],
            state=states.get(at),
            valid_from=date(2021 + at % 4, 1 + at % 12, 3),
        )
        for at, home in enumerate(owned[:32])
    ]
    cleaner = CardEntry(number="0048299001", holder="周师傅", note="保洁，只开单元门")
    await enter_cards(work, cipher, estate_id, [*entries, cleaner], SOURCE)


async def _balances(work: Work, estate_id: UUID, owned: Sequence[Place]) -> None:
    """What homes owed or had paid ahead when the property company came over to linli."""
    year = work.now.astimezone(SHANGHAI).year - 1
    first, last = date(year, 1, 1), date(year, 12, 31)
    entries = [
        OpeningEntry(home.id, "物业费", first, last, 96_000 + at * 3_750, last)
        for at, home in enumerate(owned[:36:4])
    ]
    entries += [
        OpeningEntry(home.id, "停车费", date(year, 10, 1), last, 90_000, last)
        for home in owned[2:14:6]
    ]
    entries.append(OpeningEntry(owned[5].id, "预存水费", None, None, -20_000, last, "账户余额"))
    await enter_balances(work, estate_id, entries, SOURCE)


async def _shops(work: Work, cipher: Cipher, estate_id: UUID) -> None:
    rooms = [
        PlaceDraft(id=work.new_id(), kind=PlaceKind.ROOM, title=f"南门{at + 1}号商铺")
        for at in range(len(SHOPS))
    ]
    await add_places(work, estate_id, rooms)
    entries: list[EnterpriseEntry] = []
    for at, (title, kind, contact, staff) in enumerate(SHOPS):
        first = f"92510184MA6{at:03d}XY7"[:17].ljust(17, "0")
        entries.append(
            EnterpriseEntry(
                title=f"阳光花园{title}",
                kind=kind,
                # The last one has not handed in its licence yet.
                credit_code=first + check_of(first) if at < len(SHOPS) - 1 else None,
                place_id=rooms[at].id,
                contact=contact,
                phone=f"139000020{at:02d}",
                staff=staff,
                since=date(2016 + at, 4, 1),
            )
        )
    await enter_enterprises(work, cipher, estate_id, entries, SOURCE)


async def _facilities(work: Work, estate_id: UUID) -> None:
    today = work.now.astimezone(SHANGHAI).date()
    entries: list[FacilityEntry] = []
    lifts = await places_in(work, estate_id, PlaceKind.LIFT)
    for at, lift in enumerate(lifts):
        # 6号楼 1号电梯 is out of order: an elder lives on its fifth floor.
        stopped = lift.code == "6号楼1号电梯"
        entries.append(
            FacilityEntry(
                title=lift.path,
                kind=FacilityKind.LIFT,
                place_id=lift.id,
                maker="蜀安电梯",
                model="SA-1000/1.75",
                serial=f"SA12{at + 1:04d}",
                installed_on=BUILT,
                checked_on=today - timedelta(days=30 * (at + 3)),
                state=FacilityState.OUT_OF_ORDER if stopped else FacilityState.IN_USE,
                state_words="门机故障，等待配件" if stopped else "",
            )
        )
    rooms = {room.title: room.id for room in await places_in(work, estate_id, PlaceKind.ROOM)}
    gates = await places_in(work, estate_id, PlaceKind.GATE)
    ground = await places_in(work, estate_id, PlaceKind.OPEN_GROUND)
    buildings = await places_in(work, estate_id, PlaceKind.BUILDING)
    last = today - timedelta(days=200)
    entries += [
        FacilityEntry(
            title=f"{at + 1}号生活水泵",
            kind=FacilityKind.PUMP,
            place_id=rooms.get("水泵房"),
            maker="南方泵业",
            installed_on=BUILT,
            checked_on=last,
        )
        for at in range(2)
    ]
    entries.append(
        FacilityEntry(
            title="消防主机",
            kind=FacilityKind.FIRE_ALARM,
            place_id=rooms.get("消防控制室"),
            installed_on=BUILT,
            checked_on=today - timedelta(days=380),
        )
    )
    entries += [
        FacilityEntry(
            title=f"{gate.title}道闸",
            kind=FacilityKind.GATE,
            place_id=gate.id,
            installed_on=date(2020, 5, 1),
            checked_on=last,
        )
        for gate in gates
    ]
    for at, building in enumerate(buildings):
        entries += [
            FacilityEntry(
                title=f"{building.title}室外消火栓",
                kind=FacilityKind.HYDRANT,
                place_id=building.id,
                installed_on=BUILT,
                checked_on=last,
            ),
            FacilityEntry(
                title=f"{building.title}灭火器组",
                kind=FacilityKind.EXTINGUISHER,
                place_id=building.id,
                # Nobody knows when those of the last building were bought.
                installed_on=date(2024, 1, 1) if at + 1 < len(buildings) else None,
                checked_on=last if at + 1 < len(buildings) else None,
            ),
        ]
    entries += [
        FacilityEntry(
            title=f"{place.title}窨井盖",
            kind=FacilityKind.COVER,
            place_id=place.id,
            checked_on=last,
        )
        for place in ground[:4]
    ]
    entries.append(
        FacilityEntry(
            title="中心花园健身器材",
            kind=FacilityKind.PLAYGROUND,
            place_id=next((one.id for one in ground if one.title == "中心花园"), None),
            installed_on=date(2019, 6, 1),
            checked_on=today - timedelta(days=70),
        )
    )
    await enter_facilities(work, estate_id, entries, SOURCE)
