"""What the cameras of the benchmark show, once a second: good cameras, and what breaks them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from linli.sensing.vision.video import Decoder, Encoder, Picture
from linli_simulator.footage.canvas import blurred, moved
from linli_simulator.footage.scene import Wish, made
from linli_simulator.footage.walls import Light

Luma = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SIZE = (640, 360)
SECOND = 1_000_000
SPARE = 200
GRAINS = np.random.default_rng(3).standard_normal((SIZE[1] + SPARE, SIZE[0] + SPARE), np.float32)
COMES = 0.3


def facade(seed: int, light: Light = Light.DAY) -> Luma:
    """A façade as the falling-object benchmark paints it."""
    wish = Wish(seed=seed, seconds=1.0, falls=0, light=light, distractions=(), size=SIZE)
    return made(wish).backdrop.luma


def yard(seed: int) -> Luma:
    """A yard, a gate, a hall: boxes of all sizes over soft ground."""
    dice = np.random.default_rng(seed)
    width, height = SIZE
    ground = np.linspace(60, 130, height, dtype=np.float32)[:, None]
    picture = np.broadcast_to(ground, (height, width)).copy()
    for _ in range(90):
        wide, high = int(dice.integers(8, 120)), int(dice.integers(8, 90))
        x, y = int(dice.integers(0, width - wide)), int(dice.integers(0, height - high))
        picture[y : y + high, x : x + wide] = float(dice.uniform(25, 220))
    return np.clip(blurred(picture, 0.8), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Show:
    """The scene of one camera with everything that may happen before it."""

    scene: Luma
    dice: np.random.Generator

    def sensed(self, picture: Floats, noise: float = 2.5) -> Luma:
        """The picture with a sensor's noise: another part of a larger sheet each time."""
        height, width = picture.shape
        y, x = (int(one) for one in self.dice.integers(0, SPARE, 2))
        return np.clip(picture + GRAINS[y : y + height, x : x + width] * noise, 0, 255).astype(
            np.uint8
        )


Frames = Iterator[Luma]


# --- good cameras --------------------------------------------------------------------------------


def steady(show: Show, seconds: int) -> Frames:
    for _ in range(seconds):
        yield show.sensed(show.scene.astype(np.float32))


def dusk(show: Show, seconds: int) -> Frames:
    """Day falls to a tenth of its light; lamps come on below; noise grows."""
    rows = np.linspace(0, 1, SIZE[1], dtype=np.float32)[:, None] ** 2
    for second in range(seconds):
        gone = second / seconds
        lit = show.scene * (1 - 0.9 * gone) + 12 * gone
        lamps = 60 * rows * max(0.0, gone - 0.5)
        yield show.sensed((lit + lamps * show.scene / 128).astype(np.float32), 2.5 + 3 * gone)


def rain(show: Show, seconds: int) -> Frames:
    width, height = SIZE
    for _ in range(seconds):
        picture = show.scene * 0.8 + 25
        for _ in range(250):
            x, y = int(show.dice.integers(0, width)), int(show.dice.integers(0, height - 24))
            picture[y : y + int(show.dice.integers(8, 24)), x] += 45
        yield show.sensed(picture.astype(np.float32))


def headlights(show: Show, seconds: int) -> Frames:
    """A dark yard that cars light up, from one side to the other."""
    rows, columns = np.indices((SIZE[1], SIZE[0]), dtype=np.float32)
    for second in range(seconds):
        x = (second * 110) % (SIZE[0] * 6)
        glow = np.exp(-(((columns - x) / 90) ** 2) - ((rows - 250) / 75) ** 2)
        yield show.sensed((show.scene * 0.3 + 10 + 200 * glow).astype(np.float32), 5.0)


