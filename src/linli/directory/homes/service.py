"""Verbs of homes. Rights are checked by who calls."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from linli.directory.enterprises.public import enterprises_named
from linli.directory.homes import policy, store
from linli.directory.homes.contracts import (
    HomeEntry,
    HomeFacts,
    HomeFilter,
    HomeLine,
    HomePath,
    Household,
    HouseholdEntry,
    HouseholdRole,
    Lease,
    LeaseEntry,
    Member,
    Ownership,
    OwnershipEntry,
    Party,
    Share,
    Vehicle,
    VehicleEntry,
    VehicleKind,
)
from linli.directory.homes.models import (
    home_table,
    household_table,
    lease_table,
    member_table,
    ownership_table,
    vehicle_table,
)
from linli.directory.people.public import known_people
from linli.directory.places.contracts import Place, PlaceDraft, PlaceKind
from linli.directory.places.public import (
    add_places,
    estate_of,
    place_of,
    places_coded,
    places_in,
    places_named,
)
from linli.directory.sources.contracts import CLERK, Entered, Source, Version
from linli.directory.sources.public import (
    Register,
    enter_rows,
    fresh_codes,
    told_by,
    versions_of,
)
from linli.kernel.errors import BadInput, FieldFault, Forbidden, NotFound
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import LookDraft, What, reason_given
from linli.support.looks.public import looked

HOUSEHOLD_LETTER = "H"
MOST_FAULTS = 200


def _said(row: Mapping[str, object]) -> str:
    return f"{row['home_id']} {row['person_id'] or row['enterprise_id']} {row['valid_from']}"


HOMES = Register(home_table, ("id",), lambda row: str(row["id"]))
SHARES = Register(
    ownership_table,
    ("home_id", "person_id", "enterprise_id", "valid_from"),
    _said,
)
LEASES = Register(
    lease_table,
    ("home_id", "person_id", "enterprise_id", "valid_from"),
    _said,
)
HOUSEHOLDS = Register(household_table, ("estate_id", "code"), lambda row: str(row["code"]))
MEMBERS = Register(
    member_table,
    ("household_id", "person_id", "valid_from"),
    lambda row: f"{row['household_id']} {row['person_id']} {row['valid_from']}",
)
SEE_PEOPLE = "see_people"
SEE_FULL = "see_people_full"
VEHICLES = Register(vehicle_table, ("estate_id", "plate"), lambda row: str(row["plate"]))


@dataclass(frozen=True, slots=True)
class HomePicture:
    """All that is noted of a home; nothing of people where the session sees none."""

    facts: HomeFacts | None
    ownerships: tuple[Ownership, ...]
    leases: tuple[Lease, ...]
    households: tuple[Household, ...]
    vehicles: tuple[Vehicle, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a person or an enterprise owns, rents, belongs to and drives."""

    ownerships: tuple[Ownership, ...]
    leases: tuple[Lease, ...]
    households: tuple[Household, ...]
    vehicles: tuple[Vehicle, ...]


def today(work: Work) -> date:
    """The local day."""
    return work.now.astimezone(SHANGHAI).date()


# ── entering ──


async def homes_at(
    work: Work, estate_id: UUID, paths: Sequence[HomePath]
) -> Mapping[HomePath, UUID]:
    """The homes at these doors; buildings, entrances, floors and homes that are missing are added.

    Raises:
        NotFound: the estate is out of sight.
        CodeTaken: something else has such a name.
    """
    wanted: dict[str, tuple[PlaceKind, str, str | None]] = {}
    found: dict[HomePath, str] = {}
    for path in dict.fromkeys(paths):
        found[path] = _chain(path, wanted)
    known = dict(await places_coded(work, estate_id, wanted))
    ids = {code: place.id for code, place in known.items()}
    drafts: list[PlaceDraft] = []
    for code, (kind, title, parent) in wanted.items():
        if code in ids:
            continue
        ids[code] = work.new_id()
        parent_id = ids[parent] if parent else None
        drafts.append(PlaceDraft(id=ids[code], kind=kind, title=title, parent_id=parent_id))
    if drafts:
        await add_places(work, estate_id, drafts)
    wrong = [code for code in found.values() if code in known and known[code].kind != "home"]
    if wrong:
        raise BadInput(f"“{wrong[0]}”不是住户房屋", field="home")
    return {path: ids[code] for path, code in found.items()}


