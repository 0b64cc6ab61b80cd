"""Homes over HTTP: what is noted of a home, and the vehicles of an estate."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.enterprises.public import enterprises_named
from linli.directory.homes import policy, service
from linli.directory.homes.contracts import (
    HELD_TITLES,
    ROLE_TITLES,
    SPACE_TITLES,
    STATE_TITLES,
    USE_TITLES,
    VEHICLE_TITLES,
    Held,
    HomeEntry,
    HomeFacts,
    HomeFilter,
    HomeLine,
    HomeState,
    HomeUse,
    Household,
    HouseholdEntry,
    HouseholdRole,
    Lease,
    LeaseEntry,
    Ownership,
    OwnershipEntry,
    Party,
    Share,
    SpaceKind,
    Vehicle,
    VehicleEntry,
    VehicleKind,
)
from linli.directory.homes.store import VehicleFilter
from linli.directory.people.public import people_named
from linli.directory.places.public import place_of, places_inside, places_named
from linli.directory.sources.contracts import CLERK, KIND_TITLES, Source, SourceKind
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api", tag="homes")

SEE = "see_places"
SEE_PEOPLE = "see_people"
MANAGE = "manage_places"
MANAGE_PEOPLE = "manage_people"

COLUMN_TITLES = {"area": "专有面积", "use": "用途", "state": "状态"}


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class FactSourceView(Shape):
    """Where a fact came from."""

    kind: SourceKind
    title: str
    words: str


class PartyView(Shape):
    """Who owns, rents or drives: a person (masked) or an enterprise."""

    person_id: UUID | None
    enterprise_id: UUID | None
    title: str


class HomeFactsView(Shape):
    """Size (square metres, `90.50`), use and state of a home."""

    area: str | None
    use: HomeUse
    use_title: str
    state: HomeState | None
    state_title: str | None
    version: int
    source: FactSourceView
    entered_by: str


class ShareView(Shape):
    """A share of a home: `numerator` of `denominator` parts, from a day until before another."""

    id: UUID
    home_id: UUID
    home_title: str
    party: PartyView
    numerator: int
    denominator: int
    valid_from: date
    valid_to: date | None
    present: bool
    source: FactSourceView
    entered_by: str


class LeaseView(Shape):
    """A lease of a home, from a day until before another."""

    id: UUID
    home_id: UUID
    home_title: str
    party: PartyView
    valid_from: date
    valid_to: date | None
    present: bool
    source: FactSourceView
    entered_by: str


class MemberView(Shape):
    """A member of a household, masked."""

    person: PartyView
    role: HouseholdRole
    role_title: str
    valid_from: date
    valid_to: date | None


class HouseholdView(Shape):
    """A household with its members, those of before too."""

    id: UUID
    code: str
    home_id: UUID
    home_title: str
    valid_from: date
    valid_to: date | None
    members: tuple[MemberView, ...]


class VehicleView(Shape):
    """A vehicle, its plate masked."""

    id: UUID
    estate_id: UUID
    plate: str
    kind: VehicleKind
    kind_title: str
    party: PartyView | None
    home_id: UUID | None
    home_title: str
    space: str
    space_kind: SpaceKind
    space_title: str
    source: FactSourceView
    entered_by: str


class LookBody(Shape):
    """Why somebody looks."""

    reason: Annotated[str, Field(max_length=200)]


class PlateView(Shape):
    """A plate in full."""

    shown: str


class VehiclePage(Shape):
    """Vehicles in use; `total` counts all that match."""

    items: tuple[VehicleView, ...]
    next_cursor: str | None
    total: int


class HomeLineView(Shape):
    """A home in a list; owners and tenants (masked) of today, for who sees people."""

    id: UUID
    title: str
    area: str | None
    use: HomeUse
    use_title: str
    state: HomeState | None
    state_title: str | None
    held: Held | None
    held_title: str | None
    owners: tuple[PartyView, ...]
    tenants: tuple[PartyView, ...]


class HomePage(Shape):
    """Homes of an estate; `total` counts all that match, `area` is theirs together."""

    items: tuple[HomeLineView, ...]
    next_cursor: str | None
    total: int
    area: str


class HomeVersionView(Shape):
    """One version of a home's facts, and what it changed."""

    version: int
    entered_at: AwareDatetime
    entered_by: str
    source: FactSourceView
    changed: tuple[str, ...]


