"""Verbs of organisations. A person needs `manage_organisations` over what they touch."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from linli.directory.organisation import policy, store
from linli.directory.organisation.contracts import (
    ContractDraft,
    Duty,
    Organisation,
    OrganisationDraft,
    ServiceContract,
)
from linli.directory.organisation.events import ServiceContractChanged
from linli.directory.places.contracts import Estate, EstateDraft
from linli.directory.places.public import add_estate, estate_of, estates_named
from linli.kernel.deadlines import Deadline, set_deadline
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

MANAGE = "manage_organisations"
CONTRACT_TURNS = "organisation.contract_turns"


async def add_organisation(work: Work, draft: OrganisationDraft) -> Organisation:
    """Add an organisation under its parent.

    Raises:
        Forbidden: the actor does not manage the parent; only set-up adds a county.
        WrongParent: this kind cannot stand there.
        NotFound: the parent is absent or out of sight.
    """
    parent = await organisation_of(work, draft.parent_id) if draft.parent_id else None
    _may_manage(work, draft.parent_id)
    policy.placed(draft.kind, parent)
    new_id = work.new_id()
    organisation = Organisation(
        id=new_id,
        parent_id=draft.parent_id,
        kind=draft.kind,
        title=draft.title,
        path=(*(parent.path if parent else ()), new_id),
        training=parent.training if parent else draft.training,
    )
    await store.add(work.connection, organisation, work.now)
    await record(
        work,
        action=Action.ORGANISATION_ADDED,
        subject_kind="organisation",
        subject_id=organisation.id,
        subject_title=organisation.title,
    )
    return organisation


async def found_estate(work: Work, draft: EstateDraft) -> Estate:
    """Add an estate to a community that the actor manages.

    Raises:
        Forbidden: the actor does not manage the community.
        NotFound: the community is absent or out of sight.
        CodeTaken: another estate has this code.
    """
    community = await organisation_of(work, draft.community_id)
    _may_manage(work, community.id)
    if community.kind is not policy.K.COMMUNITY:
        raise BadInput("小区必须属于一个社区", field="community_id")
    return await add_estate(work, draft)


async def sign_contract(work: Work, draft: ContractDraft) -> ServiceContract:
    """Put a company in charge of some duties on an estate.

    Raises:
        Forbidden: the actor manages not both the company and the estate's community.
        NotFound: company or estate is absent or out of sight.
        NotACompany, NoDuties, WrongPeriod: the draft makes no sense.
        TrainingApart: one of them is for training and the other is real.
    """
    company = await organisation_of(work, draft.company_id)
    estate = await estate_of(work, draft.estate_id)
    _may_manage(work, company.id)
    _may_manage(work, estate.community_id)
    policy.signable(draft, company)
    policy.same_world(company, await organisation_of(work, estate.community_id), "estate_id")
    contract = ServiceContract(
        id=work.new_id(),
        company_id=draft.company_id,
        estate_id=draft.estate_id,
        duties=draft.duties,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
    )
    await store.add_contract(work.connection, contract, work.now)
    await _when_it_turns(work, contract)
    title = f"{company.title} · {estate.title}"
    await _contract_changed(work, contract, Action.CONTRACT_SIGNED, title)
    return contract


async def end_contract(work: Work, contract_id: UUID) -> ServiceContract:
    """End a contract now: the company's people lose the estate at once.

    Raises:
        Forbidden: the actor manages not both the company and the estate's community.
        NotFound: the contract is absent or out of sight.
        IllegalMove: it is over already, or has not begun.
    """
    contract = await store.contract(work.connection, contract_id)
    if contract is None:
        raise NotFound
    estate = await estate_of(work, contract.estate_id)
    company = await organisation_of(work, contract.company_id)
    _may_manage(work, company.id)
    _may_manage(work, estate.community_id)
    if not policy.in_force(contract, work.now) or contract.valid_from == work.now:
        raise IllegalMove("这份合同现在没有生效")
    await store.end_contract(work.connection, contract_id, work.now)
    title = f"{company.title} · {estate.title}"
    await _contract_changed(work, contract, Action.CONTRACT_ENDED, title)
    return replace(contract, valid_to=work.now)


async def organisation_of(work: Work, organisation_id: UUID) -> Organisation:
    """The organisation.

    Raises:
        NotFound: absent, or not known to the session.
    """
    found = await store.named(work.connection, [organisation_id])
    if not found:
        raise NotFound
    return found[0]


async def organisations_named(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, Organisation]:
    """The organisations with these ids; those the session does not know are missing."""
    return {found.id: found for found in await store.named(work.connection, set(ids))}


async def all_organisations(work: Work) -> tuple[Organisation, ...]:
    """Every organisation the session knows, parents before their children."""
    return tuple(await store.everything(work.connection))


async def organisations_above(work: Work, estate_id: UUID) -> tuple[Organisation, ...]:
    """The community of an estate, then its street, then its county.

    Raises:
        NotFound: the estate is absent or out of sight.
    """
    estate = await estate_of(work, estate_id)
    community = await organisation_of(work, estate.community_id)
    found = await organisations_named(work, community.path)
    return tuple(found[node] for node in reversed(community.path) if node in found)


async def is_training(work: Work, estate_id: UUID) -> bool:
    """Whether an estate belongs to a training county: nothing there is real.

    Raises:
        NotFound: the estate is absent or out of sight.
    """
    estate = await estate_of(work, estate_id)
    return (await organisation_of(work, estate.community_id)).training


async def company_for(work: Work, estate_id: UUID, duty: Duty | str) -> Organisation | None:
    """The company that answers for a duty on an estate now, by contract in force; or None."""
    contracts = await store.contracts(work.connection, estate_ids=[estate_id], not_over_at=work.now)
    contract = policy.company_on_duty(contracts, Duty(duty), work.now)
    if contract is None:
        return None
    return (await organisations_named(work, [contract.company_id])).get(contract.company_id)


async def companies_of(work: Work, estate_id: UUID) -> tuple[Organisation, ...]:
    """The companies with a contract in force on an estate, by title."""
    contracts = await contracts_on(work, [estate_id])
    found = await organisations_named(work, {c.company_id for c in contracts})
    return tuple(sorted(found.values(), key=lambda company: (company.title, company.id)))


async def contracts_on(work: Work, estate_ids: Iterable[UUID]) -> tuple[ServiceContract, ...]:
    """The contracts in force now on these estates."""
    found = await store.contracts(work.connection, estate_ids=estate_ids, not_over_at=work.now)
    return tuple(contract for contract in found if policy.in_force(contract, work.now))


async def all_contracts(work: Work) -> tuple[ServiceContract, ...]:
    """Every contract in sight, past and future ones too, oldest first."""
    return tuple(await store.contracts(work.connection))


async def property_companies(work: Work, estate_ids: Iterable[UUID]) -> Mapping[UUID, Organisation]:
    """By estate id: the company with the duty `property` there; estates without one are missing."""
    contracts = await contracts_on(work, estate_ids)
    by_estate = {
        estate_id: chosen
        for estate_id in {c.estate_id for c in contracts}
        if (
            chosen := policy.company_on_duty(
                [c for c in contracts if c.estate_id == estate_id], Duty.PROPERTY, work.now
            )
        )
    }
    companies = await organisations_named(work, {c.company_id for c in by_estate.values()})
    return {
        estate_id: companies[contract.company_id]
        for estate_id, contract in by_estate.items()
        if contract.company_id in companies
    }


async def communities_of(work: Work, estate_ids: Iterable[UUID]) -> Mapping[UUID, Organisation]:
    """By estate id: its community, when the session knows it."""
    estates = await estates_named(work, estate_ids)
    found = await organisations_named(work, {e.community_id for e in estates.values()})
    return {e.id: found[e.community_id] for e in estates.values() if e.community_id in found}


def _may_manage(work: Work, organisation_id: UUID | None) -> None:
    if work.actor.kind == MACHINE.kind:
        return
    if organisation_id is None or organisation_id not in work.scope.organisations_for(MANAGE):
        raise Forbidden


async def _when_it_turns(work: Work, contract: ServiceContract) -> None:
    moments = {"begins": contract.valid_from, "ends": contract.valid_to}
    for detail, moment in moments.items():
        if moment is not None and moment > work.now:
            await set_deadline(
                work,
                Deadline(kind=CONTRACT_TURNS, subject_id=contract.id, due_at=moment, detail=detail),
            )


async def contract_turned(work: Work, contract_id: UUID) -> None:
    """A contract has begun or ended by the clock: whoever it concerns is told."""
    contract = await store.contract(work.connection, contract_id)
    if contract is not None:
        work.outbox.add(_changed(work, contract))


def _changed(work: Work, contract: ServiceContract) -> ServiceContractChanged:
    return ServiceContractChanged(
        estate_id=contract.estate_id,
        happened_at=work.now,
        contract_id=contract.id,
        company_id=contract.company_id,
    )


async def _contract_changed(
    work: Work, contract: ServiceContract, action: Action, title: str
) -> None:
    work.outbox.add(_changed(work, contract))
    await record(
        work,
        action=action,
        subject_kind="service_contract",
        subject_id=contract.id,
        subject_title=title,
        estate_id=contract.estate_id,
    )
