"""A list of people goes out as a file: masked, with a reason, not too many, no formulas."""

from collections.abc import Sequence

import pytest
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.identity.handlers import approval_asked
from linli.directory.people import service
from linli.directory.people.contracts import PeopleSearch, PersonEntry
from linli.directory.sources.contracts import Source, SourceKind
from linli.support.approvals import service as approvals
from linli.support.approvals.contracts import Approval, ApprovalState, View
from linli.support.approvals.events import ApprovalAsked
from linli.support.approvals.policy import (
    USABLE_FOR,
    GrewMeanwhile,
    OwnRequest,
    SecondPairNeeded,
)
from linli.support.looks.contracts import ReasonNeeded
from linli.support.messaging.service import inbox
from linli.support.sheets.public import Format, written
from linli.support.sheets.reading import read_tables

LIST = Source(SourceKind.IMPORT, "名单")
REASON = "核对走访名单"


async def registered(desks: Offices, town: Town, names: Sequence[str]) -> None:
    async with desks.machine.work() as work:
        entries = [
            PersonEntry(name=name, home_id=town.home, phone="13812340001", code=f"C{at}")
            for at, name in enumerate(names)
        ]
        await service.enter_people(work, CIPHER, entries, LIST, town.estates[0].id)


async def test_who_takes_people_out_says_why_and_gets_them_masked(
    desks: Offices, town: Town
) -> None:
    await registered(desks, town, ["王晓明", "李四"])
    search = PeopleSearch(estate_id=town.estates[0].id)
    async with desks.as_account(town.accounts["wangge"]) as work:
        with pytest.raises(ReasonNeeded):
            await service.take_out(work, CIPHER, search, form="xlsx", reason="看")
        rows = await service.take_out(work, CIPHER, search, form="xlsx", reason=REASON)
    assert sorted((row.name_masked, row.phone_masked) for row in rows) == [
        ("李*", "138****0001"),
        ("王*明", "138****0001"),
    ]


async def taken(desks: Offices, town: Town, search: PeopleSearch, form: str = "xlsx") -> int:
    """The grid worker takes a list out, of which one alone may take two people."""
    async with desks.as_account(town.accounts["wangge"]) as work:
        rows = await service.take_out(work, CIPHER, search, form=form, reason=REASON, most_alone=2)
    return len(rows)


async def asked(desks: Offices, town: Town, search: PeopleSearch) -> Approval:
    async with desks.as_account(town.accounts["wangge"]) as work:
        return await service.ask_to_take_out(
            work, CIPHER, search, form="xlsx", reason=REASON, most_alone=2
        )


async def agreed(desks: Offices, town: Town, approval: Approval, login: str = "shequ") -> Approval:
    async with desks.as_account(town.accounts[login]) as work:
        return await approvals.decide(
            work, approval.id, approve=True, answer="", expected_version=approval.version
        )


async def test_many_people_go_out_after_another_agreed_exactly_once(
    desks: Offices, town: Town
) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    search = PeopleSearch(estate_id=town.estates[0].id)
    with pytest.raises(SecondPairNeeded):
        await taken(desks, town, search)
    approval = await asked(desks, town, search)
    assert (await asked(desks, town, search)).id == approval.id
    assert approval.wanted.total == 3
    with pytest.raises(SecondPairNeeded):
        await taken(desks, town, search)
    with pytest.raises(OwnRequest):
        await agreed(desks, town, approval, "wangge")
    await agreed(desks, town, approval)
    with pytest.raises(SecondPairNeeded):
        await taken(desks, town, search, form="csv")
    assert await taken(desks, town, search) == 3
    with pytest.raises(SecondPairNeeded):
        await taken(desks, town, search)


async def test_who_came_after_the_consent_does_not_go_out(desks: Offices, town: Town) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    search = PeopleSearch(estate_id=town.estates[0].id)
    await agreed(desks, town, await asked(desks, town, search))
    await registered(desks, town, ["王晓明", "李四", "赵五", "钱六"])
    with pytest.raises(GrewMeanwhile):
        await taken(desks, town, search)


async def test_consent_that_was_not_used_in_its_day_is_over(desks: Offices, town: Town) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    search = PeopleSearch(estate_id=town.estates[0].id)
    approval = await agreed(desks, town, await asked(desks, town, search))
    desks.clock.move(USABLE_FOR)
    with pytest.raises(SecondPairNeeded):
        await taken(desks, town, search)
    async with desks.machine.work() as work:
        await approvals.lapse(work, approval.id)
    async with desks.as_account(town.accounts["wangge"]) as work:
        assert (await approvals.approval_of(work, approval.id)).state is ApprovalState.EXPIRED


async def test_only_who_may_decide_is_told_and_sees_the_request(desks: Offices, town: Town) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    approval = await asked(desks, town, PeopleSearch(estate_id=town.estates[0].id))
    event = ApprovalAsked(
        estate_id=None,
        happened_at=desks.clock.now(),
        approval_id=approval.id,
        asker_id=approval.asker_id,
        needs=approval.wanted.needs,
        estate_ids=approval.wanted.estate_ids,
    )
    async with desks.machine.work() as work:
        await approval_asked(work, event)
    told: set[str] = set()
    sees: set[str] = set()
    for login, account_id in town.accounts.items():
        async with desks.as_account(account_id) as work:
            messages, _ = await inbox(work, account_id, most=10)
            if any(one.template == "approval" for one in messages):
                told.add(login)
            _, waiting = await approvals.list_approvals(work, View.WAITING, most=10, skip=0)
            if waiting:
                sees.add(login)
    assert "shequ" in told
    assert told == sees
    assert "wangge" not in told


@pytest.mark.parametrize("form", list(Format))
def test_what_begins_like_a_formula_goes_out_as_words(form: Format) -> None:
    rows = [("=1+1", "+cmd|' /C calc'!A0"), ("@SUM(A1)", "-5"), ("-a", "王*明")]
    (table,) = read_tables(written("名单", ("甲", "乙"), rows, form))
    assert [cells for _, cells in table.rows] == [
        ("'=1+1", "'+cmd|' /C calc'!A0"),
        ("'@SUM(A1)", "-5"),
        ("'-a", "王*明"),
    ]
