from dataclasses import dataclass

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
