"""A scene from a seed: walls, camera, light, weather, what falls and what only moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import atan2, ceil, exp, floor, hypot, log, pi, sin
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from linli_simulator.footage.camera import Camera, Wall
from linli_simulator.footage.canvas import Luma, Matrix, blurred
from linli_simulator.footage.moving import (
    Falling,
    Foliage,
    Lamp,
    Laundry,
    Layer,
    Precipitation,
    Thing,
    Throw,
    Wanderer,
    fluttering,
    swooping,
    trajectory,
    wandering,
)
from linli_simulator.footage.truth import FallPoint, FallTruth, Point, Truth, WallTruth
from linli_simulator.footage.walls import Backdrop, Light, Look, paint, window_area

Kind = TypeVar("Kind", bound=StrEnum)

SIZE = (1920, 1080)
FPS = 25.0


class Weather(StrEnum):
    CLEAR = "clear"
    HAZE = "haze"
    RAIN = "rain"
    SNOW = "snow"


class Distraction(StrEnum):
    """What must not alarm."""

    BIRDS = "birds"
    SWOOPS = "swoops"
    INSECTS = "insects"
    LEAVES = "leaves"
    LAUNDRY = "laundry"
    TREES = "trees"
    CLOUDS = "clouds"
    EXPOSURE = "exposure"
    SHAKE = "shake"
    LAMPS = "lamps"
    DRIPS = "drips"
    BANDS = "bands"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a scene should hold; what is `None` is left to the dice."""

    seed: int
    seconds: float
    falls: int = 3
    light: Light | None = None
    weather: Weather | None = None
    distractions: tuple[Distraction, ...] | None = None
    bitrate: int | None = None
    size_px: tuple[float, float] = (3.0, 40.0)
    contrast: tuple[float, float] = (8.0, 90.0)
    size: tuple[int, int] = SIZE


@dataclass(frozen=True, slots=True)
class Sensor:
    """What the camera adds: noise, bands of mains light, steps of exposure, clouds, shake."""

    noise: float
    exposure: float
    bands: float
    jumps: tuple[tuple[float, float, float], ...]
    """Moments when the gain changes: from, to (seconds), factor while it lasts."""
    clouds: tuple[tuple[float, float, float], ...]
    """Shadows that pass: from, to, the share of light they take."""
    shakes: tuple[tuple[float, float, float, float], ...]
    """Gusts on the pole: from, to, amplitude in pixels, swings a second."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is needed to render the footage, and its truth but for the contrasts."""

    wish: Wish
    backdrop: Backdrop
    sensor: Sensor
    layers: tuple[Layer, ...]
    falling: tuple[Falling, ...]
    truth: Truth


def made(wish: Wish) -> Scene:
    """The scene of a wish: the same wish gives the same scene."""
    dice = np.random.default_rng(wish.seed)
    light = wish.light or _one(dice, {Light.DAY: 0.5, Light.DUSK: 0.25, Light.NIGHT: 0.25})
    weather = wish.weather or _one(
        dice, {Weather.CLEAR: 0.64, Weather.HAZE: 0.14, Weather.RAIN: 0.12, Weather.SNOW: 0.1}
    )
    kinds = wish.distractions
    if kinds is None:
        kinds = tuple(kind for kind in Distraction if dice.random() < USUAL[kind])
    camera, walls = _placed(wish, dice)
    look = Look(light, float(dice.uniform(0.3, 0.6)) if weather is Weather.HAZE else 0.0)
    backdrop = paint(walls, camera, look, dice)
    sensor = _sensor(wish, light, kinds, dice)
    stage = Stage(wish, camera, walls, backdrop, light, sensor.exposure)
    layers: list[Layer] = []
    for kind in kinds:
        if kind in MOVING:
            layers += MOVING[kind](stage, dice)
    if weather in (Weather.RAIN, Weather.SNOW):
        layers.append(_precipitation(stage, weather, dice))
    falling, falls = _falls(stage, dice)
    bitrate = wish.bitrate or int(dice.uniform(2e6, 6e6))
    truth = Truth(
        seed=wish.seed, width=camera.width, height=camera.height, fps=FPS,
        frames=round(wish.seconds * FPS), light=light.value, weather=weather.value,
        bitrate=bitrate, distractions=tuple(kind.value for kind in kinds),
        walls=tuple(_wall_truth(wall, camera) for wall in walls),
        blind=_blind(walls, camera), falls=falls,
    )  # fmt: skip
    order = tuple(layer for layer in layers if not isinstance(layer, (Foliage, Precipitation)))
    front = tuple(layer for layer in layers if isinstance(layer, (Foliage, Precipitation)))
    return Scene(wish, backdrop, sensor, (*order, *falling, *front), falling, truth)