def _chain(path: HomePath, wanted: dict[str, tuple[PlaceKind, str, str | None]]) -> str:
    """Add the places of a path, parents first, under the codes they have; answers the home's."""
    building = path.building.strip()
    code = building.replace(" ", "")
    wanted.setdefault(code, (PlaceKind.BUILDING, building, None))
    said = code
    if path.entrance:
        entrance = path.entrance.strip()
        parent, code = code, said + entrance.replace(" ", "")
        wanted.setdefault(code, (PlaceKind.ENTRANCE, entrance, parent))
        said = code
    if path.floor:
        floor = path.floor.strip()
        parent, code = code, said + floor.replace(" ", "")
        wanted.setdefault(code, (PlaceKind.FLOOR, floor, parent))
    home = path.home.strip()
    last = said + home.replace(" ", "")
    wanted.setdefault(last, (PlaceKind.HOME, home, code))
    return last


async def enter_homes(
    work: Work, estate_id: UUID, entries: Sequence[HomeEntry], source: Source
) -> Entered:
    """Enter sizes, uses and states of homes; what is None stays as it was.

    Raises:
        BadInput: a place is no home of this estate (`faults` name `<index>.home_id`).
    """
    await _homes(work, estate_id, [entry.home_id for entry in entries])
    known = await store.facts(work.connection, [entry.home_id for entry in entries])
    rows: list[dict[str, object]] = []
    for entry in entries:
        old = known.get(entry.home_id)
        area = entry.area if entry.area is not None else (old.area if old else None)
        state = entry.state or (old.state if old else None)
        rows.append(
            {
                "id": entry.home_id,
                "estate_id": estate_id,
                "area": area,
                "use": entry.use.value,
                "state": state.value if state else None,
            }
        )
    entered = await enter_rows(work, HOMES, rows, source)
    await _recorded(work, estate_id, "房屋资料", entered, source)
    return entered


async def enter_ownerships(
    work: Work, estate_id: UUID, entries: Sequence[OwnershipEntry], source: Source
) -> Entered:
    """Enter shares of homes. Together with those noted they never exceed the whole.

    Raises:
        MoreThanWhole: on some day they would (`faults` name the home).
        BadInput: a home or party is unknown.
    """
    homes = await _homes(work, estate_id, [entry.home_id for entry in entries])
    await _parties(work, [entry.party for entry in entries])
    await store.lock_shares(work.connection, estate_id)
    new: dict[UUID, list[Share]] = {}
    for entry in entries:
        share = Share(entry.party, entry.part, entry.valid_from, entry.valid_to)
        new.setdefault(entry.home_id, []).append(share)
    known: dict[UUID, list[Share]] = {}
    for one in await store.ownerships(work.connection, homes=list(new)):
        known.setdefault(one.home_id, []).append(one.share)
    for home_id, shares in new.items():
        named = {(share.party, share.valid_from) for share in shares}
        others = [
            share
            for share in known.get(home_id, ())
            if (share.party, share.valid_from) not in named
        ]
        try:
            policy.within_the_whole([*others, *shares])
        except policy.MoreThanWhole:
            raise policy.MoreThanWhole(
                f"{homes[home_id].path}：{policy.MoreThanWhole.text}", field="part"
            ) from None
    rows = [
        {
            "estate_id": estate_id,
            "home_id": entry.home_id,
            **_party_columns(entry.party),
            "numerator": entry.part.numerator,
            "denominator": entry.part.denominator,
            "valid_from": entry.valid_from,
            "valid_to": entry.valid_to,
        }
        for entry in entries
    ]
    entered = await enter_rows(work, SHARES, rows, source)
    await _recorded(work, estate_id, "产权份额", entered, source)
    return entered


