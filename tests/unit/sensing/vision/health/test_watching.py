"""Stories of one camera's health, told by pictures once a second."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.support.clips import Pixels, noisy, street

from linli.sensing.vision.health.contracts import PictureFault, StreamFigures
from linli.sensing.vision.health.watching import HealthWatch

SIZE = (640, 360)
T0 = 1_795_000_000.0


class Story:
    """One camera, second by second."""

    def __init__(self, stored: bytes | None = None) -> None:
        self.watch = HealthWatch(stored)
        self.second = 0

    def shows(self, seconds: int, show: Callable[[int], Pixels]) -> "Story":
        for _ in range(seconds):
            self.watch.picture(show(self.second), T0 + self.second)
            self.second += 1
        return self

    @property
    def faults(self) -> list[PictureFault]:
        return [fault.kind for fault in self.watch.faults]


def seen(scene: Pixels) -> Callable[[int], Pixels]:
    return lambda second: noisy(scene, second)


def covered(scene: Pixels, share: float) -> Pixels:
    hidden = scene.copy()
    hidden[: int(scene.shape[0] * share)] = np.linspace(50, 90, scene.shape[1]).astype(np.uint8)
    return hidden


def soft(scene: Pixels, reach: int) -> Pixels:
    """Averaged over `reach` pixels to each side, both ways."""
    one = scene.astype(np.float32)
    for axis in (0, 1):
        one = np.mean([np.roll(one, by, axis) for by in range(-reach, reach + 1)], axis=0)
    return one.astype(np.uint8)


BREAKINGS: dict[str, tuple[PictureFault, Callable[[Pixels], Pixels]]] = {
    "black": (PictureFault.DARK, lambda scene: np.full_like(scene, 15)),
    "covered": (PictureFault.COVERED, lambda scene: covered(scene, 1.0)),
    "mostly covered": (PictureFault.COVERED, lambda scene: covered(scene, 0.8)),
    "out of focus": (PictureFault.BLURRED, lambda scene: soft(scene, 4)),
    "pushed aside": (PictureFault.MOVED, lambda scene: np.roll(scene, 40, axis=1)),
    "turned away": (PictureFault.MOVED, lambda _: street(SIZE, seed=99)),
}


@pytest.mark.parametrize("name", BREAKINGS)
def test_a_good_camera_breaks_is_found_and_mended(name: str) -> None:
    fault, breaking = BREAKINGS[name]
    scene = street(SIZE)
    story = Story().shows(20, seen(scene))
    assert story.faults == []
    story.shows(30, seen(breaking(scene)))
    assert story.faults == [fault]
    story.shows(20, seen(scene))
    assert story.faults == []


def test_a_picture_that_stands_is_found_though_nothing_else_is_wrong() -> None:
    scene = street(SIZE)
    story = Story().shows(20, seen(scene))
    last = noisy(scene, 19)
    story.shows(60, lambda _: last)
    assert story.faults == [PictureFault.FROZEN]
    story.shows(10, seen(scene))
    assert story.faults == []


def test_dusk_falls_lamps_go_on_and_nothing_is_wrong() -> None:
    scene = street(SIZE)
    story = Story().shows(20, seen(scene))

    def dusk(second: int) -> Pixels:
        light = max(0.12, 1 - (second - 20) / 120)
        return noisy((scene * light + 12).astype(np.uint8), second, 3.0)

    for _ in range(14):
        assert story.shows(10, dusk).faults == []


def test_another_cameras_picture_is_known_by_its_view() -> None:
    mine, theirs = street(SIZE), street(SIZE, seed=31)
    other = Story().shows(10, seen(theirs))
    story = Story().shows(20, seen(mine))
    story.watch.others({"YG-02": other.watch.view})
    story.shows(20, seen(theirs))
    [fault] = story.watch.faults
    assert fault.kind is PictureFault.SWAPPED
    assert "YG-02" in fault.detail


def test_a_camera_turned_away_while_nobody_watched_is_found_at_the_next_start() -> None:
    before = Story().shows(10, seen(street(SIZE)))
    after = Story(before.watch.view).shows(40, seen(street(SIZE, seed=5)))
    assert after.faults == [PictureFault.MOVED]
    after.watch.learn_view()
    assert after.shows(30, seen(street(SIZE, seed=5))).faults == []


def test_a_camera_that_never_showed_anything_is_covered_from_the_start() -> None:
    blank = np.full((360, 640), 120, np.uint8)
    assert Story().shows(120, seen(blank)).faults == [PictureFault.COVERED]


def test_short_disturbances_are_no_fault() -> None:
    scene = street(SIZE)
    story = Story().shows(20, seen(scene))
    for _ in range(6):
        story.shows(5, seen(covered(scene, 1.0)))
        assert story.faults == []
        story.shows(15, seen(scene))
    assert story.faults == []


def figures(at: float, **changed: float) -> StreamFigures:
    return StreamFigures(
        at=at,
        rate=changed.get("rate", 25.0),
        declared_rate=25.0,
        kilobits=changed.get("kilobits", 4000.0),
        clock_off_s=changed.get("clock_off_s", 0.2),
    )


def test_a_stream_gets_worse_and_recovers() -> None:
    watch = HealthWatch()
    for second in range(60):
        watch.stream(figures(T0 + second))
    for second in range(60, 100):
        watch.stream(figures(T0 + second, rate=8.0))
    assert [fault.kind for fault in watch.faults] == [PictureFault.DEGRADED]
    for second in range(100, 140):
        watch.stream(figures(T0 + second))
    assert watch.faults == ()


def test_a_clock_that_is_off_and_times_that_jump_are_found() -> None:
    watch = HealthWatch()
    for second in range(40):
        watch.stream(figures(T0 + second, clock_off_s=-3600.0))
    assert [fault.kind for fault in watch.faults] == [PictureFault.CLOCK_WRONG]
    assert "3600" in watch.faults[0].detail

    jumping = HealthWatch()
    for second in range(60):
        jumping.stream(figures(T0 + second), jumps=second // 8)
    assert [fault.kind for fault in jumping.faults] == [PictureFault.CLOCK_WRONG]


def test_offline_is_said_after_some_seconds_and_ends_with_pictures() -> None:
    story = Story().shows(10, seen(street(SIZE)))
    for second in range(12):
        story.watch.offline("连接被拒绝", T0 + 10 + second)
    assert story.faults == [PictureFault.OFFLINE]
    story.second = 22
    assert story.shows(10, seen(street(SIZE))).faults == []
