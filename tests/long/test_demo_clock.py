"""An elder's tap stays shut, demo time goes ahead: the rule rings by itself, and nothing else."""

import time
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from tests.e2e.system import System, key, running_system

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1500)]

THERE_WITHIN_S = 1200.0
LOOK_S = 0.5
HALF_A_DAY_S = 12 * 3600
SECOND_STEP_S = 5 * 60


@pytest.fixture(scope="module")
def played() -> Generator[System]:
    with running_system(played=True) as system:
        yield system


def until(holds: Any, what: str, within_s: float = 60.0) -> None:
    """Look again and again until it holds; another program's state can only be asked for."""
    give_up = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up, what
        time.sleep(LOOK_S)


def clock_of(page: httpx.Client) -> dict[str, Any]:
    answer = page.get("/api/demo/clock")
    assert answer.status_code == 200, answer.text
    return answer.json()


def incidents(page: httpx.Client) -> list[dict[str, Any]]:
    return page.get("/api/incidents", params={"limit": 100}).json()["items"]


def test_twelve_hours_without_water_ring_and_everything_else_goes_on(played: System) -> None:
    desk = played.signed_in("shequ")
    meter = "6号楼1单元502 水表"

    def speaks() -> bool:
        page = desk.get("/api/devices", params={"kind": "water_meter", "limit": 50}).json()
        return all(one["state"] == "online" for one in page["items"]) and page["items"] != []

    until(speaks, "the meters do not speak")
    before = clock_of(desk)
    assert (before["ahead_s"], before["walk"]) == (0, None)
    assert desk.post("/api/demo/scenes/water_unused", headers=key()).status_code == 202
    refused = desk.post("/api/demo/clock", json={"seconds": 60}, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "already_forwarding")

    seen: list[str] = []

    def there() -> bool:
        state = clock_of(desk)
        seen.append(state["now"])
        return state["walk"] is None

    until(there, "demo time does not get there", THERE_WITHIN_S)
    assert seen == sorted(seen)

    # The page that was open all the time is still signed in, and reads demo time everywhere.
    after = clock_of(desk)
    assert desk.get("/api/session").status_code == 200
    assert after["ahead_s"] > HALF_A_DAY_S - THERE_WITHIN_S
    assert after["ended"]["outcome"] == "done", after
    assert desk.get("/healthz").headers["Linli-Time"] >= after["now"][:19]

    # One alert of all devices that are played: the elder's. None seemed offline, no clock wrong, no
    # other meter dry. (Cameras are not played: their node lives in real time.)
    played_ones = {one["title"] for one in played.world["estates"][0]["devices"]}
    found = [one for one in incidents(desk) if one["source"]["title"] in played_ones]
    assert [(one["what"], one["source"]["title"]) for one in found] == [
        ("12小时几乎没有用水", meter)
    ]
    (elder,) = found
    assert elder["line"].startswith("阳光花园 6号楼 1单元 502")
    assert after["ended"]["rang"] >= 1
    (alert,) = desk.get(f"/api/incidents/{elder['id']}").json()["alerts"]
    assert "12小时用量少于10升" in str(alert)
    devices = desk.get("/api/devices", params={"limit": 100}).json()["items"]
    assert {one["title"] for one in devices if one["state"] == "offline"} == set()

    # Other meters kept their rhythm: readings on the way, not only at its ends.
    other = next(one for one in devices if one["kind"] == "water_meter" and one["title"] != meter)
    series = desk.get(
        f"/api/devices/{other['id']}/series",
        params={
            "property": "water_total",
            "from": before["now"],
            "to": after["now"],
            "points": 1000,
        },
    )
    assert series.status_code == 200, series.text
    assert len(series.json()["points"]) > HALF_A_DAY_S / SECOND_STEP_S
