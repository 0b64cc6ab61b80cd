"""A device without MQTT speaks over HTTP; 2xx means that what it said is committed."""

import io
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from tests.unit.directory.town import START, Offices, Town

from linli.app.doors.http_door import open_http_door
from linli.app.web import answers
from linli.kernel.work import Work
from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import CommandState, Credential, Device, Registration
from linli.sensing.gateway import http as http_door
from linli.sensing.quarantine.contracts import HeldFilter
from linli.sensing.quarantine.public import list_held
from linli.sensing.telemetry.contracts import Span
from linli.sensing.telemetry.public import events_of, prepare_days, readings_between
from linli.support.files.public import memory_vault

NOW_MS = int(START.timestamp() * 1000)


@dataclass
class Terminal:
    """A device with its credential and the door it speaks to."""

    client: httpx.AsyncClient
    device: Device
    credential: Credential

    async def post(self, path: str, body: object) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(f"/device/v1/{path}", content=content, headers=self.headers())

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/device/v1/{path}", headers=self.headers())

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential.username}:{self.credential.token}"}


@asynccontextmanager
async def served(desks: Offices, draft: Registration) -> AsyncGenerator[Terminal]:
    async with desks.machine.work() as work:
        await prepare_days(work)
        made = await devices.register_device(work, draft)
    assert made.credential is not None
    async with open_http_door(desks.machine, memory_vault()) as door:
        app = FastAPI()
        # Time stands still: nothing that was used up comes back.
        app.state.http_door = replace(door, monotonic=lambda: 0.0)
        answers.install(app)
        app.include_router(http_door.api)
        transport = httpx.ASGITransport(app, client=("10.0.0.8", 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://linli.test") as client:
            yield Terminal(client, made.device, made.credential)


def draft_of(town: Town, kind: str) -> Registration:
    return Registration(town.estates[0].id, town.home, kind, "设备", "linli_native")


@pytest.fixture
async def meter(desks: Offices, town: Town) -> AsyncGenerator[Terminal]:
    async with served(desks, draft_of(town, "water_meter")) as terminal:
        yield terminal


async def flow(work: Work, terminal: Terminal) -> Sequence[float]:
    span = Span(START - timedelta(hours=1), START + timedelta(hours=1))
    found = await readings_between(work, terminal.device.id, "flow", span)
    return [value for _, value in found]


async def test_readings_are_committed_when_the_door_says_so(
    desks: Offices, meter: Terminal
) -> None:
    moments = [{"ts": NOW_MS - 1000 * ago, "values": {"flow": float(ago)}} for ago in (3, 2, 1)]
    for _ in range(2):
        answer = await meter.post("telemetry", moments)
        assert (answer.status_code, answer.json()["kept_aside"]) == (200, None)
    async with desks.machine.work() as work:
        assert await flow(work, meter) == [3, 2, 1]
        device = await devices.device_of(work, meter.device.id)
        assert device.state == "online"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer nobody:token",
        "Basic {u}:{t}",
        "Bearer {u}:{t}x",
        "Bearer {u}",
        "Bearer {u}:令牌",
    ],
)
async def test_nobody_else_comes_in(meter: Terminal, header: str | None) -> None:
    words = header and header.format(u=meter.credential.username, t=meter.credential.token)
    headers = [(b"Authorization", words.encode())] if words else []
    answer = await meter.client.post("/device/v1/telemetry", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_guesser_has_to_wait_and_the_device_does_not(meter: Terminal) -> None:
    wrong = {"Authorization": f"Bearer someone:{'x' * 43}"}
    codes = [
        (await meter.client.get("/device/v1/command", headers=wrong)).status_code for _ in range(8)
    ]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert (await meter.get("command")).status_code == 200


async def test_a_revoked_device_is_out_at_once(desks: Offices, meter: Terminal) -> None:
    async with desks.machine.work() as work:
        await devices.revoke(work, meter.credential.connection_id)
    assert (await meter.post("state", {"online": True})).status_code == 401


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "broken_json"),
        ({"values": {"flow": "fast"}}, "wrong_type"),
        ({"values": {"flow": -5}}, "out_of_range"),
    ],
)
async def test_what_cannot_be_used_is_taken_and_kept_aside(
    desks: Offices, meter: Terminal, body: object, reason: str
) -> None:
    answer = await meter.post("telemetry", body)
    assert (answer.status_code, answer.json()) == (
        200,
        {"committed": True, "kept_aside": reason},
    )
    async with desks.machine.work() as work:
        wanted = HeldFilter(connection_id=meter.credential.connection_id)
        [held] = (await list_held(work, wanted)).messages
    assert held.reason == reason


