"""The main job, end to end: what a device says reaches the desk, and somebody fixes it.

Real processes, the recorded payloads sent by Debian's `mosquitto_pub`, and Chromium for every
person: the duty officer, the property manager, the staff member with a phone.
"""

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from tests.e2e.system import System, key

pytestmark = pytest.mark.e2e

PROTOCOLS = Path(__file__).parents[2] / "protocols"
LINE = "阳光花园 3号楼 3号电梯 发现电动自行车进入，请及时处置"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 800}
PATIENT = 15_000


def open_as(browser: Browser, system: System, title: str, size: dict[str, int]) -> Page:
    """Sign in with the demo button of this account, in a browser of its own."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale="zh-CN"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENT)
    page.goto(system.url)
    page.get_by_role("button", name=title).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (1200, 900), (70, 110, 80)).save(content, "JPEG")
    return content.getvalue()


def recorded(driver: str) -> list[dict[str, Any]]:
    folder = files("linli.sensing.drivers").joinpath(driver, "samples", "recorded.json")
    return json.loads(folder.read_text(encoding="utf-8"))


class Register:
    """The installer's work through the API: devices of every driver."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.estate = client.get("/api/estates").json()[0]["id"]

    def add(self, kind: str, title: str, driver: str, **more: Any) -> dict[str, Any]:
        body = {"estate_id": self.estate, "kind": kind, "title": title, "driver": driver, **more}
        answer = self.client.post("/api/devices", json=body, headers=key())
        assert answer.status_code == 201, answer.text
        return answer.json()

    def values(self, device_id: str) -> dict[str, float]:
        shown = self.client.get(f"/api/devices/{device_id}").json()
        return {value["property"]: value["value"] for value in shown["values"]}