class HomeView(Shape):
    """All that is noted of a home; owners and tenants only for those who see people."""

    home_id: UUID
    estate_id: UUID
    title: str
    facts: HomeFactsView | None
    held: str
    shares: tuple[ShareView, ...]
    leases: tuple[LeaseView, ...]
    households: tuple[HouseholdView, ...]
    vehicles: tuple[VehicleView, ...]
    versions: tuple[HomeVersionView, ...]
    may_manage: bool


class HoldingsView(Shape):
    """What somebody owns, rents, belongs to and drives, now and before."""

    shares: tuple[ShareView, ...]
    leases: tuple[LeaseView, ...]
    households: tuple[HouseholdView, ...]
    vehicles: tuple[VehicleView, ...]


class PartyBody(Shape):
    """A person or an enterprise, exactly one."""

    person_id: UUID | None = None
    enterprise_id: UUID | None = None


class FactsBody(Shape):
    """Size in square metres (`90.50`), use and state of a home."""

    area: Annotated[str | None, Field(max_length=20)] = None
    use: HomeUse = HomeUse.DWELLING
    state: HomeState | None = None


class ShareBody(Shape):
    """A share to be noted: `numerator` of `denominator` parts."""

    party: PartyBody
    numerator: int = 1
    denominator: int = 1
    valid_from: date
    valid_to: date | None = None


class TransferBody(Shape):
    """Shares handed over on a day: who gives all they have, and who gets which part."""

    day: date
    givers: Annotated[tuple[PartyBody, ...], Field(min_length=1, max_length=20)]
    takers: Annotated[tuple[ShareBody, ...], Field(min_length=1, max_length=20)]


class LeaseBody(Shape):
    """A lease to be noted."""

    party: PartyBody
    valid_from: date
    valid_to: date | None = None


class EndBody(Shape):
    """The day from which something holds no longer."""

    day: date


class MemberBody(Shape):
    """A member of a household."""

    person_id: UUID
    role: HouseholdRole


class HouseholdBody(Shape):
    """A household to be noted."""

    valid_from: date
    members: Annotated[tuple[MemberBody, ...], Field(min_length=1, max_length=30)]


class MembersBody(Shape):
    """Who belongs to a household from today."""

    members: Annotated[tuple[MemberBody, ...], Field(min_length=1, max_length=30)]


class VehicleBody(Shape):
    """A vehicle to be noted; the plate in its estate says which."""

    estate_id: UUID
    plate: Annotated[str, Field(min_length=1, max_length=20)]
    kind: VehicleKind = VehicleKind.CAR
    party: PartyBody = PartyBody()
    home_id: UUID | None = None
    space: Annotated[str, Field(max_length=40)] = ""
    space_kind: SpaceKind = SpaceKind.NONE