async def transfer_ownership(
    work: Work,
    home_id: UUID,
    *,
    givers: frozenset[Party],
    takers: Sequence[Share],
    day: date,
    source: Source = CLERK,
) -> tuple[Ownership, ...]:
    """Hand shares of a home over on a day; the former owners stay noted until that day.

    Raises:
        NotFound: the home is out of sight.
        BadInput, NotTheWhole: as `policy.transferred` says.
    """
    home = await place_of(work, home_id)
    await _parties(work, [taker.party for taker in takers])
    await store.lock_shares(work.connection, home.estate_id)
    known = await store.ownerships(work.connection, homes=[home_id])
    after = policy.transferred([one.share for one in known], givers, takers, day)
    told = told_by(work, source)
    for one, share in zip(known, after, strict=False):
        if one.share != share:
            await store.end(work.connection, ownership_table, one.id, day, told)
    added = [
        OwnershipEntry(
            home_id=home_id,
            party=share.party,
            part=share.part,
            valid_from=share.valid_from,
            valid_to=share.valid_to,
        )
        for share in after[len(known) :]
    ]
    await enter_ownerships(work, home.estate_id, added, source)
    return tuple(await store.ownerships(work.connection, homes=[home_id]))


async def enter_leases(
    work: Work, estate_id: UUID, entries: Sequence[LeaseEntry], source: Source
) -> Entered:
    """Enter leases of homes by home, tenant and first day.

    Raises:
        BadInput: a home or tenant is unknown, or a lease ends before it begins.
    """
    await _homes(work, estate_id, [entry.home_id for entry in entries])
    await _parties(work, [entry.party for entry in entries])
    if any(e.valid_to is not None and e.valid_to <= e.valid_from for e in entries):
        raise BadInput("租期的结束日期应晚于开始日期", field="valid_to")
    rows = [
        {
            "estate_id": estate_id,
            "home_id": entry.home_id,
            **_party_columns(entry.party),
            "valid_from": entry.valid_from,
            "valid_to": entry.valid_to,
        }
        for entry in entries
    ]
    entered = await enter_rows(work, LEASES, rows, source)
    await _recorded(work, estate_id, "租约", entered, source)
    return entered


async def end_lease(work: Work, lease_id: UUID, day: date, source: Source = CLERK) -> None:
    """The lease ends on a day; it stays noted.

    Raises:
        NotFound: out of sight.
        BadInput: it begins on that day or later.
    """
    found = await store.lease(work.connection, lease_id)
    if found is None:
        raise NotFound
    if day <= found.valid_from:
        raise BadInput("租期的结束日期应晚于开始日期", field="valid_to")
    await store.end(work.connection, lease_table, lease_id, day, told_by(work, source))
    await _changed(work, found.estate_id, found.home_id, "租约终止")


async def enter_households(
    work: Work, estate_id: UUID, entries: Sequence[HouseholdEntry], source: Source
) -> Entered:
    """Enter households with their members, by code; one head each, nobody twice.

    Raises:
        BadHousehold: a household has no head or two, or somebody twice.
        BadInput: a home or a person is unknown.
    """
    entered, _ = await _enter_households(work, estate_id, entries, source)
    return entered


async def enter_members(
    work: Work, estate_id: UUID, entries: Sequence[HouseholdEntry], source: Source
) -> Entered:
    """As `enter_households`, but answers what became of the members."""
    _, belonging = await _enter_households(work, estate_id, entries, source)
    return belonging


