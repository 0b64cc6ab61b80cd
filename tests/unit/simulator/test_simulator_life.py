import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.unit.simulator.conftest import Broker, Ear
from tests.unit.simulator.estates import estate_file

from linli_simulator import registration, rhythm
from linli_simulator.clock import Clock
from linli_simulator.life import Life, Occasion, Turn
from linli_simulator.stage import Manner, Stage

NOW = 1_795_363_200.0 + 9 * 3600


@pytest.fixture
def life(tmp_path: Path) -> Life:
    (tmp_path / "estate.json").write_text(estate_file(1883, "http://127.0.0.1:8000"))
    clock = Clock(wall=lambda: NOW)
    return Life(Stage(registration.read(tmp_path), clock, Manner()), clock, 7)


def an_hour_of(life: Life) -> list[Turn]:
    turns: list[Turn] = []
    for turn in life.first_turns(NOW):
        while turn.at < NOW + 3600:
            turns.append(turn)
            turn = life.following(turn)  # noqa: PLW2901 - a chain, walked to its end
    return sorted(turns)


def test_eighty_devices_speak_gently(life: Life) -> None:
    turns = an_hour_of(life)
    assert 1 < len(turns) / 3600 < 5
    busiest = Counter(int(turn.at) for turn in turns).most_common(1)[0][1]
    assert busiest <= 15


def test_everybody_speaks_every_two_minutes_at_least(life: Life) -> None:
    spoken = Counter(turn.code for turn in an_hour_of(life) if turn.occasion is Occasion.BEAT)
    assert len(spoken) == 81
    assert min(spoken.values()) >= 55


def test_the_same_seed_lives_the_same_hour(life: Life) -> None:
    assert an_hour_of(life) == an_hour_of(life)


async def test_the_past_day_is_played_in_seconds_and_nothing_is_dated_in_the_future(
    broker: Broker, ear: Ear
) -> None:
    register = broker.register("yg-3-1-1201-water")
    began = time.time() - 6 * 3600
    clock = Clock(ago=6 * 3600, speed=20_000)
    stage = Stage(register, clock, Manner())
    async with asyncio.TaskGroup() as group:
        stage.open(group, ["yg-3-1-1201-water"])
        await stage.lines["yg-3-1-1201-water"].up.wait()
        living = group.create_task(Life(stage, clock, 7).live(group))
        latest = int((time.time() - 600) * 1000)
        topic, _ = await ear.first(
            lambda topic, payload: topic == "linli/v1/telemetry" and int(payload[6:19]) > latest
        )
        living.cancel()
        stage.end()
    stamps = [int(payload[6:19]) for topic, payload in ear.heard if topic == "linli/v1/telemetry"]
    assert topic == "linli/v1/telemetry"
    assert stamps == sorted(stamps)
    assert min(stamps) >= began * 1000
    assert max(stamps) <= time.time() * 1000 + 1
    assert len(stamps) > 0.9 * (6 * 3600 - 700) / rhythm.BEAT
