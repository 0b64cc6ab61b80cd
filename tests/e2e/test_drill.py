"""A street lets its training estate burn: the simulator plays, four people handle it, linli scores.

The simulator runs as after `linli training`: it knows the training estate alone.
"""

import io
import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from tests.e2e.system import System, key

pytestmark = pytest.mark.e2e

DESK = {"width": 1366, "height": 800}
PATIENT = 20_000
HEARD_WITHIN = 60_000


@pytest.fixture
def player(system: System, tmp_path: Path) -> Generator[None]:
    world = system.world
    estate = next(one for one in world["estates"] if one["code"] == "LX")
    alone = {**world, "estates": [estate], "control": None, "vision": None}
    (tmp_path / "estate.json").write_text(json.dumps(alone), encoding="utf-8")
    command = [sys.executable, "-m", "linli_simulator", "--data", str(tmp_path), "--no-faults"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait(10)


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 60, 40)).save(content, "JPEG")
    return content.getvalue()


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    return answer.json()


def moved(page: Page, client: httpx.Client, thing: str, move: str, **more: Any) -> None:
    """Make this move as soon as it may be made, on the version that is there then."""
    for _ in range(100):
        body = {"move": move, "expected_version": done(client.get(thing))["version"], **more}
        answer = client.post(f"{thing}/moves", json=body, headers=key())
        if answer.status_code != 409:
            done(answer)
            return
        page.wait_for_timeout(100)
    raise AssertionError(move)


@pytest.mark.usefixtures("player")
def test_a_played_fire_is_handled_and_scored(system: System, browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": DESK["width"], "height": DESK["height"]}, locale="zh-CN"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(system.url)
    page.get_by_role("button", name="主持演练").click()
    page.get_by_role("link", name="演练", exact=True).click()
    expect(page.get_by_text("练习环境")).to_be_visible()
    page.locator("li").filter(has_text="住户家中冒烟").get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="开始演练").click()
    expect(page.get_by_text("演练中")).to_be_visible(timeout=HEARD_WITHIN)
    drill_id = page.url.rsplit("/", 1)[1]

    # The others handle it as any incident.
    desk, staff, manager = (system.signed_in(f"lx-{one}") for one in ("shequ", "weixiu", "wuye"))
    incident_id = done(desk.get(f"/api/drills/{drill_id}"))["drill"]["incident_id"]
    incident = f"/api/incidents/{incident_id}"
    done(desk.post(f"{incident}/orders", json={"words": "快去"}, headers=key()))
    [offered] = done(staff.get("/api/orders"))["items"]
    order = f"/api/orders/{offered['id']}"
    moved(page, staff, order, "accept")
    moved(page, staff, order, "arrive")
    about, file = {"purpose": "order_evidence"}, {"file": ("a.jpg", photo(), "image/jpeg")}
    kept = done(staff.post("/api/files", data=about, files=file, headers=key()))
    moved(page, staff, order, "fix", words="烧干锅，已关火", evidence=[kept["id"]])
    expect(page.get_by_text("处理结果附了照片")).to_be_visible()
    moved(page, manager, order, "verify")
    expect(page.get_by_text("另一个人核实过")).to_be_visible()
    moved(page, desk, incident, "confirm")

    expect(page.get_by_text("最后得分")).to_be_visible()
    expect(page.get_by_text("优秀")).to_be_visible()
    expect(page.locator(".points")).to_have_text("100")
    context.close()

    # The real county knows nothing of it.
    assert system.signed_in("xian").get(f"/api/drills/{drill_id}").status_code == 404
