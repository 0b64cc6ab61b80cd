"""A thing falls in a film: the node sees it, the desk reads where from, the player shows it.

Real processes all the way: the demo's camera plays a generated film (with known truth) through the
vision node, and Chromium reads the desk, the replay with its elevation, and the signed pack.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.system import System

from linli_simulator.footage.demo import FILMS, write

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PATIENT = 20_000
# Making the film, finding the file, playing up to the fall.
SEEN_WITHIN = 180_000
FILM_WITHIN = 90_000
DESK = {"width": 1366, "height": 800}


def open_as(browser: Browser, system: System, title: str) -> Page:
    context = browser.new_context(
        viewport={"width": DESK["width"], "height": DESK["height"]},
        locale="zh-CN",
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(system.url)
    page.get_by_role("button", name=title).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def test_a_fall_reaches_the_desk_with_its_evidence(
    system: System, browser: Browser, tmp_path: Path
) -> None:
    folder = system.data / "demo" / "footage"
    folder.mkdir(parents=True, exist_ok=True)
    write(FILMS[0], folder)
    truth = json.loads((folder / "yg-3-south.json").read_text("utf-8"))["falls"][0]

    page = open_as(browser, system, "物业经理")
    page.get_by_role("link", name="值班台").first.click()
    row = page.locator("article, li, .row-item, [role=listitem]").filter(
        has_text="3号楼 南立面 有人高空抛物"
    )
    expect(row.first).to_be_visible(timeout=SEEN_WITHIN)

    # From the incident to the evidence: who looks must say why.
    client = system.signed_in("wuye")
    [fall] = client.get("/api/falls").json()["items"][:1]
    page.goto(f"{system.url}/incidents/{fall['incident_id']}")
    page.get_by_role("link", name="证据回放").click()
    page.get_by_label("查看原因").fill("核对抛物来源")
    page.get_by_role("button", name="打开证据").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("3号楼 南立面")

    # The band holds the truth, and the elevation clears the others with a reason.
    opened = client.post(f"/api/falls/{fall['id']}/replay", json={"reason": "核对"}).json()
    band = opened["sightings"][0]["band"]
    assert band["storey_low"] - 1 <= truth["storey"] <= band["storey_high"] + 1
    assert band["column_low"] - 1 <= truth["column"] <= band["column_high"] + 1
    assert opened["cleared_homes"]
    expect(page.get_by_role("img", name="南立面立面图")).to_be_visible()
    expect(page.locator(".cell.cleared title").first).to_contain_text("已排除")

    # The film comes after the alarm; then it plays frame by frame.
    page.wait_for_function(
        "() => document.querySelector('video')?.readyState >= 2 || null", timeout=FILM_WITHIN
    )
    player = page.get_by_role("group", name="证据短片")
    player.focus()
    shown = page.locator(".player output")
    before = shown.inner_text()
    page.keyboard.press(".")
    expect(shown).not_to_have_text(before)
    after = shown.inner_text()
    page.keyboard.press(",")
    expect(shown).not_to_have_text(after)

    # One signed pack; a changed byte is found.
    page.get_by_role("button", name="导出证据包").click()
    page.get_by_label("导出原因").fill("移交派出所调查")
    page.get_by_role("dialog").get_by_role("button", name="导出证据包").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").first.click()
    pack = tmp_path / "pack.zip"
    download.value.save_as(pack)
    assert verified(system, pack) == 0
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(bytes(content))
    assert verified(system, pack) == 1

    looked = system.signed_in("xian").get("/api/audit", params={"action": "evidence_seen"}).json()
    assert {entry["reason"] for entry in looked["items"]} >= {"核对抛物来源"}


def verified(system: System, pack: Path) -> int:
    command = [sys.executable, "-m", "linli.app.cli", "verify-pack", str(pack)]
    done = subprocess.run(
        [*command, "--data", str(system.data)], capture_output=True, timeout=60, check=False
    )
    return done.returncode
