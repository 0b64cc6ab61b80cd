"""Painting what never moves: walls with windows and balconies, sky, ground and trees."""

from dataclasses import dataclass
from enum import StrEnum
from math import floor

import numpy as np
from numpy.random import Generator

from linli_simulator.footage.camera import Camera, Wall
from linli_simulator.footage.canvas import (
    Floats,
    Luma,
    Matrix,
    as_floats,
    blurred,
    halved,
    homography,
    resized,
    warped,
)

TEXTURE_PX_M = 28.0


class Face(StrEnum):
    """How a façade looks."""

    WINDOWS = "windows"
    BALCONIES = "balconies"
    TILES = "tiles"
    BANDS = "bands"


class Light(StrEnum):
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The still picture: luma at full size, the two colour planes at half."""

    luma: Luma
    blue: Luma
    red: Luma


@dataclass(frozen=True, slots=True)
class Look:
    """What light and haze do to everything."""

    light: Light
    haze: float

    def of(self, level: Floats) -> Floats:
        """Levels as the camera shows them, from levels of a clear day."""
        gain, lift = {
            Light.DAY: (1.0, 0.0),
            Light.DUSK: (0.5, 12.0),
            Light.NIGHT: (0.2, 14.0),
        }[self.light]
        veil = {Light.DAY: 190.0, Light.DUSK: 110.0, Light.NIGHT: 50.0}[self.light]
        return (level * gain + lift) * (1 - self.haze) + veil * self.haze


def paint(walls: tuple[Wall, ...], camera: Camera, look: Look, dice: Generator) -> Backdrop:
    """The still picture of the scene."""
    size = (camera.width, camera.height)
    luma = _surroundings(walls, camera, dice)
    blue = np.full((camera.height, camera.width), 128.0, np.float32)
    red = blue.copy()
    rows = np.arange(camera.height, dtype=np.float32)[:, None]
    blue += np.clip(6 - rows / camera.height * 12, 0, 6).astype(np.float32)
    faces = list(Face)
    lamps = np.zeros_like(luma)
    for wall in sorted(walls, key=lambda one: one.z):
        texture, lit = _facade(wall, faces[int(dice.integers(len(faces)))], look.light, dice)
        tall, wide = texture.shape
        corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float64)
        onto = homography(corners, camera.seen(wall.corners()))
        cover = warped(np.ones_like(texture), onto, size)
        luma = luma * (1 - cover) + warped(texture, onto, size)
        lamps = lamps * (1 - cover) + warped(lit, onto, size)
        tint = float(dice.uniform(-7, 7))
        blue = blue * (1 - cover) + (128 - tint) * cover
        red = red * (1 - cover) + (128 + tint * 0.8) * cover
    shown = look.of(blurred(luma, 0.6))
    shown = np.maximum(shown, lamps * (1 - 0.5 * look.haze)).astype(np.float32)
    red += lamps * 0.06
    blue -= lamps * 0.06
    return Backdrop(_bytes(shown), _bytes(halved(as_floats(blue))), _bytes(halved(as_floats(red))))


def _bytes(levels: Floats) -> Luma:
    return np.clip(np.round(levels), 16, 235).astype(np.uint8)


def _cloudy(size: tuple[int, int], cell: float, dice: Generator) -> Floats:
    """Smooth noise of about unit size."""
    coarse = dice.normal(
        size=(max(2, floor(size[1] / cell)), max(2, floor(size[0] / cell)))
    ).astype(np.float32)
    return resized(coarse, size)


def _surroundings(walls: tuple[Wall, ...], camera: Camera, dice: Generator) -> Floats:
    size = (camera.width, camera.height)
    rows = np.arange(camera.height, dtype=np.float32)[:, None] / camera.height
    sky = 205 - 30 * rows + 8 * _cloudy(size, 220, dice)
    foot = float(np.max(camera.seen(walls[0].corners())[2:, 1])) / camera.height
    ground = 95 + 18 * _cloudy(size, 60, dice) + 10 * _cloudy(size, 6, dice)
    mixed = np.where(rows > foot - 0.005, ground, sky).astype(np.float32)
    # A far row of houses, so that not everything beside the wall is sky.
    ridge = 0.55 + 0.1 * _cloudy((camera.width, 1), 160, dice)[:1]
    far = 150 + 6 * _cloudy(size, 14, dice)
    return np.where((rows > ridge) & (rows <= foot - 0.005), far, mixed).astype(np.float32)


def _facade(wall: Wall, face: Face, light: Light, dice: Generator) -> tuple[Floats, Floats]:
    """Levels of a clear day, and the light that windows give off."""
    tall, wide = round(wall.height_m * TEXTURE_PX_M), round(wall.width_m * TEXTURE_PX_M)
    ground = float(dice.uniform(105, 190))
    levels = np.full((tall, wide), ground, np.float32)
    levels += 5 * _cloudy((wide, tall), 90, dice) + 3 * _cloudy((wide, tall), 12, dice)
    if face is Face.TILES:
        step = max(4, round(TEXTURE_PX_M * 0.3))
        levels[::step] -= 14
        levels[:, ::step] -= 14
    if face is Face.BANDS:
        band = (np.arange(tall) // round(TEXTURE_PX_M * wall.storey_height_m / 2)) % 2
        levels -= (band * float(dice.uniform(15, 40)))[:, None].astype(np.float32)
    lit = np.zeros_like(levels)
    for row in range(wall.storeys):
        for column in range(wall.columns):
            cell = _cell(wall, row, column)
            _window(levels, lit, cell, (face, light), dice)
    return levels, lit


def _cell(wall: Wall, row: int, column: int) -> tuple[int, int, int, int]:
    high = wall.storey_height_m * TEXTURE_PX_M
    broad = wall.width_m / wall.columns * TEXTURE_PX_M
    return (round(column * broad), round(row * high), round(broad), round(high))


def _window(
    levels: Floats,
    lit: Floats,
    cell: tuple[int, int, int, int],
    style: tuple[Face, Light],
    dice: Generator,
) -> None:
    left, top, broad, high = cell
    face, light = style
    x0, x1 = left + round(broad * 0.25), left + round(broad * 0.75)
    y0, y1 = top + round(high * 0.22), top + round(high * 0.72)
    frame = float(dice.uniform(150, 220))
    levels[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = frame
    glass = float(dice.uniform(35, 95))
    slope = np.linspace(0, float(dice.uniform(-18, 30)), max(1, y1 - y0), dtype=np.float32)
    levels[y0:y1, x0:x1] = glass + slope[:, None]
    middle = (x0 + x1) // 2
    levels[y0:y1, middle - 1 : middle + 1] = frame
    if dice.random() < 0.35:  # a curtain
        edge = int(dice.integers(x0, x1))
        levels[y0:y1, x0:edge] = float(dice.uniform(90, 190))
    if face is Face.BALCONIES:
        slab = top + round(high * 0.78)
        levels[slab : slab + 4, left + 4 : left + broad - 4] = 210
        levels[slab + 4 : slab + 8, left + 4 : left + broad - 4] -= 35
        rail = levels[slab - round(high * 0.3) : slab, left + 4 : left + broad - 4]
        rail[:, ::7] = 60
        rail[:2] = 80
    if dice.random() < 0.4:  # an air conditioner
        box_x, box_y = left + round(broad * 0.05), top + round(high * 0.5)
        box = levels[box_y : box_y + round(high * 0.2), box_x : box_x + round(broad * 0.18)]
        box[:] = 190
        box[3:-3, 3:-3] = 120
    share = {Light.DAY: 0.0, Light.DUSK: 0.2, Light.NIGHT: 0.3}[light]
    if dice.random() < share:
        lit[y0:y1, x0:x1] = float(dice.uniform(90, 205))
        lit[y0:y1, middle - 1 : middle + 1] *= 0.4


def window_area(wall: Wall, camera: Camera, row: int, column: int) -> Matrix:
    """The picture's corners of one window (row 0 is the highest storey)."""
    broad, high = wall.width_m / wall.columns, wall.storey_height_m
    across = np.array([0.25, 0.75, 0.75, 0.25]) * broad + column * broad
    down = np.array([0.22, 0.22, 0.72, 0.72]) * high + row * high
    return camera.seen(wall.placed(across, wall.height_m - down, np.zeros(4)))