async def _enter_households(
    work: Work, estate_id: UUID, entries: Sequence[HouseholdEntry], source: Source
) -> tuple[Entered, Entered]:
    await _homes(work, estate_id, [entry.home_id for entry in entries])
    await _people(work, [person for entry in entries for person, _ in entry.members])
    for entry in entries:
        policy.household_holds(
            [
                Member(person, person, role, entry.valid_from, entry.valid_to)
                for person, role in entry.members
            ]
        )
    estate = await estate_of(work, estate_id)
    missing = sum(1 for entry in entries if not entry.code)
    made = iter(await fresh_codes(work, estate.code, HOUSEHOLD_LETTER, missing))
    codes = [entry.code or next(made) for entry in entries]
    rows = [
        {
            "estate_id": estate_id,
            "home_id": entry.home_id,
            "code": code,
            "valid_from": entry.valid_from,
            "valid_to": entry.valid_to,
        }
        for entry, code in zip(entries, codes, strict=True)
    ]
    entered = await enter_rows(work, HOUSEHOLDS, rows, source)
    members = [
        {
            "estate_id": estate_id,
            "household_id": entered.ids[code],
            "person_id": person,
            "role": role.value,
            "valid_from": entry.valid_from,
            "valid_to": entry.valid_to,
        }
        for entry, code in zip(entries, codes, strict=True)
        for person, role in entry.members
    ]
    belonging = await enter_rows(work, MEMBERS, members, source)
    await _recorded(work, estate_id, "家庭户", entered, source)
    return entered, belonging


async def change_members(
    work: Work,
    household_id: UUID,
    members: Sequence[tuple[UUID, HouseholdRole]],
    source: Source = CLERK,
) -> Household:
    """From today the household has these members; who left stays noted until today.

    Raises:
        NotFound: out of sight.
        BadHousehold: no head or two, or somebody twice.
    """
    [household] = await store.households(work.connection, ids=[household_id]) or [None]
    if household is None:
        raise NotFound
    day = today(work)
    await _people(work, [person for person, _ in members])
    wanted = dict(members)
    if len(wanted) < len(members):
        raise policy.BadHousehold(field="members")
    policy.household_holds([Member(person, person, role, day) for person, role in members])
    told = told_by(work, source)
    present = [one for one in household.members if one.valid_to is None]
    for one in present:
        if wanted.get(one.person_id) is not one.role:
            # Who came today and left today belonged to it for today.
            last = max(day, one.valid_from + timedelta(days=1))
            await store.end(work.connection, member_table, one.id, last, told)
    staying = {(one.person_id, one.role) for one in present}
    rows = [
        {
            "estate_id": household.estate_id,
            "household_id": household_id,
            "person_id": person,
            "role": role.value,
            "valid_from": day,
            "valid_to": None,
        }
        for person, role in members
        if (person, role) not in staying
    ]
    await enter_rows(work, MEMBERS, rows, source)
    await _changed(work, household.estate_id, household.home_id, "家庭成员变更")
    [after] = await store.households(work.connection, ids=[household_id])
    return after


async def enter_vehicles(
    work: Work, estate_id: UUID, entries: Sequence[VehicleEntry], source: Source
) -> Entered:
    """Enter vehicles by plate.

    Raises:
        BadInput: `faults` name wrong plates as `<index>.plate`; or a home or owner is unknown.
    """
    plates: list[str] = []
    faults: list[FieldFault] = []
    for at, entry in enumerate(entries):
        try:
            plates.append(policy.plate_of(entry.plate, e_bike=entry.kind is VehicleKind.E_BIKE))
        except policy.BadPlate as wrong:
            faults.append(FieldFault(f"{at}.plate", wrong.message))
    if faults:
        raise policy.BadPlate(field="plate", faults=tuple(faults[:MOST_FAULTS]))
    await _homes(work, estate_id, [e.home_id for e in entries if e.home_id is not None])
    await _parties(work, [entry.party for entry in entries if entry.party != Party()])
    rows = [
        {
            "estate_id": estate_id,
            "plate": plate,
            "kind": entry.kind.value,
            **_party_columns(entry.party),
            "home_id": entry.home_id,
            "space": entry.space.strip(),
            "space_kind": entry.space_kind.value,
            "valid_to": entry.valid_to,
        }
        for entry, plate in zip(entries, plates, strict=True)
    ]
    entered = await enter_rows(work, VEHICLES, rows, source)
    await _recorded(work, estate_id, "车辆", entered, source)
    return entered


