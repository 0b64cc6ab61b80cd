"""Scenes and commands over a real MQTT server, heard by an independent client."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image
from tests.unit.simulator.conftest import Broker, Ear, FileDoor

from linli_simulator.clock import Clock
from linli_simulator.control import Control
from linli_simulator.line import Door
from linli_simulator.registration import Account, Register
from linli_simulator.stage import CannotPlay, Manner, Stage

CAMERA, ALARM, GATE = "yg-3-lift3-cam", "yg-6-1-502-smoke", "yg-north-gate"


@asynccontextmanager
async def staged(register: Register, *, speed: float = 1000) -> AsyncGenerator[Stage]:
    """All connections up, scenes in a hurry."""
    stage = Stage(register, Clock(speed=speed), Manner())
    async with asyncio.TaskGroup() as group:
        stage.open(group, sorted(register.accounts))
        try:
            async with asyncio.timeout(20):
                for line in stage.lines.values():
                    await line.up.wait()
                yield stage
        finally:
            stage.end()


def json_of(heard: tuple[str, str]) -> dict[str, object]:
    body: dict[str, object] = json.loads(heard[1])
    return body


async def test_an_e_bike_is_told_at_once_even_when_the_picture_cannot_be_handed_in(
    broker: Broker, ear: Ear
) -> None:
    async with staged(broker.register(CAMERA)) as stage:
        played = await stage.play("e_bike")
        event = json_of(await ear.first(lambda topic, _: topic == "linli/v1/event"))
    assert (played.device, played.sent, played.arrived) == (CAMERA, 1, 1)
    assert event["event"] == "e_bike_entered"
    assert "evidence" not in event
    assert str(event["id"]).startswith(CAMERA)


async def test_an_e_bike_is_told_with_its_picture(
    broker: Broker, ear: Ear, file_door: FileDoor
) -> None:
    async with staged(broker.register(CAMERA, http=file_door.url)) as stage:
        await stage.play("e_bike")
        event = json_of(await ear.first(lambda topic, _: topic == "linli/v1/event"))
    assert event["evidence"] == ["0198-file"]
    (upload,) = file_door.uploads
    assert upload.authorization == f"Bearer {CAMERA}:secret of {CAMERA}"
    assert Image.open(BytesIO(upload.body)).size == (960, 540)


async def test_smoke_behind_a_zigbee_bridge_rises_rings_and_clears(
    broker: Broker, ear: Ear
) -> None:
    async with staged(broker.register("yg-z2m-1", ALARM)) as stage:
        await stage.play("smoke", ALARM)
        await stage.finish()
        await ear.first(lambda topic, _: topic == "zigbee2mqtt/6_1_502_smoke/availability")
        topic = "zigbee2mqtt/6_1_502_smoke"
        await ear.first(lambda where, said: where == topic and '"smoke":true' in said)
        await ear.first(lambda _, __: _count(ear, topic) == 5)
    said = [json.loads(payload) for where, payload in ear.heard if where == topic]
    assert [one["smoke"] for one in said] == [False, False, True, False, False]
    assert all(one["last_seen"].endswith("+08:00") for one in said)
    assert all(one["battery"] > 0 for one in said)


async def test_a_tap_that_stays_shut_is_told_by_the_meter_all_the_time(
    broker: Broker, ear: Ear
) -> None:
    meter = "yg-6-1-502-water"
    async with staged(broker.register(meter), speed=1) as stage:
        played = await stage.play("water_unused")
        await ear.first(lambda topic, _: topic == "linli/v1/telemetry")
        terminal = stage.terminals[meter]
        now = time.time()
        totals = {terminal.beat(now + 3600 * hour).values["water_total"] for hour in range(13)}
    assert (played.sent, played.arrived) == (1, 1)
    assert len(totals) == 1


async def test_a_flood_is_a_flood(broker: Broker, ear: Ear) -> None:
    async with staged(broker.register("yg-cover-5"), speed=20) as stage:
        played = await stage.play("flood")
    assert played.sent == played.arrived == 2500
    await ear.first(lambda _, __: len(ear.heard) >= 2500)


async def test_a_device_without_power_leaves_its_last_will(broker: Broker, ear: Ear) -> None:
    async with staged(broker.register("yg-north-speaker"), speed=1) as stage:
        await stage.play("offline")
        last = await ear.first(lambda _, said: said == '{"online":false}')
        terminal = stage.terminals["yg-north-speaker"]
        assert stage.say(terminal, terminal.state(0)) == []
    assert last[0] == "linli/v1/state"


async def test_a_wired_child_is_reported_missing_by_its_gateway(broker: Broker, ear: Ear) -> None:
    async with staged(broker.register("yg-gw-1", "yg-fire-speaker"), speed=1) as stage:
        await stage.play("offline")
        topic, payload = await ear.first(lambda _, said: '"online":false' in said)
    assert topic == "linli/v1/child/yg-fire-speaker/state"
    assert json.loads(payload)["online"] is False


async def test_a_gate_obeys_once_even_when_told_twice(broker: Broker, ear: Ear) -> None:
    order = {"id": "c-1", "command": "open_gate", "params": {"seconds": 2}}
    async with staged(broker.register(GATE)):
        ear.tell("linli/v1/command", order)
        await ear.first(lambda _, said: '"open":false' in said)
        ear.tell("linli/v1/command", order)
        await ear.first(lambda _, __: _acks(ear) == 2)
    opened = [payload for _, payload in ear.heard if '"open":true' in payload]
    answers = {payload for topic, payload in ear.heard if topic.endswith("/ack")}
    assert len(opened) == 1
    assert answers == {'{"id":"c-1","status":"done","message":"已开门"}'}


async def test_orders_for_a_child_come_through_its_gateway(broker: Broker, ear: Ear) -> None:
    async with staged(broker.register("yg-gw-1", "yg-fire-smoke")):
        topic = "linli/v1/child/yg-fire-smoke"
        ear.tell(f"{topic}/command", {"id": "c-2", "command": "self_test"})
        await ear.first(lambda where, _: where == f"{topic}/command/ack")
        _, payload = await ear.first(lambda where, _: where == f"{topic}/event")
    assert json.loads(payload)["event"] == "tested"


async def test_a_bridge_answers_an_order_with_the_devices_state(broker: Broker, ear: Ear) -> None:
    async with staged(broker.register("yg-z2m-1", ALARM)):
        ear.tell("zigbee2mqtt/6_1_502_smoke/set", {"warning": {"mode": "stop"}})
        topic, payload = await ear.first(lambda where, _: where == "zigbee2mqtt/6_1_502_smoke")
    assert json.loads(payload)["smoke"] is False
    assert topic == "zigbee2mqtt/6_1_502_smoke"


async def test_what_cannot_be_played_says_why(broker: Broker) -> None:
    stage = Stage(broker.register(CAMERA), Clock(), Manner())
    with pytest.raises(CannotPlay, match="没有场景"):
        await stage.play("earthquake")
    with pytest.raises(CannotPlay, match="没有能演"):
        await stage.play("sos")


async def test_the_simulator_itself_gives_signs_of_life(broker: Broker, ear: Ear) -> None:
    register, clock = broker.register("yg-6-1-502-sos"), Clock(speed=1000)
    stage = Stage(register, clock, Manner())
    door = Door("127.0.0.1", broker.port)
    control = Control(Account("simulator", "secret"), door, stage, clock)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(control.listen(group))
        await ear.first(lambda _, __: _count(ear, "linli/v1/state") >= 3)
        listening.cancel()


@dataclass(frozen=True, slots=True)
class Wanted:
    scene: object
    status: str
    device: str | None = None


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("sos", "done"),
        Wanted("sos", "done", "yg-6-1-502-sos"),
        Wanted("sos", "refused", "yg-north-gate"),
        Wanted("earthquake", "refused"),
        Wanted(7, "refused"),
    ],
)
async def test_linli_asks_for_a_scene_as_it_orders_any_device(
    broker: Broker, ear: Ear, wanted: Wanted
) -> None:
    register = broker.register("yg-6-1-502-sos")
    clock = Clock()
    stage = Stage(register, clock, Manner())
    control = Control(Account("simulator", "secret"), Door("127.0.0.1", broker.port), stage, clock)
    params = {"scene": wanted.scene} | ({"device": wanted.device} if wanted.device else {})
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(control.listen(group))
        await control.line.up.wait()
        await ear.first(lambda topic, _: topic == "linli/v1/state")
        ear.tell("linli/v1/command", {"id": "s-1", "command": "play_scene", "params": params})
        # Only the simulator's own connection is up, so the alarm's messages wait: open it now.
        stage.open(group, ["yg-6-1-502-sos"])
        answer = json_of(
            await ear.first(lambda topic, said: topic.endswith("/ack") and "不支持" not in said)
        )
        if wanted.status == "refused":
            ear.tell("linli/v1/command", {"id": "s-1", "command": "play_scene", "params": params})
            await ear.first(lambda _, __: _answers(ear).count(answer) == 2)
        else:
            _, told = await ear.first(lambda _, said: "scene_played" in said)
            assert json.loads(told)["data"] == {
                "scene": "sos",
                "device": "yg-6-1-502-sos",
                "sent": 1,
                "arrived": 1,
            }
        listening.cancel()
        stage.end()
    assert (answer["id"], answer["status"]) == ("s-1", wanted.status)


def _count(ear: Ear, topic: str) -> int:
    return sum(where == topic for where, _ in ear.heard)


def _answers(ear: Ear) -> list[dict[str, object]]:
    return [json.loads(payload) for topic, payload in ear.heard if topic.endswith("/ack")]


def _acks(ear: Ear) -> int:
    return sum(topic.endswith("/ack") for topic, _ in ear.heard)
