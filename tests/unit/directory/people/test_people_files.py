"""A list of people goes out as a file or on paper: masked, with a reason, not too many."""

import csv
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from io import StringIO
from uuid import UUID

import pytest
from tests.unit.directory.browser import Browser, signed_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.identity.handlers import approval_asked
from linli.directory.people import service
from linli.directory.people.contracts import PersonEntry, Tag
from linli.directory.sources.contracts import Source, SourceKind
from linli.support.approvals import http as approvals_http
from linli.support.approvals import service as approvals
from linli.support.approvals.contracts import ApprovalState, View
from linli.support.approvals.events import ApprovalAsked
from linli.support.approvals.policy import USABLE_FOR
from linli.support.messaging.service import inbox
from linli.support.sheets.public import Format, written
from linli.support.sheets.reading import read_tables

LIST = Source(SourceKind.IMPORT, "名单")
REASON = {"reason": "核对走访名单"}
CSV = {"form": "csv", **REASON}
PAPER = {"form": "print", **REASON}


async def registered(desks: Offices, town: Town, names: Sequence[str]) -> None:
    async with desks.machine.work() as work:
        entries = [
            PersonEntry(
                name=name, home_id=town.home, phone="13812340001", code=f"C{at}", tags=(Tag.ELDER,)
            )
            for at, name in enumerate(names)
        ]
        await service.enter_people(work, CIPHER, entries, LIST, town.estates[0].id)


@asynccontextmanager
async def grid_worker(
    desks: Offices, town: Town, login: str = "wangge", *, most_alone: int = 2
) -> AsyncGenerator[Browser]:
    """Somebody of the town at work, where one alone may take two people out."""
    async with signed_in(desks, town, login) as browser:
        browser.app.include_router(approvals_http.api)
        browser.app.state.most_alone = most_alone
        yield browser


def path(town: Town, way: str, more: str = "") -> str:
    return f"/api/people/{way}?estate_id={town.estates[0].id}{more}"


async def asked(browser: Browser, town: Town, body: dict[str, str] = CSV) -> str:
    answer = await browser.post(path(town, "file/ask"), body)
    assert answer.status_code == 201, answer.text
    wanted: str = answer.json()["id"]
    return wanted


async def agreed(browser: Browser, wanted: str) -> str:
    """Says yes; answers how the request stands, or the code of the refusal."""
    answer = await browser.post(
        f"/api/approvals/{wanted}/decide", {"approve": True, "expected_version": 1}
    )
    said: str = answer.json()["state" if answer.status_code == 200 else "code"]
    return said


async def refused(browser: Browser, address: str, body: dict[str, str]) -> str:
    answer = await browser.post(address, body)
    assert answer.status_code >= 400, answer.text
    code: str = answer.json()["code"]
    return code


async def test_who_takes_people_out_says_why_and_gets_them_masked(
    desks: Offices, town: Town
) -> None:
    await registered(desks, town, ["王晓明", "李四"])
    async with grid_worker(desks, town) as browser:
        silent = await browser.post(path(town, "file"), {"form": "csv", "reason": "看"})
        assert (silent.status_code, silent.json()["field"]) == (422, "reason")
        out = await browser.post(path(town, "file"), CSV)
        header, *rows = csv.reader(StringIO(out.content.decode("utf-8-sig")))
        assert header == ["人员编号", "姓名", "手机号", "房屋", "与房屋关系", "关照类别"]
        assert sorted(row[1:3] for row in rows) == [
            ["李*", "138****0001"],
            ["王*明", "138****0001"],
        ]
        assert {(row[4], row[5]) for row in rows} == {("业主", "高龄老人")}
        paper = (await browser.post(path(town, "print", "&q=wang"), REASON)).json()
        assert (paper["title"], paper["header"]) == ("人员名单", header)
        assert paper["rows"] == [row for row in rows if row[1] == "王*明"]


@pytest.mark.parametrize(("way", "body"), [("file", CSV), ("print", PAPER)])
async def test_many_people_go_out_after_another_agreed_exactly_once(
    desks: Offices, town: Town, way: str, body: dict[str, str]
) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    sent = body if way == "file" else REASON
    async with grid_worker(desks, town) as browser, grid_worker(desks, town, "shequ") as clerk:
        assert await refused(browser, path(town, way), sent) == "second_pair_needed"
        wanted = await asked(browser, town, body)
        assert await asked(browser, town, body) == wanted
        read = (await clerk.get(f"/api/approvals/{wanted}")).json()
        assert read["title"] == f"{'导出' if way == 'file' else '打印'}人员名单 3 行"
        said = {line["label"]: line["words"] for line in read["said"]}
        assert said["格式"] == ("csv" if way == "file" else "打印")
        assert town.estates[0].title in said["范围"]
        assert await agreed(browser, wanted) == "own_request"
        assert await agreed(clerk, wanted) == "approved"
        # Neither another form nor other people.
        other = ("print", REASON) if way == "file" else ("file", CSV)
        assert await refused(browser, path(town, other[0]), other[1]) == "second_pair_needed"
        assert await refused(browser, path(town, way, "&tag=elder"), sent) == "second_pair_needed"
        mine = (await browser.get(f"/api/approvals/{wanted}")).json()["request"]
        assert mine["path"] == f"/api/people/{way}"
        out = await browser.post(path(town, way), sent)
        assert out.status_code == 200, out.text
        assert out.text.count("138****0001") == 3
        assert await refused(browser, path(town, way), sent) == "second_pair_needed"


async def test_who_came_after_the_consent_does_not_go_out(desks: Offices, town: Town) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    async with grid_worker(desks, town) as browser, grid_worker(desks, town, "shequ") as clerk:
        await agreed(clerk, await asked(browser, town))
        await registered(desks, town, ["王晓明", "李四", "赵五", "钱六"])
        assert await refused(browser, path(town, "file"), CSV) == "grew_meanwhile"


async def test_consent_that_was_not_used_in_its_day_is_over(desks: Offices, town: Town) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    async with grid_worker(desks, town) as browser, grid_worker(desks, town, "shequ") as clerk:
        wanted = await asked(browser, town)
        assert await agreed(clerk, wanted) == "approved"
    desks.clock.move(USABLE_FOR)
    async with grid_worker(desks, town) as browser:
        assert await refused(browser, path(town, "file"), CSV) == "second_pair_needed"
        async with desks.machine.work() as work:
            await approvals.lapse(work, UUID(wanted))
        read = (await browser.get(f"/api/approvals/{wanted}")).json()
        assert read["state"] == ApprovalState.EXPIRED


async def test_only_who_may_decide_is_told_and_sees_the_request(desks: Offices, town: Town) -> None:
    await registered(desks, town, ["王晓明", "李四", "赵五"])
    async with grid_worker(desks, town) as browser:
        wanted = await asked(browser, town)
    async with desks.as_account(town.accounts["wangge"]) as work:
        approval = await approvals.approval_of(work, UUID(wanted))
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
