"""The cockpit: from the county to one home by click, each number as long as its list, alive."""

import json
import re
import secrets
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.system import System
from tests.e2e.test_pages import AXE, HARMLESS, SERIOUS, TOO_WIDE

pytestmark = pytest.mark.e2e

SOS = "yg-6-1-502-sos"
SIZES = ((1366, 768), (1920, 1080), (3840, 2160))


@pytest.fixture
def page(system: System, browser: Browser) -> Generator[Page]:
    """The county officer's cockpit, and nothing wrong in it until the end."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(system.url)
    page.evaluate(
        """async () => { await fetch('/api/session', {method: 'POST',
            headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({login: 'xian', password: 'linli-demo'})}); }"""
    )
    page.clock.install()
    page.goto(system.url + "/cockpit")
    yield page
    context.close()
    assert [said for said in wrong if not any(known in said for known in HARMLESS)] == []


def shown(page: Page, figure: str) -> int:
    words = page.locator(f'[data-figure="{figure}"] b').inner_text()
    return int(words.replace(",", ""))


def readable(page: Page, where: str) -> None:
    page.evaluate(AXE)
    assert page.evaluate(SERIOUS) == [], where
    assert page.evaluate(TOO_WIDE) <= 0, where


def press_sos(system: System) -> None:
    username, token = system.token_of(SOS)
    seen: dict[str, object] = {"id": secrets.token_hex(8), "event": "sos_pressed", "data": {}}
    system.publish(username, token, "linli/v1/event", json.dumps(seen))


def test_down_to_one_home_and_back(page: Page) -> None:
    here = page.locator("[aria-current=location]")
    expect(here).to_have_text("示范县")
    expect(page.locator('[data-figure="people.residents"]')).to_be_visible()
    people = shown(page, "people.residents")
    for title in ("怀远街道", "仁里社区", "阳光花园"):
        page.locator(".part", has_text=title).click()
        expect(here).to_have_text(title)
        assert shown(page, "people.residents") == people
    # By keyboard as by pointer.
    page.get_by_role("button", name=re.compile("^进入6号楼，")).focus()
    page.keyboard.press("Enter")
    expect(here).to_have_text("6号楼")
    assert 0 < shown(page, "people.residents") < people
    page.get_by_role("button", name="进入1单元 502").click()
    expect(here).to_have_text(re.compile("502"))
    page.locator('[data-figure="people.residents"]').click()
    expect(page.locator('[data-test="listed"]')).to_have_text(str(shown(page, "people.residents")))
    page.go_back()
    expect(here).to_have_text("6号楼")
    page.locator("nav.way button", has_text="示范县").click()
    expect(here).to_have_text("示范县")


def test_each_number_is_as_long_as_its_list(page: Page) -> None:
    for figure in ("devices.all", "key_people.all", "places.homes", "facilities.all"):
        page.locator(f'[data-figure="{figure}"]').click()
        expect(page.locator('[data-test="listed"]')).to_have_text(str(shown(page, figure)))
    expect(page.locator('[data-test="as-of"]')).to_have_text(re.compile(r"截至 \d\d:\d\d:\d\d"))


def test_a_press_for_help_is_there_at_once_and_stays_until_taken(
    system: System, page: Page
) -> None:
    panel = page.get_by_role("region", name="特急未接")
    expect(panel).to_be_visible()
    expect(page.get_by_text("实时")).to_be_visible()
    before = shown(page, "incidents.open")
    press_sos(system)
    # The demo's cameras may see a fall meanwhile: that one waits beside it.
    alarm = panel.get_by_role("listitem").filter(has_text="502")
    expect(alarm).to_contain_text("已等")
    assert shown(page, "incidents.open") > before
    readable(page, "an alarm")
    alarm.get_by_role("button", name="我来跟进").click()
    expect(alarm).to_have_count(0)


def test_it_fits_every_size_and_can_be_read_by_all(page: Page, system: System) -> None:
    for address in ("/cockpit", "/cockpit?wall=1"):
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(system.url + address)
            expect(page.locator(".part").first).to_be_visible()
            readable(page, f"{address} {width}")
            page.locator(".part", has_text="怀远街道").click()
            page.locator(".part", has_text="仁里社区").click()
            page.locator(".part", has_text="阳光花园").click()
            expect(page.locator("g.thing").first).to_be_visible()
            readable(page, f"{address} {width}, the estate")


def test_a_silent_stream_is_told(page: Page) -> None:
    expect(page.get_by_text("实时")).to_be_visible()
    expect(page.get_by_text("数据中断")).to_have_count(0)
    page.clock.fast_forward(20_000)
    expect(page.locator(".broken")).to_contain_text("数据中断")
    expect(page.locator(".tiles.stale")).to_be_visible()
    # The next sign of life of the stream, and all is well again.
    expect(page.locator(".broken")).to_have_count(0, timeout=30_000)