async def end_vehicle(work: Work, vehicle_id: UUID, source: Source = CLERK) -> None:
    """From today the vehicle is no longer of this estate; it stays noted.

    Raises:
        NotFound: out of sight.
    """
    row = await store.vehicle_row(work.connection, vehicle_id)
    if row is None:
        raise NotFound
    await store.end(work.connection, vehicle_table, vehicle_id, today(work), told_by(work, source))
    await record(
        work,
        action=Action.BASE_CHANGED,
        subject_kind="vehicle",
        subject_id=vehicle_id,
        subject_title=policy.masked_plate(row.plate),
        reason="车辆注销",
        estate_id=row.estate_id,
    )


async def look_at_plate(work: Work, vehicle_id: UUID, *, reason: str) -> str:
    """A vehicle's plate in full; the look is on record, also for its owner.

    Raises:
        NotFound: out of sight.
        Forbidden: the actor may not see people in full there.
        ReasonNeeded: no reason was given.
    """
    given = reason_given(reason)
    row = await store.vehicle_row(work.connection, vehicle_id)
    if row is None:
        raise NotFound
    if not work.scope.may(SEE_FULL, row.estate_id):
        raise Forbidden
    title = policy.masked_plate(row.plate)
    await record(
        work,
        action=Action.PERSON_REVEALED,
        subject_kind="vehicle",
        subject_id=vehicle_id,
        subject_title=title,
        reason=given,
        estate_id=row.estate_id,
    )
    await looked(
        work,
        LookDraft(
            what=What.PLATE,
            subject_kind="vehicle",
            subject_id=vehicle_id,
            subject_title=title,
            person_id=row.person_id,
            reason=given,
            estate_id=row.estate_id,
        ),
    )
    return str(row.plate)


# ── reading ──


async def picture_of(work: Work, home_id: UUID, *, people: bool) -> HomePicture:
    """All that is noted of a home; `people` says whether owners and tenants may be seen.

    Raises:
        NotFound: the home is out of sight.
    """
    await place_of(work, home_id)
    facts = await store.facts(work.connection, [home_id])
    if not people:
        return HomePicture(facts.get(home_id), (), (), (), ())
    vehicles, _ = await store.vehicles(
        work.connection, store.VehicleFilter(home_ids=[home_id]), today(work), full=False
    )
    return HomePicture(
        facts.get(home_id),
        tuple(await store.ownerships(work.connection, homes=[home_id])),
        tuple(await store.leases(work.connection, homes=[home_id])),
        tuple(await store.households(work.connection, homes=[home_id])),
        tuple(vehicles),
    )


async def holdings_of(
    work: Work,
    *,
    person_id: UUID | None = None,
    enterprise_id: UUID | None = None,
    full: bool = False,
) -> Holdings:
    """What somebody owns, rents, belongs to and drives, now and before; plates masked or `full`."""
    vehicles, _ = await store.vehicles(
        work.connection,
        store.VehicleFilter(person_id=person_id, enterprise_id=enterprise_id),
        today(work),
        full=full,
    )
    return Holdings(
        tuple(
            await store.ownerships(
                work.connection, person_id=person_id, enterprise_id=enterprise_id
            )
        ),
        tuple(
            await store.leases(work.connection, person_id=person_id, enterprise_id=enterprise_id)
        ),
        tuple(await store.households(work.connection, person_id=person_id) if person_id else ()),
        tuple(vehicles),
    )


async def facts_of(work: Work, home_ids: Iterable[UUID]) -> Mapping[UUID, HomeFacts]:
    """Size, use and state of these homes; those nobody noted are missing."""
    return await store.facts(work.connection, list(home_ids))


