"""What homes owed at the change-over: entered once, corrected by lines, never edited."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.balances import policy, service, sheets
from linli.directory.balances.contracts import BalanceSearch, OpeningEntry, Side, Sums
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import LaterWork
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.support.sheets.contracts import Batch, Line

DAY = date(2026, 6, 30)


def owing(home: UUID, fen: int = 123450, item: str = "物业费") -> OpeningEntry:
    return OpeningEntry(home, item, date(2026, 1, 1), DAY, fen, DAY)


def file() -> Source:
    return Source(SourceKind.IMPORT, "欠费.xlsx", uuid4())


async def sums(desks: Offices, town: Town, login: str = "wuye") -> Sums:
    async with desks.as_account(town.accounts[login]) as work:
        search = BalanceSearch(estate_id=town.estates[0].id)
        lines, found = await service.find(work, search, most=200, skip=0)
        assert sum(one.fen for one in lines) == found.together
        assert (found.owed, found.prepaid) == policy.summed(one.fen for one in lines)
        return found


async def test_the_same_list_again_changes_nothing(desks: Offices, town: Town) -> None:
    estate, source = town.estates[0].id, file()
    entries = [owing(town.home), owing(town.home, -20000, "预存水费")]
    async with desks.as_account(town.accounts["wuye"]) as work:
        first = await service.enter(work, estate, entries, source)
        assert (first.created, first.unchanged) == (2, 0)
        again = await service.enter(work, estate, entries, file())
        assert (again.created, again.unchanged) == (0, 2)
        other = [entries[1], replace(entries[0], fen=99)]
        with pytest.raises(BadInput) as refused:
            await service.enter(work, estate, other, file())
        assert [one.field for one in refused.value.faults] == ["1.amount"]
        assert "￥1,234.50" in refused.value.faults[0].message
    assert await sums(desks, town) == Sums(2, 1, 123450, -20000)


async def test_a_wrong_amount_is_corrected_by_a_line_with_its_reason(
    desks: Offices, town: Town
) -> None:
    estate, source = town.estates[0].id, file()
    entry = owing(town.home)
    async with desks.as_account(town.accounts["wuye"]) as work:
        await service.enter(work, estate, [entry], source)
        search = BalanceSearch(estate_id=estate)
        [line], _ = await service.find(work, search, most=5, skip=0)
        for right, reason in ((100000, "  "), (123450, "金额没有变")):
            with pytest.raises(BadInput):
                await service.correct(work, line.id, right, reason)
        after = await service.correct(work, line.id, 100000, "业主有缴费凭证")
        assert (after.fen, after.comes_to) == (123450, 100000)
        assert (await service.correct(work, line.id, 0, "已经全部缴清")).comes_to == 0
        lines, total = await service.find(work, search, most=5, skip=0)
        assert total.together == 0
        notes = {one.note for one in lines if one.corrects}
        assert notes == {"已经全部缴清", "业主有缴费凭证"}
        more = next(one for one in lines if one.corrects)
        with pytest.raises(BadInput):
            await service.correct(work, more.id, 5, "更正的更正")
        # The former list again: the corrections stand.
        assert (await service.enter(work, estate, [entry], file())).unchanged == 1
    async with desks.machine.work() as work:
        assert source.id is not None
        with pytest.raises(LaterWork):
            await service.withdraw(work, source.id)


async def test_only_who_manages_the_estate_sees_and_enters(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    async with desks.as_account(town.accounts["wuye"]) as work:
        await service.enter(work, estate, [owing(town.home)], file())
        [line], _ = await service.find(work, BalanceSearch(), most=5, skip=0)
    for login in ("shequ", "wangge", "jiedao", "xian", "weixiu", "admin"):
        assert await sums(desks, town, login) == Sums()
        async with desks.as_account(town.accounts[login]) as work:
            with pytest.raises((NotFound, Forbidden)):
                await service.correct(work, line.id, 0, "看看能不能改")


async def test_a_sheet_says_what_it_comes_to_and_is_taken_back(desks: Offices, town: Town) -> None:
    import_id = uuid4()

    def line(row: int, home: str, amount: str) -> Line:
        cells = {"home": home, "item": "停车费", "amount": amount, "as_of": "2026-06-30"}
        return Line(row, cells)

    lines = [line(2, "3-1-502", "1,200.5"), line(3, "99-9-999", "7"), line(4, "3-1-502", "0")]
    batch = Batch(import_id, town.estates[0].id, "欠费.xlsx", lines)
    async with desks.as_account(town.accounts["wuye"]) as work:
        done = await sheets.enter(work, CIPHER, batch)
    assert {one.at: one.column for one in done.faults} == {1: "home", 2: "amount"}
    assert (done.created, done.sums) == (1, {"欠费": 120050, "预存": 0})
    async with desks.machine.work() as work:
        assert (await sheets.undo(work, CIPHER, import_id, ())).removed == 1
    assert await sums(desks, town) == Sums()


@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=30))
def test_owed_and_paid_ahead_are_the_whole(amounts: list[int]) -> None:
    owed, prepaid = policy.summed(amounts)
    assert owed + prepaid == sum(amounts)
    assert owed == sum(fen for fen in amounts if policy.side_of(fen) is Side.OWED)
    assert policy.summed(reversed(amounts)) == (owed, prepaid)
