"""Imports as the pages ask for them."""

from prometheus_client import CollectorRegistry
from tests.unit.directory.browser import signed_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.app.assemble import sheets
from linli.app.imports import imports_of
from linli.support.sheets import http
from linli.support.sheets.public import Format, written
from linli.support.sheets.reading import read_tables

CONTENT = written(
    "人员", ("姓名", "手机号", "房号"), [("王一", "13800000001", "3-1-502"), ("", "1", "")],
    Format.XLSX,
)  # fmt: skip


async def test_a_file_goes_all_the_way(desks: Offices, town: Town) -> None:
    imports = imports_of(desks.app, desks.machine, CIPHER, CollectorRegistry())
    async with signed_in(desks, town, "shequ") as browser:
        browser.app.state.sheets = sheets()
        browser.app.include_router(http.api)
        told = await browser.get("/api/imports/sheets")
        assert "people" in [one["code"] for one in told.json()["items"]]
        blank = await browser.get("/api/imports/template", sheet="people")
        assert blank.headers["Content-Disposition"].startswith("attachment")
        assert read_tables(blank.content)[0].title == "人员"
        made = await browser.client.post(
            "/api/imports",
            data={"estate_id": str(town.estates[0].id)},
            files={"file": ("名单\x00.xlsx", CONTENT)},
            headers=browser.csrf(),
        )
        assert made.status_code == 201, made.text
        one = made.json()
        body = {"mapping": one["mapping"], "expected_version": one["version"]}
        tried = await browser.post(f"/api/imports/{one['id']}/try", body)
        assert tried.json()["state"] == "checking"
        while await imports.work_off():
            pass
        one = (await browser.get(f"/api/imports/{one['id']}")).json()
        assert (one["state"], one["faults"]) == ("checked", 2)
        faults = (await browser.get(f"/api/imports/{one['id']}/faults")).json()["items"]
        assert {(fault["row"], fault["column"]) for fault in faults} == {(3, "姓名"), (3, "手机号")}
        wrong = await browser.get(f"/api/imports/{one['id']}/marked")
        assert len(read_tables(wrong.content)[0].rows) == 1
        stale = await browser.post(f"/api/imports/{one['id']}/run", {"expected_version": 1})
        assert stale.status_code == 409
        gone = await browser.post(
            f"/api/imports/{one['id']}/discard", {"expected_version": one["version"]}
        )
        assert gone.json()["state"] == "discarded"
        assert (await browser.get(f"/api/imports/{one['id']}/marked")).status_code == 404
        assert (await browser.get("/api/imports")).json()["total"] == 1
        out = await browser.post("/api/people/file", {"reason": "核对走访名单", "form": "csv"})
        assert out.status_code == 200
        assert out.content.startswith(b"\xef\xbb\xbf")