async def list_vehicles(work: Work, wanted: store.VehicleFilter) -> tuple[tuple[Vehicle, ...], int]:
    """Vehicles in use, plates masked, and how many match."""
    rows, total = await store.vehicles(work.connection, wanted, today(work), full=False)
    return tuple(rows), total


async def list_homes(work: Work, wanted: HomeFilter) -> list[HomeLine]:
    """An estate's homes as asked for; owners and tenants of today for who may see people.

    Raises:
        NotFound: the estate is out of reach.
    """
    await estate_of(work, wanted.estate_id)
    homes = await places_in(work, wanted.estate_id, PlaceKind.HOME)
    ids = [one.id for one in homes]
    noted = await store.facts(work.connection, ids)
    sees, day = work.scope.may(SEE_PEOPLE, wanted.estate_id), today(work)
    shares: dict[UUID, list[Share]] = defaultdict(list)
    tenants: dict[UUID, list[Party]] = defaultdict(list)
    if sees:
        for owned in await store.ownerships(work.connection, homes=ids):
            if policy.holds(owned.share, day):
                shares[owned.home_id].append(owned.share)
        for lease in await store.leases(work.connection, homes=ids):
            if lease.valid_from <= day and (lease.valid_to is None or day < lease.valid_to):
                tenants[lease.home_id].append(lease.party)
    lines = (
        HomeLine(
            home_id=one.id,
            path=one.path,
            within=tuple(one.path_ids),
            facts=noted.get(one.id),
            held=policy.held_as(policy.held_on(shares[one.id], day)) if sees else None,
            owners=tuple(share.party for share in shares[one.id]),
            tenants=tuple(tenants[one.id]),
        )
        for one in homes
    )
    return policy.chosen(lines, wanted)


async def versions_of_home(work: Work, home_id: UUID) -> tuple[Version, ...]:
    """Every version of a home's size, use and state, newest first."""
    return await versions_of(work, home_table, home_id)


# ── within ──


async def _homes(work: Work, estate_id: UUID, ids: Sequence[UUID]) -> Mapping[UUID, Place]:
    homes = await places_named(work, ids)
    faults = [
        FieldFault(f"{at}.home_id", "没有这套房屋，或者它不在这个小区")
        for at, one in enumerate(ids)
        if one not in homes
        or homes[one].estate_id != estate_id
        or homes[one].kind is not PlaceKind.HOME
    ]
    if faults:
        raise BadInput("有些房屋不存在", field="home_id", faults=tuple(faults[:MOST_FAULTS]))
    return homes


async def _people(work: Work, ids: Sequence[UUID]) -> None:
    missing = set(ids) - await known_people(work, ids)
    if missing:
        raise BadInput("有些人员不存在，或不在您的管辖范围内", field="person_id")


async def _parties(work: Work, parties: Sequence[Party]) -> None:
    for party in parties:
        policy.one_party(party)
    await _people(work, [one.person_id for one in parties if one.person_id is not None])
    enterprises = {one.enterprise_id for one in parties if one.enterprise_id is not None}
    if enterprises - (await enterprises_named(work, enterprises)).keys():
        raise BadInput("有些单位不存在，或不在您的管辖范围内", field="enterprise_id")


def _party_columns(party: Party) -> dict[str, object]:
    return {"person_id": party.person_id, "enterprise_id": party.enterprise_id}


async def _recorded(
    work: Work, estate_id: UUID, what: str, entered: Entered, source: Source
) -> None:
    if entered.created or entered.updated:
        await record(
            work,
            action=Action.BASE_ENTERED,
            subject_kind="estate",
            subject_id=estate_id,
            subject_title=f"{what}：新增 {entered.created}，更新 {entered.updated}",
            reason=source.title or None,
            estate_id=estate_id,
        )


async def _changed(work: Work, estate_id: UUID, home_id: UUID, what: str) -> None:
    home = await place_of(work, home_id)
    await record(
        work,
        action=Action.BASE_CHANGED,
        subject_kind="home",
        subject_id=home_id,
        subject_title=f"{home.path}：{what}",
        estate_id=estate_id,
    )
