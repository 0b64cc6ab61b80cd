"""Founds what the county's estates stand in: streets, communities, companies, and the estates.

All through the contexts' own verbs: rights, audit and open pages learn of them as of any other.
"""

from collections.abc import Sequence
from datetime import timedelta

from linli.app.demo.county.invent import InventedEstate
from linli.directory.organisation.contracts import (
    ContractDraft,
    Duty,
    Organisation,
    OrganisationDraft,
    OrganisationKind,
)
from linli.directory.organisation.public import (
    add_organisation,
    all_organisations,
    found_estate,
    sign_contract,
)
from linli.directory.places.contracts import EstateDraft
from linli.directory.places.public import all_estates
from linli.kernel.work import Work

LONG_AGO = timedelta(days=800)


async def found_missing(work: Work, plans: Sequence[InventedEstate]) -> None:
    """Found those of the estates that are missing, and whatever they need above them."""
    known = {(one.kind, one.title): one for one in await all_organisations(work)}
    county = next(one for (kind, _), one in known.items() if kind is OrganisationKind.COUNTY)
    there = {one.code for one in await all_estates(work)}

    async def standing(kind: OrganisationKind, title: str, parent: Organisation) -> Organisation:
        found = known.get((kind, title))
        if found is None:
            draft = OrganisationDraft(kind=kind, title=title, parent_id=parent.id)
            found = known[kind, title] = await add_organisation(work, draft)
        return found

    for plan in plans:
        if plan.code in there:
            continue
        street = await standing(OrganisationKind.STREET, plan.street, county)
        community = await standing(OrganisationKind.COMMUNITY, plan.community, street)
        company = await standing(OrganisationKind.COMPANY, plan.company, county)
        estate = await found_estate(
            work,
            EstateDraft(
                code=plan.code,
                title=plan.title,
                community_id=community.id,
                width=plan.width,
                height=plan.height,
            ),
        )
        await sign_contract(
            work,
            ContractDraft(
                company_id=company.id,
                estate_id=estate.id,
                duties=frozenset(Duty),
                valid_from=work.now - LONG_AGO,
            ),
        )
