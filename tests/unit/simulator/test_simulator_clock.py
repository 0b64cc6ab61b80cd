import asyncio
from dataclasses import dataclass

import pytest

from linli_simulator.clock import Clock


@dataclass
class Wall:
    """A wall clock that is moved by hand."""

    at: float = 1_000_000.0

    def __call__(self) -> float:
        return self.at


def test_an_ordinary_clock_shows_the_time_on_the_wall() -> None:
    wall = Wall()
    clock = Clock(wall=wall)
    wall.at += 12.5
    assert clock.now() == wall.at


def test_the_past_hurries_until_it_is_now_and_never_runs_ahead() -> None:
    wall = Wall()
    clock = Clock(ago=3600, speed=60, wall=wall)
    assert clock.now() == wall.at - 3600
    wall.at += 30
    assert clock.now() == 1_000_000.0 - 3600 + 30 * 60
    wall.at += 60
    assert clock.now() == wall.at


def test_nobody_starts_in_the_future() -> None:
    wall = Wall()
    assert Clock(ago=-500, wall=wall).now() == wall.at


async def test_what_is_over_is_not_waited_for() -> None:
    wall = Wall()
    await Clock(wall=wall).until(wall.at - 1)


async def test_led_ahead_everybody_wakes_at_their_own_moment_in_order() -> None:
    wall = Wall()
    clock = Clock(wall=wall)
    noted: list[tuple[str, float]] = []

    async def beat(name: str, every: float) -> None:
        while True:
            await clock.rest(every)
            noted.append((name, clock.now() - wall.at))

    async with asyncio.TaskGroup() as group:
        beating = [group.create_task(beat("a", 100)), group.create_task(beat("b", 130))]
        await asyncio.sleep(0)
        await clock.walk(400)
        for one in beating:
            one.cancel()
    assert noted == [
        ("a", 100), ("b", 130), ("a", 200), ("b", 260), ("a", 300), ("b", 390), ("a", 400),
    ]  # fmt: skip
    assert clock.now() == wall.at + 400


async def test_the_second_part_of_the_way_begins_where_the_first_ended() -> None:
    wall = Wall()
    clock = Clock(wall=wall)
    waiting = asyncio.ensure_future(clock.until(wall.at + 500))
    await asyncio.sleep(0)
    await clock.walk(300)
    assert not waiting.done()
    wall.at += 1
    await clock.walk(600)
    await waiting
    assert clock.now() == wall.at + 600


async def test_time_is_never_led_back() -> None:
    wall = Wall()
    clock = Clock(wall=wall, ahead=3600)
    assert clock.now() == wall.at + 3600
    await clock.walk(300)
    assert clock.ahead == 3600


async def test_who_gave_up_waiting_is_not_woken() -> None:
    clock = Clock(wall=Wall())
    waiting = asyncio.ensure_future(clock.rest(60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await clock.walk(300)
    assert clock.ahead == 300
