"""Entering an estate that is made up, with everything in it, through the same doors as any.

The demo's estate and the one for training are entered so; the simulator plays their devices.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from linli.app.demo.accounts import DemoAccount
from linli.app.demo.plan import BuildingPlan, DemoPlan, DevicePlan, EstatePlan, WherePlan
from linli.directory.identity.contracts import AccountDraft, GrantDraft
from linli.directory.identity.public import create_account, grant_role
from linli.directory.organisation.contracts import (
    ContractDraft,
    Duty,
    Organisation,
    OrganisationDraft,
    OrganisationKind,
)
from linli.directory.organisation.public import add_organisation, found_estate, sign_contract
from linli.directory.places.contracts import (
    BuildingDraft,
    EntranceDraft,
    Estate,
    EstateDraft,
    PlaceDraft,
    PlaceKind,
)
from linli.directory.places.public import add_building, add_places, places_in
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Credential, Registration
from linli.sensing.devices.public import register_device
from linli.support.sealing.ports import Cipher

CONTROL = "simulator"
LONG_AGO = timedelta(days=365)


class SeededDevice(msgspec.Struct, frozen=True):
    """A device as the simulator plays it."""

    code: str
    kind: str
    driver: str
    title: str
    place: str
    building: int | None
    username: str
    token: str
    parent: str | None
    external_code: str


class SeededControl(msgspec.Struct, frozen=True):
    """The simulator's own connection, on which it is told what to play."""

    username: str
    token: str


class SeededEstate(msgspec.Struct, frozen=True):
    """An estate as the simulator plays it; one with a control of its own is told apart."""

    code: str
    title: str
    devices: tuple[SeededDevice, ...]
    control: SeededControl | None = None


class SeededDoor(msgspec.Struct, frozen=True):
    """Host and port of the MQTT door."""

    host: str
    port: int


class SeededWorld(msgspec.Struct, frozen=True):
    """What the simulator reads from `estate.json`."""

    mqtt: SeededDoor
    http: str
    estates: tuple[SeededEstate, ...]
    control: SeededControl | None
    vision: SeededControl | None


def write_world(world: SeededWorld, folder: Path) -> None:
    """Leave the simulator its file; it holds tokens, so nobody else may read it."""
    _written(folder / "estate.json", msgspec.json.encode(world))


def write_estate(estate: SeededEstate, folder: Path) -> None:
    """Leave a simulator that is running one more estate to play."""
    _written(folder / f"{estate.code}.json", msgspec.json.encode(estate))


