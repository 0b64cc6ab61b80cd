"""A clerk brings the register as a spreadsheet: entered, entered again, taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.unit.directory.test_imports import Clerk, Table, workbook
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.key_people import service, store
from linli.directory.key_people.contracts import Carer, Finding, KeySearch, Outcome
from linli.directory.key_people.contracts import VisitDraft as Visited
from linli.directory.key_people.sheets import categories_of, days_of
from linli.kernel.errors import BadInput
from linli.support.sheets.contracts import ImportState

PEOPLE: Table = [
    ["姓名", "身份证号码", "住址"],
    ["王晓明", "11010119491231018X", "3-1-502"],
    ["李四", "", "3-1-502"],
]
HEAD = ["姓名", "住址", "重点类别", "合法依据", "依据说明", "走访间隔", "家属", "家属电话"]
REGISTER: Table = [
    HEAD,
    [
        "王晓明",
        "3-1-502",
        "独居老人、残疾人",
        "本人单独同意",
        "同意书 12 号",
        "5",
        "王小芳",
        "13800000001",
    ],
    ["李四", "3-1-502", "低保家庭", "履行法定职责", "", "", "", ""],
]


@pytest.fixture
def clerk(desks: Offices, town: Town) -> Clerk:
    return Clerk(desks, town)


async def register(clerk: Clerk) -> list[tuple[tuple[str, ...], int | None, tuple[Carer, ...]]]:
    """Categories, plan and carers of everybody in the estate's register."""
    async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
        search = KeySearch(estate_id=clerk.town.estates[0].id)
        rows = (await service.find(work, CIPHER, search)).rows
        carers = await store.carers_of(work.connection, CIPHER, [one.id for one in rows])
    return sorted(
        ((one.categories, one.every_days, tuple(carers[one.id])) for one in rows),
        key=lambda one: one[0],
    )


async def kept(clerk: Clerk) -> int:
    """How many rows the register's tables hold for the estate."""
    async with clerk.desks.machine.work() as work:
        count = 0
        for table in ("key_person", "key_entry", "key_story"):
            count += int(
                await work.connection.scalar(
                    text(f"SELECT count(*) FROM directory_{table} WHERE estate_id = :estate"),  # noqa: S608 - our own tables
                    {"estate": clerk.town.estates[0].id},
                )
                or 0
            )
        return count


async def test_a_register_is_tried_entered_once_and_taken_back(clerk: Clerk) -> None:
    await clerk.entered(workbook(人员=PEOPLE))
    tried = await clerk.tried(await clerk.upload(workbook(重点人员=REGISTER)))
    assert [each.sheet for each in tried.mapping] == ["key_people"]
    assert await clerk.faults(tried) == []
    assert await kept(clerk) == 0

    done = await clerk.run(tried)
    assert done.state is ImportState.DONE, done.failure
    assert [(r.created, r.updated, r.unchanged) for r in done.reports] == [(2, 0, 0)]
    assert await register(clerk) == [
        (("disabled", "elder_alone"), 5, (Carer("王小芳", "", "13800000001"),)),
        (("low_income",), 90, ()),
    ]

    clerk.desks.clock.move(timedelta(minutes=1))
    again = await clerk.entered(workbook(重点人员=REGISTER))
    assert [(r.created, r.updated, r.unchanged) for r in again.reports] == [(0, 0, 2)]
    # What changed nothing takes nothing back.
    await clerk.undone(again)
    assert len(await register(clerk)) == 2

    undone = await clerk.undone(done)
    assert (undone.state, undone.failure) == (ImportState.UNDONE, None)
    assert await kept(clerk) == 0


async def test_a_second_list_adds_a_category_and_going_back_leaves_the_first(clerk: Clerk) -> None:
    await clerk.entered(workbook(人员=PEOPLE))
    await clerk.entered(workbook(重点人员=REGISTER))
    before = await register(clerk)
    clerk.desks.clock.move(timedelta(minutes=1))
    more = [HEAD, ["李四", "3-1-502", "80岁以上老人", "履行法定职责", "", "", "", ""]]
    done = await clerk.entered(workbook(重点人员=more))
    assert [(r.created, r.updated) for r in done.reports] == [(0, 1)]
    assert [one[0] for one in await register(clerk)] == [
        ("disabled", "elder_alone"),
        ("elder_80", "low_income"),
    ]
    assert (await clerk.undone(done)).state is ImportState.UNDONE
    assert [one[0] for one in await register(clerk)] == [one[0] for one in before]


async def test_wrong_lines_and_what_the_register_says_otherwise_are_named(clerk: Clerk) -> None:
    await clerk.entered(workbook(人员=PEOPLE))
    await clerk.entered(workbook(重点人员=REGISTER))
    wrong = [
        [*HEAD, "到期日", "走访人"],
        ["赵五", "3-1-502", "独居老人", "本人单独同意", "", "", "", "", "", ""],
        ["李四", "3-1-502", "富人", "本人单独同意", "", "", "", "", "", ""],
        ["李四", "3-1-502", "卧床", "", "", "", "", "", "", ""],
        ["李四", "3-1-502", "卧床", "履行法定职责", "", "", "", "", "2020-01-01", ""],
        ["李四", "3-1-502", "精神障碍", "履行法定职责", "", "", "", "", "", "无此人"],
        ["王晓明", "3-1-502", "独居老人", "紧急情况下保护生命健康", "", "", "", "", "", ""],
        ["王晓明", "3-1-502", "残疾人", "本人单独同意", "", "9", "", "", "", ""],
        ["王晓明", "3-1-502", "卧床", "本人单独同意", "", "", "王小芳", "", "", ""],
    ]
    tried = await clerk.tried(await clerk.upload(workbook(重点人员=wrong)))
    assert sorted((row, column) for row, column, _ in await clerk.faults(tried)) == [
        (2, "姓名"),
        (3, "重点类别"),
        (4, "合法依据"),
        (5, "到期日"),
        (6, "走访人"),
        (7, "合法依据"),
        (8, "走访间隔"),
        (9, "家属"),
    ]
    assert [(r.created, r.updated, r.wrong) for r in tried.reports] == [(0, 0, 8)]


async def test_a_register_somebody_visited_by_is_not_taken_back(clerk: Clerk) -> None:
    await clerk.entered(workbook(人员=PEOPLE))
    done = await clerk.entered(workbook(重点人员=REGISTER))
    clerk.desks.clock.move(timedelta(hours=1))
    async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
        (key, *_) = (await service.find(work, CIPHER, KeySearch())).rows
        visit = Visited(
            id=work.new_id(),
            key_person_id=key.id,
            visited_at=work.now,
            outcome=Outcome.MET,
            findings=(Finding.WELL,),
            words="",
        )
        await service.record_visit(work, CIPHER, visit)
    still = await clerk.undone(done)
    assert still.state is ImportState.DONE
    assert still.failure is not None
    assert "1 名重点人员" in still.failure
    assert len(await register(clerk)) == 2


def test_cells_are_read_as_people_write_them() -> None:
    assert categories_of("独居老人、卧床，独居老人") == ("elder_alone", "bedridden")
    assert days_of("7") == 7
    for words in ("0", "367", "每周"):
        with pytest.raises(BadInput):
            days_of(words)