def people(show: Show, seconds: int) -> Frames:
    """People pass, some close: up to a third of the picture for some seconds."""
    walkers: list[list[float]] = []
    for _ in range(seconds):
        if show.dice.random() < COMES:
            size = float(show.dice.uniform(0.2, 0.95))
            walkers.append([-100.0, float(show.dice.uniform(15, 60)), size, show.dice.uniform()])
        picture = show.scene.astype(np.float32)
        for walker in walkers:
            walker[0] += walker[1]
            x, high, wide = int(walker[0]), int(SIZE[1] * walker[2]), int(SIZE[1] * walker[2] / 3)
            level = 30 + 150 * walker[3]
            left = max(x, 0)
            picture[SIZE[1] - high :, left : max(x + wide, 0)] = level
            picture[SIZE[1] - high : SIZE[1] - high * 3 // 4, left : max(x + wide, 0)] = 150
        walkers = [walker for walker in walkers if walker[0] < SIZE[0]]
        yield show.sensed(picture)


def exposure(show: Show, seconds: int) -> Frames:
    """Automatic exposure steps up and down."""
    gain = 1.0
    for second in range(seconds):
        if second % 20 == 0:
            gain = float(show.dice.choice([0.45, 0.7, 1.0, 1.3, 1.7]))
        yield show.sensed((show.scene * gain).astype(np.float32))


def wind(show: Show, seconds: int) -> Frames:
    """The pole sways by two pixels; a tree's shadow moves."""
    for second in range(seconds):
        dx, dy = show.dice.normal(0, 1.5, 2)
        picture = moved(show.scene, float(dx), float(dy)).astype(np.float32)
        picture[:, 60:200] *= 0.8 + 0.15 * np.sin(second)
        yield show.sensed(picture)


def fog(show: Show, seconds: int) -> Frames:
    for second in range(seconds):
        veil = 0.65 * min(1.0, 2 * second / seconds)
        yield show.sensed((show.scene * (1 - veil) + 170 * veil).astype(np.float32))


def infrared(show: Show, seconds: int) -> Frames:
    """The camera switches to its own infrared light: bright middle, dark rim, other shades."""
    rows, columns = np.indices((SIZE[1], SIZE[0]), dtype=np.float32)
    reach = ((columns - SIZE[0] / 2) / SIZE[0]) ** 2 + ((rows - SIZE[1] / 2) / SIZE[1]) ** 2
    lamp = np.exp(-3.0 * reach)
    for second in range(seconds):
        day = second < seconds // 3
        night = 255 * (show.scene / 255.0) ** 0.7 * 0.6 * lamp
        yield show.sensed(
            show.scene.astype(np.float32) if day else night.astype(np.float32), 2.5 if day else 4.0
        )


def lights_out(show: Show, seconds: int) -> Frames:
    """The lights of a hall go out and on again."""
    for second in range(seconds):
        gain = 1.0 if second // 60 % 2 == 0 else 0.3
        yield show.sensed((show.scene * gain + 6).astype(np.float32), 3.5)


GOOD: Mapping[str, Callable[[Show, int], Frames]] = {
    "steady": steady,
    "day to dusk": dusk,
    "rain": rain,
    "headlights": headlights,
    "people passing": people,
    "automatic exposure": exposure,
    "wind": wind,
    "fog": fog,
    "infrared switch": infrared,
    "lights out": lights_out,
}


# --- what breaks them ----------------------------------------------------------------------------


def frozen(show: Show, seconds: int) -> Frames:
    last = show.sensed(show.scene.astype(np.float32))
    for _ in range(seconds):
        yield last


def frozen_with_clock(show: Show, seconds: int) -> Frames:
    """The picture stands, the time written into it runs."""
    last = show.sensed(show.scene.astype(np.float32))
    for _ in range(seconds):
        last[8:20, 8:100] = show.dice.integers(0, 2, (12, 92)) * 230
        yield last.copy()


def dark(show: Show, seconds: int) -> Frames:
    for _ in range(seconds):
        yield show.sensed(np.full(show.scene.shape, 14, np.float32), 2.0)


def out_of_focus(sigma: float) -> Callable[[Show, int], Frames]:
    def showing(show: Show, seconds: int) -> Frames:
        soft = blurred(show.scene.astype(np.float32), sigma)
        for _ in range(seconds):
            yield show.sensed(soft)

    return showing


def turned(
    dx: float, dy: float, zoom: float = 1.0, degrees: float = 0.0
) -> Callable[[Show, int], Frames]:
    def showing(show: Show, seconds: int) -> Frames:
        there = seen_from(show.scene, (dx, dy), zoom, degrees)
        for _ in range(seconds):
            yield show.sensed(there.astype(np.float32))

    return showing


def seen_from(scene: Luma, shift: tuple[float, float], zoom: float, degrees: float) -> Luma:
    """The scene as a camera turned otherwise sees it (what was not in it is mirrored in)."""
    width, height = SIZE
    rows, columns = np.indices((height, width), dtype=np.float32)
    x, y = (columns - width / 2) / zoom, (rows - height / 2) / zoom
    angle = np.deg2rad(degrees)
    from_x = x * np.cos(angle) - y * np.sin(angle) + width / 2 - shift[0] * width
    from_y = x * np.sin(angle) + y * np.cos(angle) + height / 2 - shift[1] * height
    at_x = np.abs((from_x + width) % (2 * width) - width).astype(np.intp).clip(0, width - 1)
    at_y = np.abs((from_y + height) % (2 * height) - height).astype(np.intp).clip(0, height - 1)
    return scene[at_y, at_x]


def covered(share: float) -> Callable[[Show, int], Frames]:
    """Something close to the lens: unsharp, nearly of one shade."""

    def showing(show: Show, seconds: int) -> Frames:
        rows = int(SIZE[1] * share)
        picture = show.scene.astype(np.float32)
        cloth = np.linspace(50, 95, SIZE[0], dtype=np.float32)[None, :]
        picture[:rows] = np.broadcast_to(cloth, (rows, SIZE[0]))
        soft = blurred(picture, 3.0)
        soft[rows + 20 :] = picture[rows + 20 :]
        for _ in range(seconds):
            yield show.sensed(soft)

    return showing


def sprayed(show: Show, seconds: int) -> Frames:
    """Paint on the glass: a bright blot over most of the picture."""
    rows, columns = np.indices((SIZE[1], SIZE[0]), dtype=np.float32)
    reach = ((columns - 300) / 350) ** 2 + ((rows - 173) / 200) ** 2
    paint = np.clip(1.6 - 1.2 * reach, 0, 1)
    picture = show.scene * (1 - paint) + 200 * paint
    for _ in range(seconds):
        yield show.sensed(picture.astype(np.float32))


BROKEN: Mapping[tuple[str, str], Callable[[Show, int], Frames]] = {
    ("frozen", "last picture for ever"): frozen,
    ("frozen", "only its clock runs"): frozen_with_clock,
    ("dark", "no light"): dark,
    ("blurred", "focus lost (σ 2 px of 640)"): out_of_focus(2.0),
    ("blurred", "focus lost (σ 6 px of 640)"): out_of_focus(6.0),
    ("moved", "3 % to the side"): turned(0.03, 0.0),
    ("moved", "12 % to the side"): turned(0.12, 0.04),
    ("moved", "turned by 8°"): turned(0.0, 0.0, degrees=8.0),
    ("moved", "turned away"): turned(0.55, 0.3, zoom=1.3),
    ("covered", "wholly"): covered(1.0),
    ("covered", "four fifths"): covered(0.8),
    ("covered", "sprayed"): sprayed,
}


# --- through the coder ---------------------------------------------------------------------------


def delivered(frames: Frames, began: float) -> Iterator[tuple[Luma, float]]:
    """The pictures after H.264, one a second, with their times."""
    encoder = Encoder(SIZE, 1.0)
    decoder: Decoder | None = None
    grey = np.full((SIZE[1] // 2, SIZE[0]), 128, np.uint8)
    for number, luma in enumerate(frames):
        frame = VideoFrame.from_ndarray(np.vstack([luma, grey]), format="yuv420p")
        frame.pts = int((began + number) * SECOND)
        for form, coded in encoder.coded(Picture(frame)):
            decoder = decoder or Decoder(form)
            for picture in decoder.pictures(coded):
                yield picture.luma(), picture.pts / SECOND
