"""What a watched part of the picture looks like when nothing happens, and what differs from it.

The gate is a handful of passes over `uint8` pixels: difference to the background, less each
pixel's own limit (learnt from how much it usually moves). Only where something is left over, and
only on frames where much is left over, the dearer steps run: light that changed over a whole area
is divided out, a camera that swung is moved back.
"""

from dataclasses import dataclass, field
from math import hypot

import numpy as np
import numpy.typing as npt

from linli.sensing.vision import pictures
from linli.sensing.vision.pictures import Floats, Luma

LEARN_EVERY = 4
LEARN_RATE = 0.07
WARM_RATE = 0.3
WARM_FRAMES = 36
LIMITS_EVERY = 24
LEAST_LIMIT = 4.0
LIMIT_OFFSET = 2.0
LIMIT_FACTOR = 4.6
MOST_LIMIT = 70.0
BUSY_SHARE = 0.0015
"""More pixels than this share over their limit, and the frame is looked at for light and shake."""
LOST_SHARE = 0.03
"""More than this even then, and the frame shows nothing that can be told apart."""
LOST_FRAMES = 50
CUT_DIFFERENCE = 28.0
LIGHT_BLOCK = 24
STILL_PX = 0.06
MOST_SHIFT = 6.0
SLOPE_ALLOWANCE = 0.35


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame against the background. Pixels of the watched part, half size."""

    hot: Luma
    """By how much each pixel exceeds its limit."""
    apart: Luma
    """By how much each pixel differs from the background."""
    shift: tuple[float, float]
    pixels: int
    lost: bool
    cut: bool


@dataclass(slots=True)
class Background:
    """Learns from every frame of the watched part; `mask` is 0 where nothing is looked for."""

    mask: Luma
    strictness: float = 1.0
    frames: int = 0
    _mean: Floats = field(init=False)
    _unrest: Floats = field(init=False)
    _still: Luma = field(init=False)
    _limit: Luma = field(init=False)
    _apart: Luma = field(init=False)
    _hot: Luma = field(init=False)
    _right: Floats | None = None
    _down: Floats | None = None
    _small: Floats | None = None
    _shaken: int = 0
    _lost: int = 0
    _area: int = 0

    def __post_init__(self) -> None:
        shape = self.mask.shape
        self._apart, self._hot = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        self._area = max(1, pictures.count(self.mask))
        self._restart(np.zeros(shape, np.uint8))
        self.frames = 0

    @property
    def warm(self) -> bool:
        """Whether enough has been seen to tell what is usual."""
        return self.frames > WARM_FRAMES

    @property
    def still(self) -> Luma:
        return self._still

    @property
    def limit(self) -> Luma:
        return self._limit

    def see(self, luma: Luma) -> Seen:
        """Compare a frame with the background and learn from it."""
        if self.frames == 0:
            self._restart(luma)
        self.frames += 1
        pictures.difference(luma, self._still, self._apart)
        pictures.beyond(self._apart, self._limit, self._hot)
        pixels = pictures.count(self._hot)
        shift = (0.0, 0.0)
        lost = cut = False
        if self.warm and (pixels > BUSY_SHARE * self._area or self._shaken):
            luma, shift = self._steadied(luma)
            pixels = pictures.count(self._hot)
            lost = pixels > LOST_SHARE * self._area
        cut = self._judge_loss(luma, lost=lost)
        self._learn(luma)
        return Seen(self._hot, self._apart, shift, pixels, lost, cut)

    def _judge_loss(self, luma: Luma, *, lost: bool) -> bool:
        """Start anew when the picture has become another one."""
        self._lost = self._lost + 1 if lost else 0
        if not lost:
            return False
        watched = self.mask > 0
        far = float(self._apart[watched].mean())
        if far > CUT_DIFFERENCE or self._lost > LOST_FRAMES:
            self._restart(luma)
            return True
        return False

    def _restart(self, luma: Luma) -> None:
        self._mean = pictures.floats(luma)
        self._unrest = np.full(luma.shape, 1.5, np.float32)
        self._still = luma.copy()
        self._limit = self._limits()
        self._right = self._down = self._small = None
        self._lost = self._shaken = 0
        self.frames = 0

    def _learn(self, luma: Luma) -> None:
        if not self.warm:
            rate = max(WARM_RATE / (1 + self.frames / 6), LEARN_RATE)
            pictures.learn(luma, self._mean, rate)
            pictures.learn(self._apart, self._unrest, rate)
            self._still = pictures.levels(self._mean)
        elif self.frames % LEARN_EVERY == 0:
            pictures.learn(luma, self._mean, LEARN_RATE)
            pictures.learn(self._apart, self._unrest, LEARN_RATE)
            self._still = pictures.levels(self._mean)
        if self.frames % LIMITS_EVERY == LIMITS_EVERY - 1 or self.frames == WARM_FRAMES:
            self._limit = self._limits()
            self._small = None

    def _limits(self) -> Luma:
        limits = self._unrest * (LIMIT_FACTOR * self.strictness) + LIMIT_OFFSET * self.strictness
        np.clip(limits, LEAST_LIMIT * self.strictness, MOST_LIMIT, out=limits)
        made = pictures.spread(pictures.levels(limits))
        made[self.mask == 0] = 255
        return made

    def _steadied(self, luma: Luma) -> tuple[Luma, tuple[float, float]]:
        """The frame moved back to where the background is, its light divided out."""
        dx, dy = self._swing(luma)
        moved = hypot(dx, dy) > STILL_PX
        # After a gust the frame is looked at for a while even when little seems to move.
        self._shaken = 12 if moved else max(0, self._shaken - 1)
        if moved:
            luma = pictures.shifted(luma, -dx, -dy)
        lit = self._relit(luma)
        pictures.difference(luma, lit, self._apart)
        limit = self._limit
        if moved and self._right is not None and self._down is not None:
            steep = pictures.levels((np.abs(self._right) + np.abs(self._down)) * SLOPE_ALLOWANCE)
            limit = np.maximum(limit, np.minimum(limit, 254 - steep) + steep)
        pictures.beyond(self._apart, limit, self._hot)
        return luma, (dx, dy)

    def _swing(self, luma: Luma) -> tuple[float, float]:
        """How far the picture moved against the background: least squares on its slopes."""
        if self._right is None or self._down is None or self._small is None:
            self._small = pictures.shrunk(self._mean, 2)
            self._right, self._down = pictures.slopes(self._mean)
        small_right, small_down = (pictures.shrunk(one, 2) for one in (self._right, self._down))
        weight = (pictures.shrunk(pictures.floats(self.mask), 2) > 200).astype(np.float32)
        dx = dy = 0.0
        for _ in range(3):
            here = luma if not (dx or dy) else pictures.shifted(luma, -dx, -dy)
            off = pictures.shrunk(pictures.floats(here), 2) - self._small
            off -= float(np.median(off))
            clipped = np.clip(off, -25, 25) * weight
            step = _least_squares(small_right, small_down, clipped)
            dx, dy = dx + step[0], dy + step[1]
            if hypot(*step) < STILL_PX / 2:
                break
        if hypot(dx, dy) > MOST_SHIFT:
            return 0.0, 0.0
        return dx, dy

    def _relit(self, luma: Luma) -> Luma:
        """The background in the light of this frame, where light changes over whole blocks."""
        now = pictures.shrunk(pictures.floats(luma), LIGHT_BLOCK)
        usual = pictures.shrunk(self._mean, LIGHT_BLOCK)
        ratio = (now + 1) / (usual + 1)
        ratio = np.clip(_median_of_neighbours(ratio), 0.5, 2.0).astype(np.float32)
        if float(np.abs(ratio - 1).max()) < 0.008:
            return self._still
        factor = pictures.grown(ratio, (luma.shape[1], luma.shape[0]))
        return pictures.levels(pictures.product(self._mean, factor))


def _least_squares(right: Floats, down: Floats, off: Floats) -> tuple[float, float]:
    """The shift that explains the difference: off = -(dx * right + dy * down)."""
    rr, dd = float(np.vdot(right, right)), float(np.vdot(down, down))
    rd = float(np.vdot(right, down))
    whole = rr * dd - rd * rd
    if whole < 1e-3 * max(1.0, rr * dd):
        return 0.0, 0.0
    ro, do = float(np.vdot(right, off)), float(np.vdot(down, off))
    return -(ro * dd - do * rd) / whole, -(do * rr - ro * rd) / whole


def _median_of_neighbours(picture: Floats) -> npt.NDArray[np.float32]:
    padded = np.pad(picture, 1, mode="edge")
    tall, wide = picture.shape
    nine = [padded[y : y + tall, x : x + wide] for y in range(3) for x in range(3)]
    return np.median(np.stack(nine), axis=0).astype(np.float32)