async def test_a_megabyte_is_too_much(meter: Terminal) -> None:
    answer = await meter.post("telemetry", b" " * (1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_somebody_elses_subject_is_forbidden_and_noted(
    desks: Offices, meter: Terminal
) -> None:
    answer = await meter.post("child/a b/telemetry", {"values": {"flow": 1}})
    assert answer.status_code == 403
    async with desks.machine.work() as work:
        wanted = HeldFilter(connection_id=meter.credential.connection_id)
        [held] = (await list_held(work, wanted)).messages
    assert held.reason == "foreign_topic"


async def test_a_gateways_children_speak_through_it(desks: Offices, town: Town) -> None:
    async with served(desks, draft_of(town, "site_gateway")) as gateway:
        async with desks.machine.work() as work:
            child = await devices.register_device(
                work,
                Registration(
                    town.estates[0].id,
                    None,
                    "water_meter",
                    "水表",
                    "linli_native",
                    connection_id=gateway.device.connection_id,
                    external_code="w1",
                ),
            )
        answer = await gateway.post("child/w1/telemetry", {"values": {"flow": 7.0}})
        assert answer.json()["kept_aside"] is None
        unknown = await gateway.post("child/w2/telemetry", {"values": {"flow": 7.0}})
        assert unknown.json()["kept_aside"] == "unknown_child"
        gateway.device = child.device
        async with desks.machine.work() as work:
            assert await flow(work, gateway) == [7]


async def test_a_command_comes_until_it_is_answered(desks: Offices, meter: Terminal) -> None:
    async with desks.machine.work() as work:
        command = await devices.command_device(work, meter.device.id, "close_valve", {})
    for _ in range(2):
        [waiting] = (await meter.get("command")).json()["commands"]
        assert (waiting["id"], waiting["command"], waiting["child"]) == (
            str(command.id),
            "close_valve",
            None,
        )
    answer = await meter.post(
        "command/ack", {"id": str(command.id), "status": "done", "message": "已关阀"}
    )
    assert answer.status_code == 200
    assert (await meter.get("command")).json() == {"commands": []}
    async with desks.machine.work() as work:
        [after] = await devices.commands_of(work, meter.device.id)
    assert (after.state, after.words) == (CommandState.DONE, "已关阀")


def jpeg() -> bytes:
    paper = io.BytesIO()
    Image.new("RGB", (32, 24), (200, 40, 40)).save(paper, "JPEG")
    return paper.getvalue()


async def test_a_picture_is_sent_first_and_named_in_the_event(desks: Offices, town: Town) -> None:
    async with served(desks, draft_of(town, "lift_camera")) as camera:
        kept = await camera.post("file", jpeg())
        assert kept.status_code == 201
        picture: str = kept.json()["id"]
        event: dict[str, Any] = {
            "id": "cam-1",
            "ts": NOW_MS,
            "event": "e_bike_entered",
            "data": {"confidence": 0.93},
            "evidence": [picture],
        }
        assert (await camera.post("event", event)).json()["kept_aside"] is None
        async with desks.machine.work() as work:
            [seen] = await events_of(work, camera.device.id)
        assert seen.evidence == (UUID(picture),)
        broken = await camera.post("file", b"no picture at all")
        assert broken.status_code in {413, 415, 422}


async def test_a_flood_is_slowed_and_costs_the_others_nothing(
    desks: Offices, town: Town, meter: Terminal
) -> None:
    async with served(desks, draft_of(town, "water_meter")) as loud:
        heavy = json.dumps({"values": {"flow": 1.0}, "pad": "x" * 500_000}).encode()
        codes = [(await loud.post("telemetry", heavy)).status_code for _ in range(20)]
        assert 429 in codes
    assert (await meter.post("telemetry", {"values": {"flow": 1.0}})).status_code == 200


async def test_where_no_door_was_opened_a_device_is_asked_to_come_again() -> None:
    app = FastAPI()
    answers.install(app)
    app.include_router(http_door.api)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://linli.test") as client:
        answer = await client.post("/device/v1/telemetry", content=b"{}")
    assert answer.status_code == 503
