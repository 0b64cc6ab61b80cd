"""A list of people goes out as a file: masked, with a reason, not too many, no formulas."""

from collections.abc import Sequence

import pytest
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.people import policy, service
from linli.directory.people.contracts import PeopleSearch, PersonEntry
from linli.directory.sources.contracts import Source, SourceKind
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
        with pytest.raises(policy.ReasonNeeded):
            await service.take_out(work, CIPHER, search, reason="看")
        rows = await service.take_out(work, CIPHER, search, reason=REASON)
    assert sorted((row.name_masked, row.phone_masked) for row in rows) == [
        ("李*", "138****0001"),
        ("王*明", "138****0001"),
    ]


async def test_nobody_alone_takes_the_whole_county_out(desks: Offices, town: Town) -> None:
    await registered(desks, town, [f"人{at}" for at in range(policy.MOST_TAKEN_OUT + 1)])
    async with desks.as_account(town.accounts["wangge"]) as work:
        search = PeopleSearch(estate_id=town.estates[0].id)
        with pytest.raises(policy.TooManyPeople):
            await service.take_out(work, CIPHER, search, reason=REASON)


@pytest.mark.parametrize("form", list(Format))
def test_what_begins_like_a_formula_goes_out_as_words(form: Format) -> None:
    rows = [("=1+1", "+cmd|' /C calc'!A0"), ("@SUM(A1)", "-5"), ("-a", "王*明")]
    (table,) = read_tables(written("名单", ("甲", "乙"), rows, form))
    assert [cells for _, cells in table.rows] == [
        ("'=1+1", "'+cmd|' /C calc'!A0"),
        ("'@SUM(A1)", "-5"),
        ("'-a", "王*明"),
    ]