def _cipher_of(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


InstallationCipher = Annotated[Cipher, Depends(_cipher_of)]


@api.get("/homes")
async def list_homes(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    estate_id: UUID,
    place_id: UUID | None = None,
    q: Annotated[str, Query(max_length=40)] = "",
    use: HomeUse | None = None,
    state: HomeState | None = None,
    held: Held | None = None,
    sort: Literal["path", "-path", "area", "-area"] = "path",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> HomePage:
    """An estate's homes. `place_id`: within a building; `q`: a part of the address.

    404: the estate is out of reach.
    """
    require(work, SEE, estate_id)
    wanted = HomeFilter(
        estate_id=estate_id,
        place_id=place_id,
        words=q,
        use=use,
        state=state,
        held=held,
        sort=sort,
    )
    found = await service.list_homes(work, wanted)
    shown = found[cursor : cursor + limit]
    told = await _named(work, cipher, [one for row in shown for one in (*row.owners, *row.tenants)])
    area = sum(one.facts.area or 0 for one in found if one.facts)
    return HomePage(
        items=tuple(_line(one, told) for one in shown),
        next_cursor=str(cursor + limit) if cursor + limit < len(found) else None,
        total=len(found),
        area=policy.area_said(area),
    )


def _line(one: HomeLine, told: "_Titles") -> HomeLineView:
    facts = one.facts
    use = facts.use if facts else HomeUse.DWELLING
    state = facts.state if facts else None
    return HomeLineView(
        id=one.home_id,
        title=one.path,
        area=policy.area_said(facts.area) if facts and facts.area is not None else None,
        use=use,
        use_title=USE_TITLES[use],
        state=state,
        state_title=STATE_TITLES[state] if state else None,
        held=one.held,
        held_title=HELD_TITLES[one.held] if one.held else None,
        owners=tuple(told.party(party) for party in one.owners),
        tenants=tuple(told.party(party) for party in one.tenants),
    )


as_file(
    api,
    list_homes,
    "房屋",
    (
        Column("房屋", lambda row: row.title),
        Column("专有面积（平方米）", lambda row: row.area),
        Column("用途", lambda row: row.use_title),
        Column("状态", lambda row: row.state_title),
        Column("产权人", lambda row: tuple(one.title for one in row.owners)),
        Column("产权登记", lambda row: row.held_title),
        Column("租户", lambda row: tuple(one.title for one in row.tenants)),
    ),
    path="/homes",
    personal=True,
    agreed=Agreed(
        SEE,
        {
            "q": Filter("搜索词"),
            "use": Filter("用途", USE_TITLES.__getitem__),
            "state": Filter("状态", STATE_TITLES.__getitem__),
            "held": Filter("产权登记", HELD_TITLES.__getitem__),
        },
    ),
)


@api.get("/homes/{home_id}")
async def read_home(work: CurrentWork, cipher: InstallationCipher, home_id: UUID) -> HomeView:
    """All that is noted of a home: size, owners with their shares, leases, households, vehicles."""
    require(work, SEE)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/facts")
async def note_facts(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID, body: FactsBody
) -> HomeView:
    """Note size, use and state; what is left out stays. The former version stays too."""
    home = await place_of(work, home_id)
    require(work, MANAGE, home.estate_id)
    area = policy.area_of(body.area) if body.area else None
    entry = HomeEntry(home_id=home_id, area=area, use=body.use, state=body.state)
    await service.enter_homes(work, home.estate_id, [entry], CLERK)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/shares")
async def note_share(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID, body: ShareBody
) -> HomeView:
    """Note a share; all shares together never exceed the whole."""
    home = await place_of(work, home_id)
    require(work, MANAGE_PEOPLE, home.estate_id)
    entry = OwnershipEntry(
        home_id=home_id,
        party=_party_of(body.party),
        part=policy.part_of(body.numerator, body.denominator),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    )
    await service.enter_ownerships(work, home.estate_id, [entry], CLERK)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/transfer")
async def transfer(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID, body: TransferBody
) -> HomeView:
    """Hand shares over on a day, without a gap and without losing any; former owners stay noted."""
    home = await place_of(work, home_id)
    require(work, MANAGE_PEOPLE, home.estate_id)
    takers = [
        Share(_party_of(one.party), policy.part_of(one.numerator, one.denominator), body.day)
        for one in body.takers
    ]
    givers = frozenset(_party_of(one) for one in body.givers)
    await service.transfer_ownership(work, home_id, givers=givers, takers=takers, day=body.day)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/leases")
async def note_lease(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID, body: LeaseBody
) -> HomeView:
    """Note a lease."""
    home = await place_of(work, home_id)
    require(work, MANAGE_PEOPLE, home.estate_id)
    entry = LeaseEntry(
        home_id=home_id,
        party=_party_of(body.party),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    )
    await service.enter_leases(work, home.estate_id, [entry], CLERK)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/leases/{lease_id}/end")
async def end_lease(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID, lease_id: UUID, body: EndBody
) -> HomeView:
    """The lease ends on a day; it stays noted."""
    home = await place_of(work, home_id)
    require(work, MANAGE_PEOPLE, home.estate_id)
    await service.end_lease(work, lease_id, body.day)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/households")
async def note_household(
    work: CurrentWork, cipher: InstallationCipher, home_id: UUID, body: HouseholdBody
) -> HomeView:
    """Note a household with its members, one of them its head."""
    home = await place_of(work, home_id)
    require(work, MANAGE_PEOPLE, home.estate_id)
    entry = HouseholdEntry(
        home_id=home_id,
        valid_from=body.valid_from,
        members=tuple((one.person_id, one.role) for one in body.members),
    )
    await service.enter_households(work, home.estate_id, [entry], CLERK)
    return await _home(work, cipher, home_id)


@api.post("/homes/{home_id}/households/{household_id}/members")
async def change_members(
    work: CurrentWork,
    cipher: InstallationCipher,
    home_id: UUID,
    household_id: UUID,
    body: MembersBody,
) -> HomeView:
    """From today the household has these members; who left stays noted."""
    home = await place_of(work, home_id)
    require(work, MANAGE_PEOPLE, home.estate_id)
    members = [(one.person_id, one.role) for one in body.members]
    await service.change_members(work, household_id, members)
    return await _home(work, cipher, home_id)


@api.get("/people/{person_id}/holdings")
async def read_holdings(
    work: CurrentWork, cipher: InstallationCipher, person_id: UUID
) -> HoldingsView:
    """What a person owns, rents, belongs to and drives, now and before."""
    require(work, SEE_PEOPLE)
    held = await service.holdings_of(work, person_id=person_id)
    told = await _told(work, cipher, held.ownerships, held.leases, held.households, held.vehicles)
    return HoldingsView(
        shares=tuple(told.share(one) for one in held.ownerships),
        leases=tuple(told.lease(one) for one in held.leases),
        households=tuple(told.household(one) for one in held.households),
        vehicles=tuple(told.vehicle(one) for one in held.vehicles),
    )


@api.get("/vehicles")
async def list_vehicles(
    work: CurrentWork,
    cipher: InstallationCipher,
    *,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    q: Annotated[str, Query(max_length=20)] = "",
    kind: VehicleKind | None = None,
    space_kind: SpaceKind | None = None,
    sort: str = "plate",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> VehiclePage:
    """Vehicles in use, plates masked. `q`: a part of a plate; `sort`: plate, kind, space, `-…`."""
    require(work, SEE_PEOPLE)
    inside = await places_inside(work, place_id) if place_id else None
    wanted = VehicleFilter(
        estate_id=estate_id,
        home_ids=inside,
        plate="".join(one for one in q.upper() if one.isalnum()),
        kind=kind,
        space_kind=space_kind,
        sort=sort,
        most=limit,
        skip=cursor,
    )
    rows, total = await service.list_vehicles(work, wanted)
    told = await _told(work, cipher, (), (), (), rows)
    return VehiclePage(
        items=tuple(told.vehicle(one) for one in rows),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    api,
    list_vehicles,
    "车辆",
    (
        Column("车牌", lambda row: row.plate),
        Column("种类", lambda row: row.kind_title),
        Column("使用人", lambda row: row.party.title if row.party else None),
        Column("房屋", lambda row: row.home_title),
        Column("车位", lambda row: row.space),
        Column("车位性质", lambda row: row.space_title),
        Column("来源", lambda row: row.source.title),
        Column("登记人", lambda row: row.entered_by),
    ),
    path="/vehicles",
    personal=True,
    agreed=Agreed(
        SEE_PEOPLE,
        {
            "q": Filter("车牌"),
            "kind": Filter("种类", VEHICLE_TITLES.__getitem__),
            "space_kind": Filter("车位性质", SPACE_TITLES.__getitem__),
        },
    ),
)


@api.post("/vehicles/{vehicle_id}/look")
async def look_at_plate(work: CurrentWork, vehicle_id: UUID, body: LookBody) -> PlateView:
    """The whole plate. Needs `see_people_full` and a reason; the look is on record."""
    require(work, SEE_PEOPLE)
    return PlateView(shown=await service.look_at_plate(work, vehicle_id, reason=body.reason))


@api.post("/vehicles", status_code=201)
async def note_vehicle(
    work: CurrentWork, cipher: InstallationCipher, body: VehicleBody
) -> VehicleView:
    """Note a vehicle, or bring it up to date; the answer's plate is masked."""
    require(work, MANAGE_PEOPLE, body.estate_id)
    party = Party(body.party.person_id, body.party.enterprise_id)
    entry = VehicleEntry(
        plate=body.plate,
        kind=body.kind,
        party=party,
        home_id=body.home_id,
        space=body.space,
        space_kind=body.space_kind,
    )
    await service.enter_vehicles(work, body.estate_id, [entry], CLERK)
    plate = policy.plate_of(body.plate, e_bike=body.kind is VehicleKind.E_BIKE)
    rows, _ = await service.list_vehicles(
        work, VehicleFilter(estate_id=body.estate_id, plate=plate, most=1)
    )
    told = await _told(work, cipher, (), (), (), rows)
    return told.vehicle(rows[0])


@api.post("/vehicles/{vehicle_id}/end", status_code=204)
async def end_vehicle(work: CurrentWork, vehicle_id: UUID) -> None:
    """From today the vehicle is no longer of its estate; it stays noted."""
    require(work, MANAGE_PEOPLE)
    await service.end_vehicle(work, vehicle_id)


class _Titles:
    """What people, enterprises and homes are called, on a day."""

    def __init__(
        self,
        people: Mapping[UUID, str],
        enterprises: Mapping[UUID, str],
        homes: Mapping[UUID, str],
        day: date,
    ) -> None:
        self._people = people
        self._enterprises = enterprises
        self._homes = homes
        self._day = day

    def party(self, party: Party) -> PartyView:
        title = self._people.get(party.person_id) if party.person_id else None
        if party.enterprise_id:
            title = self._enterprises.get(party.enterprise_id)
        return PartyView(
            person_id=party.person_id, enterprise_id=party.enterprise_id, title=title or "—"
        )

    def home(self, home_id: UUID | None) -> str:
        return self._homes.get(home_id, "") if home_id else ""

    def present(self, begin: date, end: date | None) -> bool:
        return begin <= self._day and (end is None or self._day < end)

    def share(self, one: Ownership) -> ShareView:
        share = one.share
        return ShareView(
            id=one.id,
            home_id=one.home_id,
            home_title=self.home(one.home_id),
            party=self.party(share.party),
            numerator=share.part.numerator,
            denominator=share.part.denominator,
            valid_from=share.valid_from,
            valid_to=share.valid_to,
            present=self.present(share.valid_from, share.valid_to),
            source=_source(one.source),
            entered_by=one.entered_by,
        )

    def lease(self, one: Lease) -> LeaseView:
        return LeaseView(
            id=one.id,
            home_id=one.home_id,
            home_title=self.home(one.home_id),
            party=self.party(one.party),
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            present=self.present(one.valid_from, one.valid_to),
            source=_source(one.source),
            entered_by=one.entered_by,
        )

    def household(self, one: Household) -> HouseholdView:
        return HouseholdView(
            id=one.id,
            code=one.code,
            home_id=one.home_id,
            home_title=self.home(one.home_id),
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            members=tuple(
                MemberView(
                    person=self.party(Party(person_id=member.person_id)),
                    role=member.role,
                    role_title=ROLE_TITLES[member.role],
                    valid_from=member.valid_from,
                    valid_to=member.valid_to,
                )
                for member in one.members
            ),
        )

    def vehicle(self, one: Vehicle) -> VehicleView:
        return VehicleView(
            id=one.id,
            estate_id=one.estate_id,
            plate=one.plate,
            kind=one.kind,
            kind_title=VEHICLE_TITLES[one.kind],
            party=self.party(one.party) if one.party != Party() else None,
            home_id=one.home_id,
            home_title=self.home(one.home_id),
            space=one.space,
            space_kind=one.space_kind,
            space_title=SPACE_TITLES[one.space_kind],
            source=_source(one.source),
            entered_by=one.entered_by,
        )


async def _told(
    work: Work,
    cipher: Cipher,
    shares: Sequence[Ownership],
    leases: Sequence[Lease],
    households: Sequence[Household],
    vehicles: Sequence[Vehicle],
) -> _Titles:
    parties = [
        *(one.share.party for one in shares),
        *(one.party for one in leases),
        *(one.party for one in vehicles),
        *(Party(person_id=member.person_id) for one in households for member in one.members),
    ]
    homes = {one.home_id for one in (*shares, *leases, *households, *vehicles)} - {None}
    return await _named(work, cipher, parties, [one for one in homes if one is not None])


async def _named(
    work: Work, cipher: Cipher, parties: Sequence[Party], homes: Sequence[UUID] = ()
) -> _Titles:
    people = await people_named(work, cipher, [one.person_id for one in parties if one.person_id])
    places = await places_named(work, homes)
    return _Titles(
        {person_id: row.name_masked for person_id, row in people.items()},
        await enterprises_named(work, {one.enterprise_id for one in parties if one.enterprise_id}),
        {place_id: place.path for place_id, place in places.items()},
        service.today(work),
    )


async def _home(work: Work, cipher: Cipher, home_id: UUID) -> HomeView:
    place = await place_of(work, home_id)
    sees = work.scope.may(SEE_PEOPLE, place.estate_id)
    picture = await service.picture_of(work, home_id, people=sees)
    told = await _told(
        work, cipher, picture.ownerships, picture.leases, picture.households, picture.vehicles
    )
    shares = [one.share for one in picture.ownerships]
    held = policy.held_on(shares, service.today(work))
    return HomeView(
        home_id=home_id,
        estate_id=place.estate_id,
        title=place.path,
        facts=_facts(picture.facts) if picture.facts else None,
        held=str(held),
        shares=tuple(told.share(one) for one in picture.ownerships),
        leases=tuple(told.lease(one) for one in picture.leases),
        households=tuple(told.household(one) for one in picture.households),
        vehicles=tuple(told.vehicle(one) for one in picture.vehicles),
        versions=tuple(
            HomeVersionView(
                version=one.version,
                entered_at=one.entered_at,
                entered_by=one.entered_by,
                source=_source(one.source),
                changed=tuple(COLUMN_TITLES[c] for c in one.changed if c in COLUMN_TITLES),
            )
            for one in await service.versions_of_home(work, home_id)
        ),
        may_manage=work.scope.may(MANAGE_PEOPLE, place.estate_id),
    )


def _facts(facts: HomeFacts) -> HomeFactsView:
    return HomeFactsView(
        area=None if facts.area is None else policy.area_said(facts.area),
        use=facts.use,
        use_title=USE_TITLES[facts.use],
        state=facts.state,
        state_title=STATE_TITLES[facts.state] if facts.state else None,
        version=facts.version,
        source=_source(facts.source),
        entered_by=facts.entered_by,
    )


def _source(source: Source) -> FactSourceView:
    return FactSourceView(kind=source.kind, title=KIND_TITLES[source.kind], words=source.title)


def _party_of(body: PartyBody) -> Party:
    return policy.one_party(Party(body.person_id, body.enterprise_id))