def _written(file: Path, what: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: somebody may be reading the folder.
    beside = file.with_suffix(".part")
    beside.touch(mode=0o600)
    beside.write_bytes(msgspec.json.format(what, indent=1))
    beside.replace(file)


async def enter_organisations(
    work: Work, plan: DemoPlan, *, training: bool = False
) -> Mapping[str, Organisation]:
    """County, street, community and the company that serves there, by these words."""

    async def add(kind: OrganisationKind, title: str, parent: Organisation | None) -> Organisation:
        parent_id = parent.id if parent else None
        return await add_organisation(
            work,
            OrganisationDraft(kind=kind, title=title, parent_id=parent_id, training=training),
        )

    county = await add(OrganisationKind.COUNTY, plan.county, None)
    street = await add(OrganisationKind.STREET, plan.street, county)
    community = await add(OrganisationKind.COMMUNITY, plan.community, street)
    company = await add(OrganisationKind.COMPANY, plan.company, county)
    return {"county": county, "street": street, "community": community, "company": company}


async def enter_estate(
    work: Work, plan: EstatePlan, organisations: Mapping[str, Organisation]
) -> Estate:
    """The estate, and the contract by which the company serves it."""
    estate = await found_estate(
        work,
        EstateDraft(
            code=plan.code,
            title=plan.title,
            community_id=organisations["community"].id,
            width=plan.plan.width_m,
            height=plan.plan.height_m,
        ),
    )
    await sign_contract(
        work,
        ContractDraft(
            company_id=organisations["company"].id,
            estate_id=estate.id,
            duties=frozenset(Duty),
            valid_from=work.now - LONG_AGO,
        ),
    )
    return estate


async def enter_accounts(
    work: Work,
    cipher: Cipher,
    organisations: Mapping[str, Organisation],
    hashes: Mapping[DemoAccount, str],
    *,
    basis: str,
    must_change: bool = False,
) -> Mapping[str, UUID]:
    """Accounts with their roles, each with the hash of its password; answers ids by login."""
    accounts: dict[str, UUID] = {}
    for demo, password_hash in hashes.items():
        organisation = organisations[demo.organisation]
        account = await create_account(
            work,
            cipher,
            AccountDraft(
                login=demo.login,
                display_name=demo.name,
                organisation_id=organisation.id,
                phone=demo.phone,
            ),
            password_hash=password_hash,
            must_change=must_change,
        )
        accounts[demo.login] = account.id
        await grant_role(
            work,
            account.id,
            GrantDraft(
                role=demo.role,
                target_kind=demo.target,
                target_id=organisation.id,
                valid_from=work.now - LONG_AGO,
                basis=basis,
            ),
        )
    return accounts


async def enter_places(work: Work, estate: Estate, plan: EstatePlan) -> Mapping[str, UUID]:
    """Add all places; returns their ids by business code."""
    for building in plan.plan.buildings:
        await add_building(work, estate.id, _building(building))
    points = (
        *((PlaceKind.GATE, gate) for gate in plan.plan.gates),
        *((PlaceKind.OPEN_GROUND, ground) for ground in plan.plan.open_ground),
    )
    drafts = [
        PlaceDraft(id=work.new_id(), kind=kind, title=point.title, x=point.x, y=point.y)
        for kind, point in points
    ]
    drafts.extend(
        PlaceDraft(id=work.new_id(), kind=PlaceKind.ROOM, title=room) for room in plan.plan.rooms
    )
    await add_places(work, estate.id, drafts)
    return {place.code: place.id for place in await places_in(work, estate.id)}


def _building(plan: BuildingPlan) -> BuildingDraft:
    return BuildingDraft(
        title=plan.title,
        floors=plan.floors,
        entrances=tuple(
            EntranceDraft(one.title, one.homes_per_floor, one.lifts) for one in plan.entrances
        ),
        x=plan.x,
        y=plan.y,
        w=plan.w,
        h=plan.h,
        outline=plan.outline,
    )


def _place_code(where: WherePlan) -> str | None:
    """The business code of the most exact place that is named."""
    alone = where.room or where.gate or where.ground
    if alone or where.building is None:
        return alone
    building = f"{where.building}号楼"
    if where.lift:
        return building + where.lift
    return building + (where.entrance or "") + (where.home or "")


async def enter_devices(
    work: Work, estate: Estate, plan: EstatePlan, places: Mapping[str, UUID]
) -> tuple[SeededDevice, ...]:
    """Register all devices; answers how the simulator plays them."""
    credentials: dict[str, Credential] = {}
    seeded: list[SeededDevice] = []
    for device in sorted(plan.devices, key=lambda d: d.parent is not None):
        code = _place_code(device.place)
        parent = credentials[device.parent] if device.parent else None
        registered = await register_device(
            work,
            Registration(
                estate_id=estate.id,
                place_id=places[code] if code else None,
                kind=device.kind,
                title=device.title,
                driver=device.driver,
                code=device.code,
                connection_id=parent.connection_id if parent else None,
                external_code=device.external_code if parent else None,
            ),
        )
        credential = parent or _given(registered.credential)
        credentials[device.code] = credential
        seeded.append(_played(device, code, credential))
    return tuple(seeded)


def _played(device: DevicePlan, place: str | None, credential: Credential) -> SeededDevice:
    return SeededDevice(
        code=device.code,
        kind=device.kind,
        driver=device.driver,
        title=device.title,
        place=place or "",
        building=device.place.building,
        username=credential.username,
        token=credential.token,
        parent=device.parent,
        external_code=device.external_code,
    )


async def enter_simulator(work: Work, estate: Estate, title: str) -> SeededControl:
    """The simulator's own device in an estate: on its connection it is told what to play."""
    control = await register_device(
        work,
        Registration(
            estate_id=estate.id,
            place_id=None,
            kind="simulator",
            title=title,
            driver="linli_native",
            code=CONTROL,
        ),
    )
    credential = _given(control.credential)
    return SeededControl(credential.username, credential.token)


def _given(credential: Credential | None) -> Credential:
    if credential is None:
        raise LookupError("a device with a connection of its own has a credential")
    return credential
