"""A list goes out as a file and onto paper, as the page shows it."""

import csv
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from io import StringIO

import pytest
from fastapi import APIRouter
from sqlalchemy import text
from tests.unit.directory.browser import Browser, signed_in
from tests.unit.directory.town import Offices, Town

from linli.app.lists import http as lists
from linli.directory.enterprises import http as enterprises
from linli.directory.facilities import http as facilities
from linli.directory.homes import http as homes
from linli.directory.homes.contracts import VehicleEntry
from linli.directory.homes.public import enter_vehicles
from linli.directory.identity import http as identity
from linli.directory.key_people import http as key_people
from linli.directory.sources.contracts import CLERK
from linli.responding.incidents import http
from linli.sensing.quarantine import http as quarantine
from linli.sensing.telemetry import http as telemetry
from linli.support.approvals import http as approvals
from linli.support.audit import http as audit
from linli.support.looks import http as looks
from linli.support.sheets.listed import Page, TooManyRows, read_all, shown


class Numbers:
    """A page of a list of numbers."""

    def __init__(self, first: int, last: int, most: int) -> None:
        self.items = list(range(first, min(first + most, last)))
        after = first + most
        self.next_cursor = str(after) if after < last else None


async def test_a_file_holds_every_page_and_never_a_part_of_a_list() -> None:
    async def ask(cursor: str | None) -> Page[int]:
        return Numbers(int(cursor or 0), 450, 200)

    assert await read_all(ask, 450) == list(range(450))
    with pytest.raises(TooManyRows, match="449"):
        await read_all(ask, 449)


def test_cells_are_words() -> None:
    assert [shown(one) for one in (None, True, False, 3, ["甲", "乙"])] == [
        "", "是", "否", "3", "甲、乙",
    ]  # fmt: skip


