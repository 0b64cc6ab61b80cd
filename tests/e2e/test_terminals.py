"""A shared desk changes hands: somebody registers it, colleagues switch by tile and six digits."""

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.system import System
from tests.e2e.test_imports import looked_at

pytestmark = pytest.mark.e2e

PIN = "730951"
PASSWORD = "linli-demo"


def sign_in(page: Page, role: str) -> None:
    page.get_by_role("button", name=role).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_shared_desk_changes_hands(system: System, browser: Browser) -> None:
    own = browser.new_context(locale="zh-CN")
    page = own.new_page()
    page.goto(system.url)
    sign_in(page, "社区值班员")
    page.goto(system.url + "/me")
    page.get_by_role("button", name="公用终端的六位口令").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("当前密码").fill(PASSWORD)
    for wrong in ("123456", "900315"):
        dialog.get_by_label("新的六位口令").fill(wrong)
        dialog.get_by_label("再输一次").fill(wrong)
        dialog.get_by_role("button", name="保存").click()
        expect(dialog.get_by_text("这组数字太容易被猜到")).to_be_visible()
    dialog.get_by_label("新的六位口令").fill(PIN)
    dialog.get_by_label("再输一次").fill(PIN)
    dialog.get_by_role("button", name="保存").click()
    expect(page.get_by_text("六位口令已设置")).to_be_visible()
    own.close()

    desk = browser.new_context(locale="zh-CN")
    page = desk.new_page()
    page.goto(system.url)
    sign_in(page, "街道")
    page.goto(system.url + "/terminals")
    page.get_by_role("button", name="登记这台电脑").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("放在哪里").fill("东门值班室")
    looked_at(page, "terminal-register")
    dialog.get_by_role("button", name="登记这台电脑").click()
    # Whoever registers it is out at once: the desk belongs to nobody yet.
    expect(page.get_by_text("这台终端最近还没有人用过")).to_be_visible()
    page.get_by_role("button", name="别的同事").click()
    sign_in(page, "社区值班员")

    page.get_by_role("button", name="换人").click()
    tile = page.get_by_role("button", name="王值班")
    expect(tile).to_be_visible()
    looked_at(page, "terminal-tiles")
    tile.click()
    page.keyboard.type("730952")
    expect(page.get_by_role("alert")).to_be_visible()
    looked_at(page, "terminal-pad")
    for digit in PIN:
        page.get_by_role("button", name=digit, exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(system.url + "/me")
    expect(page.get_by_text("您在公用终端“东门值班室”上")).to_be_visible()
    desk.close()