def test_an_e_bike_in_the_lift_is_answered_and_proved(system: System, browser: Browser) -> None:
    desk = open_as(browser, system, "社区值班员", DESK)
    desk.get_by_role("link", name="值班台").first.click()
    expect(desk.get_by_role("heading", name="阳光花园").or_(desk.locator("main"))).to_be_visible()

    # A camera speaks.
    sample = json.loads((PROTOCOLS / "samples/native/lift_camera.json").read_text("utf-8"))
    seen = next(e for e in sample["event"] if e["event"] == "e_bike_entered")
    seen = {name: value for name, value in seen.items() if name not in {"ts", "evidence"}}
    username, token = system.token_of("yg-3-lift3-cam")
    system.publish(username, token, "linli/v1/event", json.dumps(seen))
    system.publish(username, token, "linli/v1/event", json.dumps(seen))  # sent twice, counts once

    row = desk.locator("article, li, .row-item, [role=listitem]").filter(has_text=LINE).first
    expect(row).to_be_visible()
    expect(row).not_to_contain_text("第 2 次")

    # One click sends it to the property company; its staff member takes it on a phone.
    row.get_by_role("button", name="派给物业").click()
    expect(row).to_contain_text("待接单")
    staff = open_as(browser, system, "物业秩序员", PHONE)
    staff.get_by_text(LINE).first.click()
    staff.get_by_role("button", name="接单", exact=True).click()
    staff.get_by_role("button", name="我已到场").click()
    expect(row).to_contain_text("李强")

    # Without network the words and the photo wait in the phone, and go out once.
    staff.get_by_role("button", name="处理完成").first.wait_for()
    staff.context.set_offline(True)
    form = staff.locator("form").last
    if not form.locator("textarea").count():
        staff.get_by_role("button", name="处理完成").first.click()
    form.locator("input[type=file]").first.set_input_files(
        {"name": "site.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    form.locator("textarea").fill("已劝离，电动自行车推出单元门")
    form.locator("button[type=submit]").click()
    expect(staff.get_by_text("已保存").first).to_be_visible()
    staff.context.set_offline(False)
    expect(staff.get_by_text("已处理").first).to_be_visible()

    # Somebody else verifies, the desk confirms and closes.
    client = system.signed_in("shequ")
    incident = client.get("/api/incidents", params={"q": "电动自行车", "state": "all"}).json()
    assert incident["total"] == 1
    incident_id = incident["items"][0]["id"]
    manager = open_as(browser, system, "物业经理", DESK)
    manager.goto(f"{system.url}/incidents/{incident_id}")
    manager.get_by_role("button", name="核实通过").first.click()
    _answer_dialog(manager)

    desk.goto(f"{system.url}/incidents/{incident_id}")
    for button in ("确认已解决", "办结归档"):
        desk.get_by_role("button", name=button).first.click()
        _answer_dialog(desk)
    expect(desk.get_by_text("已办结").first).to_be_visible()

    # The whole story can be read afterwards.
    story = client.get(f"/api/incidents/{incident_id}").json()["story"]
    titles = [step["title"] for step in story]
    for said in ("发现电动自行车进入", "派单给", "接单", "到达现场", "处理完成", "核实通过"):
        assert any(said in title for title in titles), titles
    assert [step["seq"] for step in story] == list(range(1, len(story) + 1))
    fixed = next(step for step in story if "处理完成" in step["title"])
    assert fixed["words"] == "已劝离，电动自行车推出单元门"
    assert len(fixed["evidence"]) == 1
    expect(desk.get_by_text("已劝离，电动自行车推出单元门").first).to_be_visible()
    picture = client.get(fixed["evidence"][0]["url"], params={"reason": "核对处理结果"})
    assert picture.headers["content-type"].startswith("image/")


def _answer_dialog(page: Page) -> None:
    """Some moves ask once more, or for words."""
    dialog = page.get_by_role("dialog")
    page.wait_for_timeout(300)
    if dialog.count():
        if dialog.locator("textarea").count():
            dialog.locator("textarea").first.fill("情况属实，已处理")
        dialog.locator("button[type=submit]").last.click()
        expect(dialog).to_have_count(0)


def test_every_drivers_recorded_messages_become_readings_and_alarms(system: System) -> None:
    register = Register(system.signed_in("wuye"))

    def smoke_lines() -> list[str]:
        found = register.client.get("/api/incidents", params={"category": "fire", "limit": 200})
        return [row["source"]["title"] for row in found.json()["items"]]

    # Zigbee, behind a site gateway.
    gateway = register.add("site_gateway", "紫蜂网关", "zigbee2mqtt")
    way_in = gateway["credential"]
    children: dict[str, str] = {}
    for sample in recorded("zigbee2mqtt"):
        child, kind = sample["child"], sample["kind"]
        if child and child not in children and not sample["topic"].startswith("base/"):
            added = register.add(
                kind, f"紫蜂 {child}", "zigbee2mqtt",
                parent_connection_id=way_in["connection_id"], external_code=child,
            )  # fmt: skip
            children[child] = added["device"]["id"]
    for sample in recorded("zigbee2mqtt"):
        if not sample["topic"].startswith("base/"):
            system.publish(way_in["username"], way_in["token"], sample["topic"], sample["payload"])
    assert register.values(children["sens_smoke1"])["smoke"] == 1
    assert register.values(children["window-a"])["open"] in {0, 1}
    assert "紫蜂 sens_smoke1" in smoke_lines()

    # ThingsBoard's device API: the token is the user name.
    board = register.add("smoke_alarm", "老平台烟感", "thingsboard")
    for sample in recorded("thingsboard"):
        if sample["topic"] == "v1/devices/me/telemetry":
            system.publish(board["credential"]["token"], None, sample["topic"], sample["payload"])
    assert 40 < register.values(board["device"]["id"])["temperature"] < 43

    # LoRaWAN through a network server.
    network = register.add("site_gateway", "LoRa 网络服务器", "chirpstack")
    way_in = network["credential"]
    found = next(s for s in recorded("chirpstack") if s["name"] == "smoke found")
    alarm = register.add(
        "smoke_alarm", "LoRa 烟感", "chirpstack",
        parent_connection_id=way_in["connection_id"], external_code=found["child"],
    )  # fmt: skip
    for sample in recorded("chirpstack"):
        if sample["kind"] == "smoke_alarm":
            system.publish(way_in["username"], way_in["token"], sample["topic"], sample["payload"])
    assert "LoRa 烟感" in smoke_lines()
    assert register.values(alarm["device"]["id"])

    # linli's own protocol, every kind.
    for file in sorted((PROTOCOLS / "samples/native").glob("*.json")):
        sample = json.loads(file.read_text("utf-8"))
        if sample["kind"] == "simulator":
            continue
        added = register.add(sample["kind"], f"本平台 {sample['kind']}", "linli_native")
        way_in = added["credential"]
        for what in ("telemetry", "state"):
            for message in sample.get(what, []):
                system.publish(
                    way_in["username"], way_in["token"], f"linli/v1/{what}", json.dumps(message)
                )
        if sample.get("telemetry"):
            assert register.values(added["device"]["id"]), sample["kind"]


def test_what_cannot_be_used_is_held_counted_and_shown(system: System) -> None:
    username, token = system.token_of("yg-3-lift1-cam")
    for payload in ('{"values": {"picture_ok": ', '{"values": {"people": 99999999}}'):
        system.publish(username, token, "linli/v1/telemetry", payload)
    refused = system.publish(username, token, "linli/v1/nonsense", "{}")
    assert "Not authorized" in refused
    system.publish(username, token, "linli/v1/nonsense", "{}", version="311")
    client = system.signed_in("shequ")
    held = client.get("/api/quarantine").json()
    reasons = {message["reason"] for message in held["items"]}
    assert {"broken_json", "out_of_range"} <= reasons
    assert "linli/v1/nonsense" in {message["topic"] for message in held["items"]}
    broken = next(m for m in held["items"] if m["reason"] == "broken_json")
    assert UUID(broken["id"])
    again = client.post(f"/api/quarantine/{broken['id']}/drop", headers=key())
    assert again.status_code == 200