async def test_incidents_go_out_as_the_page_asks_for_them(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as browser:
        browser.app.include_router(http.api)
        out = await browser.post("/api/incidents/file?state=all&sort=newest", {"form": "csv"})
        assert out.status_code == 200, out.text
        assert "attachment" in out.headers["Content-Disposition"]
        [header, *_] = csv.reader(StringIO(out.content.decode("utf-8-sig")))
        assert header[:3] == ["编号", "事情", "严重程度"]
        paper = (await browser.post("/api/incidents/print?state=active", {})).json()
        assert (paper["title"], paper["header"]) == ("事件", header)
        assert paper["printed_by"]
        wrong = await browser.post("/api/incidents/file?state=nonsense", {"form": "csv"})
        assert wrong.status_code == 422


async def test_who_may_not_see_a_list_gets_no_file_of_it(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as browser:
        browser.app.include_router(http.api)
        listed = await browser.get("/api/incidents")
        out = await browser.post("/api/incidents/file", {"form": "xlsx"})
        assert listed.status_code == out.status_code == 403
        paper = await browser.post("/api/incidents/print", {})
        assert paper.status_code == 403


@pytest.mark.parametrize(
    ("api", "question", "title", "first"),
    [
        (facilities.api, "?sort=-title&state=repair", "设施", "编号"),
        (enterprises.api, "?sort=-staff&kind=shop", "企业商铺", "编号"),
        (telemetry.api, "?state=offline&q=a", "设备", "编号"),
        (quarantine.api, "?state=waiting", "隔离区", "最近收到"),
    ],
)
async def test_each_list_takes_its_own_questions_to_the_file(
    desks: Offices, town: Town, api: APIRouter, question: str, title: str, first: str
) -> None:
    async with signed_in(desks, town, "shequ") as browser:
        browser.app.include_router(api)
        listed = await browser.client.get(api.prefix + question)
        out = await browser.post(f"{api.prefix}/file{question}", {"form": "csv"})
        assert (listed.status_code, out.status_code) == (200, 200), out.text
        header, *rows = csv.reader(StringIO(out.content.decode("utf-8-sig")))
        assert header[0] == first
        assert len(rows) == listed.json()["total"]
        paper = (await browser.post(f"{api.prefix}/print{question}", {})).json()
        assert (paper["title"], paper["header"]) == (title, header)
        wrong = await browser.post(f"{api.prefix}/file?state=nonsense", {"form": "csv"})
        assert wrong.status_code == 422


async def test_the_file_holds_what_the_page_shows_and_no_formula(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "shequ") as browser:
        browser.app.include_router(facilities.api)
        for title, kind in (("=1+1 水泵", "pump"), ("东门井盖", "cover")):
            body = {"estate_id": str(town.estates[0].id), "title": title, "kind": kind}
            made = await browser.post("/api/facilities", body)
            assert made.status_code == 201, made.text
        out = await browser.post("/api/facilities/file?kind=pump", {"form": "csv"})
        _, row = csv.reader(StringIO(out.content.decode("utf-8-sig")))
        assert row[1:3] == ["'=1+1 水泵", "水泵"]
        out = await browser.post("/api/facilities/file?kind=cover", {"form": "csv"})
        _, row = csv.reader(StringIO(out.content.decode("utf-8-sig")))
        assert row[1] == "东门井盖"


@pytest.mark.parametrize(
    ("login", "api", "path", "question", "title"),
    [
        ("shequ", key_people.api, "/api/key-people", "?due=all", "重点人员"),
        ("shequ", homes.api, "/api/vehicles", "?sort=-kind&kind=car", "车辆"),
        ("xian", identity.api, "/api/accounts", "?q=a", "账号"),
        ("xian", looks.api, "/api/looks", "?what=details", "查看记录"),
        ("xian", lists.api, "/api/audit", "?action=account_created", "操作记录"),
    ],
)
async def test_who_takes_people_out_says_why(
    desks: Offices, town: Town, login: str, api: APIRouter, path: str, question: str, title: str
) -> None:
    async with signed_in(desks, town, login) as browser:
        browser.app.include_router(api)
        browser.app.include_router(audit.api)
        silent = await browser.post(f"{path}/file{question}", {"form": "csv", "reason": " 看看 "})
        assert silent.status_code == 422
        assert silent.json()["field"] == "reason"
        said = {"form": "csv", "reason": "下周走访排班"}
        out = await browser.post(f"{path}/file{question}", said)
        assert out.status_code == 200, out.text
        listed = await browser.client.get(path + question)
        header, *rows = csv.reader(StringIO(out.content.decode("utf-8-sig")))
        assert len(rows) == listed.json()["total"]
        paper = (await browser.post(f"{path}/print{question}", {"reason": "会上传阅"})).json()
        assert (paper["title"], paper["header"]) == (title, header)
        async with desks.machine.work() as work:
            found = await work.connection.execute(
                text(
                    "SELECT reason FROM support_audit_entry"
                    " WHERE action = 'list_exported' AND subject_title LIKE :title"
                    " AND actor_id = :actor"
                ),
                {"title": f"{title} %", "actor": town.accounts[login]},
            )
        assert set(found.scalars()) == {"下周走访排班", "会上传阅"}


async def test_more_people_than_one_may_take_alone_stay_here(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "xian") as browser:
        browser.app.include_router(identity.api)
        browser.app.state.most_alone = 1
        out = await browser.post("/api/accounts/file", {"reason": "下周走访排班"})
        assert (out.status_code, out.json()["code"]) == (409, "second_pair_needed")
        paper = await browser.post("/api/accounts/print", {"reason": "下周走访排班"})
        assert (paper.status_code, paper.json()["code"]) == (409, "second_pair_needed")


CARS = {"form": "csv", "reason": "核对车位台账"}


async def parked(desks: Offices, town: Town, plates: Sequence[str]) -> None:
    async with desks.as_account(town.accounts["shequ"]) as work:
        entries = [VehicleEntry(plate=plate) for plate in plates]
        await enter_vehicles(work, town.estates[0].id, entries, CLERK)


@asynccontextmanager
async def two_at_work(
    desks: Offices, town: Town, *, most_alone: int
) -> AsyncGenerator[tuple[Browser, Browser]]:
    """Who asks, and who may agree."""
    async with signed_in(desks, town, "shequ") as asker, signed_in(desks, town, "xian") as other:
        for browser in (asker, other):
            browser.app.include_router(homes.api)
            browser.app.include_router(approvals.api)
            browser.app.state.most_alone = most_alone
        yield asker, other


async def test_what_two_agreed_to_goes_out_exactly_once(desks: Offices, town: Town) -> None:
    await parked(desks, town, ["苏E12A01", "苏E12A02", "苏E12A03"])
    cars = "/api/vehicles/file?kind=car"
    async with two_at_work(desks, town, most_alone=2) as (asker, other):
        ask = "/api/vehicles/file/ask?kind=car"
        silent = await asker.post(ask, {"reason": "看"})
        assert (silent.status_code, silent.json()["field"]) == (422, "reason")
        needless = await asker.post("/api/vehicles/file/ask?kind=van", CARS)
        assert needless.json()["code"] == "no_consent_needed"
        assert (await asker.post(cars, CARS)).json()["code"] == "second_pair_needed"
        wanted = (await asker.post(ask, CARS)).json()["id"]
        assert (await asker.post(ask, CARS)).json()["id"] == wanted
        assert (await asker.post(cars, CARS)).json()["code"] == "second_pair_needed"
        read = (await other.get(f"/api/approvals/{wanted}")).json()
        assert (read["total"], read["title"]) == (3, "导出车辆 3 行")
        said = {line["label"]: line["words"] for line in read["said"]}
        assert said["种类"] == "小型汽车"
        assert town.estates[0].title in said["范围"]
        assert "车牌" in said["内容"]
        agreed = {"approve": True, "expected_version": read["version"]}
        assert (await other.post(f"/api/approvals/{wanted}/decide", agreed)).status_code == 200
        for changed in ("/api/vehicles/file", f"{cars}&sort=-plate"):
            assert (await asker.post(changed, CARS)).json()["code"] == "second_pair_needed"
        assert (await other.post(cars, CARS)).json()["code"] == "second_pair_needed"
        mine = (await asker.get(f"/api/approvals/{wanted}")).json()["request"]
        assert (mine["path"], mine["query"]) == ("/api/vehicles/file", [["kind", "car"]])
        out = await asker.post(cars, CARS)
        assert out.status_code == 200, out.text
        assert len(out.content.decode("utf-8-sig").splitlines()) == 4
        assert (await asker.post(cars, CARS)).json()["code"] == "second_pair_needed"


async def test_rows_that_came_after_the_consent_do_not_go_out(desks: Offices, town: Town) -> None:
    await parked(desks, town, ["苏E12B01", "苏E12B02"])
    async with two_at_work(desks, town, most_alone=1) as (asker, other):
        asked = (await asker.post("/api/vehicles/file/ask", CARS)).json()["id"]
        agreed = {"approve": True, "expected_version": 1}
        assert (await other.post(f"/api/approvals/{asked}/decide", agreed)).status_code == 200
        await parked(desks, town, ["苏E12B03"])
        grown = await asker.post("/api/vehicles/file", CARS)
        assert (grown.status_code, grown.json()["code"]) == (409, "grew_meanwhile")
