"""Organisations, contracts and the list of estates over HTTP."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.organisation import policy, service
from linli.directory.organisation.contracts import (
    DUTY_TITLES,
    KIND_TITLES,
    ContractDraft,
    Duty,
    Organisation,
    OrganisationDraft,
    OrganisationKind,
    ServiceContract,
)
from linli.directory.places.contracts import EstateDraft, EstateSize
from linli.directory.places.ports import Figures, NoFigures, PlaceFigures
from linli.directory.places.public import all_estates, estates_named, sizes_of
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.sheets.public import Column, as_file

api = router("/api", tag="organisations")

SEE = "see_places"
MANAGE = "manage_organisations"


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class EstateView(Shape):
    """An estate: who stands above it, who serves it, and how much there is in it."""

    id: UUID
    code: str
    title: str
    community: Named | None
    company: Named | None
    buildings: int
    homes: int
    devices: int
    open_incidents: int


class ContractView(Shape):
    """A contract by which a company serves an estate."""

    id: UUID
    company_id: UUID
    estate_id: UUID
    estate_title: str
    duties: tuple[Duty, ...]
    duty_titles: tuple[str, ...]
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    in_force: bool


class OrganisationView(Shape):
    """A node of the tree; parents come before their children."""

    id: UUID
    parent_id: UUID | None
    kind: OrganisationKind
    kind_title: str
    title: str
    contracts: tuple[ContractView, ...]


class OrganisationBody(Shape):
    """An organisation to be added."""

    parent_id: UUID
    kind: OrganisationKind
    title: Annotated[str, Field(min_length=2, max_length=60)]


class ContractBody(Shape):
    """A contract to be signed; without `valid_from` it begins now."""

    company_id: UUID
    estate_id: UUID
    duties: Annotated[frozenset[Duty], Field(min_length=1)]
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None


class EstateBody(Shape):
    """An estate to be added; the plan's size in metres."""

    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    title: Annotated[str, Field(min_length=2, max_length=60)]
    community_id: UUID
    width: Annotated[float, Field(gt=0, le=10_000)] = 300
    height: Annotated[float, Field(gt=0, le=10_000)] = 200


def _figures_of(request: Request) -> PlaceFigures:
    return cast("PlaceFigures", getattr(request.app.state, "place_figures", NoFigures()))


@api.get("/estates")
async def list_estates(
    work: CurrentWork, counts: Annotated[PlaceFigures, Depends(_figures_of)]
) -> tuple[EstateView, ...]:
    """The estates one may see, by title."""
    require(work, SEE)
    estates = await all_estates(work)
    ids = [estate.id for estate in estates]
    communities = await service.communities_of(work, ids)
    companies = await service.property_companies(work, ids)
    sizes = await sizes_of(work, ids)
    figures = await counts.of_estates(work, ids)
    none = EstateSize(buildings=0, homes=0)
    return tuple(
        EstateView(
            id=estate.id,
            code=estate.code,
            title=estate.title,
            community=_named(communities.get(estate.id)),
            company=_named(companies.get(estate.id)),
            buildings=sizes.get(estate.id, none).buildings,
            homes=sizes.get(estate.id, none).homes,
            devices=figures.get(estate.id, Figures()).devices,
            open_incidents=figures.get(estate.id, Figures()).open_incidents,
        )
        for estate in estates
    )


as_file(
    api,
    list_estates,
    "小区",
    (
        Column("编号", lambda row: row.code),
        Column("小区", lambda row: row.title),
        Column("社区", lambda row: row.community.title if row.community else None),
        Column("物业公司", lambda row: row.company.title if row.company else None),
        Column("楼栋", lambda row: row.buildings),
        Column("房屋", lambda row: row.homes),
        Column("设备", lambda row: row.devices),
        Column("未办结事件", lambda row: row.open_incidents),
    ),
    path="/estates",
)


@api.post("/estates", status_code=201)
async def add_estate(work: CurrentWork, body: EstateBody) -> Named:
    """Add an estate to a community one manages."""
    require(work, MANAGE)
    estate = await service.found_estate(
        work,
        EstateDraft(
            code=body.code,
            title=body.title,
            community_id=body.community_id,
            width=body.width,
            height=body.height,
        ),
    )
    return Named(id=estate.id, title=estate.title)


@api.get("/organisations")
async def list_organisations(work: CurrentWork) -> tuple[OrganisationView, ...]:
    """The organisations one knows of with the contracts one may see, parents first."""
    require(work, SEE)
    contracts = await _contracts(work)
    return tuple(
        _view(
            organisation,
            tuple(contract for contract in contracts if contract.company_id == organisation.id),
        )
        for organisation in await service.all_organisations(work)
    )


@api.post("/organisations", status_code=201)
async def add_organisation(work: CurrentWork, body: OrganisationBody) -> OrganisationView:
    """Add an organisation under one that one manages."""
    require(work, MANAGE)
    draft = OrganisationDraft(kind=body.kind, title=body.title, parent_id=body.parent_id)
    return _view(await service.add_organisation(work, draft), ())


@api.post("/service-contracts", status_code=201)
async def sign_contract(work: CurrentWork, body: ContractBody) -> ContractView:
    """Put a company in charge of duties on an estate; one manages both."""
    require(work, MANAGE)
    contract = await service.sign_contract(
        work,
        ContractDraft(
            company_id=body.company_id,
            estate_id=body.estate_id,
            duties=body.duties,
            valid_from=body.valid_from or work.now,
            valid_to=body.valid_to,
        ),
    )
    return await _contract(work, contract)


@api.post("/service-contracts/{contract_id}/end")
async def end_contract(work: CurrentWork, contract_id: UUID) -> ContractView:
    """End a contract now: the company's people lose the estate at once."""
    require(work, MANAGE)
    return await _contract(work, await service.end_contract(work, contract_id))


async def _contracts(work: Work) -> tuple[ContractView, ...]:
    contracts = await service.all_contracts(work)
    estates = await estates_named(work, {contract.estate_id for contract in contracts})
    return tuple(
        _contract_view(contract, estates[contract.estate_id].title, work.now)
        for contract in contracts
        if contract.estate_id in estates
    )


async def _contract(work: Work, contract: ServiceContract) -> ContractView:
    estates = await estates_named(work, [contract.estate_id])
    return _contract_view(contract, estates[contract.estate_id].title, work.now)


def _contract_view(contract: ServiceContract, estate_title: str, now: datetime) -> ContractView:
    duties = tuple(duty for duty in Duty if duty in contract.duties)
    return ContractView(
        id=contract.id,
        company_id=contract.company_id,
        estate_id=contract.estate_id,
        estate_title=estate_title,
        duties=duties,
        duty_titles=tuple(DUTY_TITLES[duty] for duty in duties),
        valid_from=contract.valid_from,
        valid_to=contract.valid_to,
        in_force=policy.in_force(contract, now),
    )


def _view(organisation: Organisation, contracts: tuple[ContractView, ...]) -> OrganisationView:
    return OrganisationView(
        id=organisation.id,
        parent_id=organisation.parent_id,
        kind=organisation.kind,
        kind_title=KIND_TITLES[organisation.kind],
        title=organisation.title,
        contracts=contracts,
    )


def _named(organisation: Organisation | None) -> Named | None:
    return Named(id=organisation.id, title=organisation.title) if organisation else None