USUAL: Mapping[Distraction, float] = {
    Distraction.BIRDS: 0.4,
    Distraction.SWOOPS: 0.15,
    Distraction.INSECTS: 0.25,
    Distraction.LEAVES: 0.3,
    Distraction.LAUNDRY: 0.4,
    Distraction.TREES: 0.4,
    Distraction.CLOUDS: 0.25,
    Distraction.EXPOSURE: 0.15,
    Distraction.SHAKE: 0.2,
    Distraction.LAMPS: 0.4,
    Distraction.DRIPS: 0.3,
    Distraction.BANDS: 0.2,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """What the moving things need to know of the still ones."""

    wish: Wish
    camera: Camera
    walls: tuple[Wall, ...]
    backdrop: Backdrop
    light: Light
    exposure: float

    @property
    def px_m(self) -> float:
        """Pixels a metre in the middle of the first wall."""
        wall = self.walls[0]
        middle = wall.placed(
            np.array([wall.width_m / 2]), np.array([wall.height_m / 2]), np.zeros(1)
        )
        return self.camera.focal_px / float(self.camera.turned(middle)[2][0])

    def level_at(self, x: float, y: float) -> float:
        column = int(np.clip(x, 0, self.camera.width - 1))
        row = int(np.clip(y, 0, self.camera.height - 1))
        return float(self.backdrop.luma[row, column])


def _one(dice: Generator, shares: Mapping[Kind, float]) -> Kind:
    kinds = list(shares)
    return kinds[int(dice.choice(len(kinds), p=list(shares.values())))]


def _between(dice: Generator, low: float, high: float) -> float:
    """A chance value whose logarithm is even."""
    return exp(float(dice.uniform(log(low), log(high))))


def _placed(wish: Wish, dice: Generator) -> tuple[Camera, tuple[Wall, ...]]:
    width, height = wish.size
    wall = Wall(
        "a", 0.0, float(dice.uniform(0.2, 1.0)), 0.0, float(dice.uniform(-0.15, 0.15)),
        storeys=int(dice.integers(7, 19)), columns=int(dice.integers(4, 9)),
        storey_height_m=float(dice.uniform(2.8, 3.1)), width_m=float(dice.uniform(18, 34)),
    )  # fmt: skip
    away = float(wall.height_m * dice.uniform(0.9, 1.6))
    walls = [wall]
    if dice.random() < 0.35:
        walls.append(
            Wall(
                "b", wall.x + wall.width_m + float(dice.uniform(3, 8)), wall.y,
                -float(dice.uniform(4, 12)), float(dice.uniform(-0.5, 0.1)),
                storeys=int(dice.integers(6, max(7, wall.storeys))),
                columns=int(dice.integers(3, 6)), storey_height_m=2.9,
                width_m=float(dice.uniform(12, 18)),
            )
        )  # fmt: skip
    x = float(wall.width_m / 2 + dice.uniform(-8, 8))
    y = float(dice.uniform(2.5, 8))
    corners = np.concatenate([one.corners() for one in walls])
    top = float(corners[:, 1].max())
    middle_x = float(corners[:, 0].min() + corners[:, 0].max()) / 2
    pan = atan2(middle_x - x, away)
    tilt = (atan2(top - y, away) + atan2(-y, away)) / 2
    camera = Camera(x, y, away, tilt, pan, 1000.0, width, height)
    seen = camera.seen(corners)
    reach_x = float(np.abs(seen[:, 0] - width / 2).max()) / (width / 2)
    reach_y = float(np.abs(seen[:, 1] - height / 2).max()) / (height / 2)
    focal = 1000.0 * min(0.97 / reach_x, 0.9 / reach_y)
    return Camera(x, y, away, tilt, pan, focal, width, height), tuple(walls)


def _wall_truth(wall: Wall, camera: Camera) -> WallTruth:
    a, b, c, d = (
        (float(x) / camera.width, float(y) / camera.height) for x, y in camera.seen(wall.corners())
    )
    return WallTruth(
        wall.id, (a, b, c, d), wall.storeys, 1, wall.columns, wall.storey_height_m, wall.width_m
    )


def _blind(walls: tuple[Wall, ...], camera: Camera) -> tuple[tuple[Point, ...], ...]:
    """The road below, as people would draw it: under the lowest edge of the walls."""
    feet = np.concatenate([camera.seen(wall.corners())[2:] for wall in walls])
    low = min(0.985, float(feet[:, 1].max()) / camera.height + 0.015)
    return (((0.0, low), (1.0, low), (1.0, 1.0), (0.0, 1.0)),)


def _sensor(wish: Wish, light: Light, kinds: tuple[Distraction, ...], dice: Generator) -> Sensor:
    low, high = {Light.DAY: (1.0, 2.5), Light.DUSK: (2.0, 3.5), Light.NIGHT: (2.5, 4.5)}[light]
    fast, slow = {
        Light.DAY: (1 / 1000, 1 / 200),
        Light.DUSK: (1 / 200, 1 / 75),
        Light.NIGHT: (1 / 100, 1 / 33),
    }[light]  # fmt: skip

    def times(every: float) -> list[float]:
        count = max(1, int(dice.poisson(wish.seconds / every)))
        return sorted(float(dice.uniform(1, max(2, wish.seconds))) for _ in range(count))

    jumps = tuple(
        (at, at + float(dice.uniform(0.5, 6)), float(dice.choice([0.75, 0.85, 1.15, 1.3])))
        for at in (times(20) if Distraction.EXPOSURE in kinds else ())
    )
    clouds = tuple(
        (at, at + float(dice.uniform(6, 14)), float(dice.uniform(0.1, 0.35)))
        for at in (times(25) if Distraction.CLOUDS in kinds else ())
    )
    shakes = tuple(
        (at, at + float(dice.uniform(2, 7)), float(dice.uniform(0.6, 4.0)),
         float(dice.uniform(0.8, 4)))
        for at in (times(20) if Distraction.SHAKE in kinds else ())
    )  # fmt: skip
    return Sensor(
        noise=float(dice.uniform(low, high)),
        exposure=_between(dice, fast, slow),
        bands=float(dice.uniform(1.0, 3.0)) if Distraction.BANDS in kinds else 0.0,
        jumps=jumps, clouds=clouds, shakes=shakes,
    )  # fmt: skip


def _falls(stage: Stage, dice: Generator) -> tuple[tuple[Falling, ...], tuple[FallTruth, ...]]:
    wish, camera = stage.wish, stage.camera
    falling: list[Falling] = []
    truths: list[FallTruth] = []
    if not wish.falls:
        return (), ()
    slot = (wish.seconds - 4.5) / wish.falls
    for n in range(wish.falls):
        wall = stage.walls[int(dice.integers(len(stage.walls)))]
        row = int(dice.integers(3, wall.storeys))
        column = int(dice.integers(0, wall.columns))
        broad = wall.width_m / wall.columns
        across = (column + float(dice.uniform(0.2, 0.8))) * broad
        height = (row + float(dice.uniform(0.25, 0.75))) * wall.storey_height_m
        size_px = _between(dice, wish.size_px[0], wish.size_px[1])
        thrown = dice.random() < 0.5
        throw = Throw(
            at=2.5 + slot * n + float(dice.uniform(0, max(0.0, slot - 4.0))),
            across=across, height=height, out=0.15,
            speed_across=float(dice.normal(0, 1.0)) if thrown else float(dice.normal(0, 0.2)),
            speed_up=float(dice.uniform(-1.5, 1.5)) if thrown else 0.0,
            speed_out=float(dice.uniform(0.5, 3.5)) if thrown else float(dice.uniform(0.1, 0.6)),
        )  # fmt: skip
        terminal = _between(dice, 7, 45)
        path = trajectory(throw, terminal)
        contrast = _between(dice, wish.contrast[0], wish.contrast[1])
        probe = Falling(Thing(1.0, 0, 1, 0, terminal), path, wall, camera, stage.exposure)
        moments = np.arange(path[0, 0], path[-1, 0], 1 / FPS)
        behind = float(np.median([stage.level_at(*probe.pixels(at)) for at in moments]))
        level = behind + contrast * (1 if dice.random() < 0.5 else -1)
        if not 4 <= level <= 250:
            level = 2 * behind - level
        scale = float(np.mean([probe.scale(at) for at in moments]))
        thing = Thing(
            size_px / scale, float(np.clip(level, 2, 253)), float(dice.uniform(1.0, 1.8)),
            float(dice.uniform(-12, 12)), terminal,
        )  # fmt: skip
        one = Falling(thing, path, wall, camera, stage.exposure)
        falling.append(one)
        frames = range(ceil(path[0, 0] * FPS), floor(path[-1, 0] * FPS) + 1)
        points = tuple(_point(one, n / FPS - stage.exposure / 2, n / FPS) for n in frames)
        truths.append(
            FallTruth(
                wall.id, row + 1, column + 1, float(path[0, 0]), float(path[-1, 0]), size_px,
                size_px / scale, terminal, points,
            )
        )  # fmt: skip
    return tuple(falling), tuple(truths)


def _point(one: Falling, middle: float, at: float) -> FallPoint:
    x, y = one.pixels(middle)
    across, height, out = one.metres(middle)
    return FallPoint(at, x, y, across, height, out)


def _times(stage: Stage, every: float, dice: Generator) -> list[float]:
    """Moments at random, one in `every` seconds on average, at least one."""
    count = max(1, int(dice.poisson(stage.wish.seconds / every)))
    return [float(dice.uniform(0, max(1.0, stage.wish.seconds - 2))) for _ in range(count)]


def _somewhere(
    stage: Stage, dice: Generator, top: float, bottom: float, margin: float = 0.0
) -> tuple[float, float]:
    """A place in the picture, between shares of its height and away from its sides."""
    camera = stage.camera
    x = float(dice.uniform(margin, 1 - margin)) * camera.width
    return x, float(dice.uniform(top, bottom)) * camera.height


def _dark_or_light(stage: Stage, x: float, y: float, dice: Generator) -> float:
    behind = stage.level_at(x, y)
    away = float(dice.uniform(15, 90)) * (1 if dice.random() < 0.4 else -1)
    return float(np.clip(behind + away, 3, 250))


def _birds(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    for at in _times(stage, 5, dice):
        x, y = _somewhere(stage, dice, 0.0, 0.93)
        speed = float(dice.uniform(3, 14)) * stage.px_m
        path = wandering((at, x, y), float(dice.uniform(2, 8)), speed, 0.9, dice)
        made_layers.append(
            Wanderer(
                path, _between(dice, 2, 14),
                float(dice.uniform(2.5, 9)), _dark_or_light(stage, x, y, dice), 1.0, 0.7,
                stage.exposure,
            )
        )  # fmt: skip
    return made_layers


def _swoops(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    for at in _times(stage, 12, dice):
        x, y = _somewhere(stage, dice, 0.05, 0.46, 0.16)
        path = swooping(
            (at, x, y), float(dice.uniform(0, 4)) * stage.px_m,
            float(dice.uniform(2, 8)) * stage.px_m, float(dice.uniform(0.6, 1.3)),
            float(dice.normal(0, 3)) * stage.px_m,
        )  # fmt: skip
        made_layers.append(
            Wanderer(
                path, float(dice.uniform(2.5, 10)), float(dice.uniform(0.5, 5)),
                _dark_or_light(stage, x, y, dice), 1.0, 0.7, stage.exposure,
            )
        )  # fmt: skip
    return made_layers


def _insects(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    for at in _times(stage, 1.2 if stage.light is Light.NIGHT else 4, dice):
        x, y = _somewhere(stage, dice, -0.05, 1.02, -0.05)
        path = wandering(
            (at, x, y), float(dice.uniform(0.6, 4)), float(dice.uniform(150, 1500)),
            float(dice.uniform(0.5, 4)), dice,
        )  # fmt: skip
        level = float(dice.uniform(120, 240)) if stage.light is Light.NIGHT else 40.0
        made_layers.append(
            Wanderer(
                path, float(dice.uniform(3, 22)), float(dice.uniform(5, 12)), level,
                float(dice.uniform(0.15, 0.6)), float(dice.uniform(1.5, 6)), stage.exposure,
            )
        )  # fmt: skip
    return made_layers


def _leaves(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    for at in _times(stage, 4, dice):
        x, y = _somewhere(stage, dice, 0.0, 0.65, 0.05)
        path = fluttering(
            (at, x, y), float(dice.uniform(0.8, 2.2)), stage.px_m, float(dice.uniform(3, 14)), dice
        )
        made_layers.append(
            Wanderer(
                path, float(dice.uniform(1.2, 5)), float(dice.uniform(1, 4)),
                _dark_or_light(stage, x, y, dice), 0.95, 0.6, stage.exposure,
            )
        )  # fmt: skip
    return made_layers


def _window_of(stage: Stage, dice: Generator) -> tuple[Wall, Matrix]:
    wall = stage.walls[int(dice.integers(len(stage.walls)))]
    row, column = int(dice.integers(wall.storeys)), int(dice.integers(wall.columns))
    return wall, window_area(wall, stage.camera, row, column)


def _laundry(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    for _ in range(int(dice.integers(2, 10))):
        _, area = _window_of(stage, dice)
        left, top = float(area[0, 0]), float(area[0, 1])
        made_layers.append(
            Laundry(
                left, top, stage.px_m * float(dice.uniform(0.4, 1.8)),
                stage.px_m * float(dice.uniform(0.6, 1.6)),
                int(_dark_or_light(stage, left, top, dice)), float(dice.uniform(0.3, 1.6)),
                stage.px_m * float(dice.uniform(0.03, 0.35)), float(dice.uniform(0, 6)),
            )
        )  # fmt: skip
    return made_layers


def _trees(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    feet = stage.camera.seen(stage.walls[0].corners())
    foot = float(feet[2:, 1].min())
    left_edge, right_edge = float(feet[:, 0].min()), float(feet[:, 0].max())
    gain = {Light.DAY: 1.0, Light.DUSK: 0.5, Light.NIGHT: 0.3}[stage.light]
    for _ in range(int(dice.integers(1, 4))):
        wide, tall = int(dice.uniform(140, 420)), int(dice.uniform(80, 190))
        left = int(
            np.clip(dice.uniform(left_edge - 200, right_edge), 0, stage.camera.width - wide - 1)
        )
        top = int(np.clip(foot - tall * dice.uniform(0.3, 0.7), 0, stage.camera.height - tall - 1))
        leaves = 70 + 28 * dice.normal(size=(tall, wide)).astype(np.float32)
        leaves = blurred(leaves * gain, 1.4)
        y, x = np.mgrid[0:tall, 0:wide]
        ragged = blurred(dice.normal(size=(tall, wide)).astype(np.float32), 9) * 6
        inside = ((x - wide / 2) / (wide * 0.45)) ** 2 + ((y - tall * 0.55) / (tall * 0.42)) ** 2
        cover = (inside + ragged < 1).astype(np.uint8) * 255
        made_layers.append(
            Foliage(
                left, top, np.clip(leaves, 10, 230).astype(np.uint8), cover,
                float(dice.uniform(0.5, 6)), float(dice.uniform(0.3, 1.2)),
                float(dice.uniform(0, 6)),
            )
        )  # fmt: skip
    return made_layers


def _lamps(stage: Stage, dice: Generator) -> list[Layer]:
    made_layers: list[Layer] = []
    for _ in range(int(dice.integers(2, 9))):
        _, area = _window_of(stage, dice)
        level = int(dice.uniform(110, 225))
        made_layers.append(Lamp(area, level, tuple(sorted(_times(stage, 15, dice)))))
    return made_layers


def _drips(stage: Stage, dice: Generator) -> list[Layer]:
    """Water from air conditioners: small drops, again and again from the same place."""
    made_layers: list[Layer] = []
    for _ in range(int(dice.integers(1, 4))):
        wall = stage.walls[0]
        across = float(dice.uniform(0.05, 0.95)) * wall.width_m
        height = float(dice.uniform(0.3, 0.95)) * wall.height_m
        size_m = float(dice.uniform(0.8, 2.2)) / stage.px_m
        every = float(dice.uniform(0.7, 4))
        at = float(dice.uniform(0, 2))
        while at < stage.wish.seconds:
            throw = Throw(at, across, height, 0.4, 0.0, 0.0, 0.0)
            path = trajectory(throw, 9.0)
            x, y = stage.camera.seen(
                wall.placed(np.array([across]), np.array([height]), np.array([0.4]))
            )[0]
            level = float(np.clip(stage.level_at(x, y) + float(dice.uniform(25, 70)), 0, 250))
            thing = Thing(size_m, level, 1.0, 0.0, 9.0)
            made_layers.append(Falling(thing, path, wall, stage.camera, stage.exposure))
            at += every * float(dice.uniform(0.85, 1.15))
    return made_layers


def _precipitation(stage: Stage, weather: Weather, dice: Generator) -> Precipitation:
    snow = weather is Weather.SNOW
    count = int(dice.uniform(60, 220)) if snow else int(dice.uniform(80, 300))
    near = 2.0 if snow else 1.2
    depth = near + (14 - near) * dice.random(count) ** 0.7
    camera = stage.camera
    places = np.stack([dice.uniform(0, 40, count), dice.uniform(0, 40, count), depth], axis=1)
    strength = {Light.DAY: 45.0, Light.DUSK: 40.0, Light.NIGHT: 70.0}[stage.light]
    return Precipitation(
        places, fall_m_s=float(dice.uniform(0.8, 1.8) if snow else dice.uniform(6, 9)),
        drift_m_s=float(dice.normal(0, 0.6)), size_m=0.005 if snow else 0.0016,
        strength=strength, camera=camera, exposure=stage.exposure, snow=snow,
    )  # fmt: skip


MOVING: Mapping[Distraction, Callable[[Stage, Generator], list[Layer]]] = {
    Distraction.BIRDS: _birds,
    Distraction.SWOOPS: _swoops,
    Distraction.INSECTS: _insects,
    Distraction.LEAVES: _leaves,
    Distraction.LAUNDRY: _laundry,
    Distraction.TREES: _trees,
    Distraction.LAMPS: _lamps,
    Distraction.DRIPS: _drips,
}


def shaken(sensor: Sensor, at: float) -> tuple[float, float]:
    """How far the pole has swung, in pixels."""
    x = y = 0.0
    for start, end, amplitude, hz in sensor.shakes:
        if start < at < end:
            fade = sin(pi * (at - start) / (end - start))
            x += amplitude * fade * sin(2 * pi * hz * (at - start))
            y += 0.5 * amplitude * fade * sin(2 * pi * 1.3 * hz * (at - start) + 1)
    return (x, y) if hypot(x, y) > 0.02 else (0.0, 0.0)


def gain(sensor: Sensor, at: float) -> float:
    """By how much the exposure differs from its usual value."""
    factor = 1.0
    for start, end, by in sensor.jumps:
        if start <= at < end:
            factor *= by
        elif end <= at < end + 0.4:
            factor *= by + (1 - by) * (at - end) / 0.4
    return factor


def shadow(sensor: Sensor, at: float, size: tuple[int, int]) -> Luma | None:
    """What part of the light (255 = all) a passing cloud leaves, by column."""
    taken = np.zeros(size[0], np.float32)
    for start, end, share in sensor.clouds:
        if start < at < end:
            edge = (at - start) / (end - start) * 3 - 1  # in picture widths
            x = np.arange(size[0], dtype=np.float32) / size[0]
            taken += share * np.clip((edge - x) * 4, 0, 1) * np.clip((x - edge + 1) * 4, 0, 1)
    if not taken.any():
        return None
    row = np.clip(255 * (1 - taken), 60, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(row, (size[1], size[0])))
