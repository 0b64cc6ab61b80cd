"""Founds what the county's estates stand in: streets, communities, companies, and the estates.

All through the contexts' own verbs: rights, audit and open pages learn of them as of any other.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from linli.app.demo.county.invent import InventedEstate
from linli.app.demo.county.living import SURNAMES
from linli.directory.identity.contracts import AccountDraft, GrantDraft, Role, TargetKind
from linli.directory.identity.models import account_table, password_table
from linli.directory.identity.public import create_account, grant_role
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import switch_off
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
from linli.directory.places.contracts import Estate, EstateDraft
from linli.directory.places.public import all_estates
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher

LONG_AGO = timedelta(days=800)
AS_THIS_ONE = "wangge"
WITHOUT_CHARGING = 2
"""The estate of this number has a module switched off, to show how that looks."""


async def found_missing(work: Work, cipher: Cipher, plans: Sequence[InventedEstate]) -> None:
    """Found those of the estates that are missing, and whatever they need above them."""
    real = [one for one in await all_organisations(work) if not one.training]
    known = {(one.kind, one.title): one for one in real}
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
        await _grid_worker(work, cipher, estate, plan)
        if plan.no == WITHOUT_CHARGING:
            await switch_off(work, estate.id, Module.CHARGING, "充电棚改造，桩体已全部断电")


async def _grid_worker(work: Work, cipher: Cipher, estate: Estate, plan: InventedEstate) -> None:
    """Every estate has one; `wangge01` and so on sign in as the demo's other accounts do."""
    password_hash = await work.connection.scalar(
        select(password_table.c.password_hash)
        .join(account_table, account_table.c.id == password_table.c.account_id)
        .where(account_table.c.login == AS_THIS_ONE)
    )
    account = await create_account(
        work,
        cipher,
        AccountDraft(
            login=f"{AS_THIS_ONE}{plan.no:02d}",
            display_name=f"{SURNAMES[plan.no % len(SURNAMES)]}网格",
            organisation_id=estate.community_id,
            phone=f"155{plan.no:08d}",
        ),
        password_hash=str(password_hash),
        must_change=False,
    )
    await grant_role(
        work,
        account.id,
        GrantDraft(
            role=Role.GRID_WORKER,
            target_kind=TargetKind.ESTATE,
            target_id=estate.id,
            valid_from=work.now - LONG_AGO,
            basis="演示账号",
        ),
    )
