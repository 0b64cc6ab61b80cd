"""The detector on short made clips: what falls is found and placed, what only moves is not."""

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pytest

from linli.sensing.vision import pictures
from linli.sensing.vision.contracts import Facade, FallenObject, Grade, Reason
from linli.sensing.vision.falling.detector import FallingDetector
from linli.sensing.vision.falling.origin import origin_of
from linli.sensing.vision.falling.settings import Settings
from linli.sensing.vision.pictures import Luma
from linli_simulator.footage.film import pictures as filmed
from linli_simulator.footage.scene import Distraction, Scene, Weather, Wish, made
from linli_simulator.footage.truth import Truth
from linli_simulator.footage.walls import Light

SIZE = (960, 540)


@cache
def scene(
    seed: int, falls: int, *kinds: Distraction, seconds: float = 9.0,
    weather: Weather = Weather.CLEAR, light: Light = Light.DAY,
) -> Scene:  # fmt: skip
    return made(
        Wish(seed, seconds, falls, light, weather, kinds, size_px=(8, 14), contrast=(35, 70),
             size=SIZE)
    )  # fmt: skip


def detector_of(truth: Truth, settings: Settings | None = None) -> FallingDetector:
    facades = [
        Facade(
            wall.id, "b", wall.corners, wall.storeys, 1, wall.columns, wall.storey_height_m,
            wall.width_m,
        )
        for wall in truth.walls
    ]  # fmt: skip
    return FallingDetector(
        settings or Settings(), (truth.width, truth.height), truth.fps, facades, truth.blind
    )


def halves(of: Scene) -> Iterator[tuple[Luma, float]]:
    for n, luma in enumerate(filmed(of)):
        yield pictures.half(luma), n / 25


def watched(detector: FallingDetector, frames: Iterable[tuple[Luma, float]]) -> list[FallenObject]:
    found = [fallen for luma, at in frames for fallen in detector.see(luma, at)]
    return [*found, *detector.finish()]


@pytest.mark.parametrize("seed", [1, 3, 7])
def test_what_falls_is_found_and_its_window_named(seed: int) -> None:
    filmed_scene = scene(seed, 1)
    truth = filmed_scene.truth
    detector = detector_of(truth)
    (fallen,) = watched(detector, halves(filmed_scene))
    (fall,) = truth.falls
    assert fallen.grade is Grade.CONFIRMED
    assert Reason.FREE_FALL in fallen.reasons
    assert abs(fallen.impact_at - fall.impact_at) < 0.5
    facade = next(one for one in detector.facades if one.id == fallen.facade_id)
    origin = origin_of(fallen, facade, SIZE)
    assert origin is not None
    assert abs(origin.storey - fall.storey) <= 1
    assert origin.storey_low <= fall.storey <= origin.storey_high
    assert abs(origin.column - fall.column) <= 1


@pytest.mark.parametrize(
    "kinds",
    [
        (Distraction.BIRDS, Distraction.SWOOPS),
        (Distraction.INSECTS, Distraction.LEAVES),
        (Distraction.LAUNDRY, Distraction.TREES, Distraction.LAMPS),
        (Distraction.CLOUDS, Distraction.EXPOSURE, Distraction.BANDS),
        (Distraction.SHAKE,),
        (Distraction.DRIPS,),
    ],
)
def test_what_only_moves_does_not_alarm(kinds: tuple[Distraction, ...]) -> None:
    quiet = scene(11, 0, *kinds, seconds=8.0)
    assert watched(detector_of(quiet.truth), halves(quiet)) == []


@pytest.mark.parametrize("weather", [Weather.RAIN, Weather.SNOW])
def test_rain_and_snow_do_not_alarm(weather: Weather) -> None:
    quiet = scene(12, 0, weather=weather, seconds=6.0)
    assert watched(detector_of(quiet.truth), halves(quiet)) == []


def test_a_fall_is_found_while_the_pole_shakes() -> None:
    shaken = scene(5, 1, Distraction.SHAKE)
    assert len(watched(detector_of(shaken.truth), halves(shaken))) == 1


