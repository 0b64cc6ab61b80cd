"""Every page opens for those who may see it: without an error, at three sizes, readable by all.

It is loaded on a phone; then the window grows.
"""

from collections.abc import Generator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.system import System

pytestmark = pytest.mark.e2e

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
PHONE, DESK, WALL = (390, 844), (1366, 800), (1920, 1080)
SIZES = (PHONE, DESK, WALL)
# What the sign-in page asks first is answered with 401, and browsers log that by themselves.
HARMLESS = ("401 (Unauthorized)",)
PAGES = {
    "社区值班员": (
        "/workplace",
        "/workplace?list=incidents.active",
        "/tasks",
        "/grids",
        "/desk",
        "/cockpit",
        "/devices",
        "/rules",
        "/quarantine",
        "/estates",
        "/people",
        "/people?q=wxl",
        "/questions",
        "/vehicles",
        "/enterprises",
        "/facilities",
        "/completeness",
        "/imports",
        "/twins",
        "/corrections",
        "/messages",
        "/key-people",
        "/visit-log",
        "/modules",
    ),
    "物业秩序员": ("/my-orders", "/me"),
    "物业经理": ("/cards", "/opening-balances", "/homes"),
    "主持演练": ("/drills", "/workplace"),
    "系统管理员": (
        "/accounts",
        "/organisations",
        "/audit",
        "/integrations",
        "/integrations?view=reference",
        "/health",
        "/terminals",
        "/demo",
    ),
    "数据管理员": ("/looks", "/looks?view=lookers", "/looks?view=unusual", "/looks?view=terms"),
}
SERIOUS = """
async () => {
  const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']});
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(params=list(PAGES))
def visitor(
    request: pytest.FixtureRequest, system: System, browser: Browser
) -> Generator[tuple[Page, tuple[str, ...], list[str]]]:
    title: str = request.param
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(system.url)
    page.get_by_role("button", name=title).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    yield page, PAGES[title], wrong
    context.close()


def test_pages_open_fit_and_are_readable_by_all(
    system: System, visitor: tuple[Page, tuple[str, ...], list[str]]
) -> None:
    page, addresses, wrong = visitor
    for address in addresses:
        _sized(page, PHONE)
        page.goto(system.url + address)
        for size in SIZES:
            _sized(page, size)
            expect(page.locator("main")).to_be_visible()
            expect(page.get_by_text("这个页面不存在")).to_have_count(0)
            expect(page.locator(".skeleton")).to_have_count(0)
            assert page.evaluate(TOO_WIDE) <= 0, f"{address} is wider than {size[0]}"
            if size == DESK:
                page.evaluate(AXE)
                assert page.evaluate(SERIOUS) == [], address
    assert [said for said in wrong if not any(known in said for known in HARMLESS)] == []


def _sized(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
