"""What moves in a scene: falling things, and everything that must not be taken for one.

A layer paints itself on the canvas at a moment; all its chances were decided when it was made.
"""

from dataclasses import dataclass, field
from math import ceil, cos, hypot, pi, sin
from typing import Protocol

import numpy as np
from numpy.random import Generator

from linli_simulator.footage.camera import Camera, Wall
from linli_simulator.footage.canvas import (
    Floats,
    Luma,
    Matrix,
    brighter,
    disc,
    line,
    moved,
    polygon,
)

GRAVITY = 9.8
STEP = 1 / 400
MOST_SMEARS = 24


class Layer(Protocol):
    """Something that changes the canvas at a moment (seconds from the first frame)."""

    def paint(self, canvas: Luma, at: float) -> None:
        """Change the canvas in place."""
        ...


@dataclass(frozen=True, slots=True)
class Blot:
    """One thing in one frame: an ellipse, smeared from `start` to `end` by the exposure."""

    start: tuple[float, float]
    end: tuple[float, float]
    radius: float
    aspect: float = 1.0
    turn: float = 0.0
    level: float = 0.0
    cover: float = 1.0
    softness: float = 0.6


def stamp(canvas: Luma, blot: Blot) -> tuple[float, float] | None:
    """Paint it; what it differs from its background, nominally and as exposed.

    `None` when it lies outside the picture.
    """
    alpha_at = _alpha(blot, (canvas.shape[1], canvas.shape[0]))
    if alpha_at is None:
        return None
    alpha, left, top = alpha_at
    area = canvas[top : top + alpha.shape[0], left : left + alpha.shape[1]]
    behind = area.astype(np.float32)
    area[:] = np.clip(behind + (blot.level - behind) * alpha, 0, 255).astype(np.uint8)
    weight = float(alpha.sum())
    if weight < 1e-3:
        return None
    nominal = abs(float(((blot.level - behind) * alpha).sum()) / weight)
    return nominal, nominal * float(alpha.max())


def _alpha(blot: Blot, size: tuple[int, int]) -> tuple[Floats, int, int] | None:
    reach = blot.radius * max(blot.aspect, 1 / blot.aspect) + 2 * blot.softness + 1
    left = max(0, int(min(blot.start[0], blot.end[0]) - reach))
    top = max(0, int(min(blot.start[1], blot.end[1]) - reach))
    right = min(size[0], ceil(max(blot.start[0], blot.end[0]) + reach))
    bottom = min(size[1], ceil(max(blot.start[1], blot.end[1]) + reach))
    if right <= left or bottom <= top:
        return None
    x = np.arange(left, right, dtype=np.float32)[None, :]
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    long, short = blot.radius * blot.aspect**0.5, blot.radius / blot.aspect**0.5
    c, s = cos(blot.turn), sin(blot.turn)
    smear = hypot(blot.end[0] - blot.start[0], blot.end[1] - blot.start[1])
    count = min(MOST_SMEARS, max(1, ceil(smear / max(0.7, blot.radius * 0.5))))
    alpha = np.zeros((bottom - top, right - left), np.float32)
    for n in range(count):
        part = (n + 0.5) / count
        dx = x - (blot.start[0] + (blot.end[0] - blot.start[0]) * part)
        dy = y - (blot.start[1] + (blot.end[1] - blot.start[1]) * part)
        along, beside = (dx * c + dy * s) / long, (dy * c - dx * s) / short
        inside = (1 - np.sqrt(along * along + beside * beside)) * blot.radius
        alpha += np.clip(inside / (2 * blot.softness) + 0.5, 0, 1)
    alpha *= blot.cover / count
    # A thing smaller than the lens's blur covers only part of a pixel.
    alpha *= min(1.0, (blot.radius / blot.softness) ** 2)
    return alpha, left, top


@dataclass(frozen=True, slots=True)
class Thing:
    """How a thing looks and how the air holds it."""

    size_m: float
    level: float
    aspect: float
    spin: float
    terminal_m_s: float


@dataclass(frozen=True, slots=True)
class Throw:
    """Where and how it leaves the wall: metres and metres a second; up, right and out count."""

    at: float
    across: float
    height: float
    out: float
    speed_across: float
    speed_up: float
    speed_out: float


def trajectory(throw: Throw, terminal: float) -> Matrix:
    """Rows of time, across, height, out, from the throw to the ground, under square drag."""
    state = np.array(
        [throw.across, throw.height, throw.out, throw.speed_across, throw.speed_up, throw.speed_out]
    )
    rows = [(throw.at, *state[:3])]
    drag = GRAVITY / terminal**2
    at = throw.at
    while state[1] > 0:
        speed = float(np.sqrt((state[3:] ** 2).sum()))
        force = -drag * speed * state[3:]
        force[1] -= GRAVITY
        state[:3] += state[3:] * STEP + 0.5 * force * STEP**2
        state[3:] += force * STEP
        at += STEP
        rows.append((at, *state[:3]))
    return np.array(rows)


