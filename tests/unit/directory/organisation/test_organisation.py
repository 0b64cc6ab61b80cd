"""Who stands above an estate, and which company answers for what, and until when."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import START, Offices, Town

from linli.directory.organisation import policy
from linli.directory.organisation.contracts import (
    ContractDraft,
    Duty,
    Organisation,
    OrganisationDraft,
    OrganisationKind,
    ServiceContract,
)
from linli.directory.organisation.handlers import contract_turns
from linli.directory.organisation.policy import (
    NoDuties,
    NotACompany,
    WrongParent,
    WrongPeriod,
    company_on_duty,
    in_force,
)
from linli.directory.organisation.public import (
    add_organisation,
    companies_of,
    company_for,
    end_contract,
    found_estate,
    organisation_of,
    organisations_above,
    sign_contract,
)
from linli.directory.places.contracts import EstateDraft
from linli.kernel.deadlines import claim_due
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound

K = OrganisationKind
HOUR = timedelta(hours=1)


def contract(begins: int, ends: int | None, *duties: Duty) -> ServiceContract:
    return ServiceContract(
        id=uuid4(),
        company_id=uuid4(),
        estate_id=UUID(int=1),
        duties=frozenset(duties),
        valid_from=START + begins * HOUR,
        valid_to=None if ends is None else START + ends * HOUR,
    )


@given(st.integers(0, 5), st.none() | st.integers(6, 9), st.integers(0, 10))
def test_a_contract_holds_from_its_first_moment_to_just_before_its_last(
    begins: int, ends: int | None, hour: int
) -> None:
    held = contract(begins, ends, Duty.LIFT)
    expected = begins <= hour and (ends is None or hour < ends)
    assert in_force(held, START + hour * HOUR) is expected


def test_the_newest_contract_in_force_answers() -> None:
    old, new = contract(0, None, Duty.LIFT, Duty.FIRE), contract(2, 4, Duty.LIFT)
    both = (old, new)
    answers = [company_on_duty(both, Duty.LIFT, START + hour * HOUR) for hour in (1, 3, 5)]
    assert answers == [old, new, old]
    assert company_on_duty(both, Duty.FIRE, START + 3 * HOUR) is old
    assert company_on_duty(both, Duty.CLEANING, START) is None


@given(st.sampled_from(list(K)), st.sampled_from([*K, None]))
def test_the_tree_has_one_shape(kind: K, above: K | None) -> None:
    parent = Organisation(uuid4(), None, above, "上级", ()) if above else None
    if above in policy.PARENTS[kind]:
        policy.placed(kind, parent)
        return
    with pytest.raises(WrongParent):
        policy.placed(kind, parent)


def test_a_contract_that_makes_no_sense_is_refused() -> None:
    company = Organisation(uuid4(), None, K.COMPANY, "安居物业", ())
    community = Organisation(uuid4(), None, K.COMMUNITY, "仁里社区", ())
    duties = frozenset({Duty.LIFT})
    good = ContractDraft(company_id=company.id, estate_id=uuid4(), duties=duties, valid_from=START)
    policy.signable(good, company)
    with pytest.raises(NotACompany):
        policy.signable(good, community)
    with pytest.raises(NoDuties):
        policy.signable(
            ContractDraft(
                company_id=company.id,
                estate_id=uuid4(),
                duties=frozenset(),
                valid_from=START,
            ),
            company,
        )
    with pytest.raises(WrongPeriod):
        policy.signable(
            ContractDraft(
                company_id=company.id,
                estate_id=uuid4(),
                duties=duties,
                valid_from=START,
                valid_to=START,
            ),
            company,
        )


async def test_above_an_estate_stand_community_street_and_county(
    desks: Offices, town: Town
) -> None:
    for login in ("xian", "shequ", "wuye", "weixiu"):
        async with desks.as_account(town.accounts[login]) as work:
            above = await organisations_above(work, town.estates[0].id)
        assert [o.title for o in above] == ["仁里社区", "怀远街道", "示范县"], login


async def test_the_company_for_a_duty_is_whose_contract_names_it(
    desks: Offices, town: Town
) -> None:
    sun, harmony = town.estates[0].id, town.estates[1].id
    async with desks.as_account(town.accounts["shequ"]) as work:
        answers = [await company_for(work, sun, duty) for duty in ("property", "lift", "fire")]
        all_there = await companies_of(work, sun)
    assert [company.title if company else None for company in answers] == [
        "安居物业",
        "平安电梯",
        None,
    ]
    assert {company.title for company in all_there} == {"安居物业", "平安电梯"}
    async with desks.machine.work() as work:
        assert await company_for(work, harmony, "property") is None


async def test_one_knows_ones_own_tree_and_whom_one_works_with(desks: Offices, town: Town) -> None:
    async with desks.as_account(town.accounts["wuye"]) as work:
        assert (await organisation_of(work, town.lift_firm.id)).title == "平安电梯"
        for unknown in (town.streets[1], town.communities[1], town.communities[2]):
            with pytest.raises(NotFound):
                await organisation_of(work, unknown.id)


async def test_only_who_manages_the_parent_adds_below_it(desks: Offices, town: Town) -> None:
    draft = OrganisationDraft(kind=K.COMMUNITY, title="新社区", parent_id=town.streets[0].id)
    async with desks.as_account(town.accounts["xian"]) as work:
        added = await add_organisation(work, draft)
        assert added.path == (*town.streets[0].path, added.id)
    # At once in reach of whom it concerns.
    async with desks.as_account(town.accounts["jiedao"]) as work:
        assert (await organisation_of(work, added.id)).title == "新社区"
    with pytest.raises(Forbidden):
        async with desks.as_account(town.accounts["jiedao"]) as work:
            await add_organisation(work, draft)
    with pytest.raises(Forbidden):
        async with desks.as_account(town.accounts["xian"]) as work:
            await add_organisation(
                work, OrganisationDraft(kind=K.COUNTY, title="另一个县", parent_id=None)
            )


async def test_an_estate_is_founded_in_a_community_one_manages(desks: Offices, town: Town) -> None:
    draft = EstateDraft(f"XX-{town.tag}", "新小区", town.communities[1].id, 100, 100)
    async with desks.as_account(town.accounts["admin"]) as work:
        estate = await found_estate(work, draft)
    async with desks.as_account(town.accounts["jiedao"]) as work:
        assert (await organisations_above(work, estate.id))[0].title == "和顺社区"
    street = EstateDraft(f"XY-{town.tag}", "新小区", town.streets[0].id, 1, 1)
    with pytest.raises(BadInput):
        async with desks.as_account(town.accounts["admin"]) as work:
            await found_estate(work, street)


async def test_only_who_manages_both_sides_signs_and_ends(desks: Offices, town: Town) -> None:
    draft = ContractDraft(
        company_id=town.property_company.id,
        estate_id=town.estates[1].id,
        duties=frozenset({Duty.CLEANING}),
        valid_from=desks.clock.now(),
    )
    for login in ("jiedao", "shequ", "wuye"):
        with pytest.raises((Forbidden, NotFound)):
            async with desks.as_account(town.accounts[login]) as work:
                await sign_contract(work, draft)
    async with desks.as_account(town.accounts["xian"]) as work:
        signed = await sign_contract(work, draft)
    with pytest.raises(Forbidden):
        async with desks.as_account(town.accounts["jiedao"]) as work:
            await end_contract(work, signed.id)
    desks.clock.move(HOUR)
    async with desks.as_account(town.accounts["xian"]) as work:
        ended = await end_contract(work, signed.id)
    assert ended.valid_to == desks.clock.now()
    with pytest.raises(IllegalMove):
        async with desks.as_account(town.accounts["xian"]) as work:
            await end_contract(work, signed.id)


async def test_a_contract_that_turns_by_the_clock_tells_whom_it_concerns(
    desks: Offices, town: Town
) -> None:
    begins, ends = desks.clock.now() + HOUR, desks.clock.now() + 2 * HOUR
    async with desks.machine.work() as work:
        signed = await sign_contract(
            work,
            ContractDraft(
                company_id=town.property_company.id,
                estate_id=town.estates[1].id,
                duties=frozenset({Duty.PROPERTY}),
                valid_from=begins,
                valid_to=ends,
            ),
        )
    told = await desks.events("service_contract_changed")
    for moment in (begins, ends):
        desks.clock.at = moment
        async with desks.machine.work() as work:
            due = await claim_due(work.connection, work.now)
            ours = [deadline for deadline in due if deadline.subject_id == signed.id]
            assert len(ours) == 1
            await contract_turns(work, ours[0])
    assert await desks.events("service_contract_changed") == told + 2


async def test_organisations_over_http(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "xian") as page:
        tree = (await page.get("/api/organisations")).json()
        assert [o["title"] for o in tree if o["kind"] == "county"] == ["示范县"]
        seen: set[str | None] = {None}
        for node in tree:
            assert node["parent_id"] in seen
            seen.add(node["id"])
        company = next(o for o in tree if o["title"] == "安居物业")
        (held,) = company["contracts"]
        assert (held["estate_title"], held["duties"]) == ("阳光花园", ["property", "repair"])
        added = await page.post(
            "/api/organisations",
            {"parent_id": str(town.county.id), "kind": "company", "title": "洁净保洁"},
        )
        assert added.status_code == 201
        signed = await page.post(
            "/api/service-contracts",
            {
                "company_id": added.json()["id"],
                "estate_id": str(town.estates[1].id),
                "duties": ["cleaning"],
            },
        )
        assert (signed.status_code, signed.json()["in_force"]) == (201, True)
        nothing = await page.post(
            "/api/service-contracts",
            {
                "company_id": added.json()["id"],
                "estate_id": str(town.estates[1].id),
                "duties": [],
            },
        )
        assert (nothing.status_code, nothing.json()["field"]) == (422, "duties")
    async with signed_in(desks, town, "weixiu") as page:
        mine = (await page.get("/api/organisations")).json()
        assert {o["title"] for o in mine} == {
            "示范县",
            "怀远街道",
            "仁里社区",
            "安居物业",
            "平安电梯",
        }
        refused = await page.post(
            "/api/organisations",
            {"parent_id": str(town.county.id), "kind": "company", "title": "我的公司"},
        )
        assert refused.status_code == 403
