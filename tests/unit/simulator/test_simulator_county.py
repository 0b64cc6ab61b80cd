"""Estates that come while the simulator runs are played from then on, calmly."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.simulator.conftest import Broker, Ear

from linli_simulator import rhythm
from linli_simulator.cli import take_in_county
from linli_simulator.clock import Clock
from linli_simulator.life import Life, happen_in_county
from linli_simulator.registration import Device, Dialect, Kind, UnreadableEstate, read_estate
from linli_simulator.stage import Manner, Stage

NOW = 1_795_363_200.0 + 9 * 3600


def estate(code: str = "XZ01") -> str:
    def device(short: str, kind: str, parent: str | None) -> dict[str, object]:
        return {
            "code": f"{code}-{short}",
            "kind": kind,
            "driver": "linli_native",
            "title": short,
            "place": "1号楼 1单元 101",
            "building": None,
            "username": f"{code.lower()}-gw",
            "token": "secret of the gateway",
            "parent": parent,
            "external_code": f"{code}-{short}",
        }

    behind = f"{code.lower()}-gw"
    devices = [
        device("GW", "site_gateway", None),
        device("XF-0001", "smoke_alarm", behind),
        device("JG-0002", "manhole_cover", behind),
    ]
    return json.dumps({"code": code, "title": "兴中小区", "devices": devices, "control": None})


async def test_an_estate_that_comes_later_speaks_behind_its_gateway(
    broker: Broker, ear: Ear, tmp_path: Path
) -> None:
    register = broker.register("yg-3-lift3-cam")
    stage = Stage(register, Clock(speed=1000), Manner())
    life = Life(stage, Clock(), 7)
    async with asyncio.TaskGroup() as group:
        stage.open(group, sorted(register.accounts))
        taking = group.create_task(take_in_county(stage, life, tmp_path, group))
        (tmp_path / "XZ00.json").write_text("{")
        (tmp_path / "XZ01.json").write_text(estate())
        await ear.first(lambda topic, _: topic == "linli/v1/child/XZ01-XF-0001/state")
        played = await stage.play("cover_tilted", "XZ01-JG-0002")
        _, said = await ear.first(
            lambda topic, words: topic.endswith("JG-0002/telemetry") and "tilt" in words
        )
        taking.cancel()
        stage.end()
    assert (played.device, played.sent) == ("XZ01-JG-0002", played.arrived)
    assert json.loads(said)["values"]["tilt"] > 30
    assert {"XZ01-GW", "XZ01-XF-0001"} <= stage.terminals.keys()


async def test_now_and_then_something_happens_there(
    broker: Broker, ear: Ear, tmp_path: Path
) -> None:
    register = broker.register("yg-3-lift3-cam")
    (tmp_path / "XZ01.json").write_text(estate())
    stage = Stage(register, Clock(speed=1000), Manner())
    async with asyncio.TaskGroup() as group:
        stage.take_in(group, read_estate(tmp_path / "XZ01.json"))
        happening = group.create_task(happen_in_county(stage, Clock(speed=5000), 7))
        _, said = await ear.first(
            lambda topic, words: topic.endswith("XZ01-JG-0002/telemetry") and "tilt" in words
        )
        happening.cancel()
        stage.end()
    assert json.loads(said)["values"]["tilt"] > 30


def test_thousands_speak_seldom_and_never_all_at_once() -> None:
    def device(kind: Kind, number: int) -> Device:
        return Device(
            code=f"XZ01-{number:04d}",
            kind=kind,
            dialect=Dialect.LINLI_NATIVE,
            title="",
            place="",
            building=None,
            connection="xz01-gw",
            is_child=True,
            external_code="",
            calm=True,
        )

    alarms = [device(Kind.SMOKE_ALARM, number) for number in range(300)]
    beats = [rhythm.next_beat(one, NOW, 7) - NOW for one in alarms]
    assert max(beats) <= rhythm.CALM_BEAT * 1.2
    # Spread over the half hour: no tenth of it has more than a quarter of them.
    tenth = rhythm.CALM_BEAT / 10
    assert max(sum(at // tenth == n for at in beats) for n in range(12)) < 75
    hurried = replace(alarms[0], calm=False)
    assert rhythm.next_beat(hurried, NOW, 7) - NOW <= 75
    lift = device(Kind.LIFT_CONTROLLER, 1)
    assert rhythm.next_beat(lift, NOW, 7) - NOW <= 300


def test_a_broken_file_says_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "XZ09.json"
    broken.write_text('{"code": "XZ09"}')
    with pytest.raises(UnreadableEstate, match="devices should be a list"):
        read_estate(broken)