@dataclass(slots=True)
class Falling:
    """A thing on its way down before a wall."""

    thing: Thing
    path: Matrix
    wall: Wall
    camera: Camera
    exposure: float
    measured: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def paint(self, canvas: Luma, at: float) -> None:
        """Smeared over the exposure, which ends at `at`."""
        first, last = self.path[0, 0], self.path[-1, 0]
        if at <= first or at - self.exposure >= last:
            return
        start, end = self.pixels(max(at - self.exposure, first)), self.pixels(min(at, last))
        radius = self.scale(at) * self.thing.size_m / 2
        told = stamp(
            canvas,
            Blot(
                start, end, radius, self.thing.aspect, self.thing.spin * at, self.thing.level,
                cover=min(1.0, (min(at, last) - max(at - self.exposure, first)) / self.exposure),
            ),
        )  # fmt: skip
        if told is not None and at - self.exposure > first and at < last:
            self.measured.append(told)

    def metres(self, at: float) -> tuple[float, float, float]:
        across, height, out = (
            float(np.interp(at, self.path[:, 0], self.path[:, n])) for n in (1, 2, 3)
        )
        return across, height, out

    def pixels(self, at: float) -> tuple[float, float]:
        across, height, out = (np.array([value]) for value in self.metres(at))
        seen = self.camera.seen(self.wall.placed(across, height, out))[0]
        return float(seen[0]), float(seen[1])

    def scale(self, at: float) -> float:
        """Pixels a metre where it is."""
        across, height, out = (np.array([value]) for value in self.metres(at))
        depth = self.camera.turned(self.wall.placed(across, height, out))[2]
        return self.camera.focal_px / float(depth[0])


@dataclass(frozen=True, slots=True)
class Wanderer:
    """A bird, an insect or a leaf: a path in pixels, a size that may beat like wings."""

    path: Matrix
    """Rows of time, x, y."""
    radius: float
    beat_hz: float
    level: float
    cover: float
    softness: float
    exposure: float

    def paint(self, canvas: Luma, at: float) -> None:
        if not self.path[0, 0] < at < self.path[-1, 0]:
            return
        start, end = self._where(at - self.exposure), self._where(at)
        beat = 1 + 0.45 * sin(2 * pi * self.beat_hz * at)
        stamp(
            canvas,
            Blot(start, end, self.radius, 1.6 * beat, 0.3 * sin(at), self.level, self.cover,
                 self.softness),
        )  # fmt: skip

    def _where(self, at: float) -> tuple[float, float]:
        return (
            float(np.interp(at, self.path[:, 0], self.path[:, 1])),
            float(np.interp(at, self.path[:, 0], self.path[:, 2])),
        )


def wandering(
    start: tuple[float, float, float], seconds: float, speed: float, turns: float, dice: Generator
) -> Matrix:
    """A smooth random path from (time, x, y); `turns` is how fast its direction changes."""
    step = 0.04
    count = max(3, int(seconds / step))
    heading = float(dice.uniform(0, 2 * pi)) + np.cumsum(dice.normal(0, turns * step**0.5, count))
    pace = speed * np.clip(1 + np.cumsum(dice.normal(0, 0.08, count)), 0.3, 2.0)
    x = start[1] + np.cumsum(np.cos(heading) * pace * step)
    y = start[2] + np.cumsum(np.sin(heading) * pace * step)
    times = start[0] + step * np.arange(count, dtype=np.float64)
    return np.stack([times, x, y], axis=1).astype(np.float64)


def swooping(start: tuple[float, float, float], speed: float, pull: float, seconds: float,
             side: float) -> Matrix:  # fmt: skip
    """A bird's dive: faster and faster down, then a curve out of it and up again."""
    t = np.arange(0, seconds * 1.8, 0.04)
    down = np.where(
        t < seconds,
        speed * t + 0.5 * pull * t**2,
        speed * seconds + 0.5 * pull * seconds**2
        + (speed + pull * seconds) * (t - seconds) - 1.6 * pull * (t - seconds) ** 2,
    )  # fmt: skip
    across = side * t * (1 + 0.35 * t)
    return np.stack([start[0] + t, start[1] + across, start[2] + down], axis=1)


