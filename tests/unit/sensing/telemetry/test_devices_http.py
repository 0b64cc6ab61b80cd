"""Devices with what they report, as pages read them: each sees only its own."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.unit.directory.browser import Browser
from tests.unit.directory.town import START, Offices, Town
from tests.unit.sensing.pages import page_of
from tests.unit.sensing.telemetry.reporting import Said, SaidEvent, picture_of

from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import DeviceFault, Registration, Sign
from linli.sensing.telemetry.contracts import Entry
from linli.sensing.telemetry.public import Recorder, prepare_days

Answer = dict[str, Any]


async def register(page: Browser, town: Town, **changes: object) -> Answer:
    body = {
        "estate_id": str(town.estates[0].id),
        "place_id": str(town.home),
        "kind": "water_meter",
        "title": "502 水表",
        "driver": "linli_native",
    }
    answer = await page.post("/api/devices", body | changes)
    assert answer.status_code == 201, answer.text
    found: Answer = answer.json()
    return found


async def say(desks: Offices, device_id: str, said: list[Said]) -> None:
    async with desks.machine.work() as work:
        await prepare_days(work)
        device = await devices.device_of(work, UUID(device_id))
        await Recorder().record(work, [Entry(device, one, work.now) for one in said])
        await devices.heard(work, [Sign(device.id, work.now)])


async def test_a_manager_registers_a_device_and_sees_what_it_says(
    desks: Offices, town: Town
) -> None:
    async with page_of(desks, town, "wuye") as page:
        made = await register(page, town)
        credential = made["credential"]
        assert credential["mqtt_url"] == "mqtt://linli.test:1883"
        assert credential["qr"].startswith("linli:device?u=")
        row = made["device"]
        assert (row["kind_title"], row["state"], row["values"]) == ("智能水表", "never", [])
        assert row["place_title"] == "3号楼 1单元 502室"
        moments = [START - timedelta(minutes=3 - minute) for minute in range(4)]
        await say(
            desks,
            row["id"],
            [
                Said(moment, (("water_total", 10.0 + place), ("battery", 88.0)))
                for place, moment in enumerate(moments)
            ],
        )
        [listed] = (await page.get("/api/devices", kind="water_meter")).json()["items"]
        assert listed["state_title"] == "在线"
        assert listed["battery"] == 88
        assert [value["text"] for value in listed["values"]] == ["88 %", "13.000 m³"]
        assert listed["connection"]["code"] == credential["username"]
        detail = (await page.get(f"/api/devices/{row['id']}")).json()
        assert (detail["clock"], detail["fault_list"]) == (None, [])
        counts = (await page.get("/api/devices/counts")).json()
        assert (counts["total"], counts["online"], counts["by_kind"]) == (1, 1, {"water_meter": 1})


async def test_a_chart_has_no_more_points_than_asked_for(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        device_id = (await register(page, town))["device"]["id"]
        said = [
            Said(START - timedelta(minutes=1439 - minute), (("flow", float(minute % 10)),))
            for minute in range(1440)
        ]
        await say(desks, device_id, said)
        desks.clock.move(timedelta(seconds=1))
        series = (
            await page.get(f"/api/devices/{device_id}/series", property="flow", points=24)
        ).json()
        assert (series["title"], series["unit"]) == ("瞬时流量", "L/h")
        assert len(series["points"]) == 24
        assert sum(point["n"] for point in series["points"]) == 1440
        middle = series["points"][12]
        assert (middle["min"], middle["avg"], middle["max"]) == (0, 4.5, 9)
        part = (
            await page.get(
                f"/api/devices/{device_id}/series",
                **{
                    "property": "flow",
                    "from": (START - timedelta(minutes=9)).isoformat(),
                    "to": (START + timedelta(seconds=1)).isoformat(),
                },
            )
        ).json()
        assert sum(point["n"] for point in part["points"]) == 10
        assert part["points"][-1]["last"] == 9


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"property": "weight"}, "property"),
        ({"property": "flow", "from": "2026-11-22T08:00:00"}, "from"),
        (
            {"property": "flow", "from": "2026-11-22T08:00:00Z", "to": "2026-11-22T08:00:00Z"},
            "from",
        ),
    ],
)
async def test_a_chart_that_cannot_be_drawn_says_why(
    desks: Offices, town: Town, query: dict[str, str], field: str
) -> None:
    async with page_of(desks, town, "wuye") as page:
        device_id = (await register(page, town))["device"]["id"]
        answer = await page.get(f"/api/devices/{device_id}/series", **query)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_an_event_is_read_with_its_title_and_its_picture(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        made = await register(page, town, kind="lift_camera", title="电梯相机")
        async with desks.machine.work() as work:
            picture = str(await picture_of(work, town.estates[0].id))
        seen = SaidEvent("e_bike_entered", "a-1", (("confidence", 0.93),), (picture,))
        await say(desks, made["device"]["id"], [Said(START, events=(seen,))])
        [event] = (await page.get(f"/api/devices/{made['device']['id']}/events")).json()
        assert event["title"] == devices.all_kinds()["lift_camera"].events["e_bike_entered"].title
        assert (event["fields"], event["evidence"]) == ({"confidence": 0.93}, [picture])


@pytest.mark.parametrize("by", ["code", "title", "kind", "state", "seen"])
async def test_a_list_in_any_order_leaves_nothing_out_page_by_page(
    desks: Offices, town: Town, by: str
) -> None:
    async with page_of(desks, town, "wuye") as page:
        made = [
            await register(page, town, kind=kind, title=title)
            for kind, title in (("water_meter", "丙"), ("sos_button", "甲"), ("sos_button", "乙"))
        ]
        await say(desks, made[1]["device"]["id"], [Said(START)])
        every = {"estate_id": str(town.estates[0].id)}

        async def read(sort: str) -> list[str]:
            seen: list[str] = []
            query: dict[str, str | int] = {**every, "sort": sort, "limit": 2}
            while True:
                answer = (await page.get("/api/devices", **query)).json()
                seen += [one["id"] for one in answer["items"]]
                if answer["next_cursor"] is None:
                    return seen
                query["cursor"] = answer["next_cursor"]

        up, down = await read(by), await read(f"-{by}")
        assert up == down[::-1]
        assert {one["device"]["id"] for one in made} <= set(up)
        assert len(up) == len(set(up)) == (await page.get("/api/devices", **every)).json()["total"]
        if by == "title":
            ours = [one["device"]["id"] for one in made]
            assert [one for one in up if one in ours] == [ours[0], ours[2], ours[1]]
        wrong = await page.get("/api/devices", sort="seen", cursor=f"{up[0]} tomorrow")
        assert (wrong.status_code, wrong.json()["field"]) == (422, "cursor")


async def test_a_command_is_asked_for_and_can_be_followed(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        device_id = (await register(page, town))["device"]["id"]
        asked = await page.post(f"/api/devices/{device_id}/commands", {"command": "close_valve"})
        assert (asked.status_code, asked.json()["state"]) == (201, "waiting")
        refused = await page.post(f"/api/devices/{device_id}/commands", {"command": "explode"})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_command")
        [command] = (await page.get(f"/api/devices/{device_id}/commands")).json()
        assert command["id"] == asked.json()["id"]
        assert command["asked_by_name"]


async def test_who_may_only_look_changes_nothing(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        made = await register(page, town)
    device_id, connection_id = made["device"]["id"], made["credential"]["connection_id"]
    async with page_of(desks, town, "weixiu") as page:
        assert (await page.get(f"/api/devices/{device_id}")).status_code == 200
        body = {"estate_id": str(town.estates[0].id), "kind": "sos_button", "title": "按钮"}
        for path, sent in (
            ("/api/devices", body),
            (f"/api/devices/{device_id}/commands", {"command": "close_valve"}),
            (f"/api/connections/{connection_id}/rotate", {}),
            (f"/api/connections/{connection_id}/revoke", {}),
        ):
            assert (await page.post(path, sent)).status_code == 403, path


async def test_another_estates_devices_do_not_exist(desks: Offices, town: Town) -> None:
    async with desks.machine.work() as work:
        foreign = await devices.register_device(
            work, Registration(town.estates[2].id, None, "water_meter", "水表", "linli_native")
        )
    device_id = str(foreign.device.id)
    await say(desks, device_id, [Said(START, (("flow", 1.0),))])
    async with page_of(desks, town, "wuye") as page:
        listed = (await page.get("/api/devices")).json()
        assert (listed["items"], listed["total"]) == ([], 0)
        for path in ("", "/events", "/commands", "/series"):
            answer = await page.get(f"/api/devices/{device_id}{path}", property="flow")
            assert answer.status_code == 404, path
        named = (await page.get("/api/devices", ids=device_id)).json()
        assert named["items"] == []
        assert (await page.get("/api/connections")).json() == []


async def test_a_list_goes_on_where_it_ended(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        codes = [f"w{number:02}" for number in range(5)]
        for code in codes:
            await register(page, town, code=code)
        found: list[str] = []
        cursor = ""
        for _ in range(3):
            answer = (await page.get("/api/devices", limit=2, **_cursor(cursor))).json()
            found += [row["code"] for row in answer["items"]]
            assert answer["total"] == 5
            cursor = answer["next_cursor"]
        assert (found, cursor) == (codes, None)
        assert (await page.get("/api/devices", cursor="x")).status_code == 422
        searched = (await page.get("/api/devices", q="W03")).json()["items"]
        assert [row["code"] for row in searched] == ["w03"]
        assert (await page.get("/api/devices", q="%")).json()["total"] == 0


def _cursor(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


async def test_faults_and_wrong_clocks_show_on_the_device(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        device_id = (await register(page, town))["device"]["id"]
        await say(
            desks,
            device_id,
            [Said(datetime.fromisoformat("1970-01-01T00:00:00Z"), (("battery", 7.0),))],
        )
        async with desks.machine.work() as work:
            fault = DeviceFault(UUID(device_id), "battery_low", work.now, "电量只剩 7 %")
            await devices.note_fault(work, fault)
        detail = (await page.get(f"/api/devices/{device_id}")).json()
        assert detail["faults"] == ["电量只剩 7 %"]
        assert detail["clock"]["problem"] == "behind"
        found = (await page.get("/api/devices", state="fault")).json()
        assert [row["id"] for row in found["items"]] == [device_id]


async def test_kinds_tell_all_a_form_needs(desks: Offices, town: Town) -> None:
    async with page_of(desks, town, "wuye") as page:
        kinds = {kind["code"]: kind for kind in (await page.get("/api/device-kinds")).json()}
        meter = kinds["water_meter"]
        total = next(one for one in meter["properties"] if one["code"] == "water_total")
        assert (total["unit"], total["kind"]) == ("m³", "counter")
        assert [one["code"] for one in meter["commands"]] == ["close_valve", "open_valve"]
        assert meter["offline_after_s"] == 1560 * 60


async def test_a_revoked_connection_shows_it_and_a_rotated_one_works_again(
    desks: Offices, town: Town
) -> None:
    async with page_of(desks, town, "wuye") as page:
        made = await register(page, town)
        connection = f"/api/connections/{made['credential']['connection_id']}"
        assert (await page.post(f"{connection}/revoke")).json()["revoked_at"] is not None
        assert (await page.post(f"{connection}/revoke")).status_code == 409
        again = (await page.post(f"{connection}/rotate")).json()
        assert again["token"] != made["credential"]["token"]
        [listed] = (await page.get("/api/connections")).json()
        assert (listed["revoked_at"], listed["devices"]) == (None, 1)
