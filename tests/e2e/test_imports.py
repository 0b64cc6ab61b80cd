"""A clerk imports a workbook in the browser: columns, dry run, run, faults to download, undo."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from tests.e2e.system import System
from tests.e2e.test_pages import AXE, SERIOUS, SIZES, TOO_WIDE

from linli.support.sheets.public import Format, written
from linli.support.sheets.reading import read_tables

pytestmark = pytest.mark.e2e

HEADING = ("大名", "手机", "住址", "特殊人群")
LINES = [
    ("赵验收", "13800009901", "3-1-502", "独居老人"),
    ("钱验收", "13800009902", "3-1-501", ""),
    ("孙验收", "138", "3-1-401", ""),
    ("李验收", "13800009904", "99-1-101", ""),
]


def looked_at(page: Page, name: str) -> None:
    """The page fits and is readable by all; with LINLI_PICTURES its pictures are kept there."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(TOO_WIDE) <= 0, f"{name} is wider than {width}"
        if folder := os.environ.get("LINLI_PICTURES"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 800})
    page.evaluate(AXE)
    assert page.evaluate(SERIOUS) == [], name


DEVICES = (
    ("设备编号", "设备类型", "设备名称", "位置"),
    [
        ("yanshou-1", "烟雾报警器", "验收烟感", "3-1-502"),
        ("yanshou-2", "智能水表", "验收水表", "99-1-101"),
    ],
)


def test_a_manager_imports_devices_and_fetches_their_credentials(
    system: System, browser: Browser
) -> None:
    context = browser.new_context(locale="zh-CN", accept_downloads=True)
    page = context.new_page()
    page.goto(system.url)
    page.get_by_role("button", name="物业经理").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(system.url + "/imports")
    content = written("设备", *DEVICES, Format.XLSX)
    file = FilePayload(name="设备清单.xlsx", mimeType="application/zip", buffer=content)
    page.locator("main").get_by_label("文件", exact=True).set_input_files(file)
    page.locator("main").get_by_label("小区", exact=True).select_option(label="阳光花园")
    page.get_by_role("button", name="上传表格").click()
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_text("小区里没有“99-1-101”这个位置")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="跳过有错的 1 行，导入 1 行").click()
    page.get_by_role("dialog").get_by_role("button", name="导入 1 行").click()
    expect(page.get_by_text("有 1 台导入的设备还没有领取接入凭证")).to_be_visible(timeout=20_000)
    looked_at(page, "import-devices")

    page.goto(system.url + "/devices")
    page.get_by_role("button", name="领取接入凭证").click()
    with page.expect_download() as downloading:
        page.get_by_role("dialog").get_by_role("button", name="领取接入凭证").click()
    table = read_tables(Path(downloading.value.path()).read_bytes())[0]
    assert table.rows[0][1][1:3] == ("yanshou-1", "验收烟感")
    expect(page.get_by_text("还没有领取接入凭证")).to_be_hidden()
    looked_at(page, "devices-fetched")
    context.close()


def test_a_clerk_imports_a_workbook_and_takes_it_back(system: System, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", accept_downloads=True)
    page = context.new_page()
    page.goto(system.url)
    page.get_by_role("button", name="社区值班员").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(system.url + "/imports")
    expect(page.get_by_text("还没有导入过")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="全部表").click()
    assert zipfile.is_zipfile(io.BytesIO(Path(downloading.value.path()).read_bytes()))
    looked_at(page, "imports")

    content = written("住户", HEADING, LINES, Format.XLSX)
    file = FilePayload(name="住户名单.xlsx", mimeType="application/zip", buffer=content)
    page.locator("main").get_by_label("文件", exact=True).set_input_files(file)
    page.locator("main").get_by_label("小区", exact=True).select_option(label="阳光花园")
    page.get_by_role("button", name="上传表格").click()
    expect(page.get_by_text("还没有选择：姓名")).to_be_visible()
    looked_at(page, "import-columns")
    page.locator("main").get_by_label("姓名").select_option(label="大名")
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_text("试算结果")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("电话号码应为 5 到 15 位数字")).to_be_visible()
    looked_at(page, "import-tried")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="下载有错的行").click()
    assert zipfile.is_zipfile(io.BytesIO(Path(downloading.value.path()).read_bytes()))

    page.get_by_role("button", name="跳过有错的 2 行，导入 2 行").click()
    page.get_by_role("dialog").get_by_role("button", name="导入 2 行").click()
    expect(page.get_by_role("button", name="整批撤销")).to_be_visible(timeout=20_000)
    looked_at(page, "import-done")
    page.goto(system.url + "/people?q=zhaoyanshou")
    expect(page.get_by_text("赵*收")).to_be_visible()

    page.goto(system.url + "/imports")
    page.get_by_role("link", name="住户名单.xlsx").click()
    page.get_by_role("button", name="整批撤销").click()
    page.get_by_label("撤销原因").fill("导错了名单")
    page.get_by_role("dialog").get_by_role("button", name="整批撤销").click()
    expect(page.get_by_text("已撤销")).to_be_visible(timeout=20_000)
    page.goto(system.url + "/people?q=zhaoyanshou")
    expect(page.get_by_text("没有符合条件的内容")).to_be_visible()
    context.close()