def fluttering(start: tuple[float, float, float], speed: float, scale: float, seconds: float,
               dice: Generator) -> Matrix:  # fmt: skip
    """A leaf: sinks at its own speed and swings."""
    t = np.arange(0, seconds, 0.04)
    swing, hz, drift = dice.uniform(0.1, 0.6), dice.uniform(0.5, 1.6), dice.normal(0, 0.8)
    x = start[1] + scale * (swing * np.sin(2 * pi * hz * t) + drift * t)
    y = start[2] + scale * (speed * t + 0.15 * np.sin(4 * pi * hz * t))
    return np.stack([start[0] + t, x, y], axis=1)


@dataclass(frozen=True, slots=True)
class Laundry:
    """A cloth on a line; its lower edge moves with the wind."""

    left: float
    top: float
    broad: float
    high: float
    level: int
    hz: float
    wind: float
    phase: float

    def paint(self, canvas: Luma, at: float) -> None:
        gust = self.wind * (0.6 + 0.4 * sin(0.7 * at + self.phase))
        sway = gust * sin(2 * pi * self.hz * at + self.phase)
        lift = 0.25 * abs(sway)
        corners = np.array(
            [
                [self.left, self.top],
                [self.left + self.broad, self.top],
                [self.left + self.broad + 1.2 * sway, self.top + self.high - lift],
                [self.left + sway, self.top + self.high - 0.5 * lift],
            ]
        )
        polygon(canvas, corners, self.level)


@dataclass(frozen=True, slots=True)
class Foliage:
    """A tree before the wall: a speckled patch whose parts swing in the wind."""

    left: int
    top: int
    leaves: Luma
    cover: Luma
    wind: float
    hz: float
    phase: float

    def paint(self, canvas: Luma, at: float) -> None:
        gust = self.wind * (0.5 + 0.5 * sin(0.43 * at + self.phase))
        dx = gust * sin(2 * pi * self.hz * at + self.phase)
        dy = 0.4 * gust * sin(2 * pi * 1.7 * self.hz * at)
        area = canvas[
            self.top : self.top + self.leaves.shape[0], self.left : self.left + self.leaves.shape[1]
        ]
        tall, wide = area.shape
        leaves = moved(self.leaves, dx, dy)[:tall, :wide]
        cover = moved(self.cover, dx, dy)[:tall, :wide]
        np.copyto(area, leaves, where=cover > 127)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A window where somebody switches the light."""

    corners: Matrix
    level: int
    switches: tuple[float, ...]

    def paint(self, canvas: Luma, at: float) -> None:
        if sum(1 for moment in self.switches if moment <= at) % 2:
            polygon(canvas, self.corners, self.level)


@dataclass(slots=True)
class Precipitation:
    """Rain or snow between lens and wall, a few metres away where it can be seen.

    Each drop falls at a steady speed through the box the camera sees and comes again above it.
    """

    places: Matrix
    """n x 3: to the right of, above and before the camera."""
    fall_m_s: float
    drift_m_s: float
    size_m: float
    strength: float
    camera: Camera
    exposure: float
    snow: bool
    overlay: Luma = field(init=False)

    def __post_init__(self) -> None:
        self.overlay = np.zeros((self.camera.height, self.camera.width), np.uint8)

    def paint(self, canvas: Luma, at: float) -> None:
        self.overlay[:] = 0
        x0, y0, depth = self._where(at - self.exposure)
        x1, y1, _ = self._where(at)
        for n in range(len(depth)):
            if y1[n] < y0[n] or not -50 < x1[n] < self.camera.width + 50:
                continue  # it came round to the top during the exposure
            width = self.camera.focal_px * self.size_m / depth[n]
            smear = hypot(x1[n] - x0[n], y1[n] - y0[n])
            seen = self.strength * min(1.0, width / 1.5) * min(1.0, (width + 1) / (smear + 1) * 3)
            level = int(min(110, seen))
            if level < 1:
                continue
            start, end = (float(x0[n]), float(y0[n])), (float(x1[n]), float(y1[n]))
            if self.snow:
                disc(self.overlay, end, max(0.7, width / 2), level)
            else:
                line(self.overlay, start, end, level, max(1, round(width)))
        brighter(canvas, self.overlay)

    def _where(self, at: float) -> tuple[Matrix, Matrix, Matrix]:
        depth = self.places[:, 2]
        half = depth * self.camera.height / 2 / self.camera.focal_px * 1.15
        fallen = (self.places[:, 1] + self.fall_m_s * at) % (2 * half) - half
        side = depth * self.camera.width / 2 / self.camera.focal_px * 1.1
        right = (self.places[:, 0] + self.drift_m_s * at) % (2 * side) - side
        scale = self.camera.focal_px / depth
        return (
            self.camera.width / 2 + right * scale,
            self.camera.height / 2 + fallen * scale,
            depth,
        )
