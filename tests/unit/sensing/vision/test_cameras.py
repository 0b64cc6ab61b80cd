"""Cameras: what may be set, what a node is told, who may look, and what is never shown."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.browser import Browser, application, browser
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.kernel.errors import BadInput
from linli.sensing.devices.contracts import Credential, Registration
from linli.sensing.devices.public import register_device
from linli.sensing.vision import http, policy
from linli.sensing.vision.cameras import CameraSettings, Node, SourceDraft
from linli.sensing.vision.looking import VisionDoor
from linli.sensing.vision.plan import Duty, Recording, SourceKind
from linli.sensing.vision.ports import NoFacades

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
RTSP = "rtsp://admin:very-secret@10.1.2.3:554/stream1?user=admin"
MANAGER = "wuye"
STAFF = "weixiu"
HEALTH = CameraSettings(work=(Duty.HEALTH,))


@asynccontextmanager
async def page_of(desks: Offices, town: Town, name: str) -> AsyncGenerator[Browser]:
    app = application(desks)
    app.state.vision = VisionDoor(
        workshop=desks.machine,
        cipher=CIPHER,
        facades=NoFacades(),
        view_key=lambda node: node.bytes * 2,
        live_key=bytes(32),
    )
    for router in (http.api, http.nodes_api, http.plan_api):
        app.include_router(router)
    async with browser(app, f"address of {town.tag} {name}") as page:
        answer = await page.sign_in(town.login(name))
        assert answer.status_code == 200, answer.text
        yield page


async def node_of(desks: Offices, town: Town) -> Credential:
    async with desks.machine.work() as work:
        made = await register_device(
            work,
            Registration(
                estate_id=town.estates[0].id,
                place_id=None,
                kind="site_gateway",
                title="视觉节点",
                driver="linli_native",
                code=f"n-{uuid4().hex[:8]}",
            ),
        )
    assert made.credential is not None
    return made.credential


def camera(town: Town, node: Credential, **more: Any) -> dict[str, Any]:
    return {
        "estate_id": str(town.estates[0].id),
        "node_id": str(node.connection_id),
        "kind": "camera",
        "title": "东门摄像机",
        "code": f"c-{uuid4().hex[:8]}",
        "source": {"kind": "rtsp", "url": RTSP},
        "settings": {"work": ["health"]},
    } | more


async def test_a_camera_is_added_and_its_node_is_told_all_but_people_see_no_password(
    desks: Offices, town: Town
) -> None:
    node = await node_of(desks, town)
    async with page_of(desks, town, MANAGER) as page:
        made = await page.post("/api/cameras", camera(town, node))
        assert made.status_code == 201, made.text
        shown = made.json()
        assert shown["source"]["shown"] == "rtsp://10.1.2.3:554/stream1"
        assert "secret" not in made.text
        credential = {"Authorization": f"Bearer {node.username}:{node.token}"}
        asked = {"address": "http://10.1.2.9:9000"}
        plan = await page.client.get("/device/v1/vision/plan", headers=credential, params=asked)
        assert plan.status_code == 200, plan.text
        [told] = plan.json()["cameras"]
        assert told["source"]["url"] == RTSP
        assert told["record"]["keep_days"] == 30
        again = {**credential, "If-None-Match": plan.headers["ETag"]}
        same = await page.client.get("/device/v1/vision/plan", headers=again)
        assert same.status_code == 304

        # A mask changes the plan at once.
        mask = [[0.1, 0.1], [0.3, 0.1], [0.2, 0.3]]
        changed = await page.client.put(
            f"/api/cameras/{shown['id']}",
            json={
                "settings": {"work": ["health"], "masks": [mask]},
                "expected_version": shown["version"],
            },
            headers=page.csrf(),
        )
        assert changed.status_code == 200, changed.text
        plan = await page.client.get("/device/v1/vision/plan", headers=again)
        assert plan.json()["cameras"][0]["masks"] == [mask]
        [seen] = (await page.get("/api/vision-nodes")).json()
        assert seen["running"]
        assert seen["cameras"] == 1

        stale = await page.client.put(
            f"/api/cameras/{shown['id']}",
            json={"settings": {"work": ["health"]}, "expected_version": shown["version"]},
            headers=page.csrf(),
        )
        assert stale.status_code == 409


async def test_nobody_fetches_a_plan_without_the_nodes_credential(
    desks: Offices, town: Town
) -> None:
    node = await node_of(desks, town)
    async with page_of(desks, town, MANAGER) as page:
        for header in ("", "Bearer", f"Bearer {node.username}:wrong", f"Basic {node.token}"):
            answer = await page.client.get(
                "/device/v1/vision/plan", headers={"Authorization": header}
            )
            assert answer.status_code == 401, header


async def test_another_node_takes_over_a_camera(desks: Offices, town: Town) -> None:
    first, second = await node_of(desks, town), await node_of(desks, town)
    async with page_of(desks, town, MANAGER) as page:
        made = (await page.post("/api/cameras", camera(town, first))).json()
        body = {"node_id": str(second.connection_id)}
        moved = await page.post(f"/api/cameras/{made['id']}/node", body)
        assert moved.status_code == 200, moved.text
        credential = {"Authorization": f"Bearer {second.username}:{second.token}"}
        plan = await page.client.get("/device/v1/vision/plan", headers=credential)
        assert [one["device_id"] for one in plan.json()["cameras"]] == [made["id"]]


async def test_a_sign_tells_what_the_law_wants_and_the_one_before_stays(
    desks: Offices, town: Town
) -> None:
    node = await node_of(desks, town)
    sign = {
        "sign_text": "您已进入公共视频监控区域",
        "place": "东门立柱",
        "purpose": "维护公共安全",
        "legal_basis": policy.LEGAL_BASES[0],
        "answers": "安居物业",
        "phone": "0571-00000000",
        "put_up_on": "2026-11-01",
    }
    async with page_of(desks, town, MANAGER) as page:
        made = (await page.post("/api/cameras", camera(town, node))).json()
        address = f"/api/cameras/{made['id']}/sign"
        missing = await page.post(address, sign | {"purpose": " "})
        assert (missing.status_code, missing.json()["field"]) == (422, "purpose")
        await page.post(address, sign)
        moved = (await page.post(address, sign | {"place": "东门岗亭"})).json()
        assert moved["sign"]["place"] == "东门岗亭"
        assert [one["place"] for one in moved["signs_before"]] == ["东门立柱"]


async def test_recordings_ask_a_reason_and_a_right(desks: Offices, town: Town) -> None:
    node = await node_of(desks, town)
    async with page_of(desks, town, MANAGER) as page:
        made = (await page.post("/api/cameras", camera(town, node))).json()
        span: dict[str, str | int] = {"from": 0, "to": 1000}
        address = f"/api/cameras/{made['id']}/recordings"
        refused = await page.get(address, **span)
        assert (refused.status_code, refused.json()["field"]) == (422, "reason")
        away = await page.get(address, **span, reason="核对纠纷")
        assert (away.status_code, away.json()["code"]) == (503, "node_away")
    async with page_of(desks, town, STAFF) as page:
        assert (await page.get("/api/cameras")).status_code == 403
        assert (await page.get(address, **span, reason="核对纠纷")).status_code in {403, 404}


def test_a_live_address_is_ours_and_ends() -> None:
    door = VisionDoor(
        workshop=None,  # pyright: ignore[reportArgumentType]  # no work is opened here
        cipher=CIPHER,
        facades=NoFacades(),
        view_key=lambda node: node.bytes * 2,
        live_key=bytes(32),
        clock_ms=lambda: 1_000,
    )
    address = door.live_address(uuid4(), uuid4(), "http://10.0.0.1:9", "c-1")
    query = dict(pair.split("=", 1) for pair in address.partition("?")[2].split("&"))
    from_url = {name: unquote_plus(value) for name, value in query.items()}
    assert door.live_ticket(from_url["to"], from_url["ticket"]) is not None
    other = json.dumps(json.loads(from_url["to"]) | {"address": "http://evil.test"})
    assert door.live_ticket(other, from_url["ticket"]) is None
    later = replace(door, clock_ms=lambda: 1_000_000)
    assert later.live_ticket(from_url["to"], from_url["ticket"]) is None


@pytest.mark.parametrize(
    ("settings", "kind", "field"),
    [
        (replace(HEALTH, record=Recording(keep_days=29)), "camera", "keep_days"),
        (replace(HEALTH, record=Recording(keep_days=181)), "camera", "keep_days"),
        (replace(HEALTH, masks=(((0.1, 0.1), (0.2, 0.2)),)), "camera", "masks"),
        (replace(HEALTH, blind=(((0.1, 0.1), (0.2, 0.2), (1.2, 0.5)),)), "camera", "blind"),
        (replace(HEALTH, sensitivity=101), "camera", "sensitivity"),
        (CameraSettings(work=(Duty.FALLING,), blind_judged=True), "camera", "work"),
        (CameraSettings(work=(Duty.FALLING,)), "falling_object_camera", "blind"),
    ],
)
def test_settings_that_cannot_be_name_their_field(
    settings: CameraSettings, kind: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        policy.check_settings(settings, kind, NOW)
    assert field in {fault.field for fault in refused.value.faults}


def test_whoever_does_not_record_keeps_nothing() -> None:
    unrecorded = replace(HEALTH, record=Recording(enabled=False, keep_days=1))
    policy.check_settings(unrecorded, "camera", NOW)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        (SourceKind.RTSP, "http://10.0.0.1/x"),
        (SourceKind.RTSP, "rtsp:///no-host"),
        (SourceKind.MJPEG, "file:///etc/passwd"),
        (SourceKind.RTSP, ""),
        (SourceKind.RTSP, "rtsp://[::1/x"),
        (SourceKind.RTSP, "rtsp://host:99999/x"),
    ],
)
def test_addresses_from_which_no_picture_comes_are_refused(kind: SourceKind, url: str) -> None:
    with pytest.raises(BadInput):
        policy.check_source(SourceDraft(kind=kind, url=url))


@given(st.text(max_size=60))
def test_what_is_shown_of_an_address_never_holds_the_password(password: str) -> None:
    safe = "".join(one for one in password if one.isalnum()) or "x"
    assert "@" not in policy.shown(f"rtsp://admin:{safe}@10.0.0.1/live")


@given(st.text(max_size=80))
def test_any_word_a_node_says_of_its_address_is_one_or_none(said: str) -> None:
    address = policy.node_address(said)
    assert address is None or address.startswith(("http://", "https://"))


def test_a_node_that_does_not_ask_is_silent() -> None:
    node = Node(
        connection_id=UUID(int=1),
        estate_id=UUID(int=2),
        address=None,
        plan_version=None,
        asked_at=NOW,
    )
    assert not policy.is_silent(node, NOW)
    assert policy.is_silent(node, NOW.replace(minute=1))
    assert policy.is_silent(None, NOW)