def test_a_blind_area_is_not_watched() -> None:
    filmed_scene = scene(1, 1)
    detector = detector_of(filmed_scene.truth)
    everything = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
    detector = FallingDetector(Settings(), SIZE, 25, detector.facades, everything)
    assert watched(detector, halves(filmed_scene)) == []


def test_a_strict_setting_reports_nothing_unsure() -> None:
    filmed_scene = scene(1, 1)
    strict = detector_of(filmed_scene.truth, Settings(confidence=100))
    assert watched(strict, halves(filmed_scene)) == []


def test_odd_pictures_are_passed_over_and_counted() -> None:
    filmed_scene = scene(1, 1)
    detector = detector_of(filmed_scene.truth)
    dice = np.random.default_rng(0)
    found: list[FallenObject] = []
    odd = 0
    for n, (luma, at) in enumerate(halves(filmed_scene)):
        if n % 60 == 10:
            found += detector.see(np.zeros((7, 5), np.uint8), at)
            found += detector.see(np.zeros((0, 0), np.uint8), at)
            found += detector.see(luma, at - 1.0 if n > 60 else at)
            odd += 3 if n > 60 else 2
        found += detector.see(luma, at)
    assert len(found) == 1
    assert detector.frames_refused >= odd
    for n in range(30):
        noise = dice.integers(0, 255, (SIZE[1] // 2, SIZE[0] // 2)).astype(np.uint8)
        assert detector.see(noise, 20 + n / 25) == ()


def test_another_picture_starts_anew_without_an_alarm() -> None:
    first, second = scene(1, 0, seconds=4.0), scene(2, 1, light=Light.DUSK)
    detector = detector_of(second.truth)
    found = [fallen for luma, at in halves(first) for fallen in detector.see(luma, at)]
    found += watched(detector, [(luma, at + 4.0) for luma, at in halves(second)])
    assert len(found) == 1
    assert abs(found[0].impact_at - 4.0 - second.truth.falls[0].impact_at) < 0.5


def test_a_gap_in_the_stream_is_no_fall() -> None:
    quiet = scene(11, 0, Distraction.BIRDS, seconds=8.0)
    detector = detector_of(quiet.truth)
    frames = [(luma, at) for n, (luma, at) in enumerate(halves(quiet)) if n % 70 < 45]
    assert watched(detector, frames) == []


def test_facades_that_cannot_be_are_left_out() -> None:
    truth = scene(1, 0, seconds=4.0).truth
    wall = truth.walls[0]
    a, b, c, d = wall.corners
    crooked = Facade("x", "b", (a, c, b, d), 10, 1, 4, 3.0, 20.0)
    detector = FallingDetector(Settings(), SIZE, 25, [crooked], truth.blind)
    assert watched(detector, halves(scene(1, 0, seconds=4.0))) == []


def test_without_a_calibration_a_fall_is_only_suspected() -> None:
    filmed_scene = scene(1, 1)
    detector = FallingDetector(Settings(), SIZE, 25, [], filmed_scene.truth.blind)
    (fallen,) = watched(detector, halves(filmed_scene))
    assert fallen.grade is Grade.SUSPECTED
    assert Reason.NOT_CALIBRATED in fallen.reasons
    assert fallen.facade_id is None
    assert fallen.fit is None


def test_every_second_picture_of_a_busy_node_is_enough() -> None:
    filmed_scene = scene(1, 1)
    detector = detector_of(filmed_scene.truth)
    every_second = [frame for n, frame in enumerate(halves(filmed_scene)) if n % 2 == 0]
    (fallen,) = watched(detector, every_second)
    assert fallen.grade is Grade.CONFIRMED


def test_times_since_1970_are_as_good_as_any() -> None:
    filmed_scene = scene(3, 1)
    began = 1_795_000_000.25
    shifted = ((luma, began + at) for luma, at in halves(filmed_scene))
    (fallen,) = watched(detector_of(filmed_scene.truth), shifted)
    assert abs(fallen.impact_at - began - filmed_scene.truth.falls[0].impact_at) < 0.5
