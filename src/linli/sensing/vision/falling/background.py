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
MOST_STEP = 10
"""Levels by which one look can differ from the background when it is learnt."""
MOST_UNREST = 25
STAYS_STEPS = 12
"""Looks (6 a second) after which a thing that stays belongs to the background."""
BUSY_SHARE = 0.004
"""More pixels than this share over their limit, and the frame is looked at for light and shake."""
LOST_SHARE = 0.03
"""More than this even then, and the frame shows nothing that can be told apart."""
LOST_FRAMES = 50
CUT_DIFFERENCE = 28.0
LIGHT_BLOCK = 24
STILL_PX = 0.06
MOST_SHIFT = 6.0
SLOPE_ALLOWANCE = 0.35
SWING_ROUNDS = 3
SKIPPED_LOOKS = 4
MUCH_MORE = 1.5
MOST_OFF = 25.0
EVEN_LIGHT = 0.008
FLAT = 1e-3
FULL = 255


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
    _age: Luma = field(init=False)
    _hot: Luma = field(init=False)
    _slopes: "_Slopes | None" = None
    _shaken: int = 0
    _skip: int = 0
    _skip_below: float = 0.0
    _relit_last: bool = False
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
        if self.warm and self._wants_look(pixels):
            looked_at = pixels
            luma, shift = self._steadied(luma)
            # Rain and snow keep a frame busy without swing or light: look only now and then.
            settled = shift == (0.0, 0.0) and not self._relit_last
            self._skip = SKIPPED_LOOKS if settled else 0
            self._skip_below = looked_at * MUCH_MORE
            pixels = pictures.count(self._hot)
        lost = self.warm and pixels > LOST_SHARE * self._area
        cut = self._judge_loss(luma, lost=lost)
        self._learn(luma)
        return Seen(self._hot, self._apart, shift, pixels, lost, cut)

    def _wants_look(self, pixels: int) -> bool:
        """Whether the frame is to be looked at for swing and light."""
        if self._shaken:
            return True
        if pixels <= BUSY_SHARE * self._area:
            return False
        if self._skip and pixels < self._skip_below:
            self._skip -= 1
            return False
        return True

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
        self._age = np.zeros(luma.shape, np.uint8)
        self._limit = self._limits()
        self._slopes = None
        self._lost = self._shaken = 0
        self.frames = 0

    def _learn(self, luma: Luma) -> None:
        if not self.warm:
            rate = max(WARM_RATE / (1 + self.frames / 6), LEARN_RATE)
            pictures.learn(luma, self._mean, rate)
            pictures.learn(self._apart, self._unrest, rate)
            self._still = pictures.levels(self._mean)
        elif self.frames % LEARN_EVERY == 0:
            # What passes must not leave a trace; what stays is learnt after a while.
            self._age = pictures.aged(self._age, self._hot)
            near = pictures.within(luma, self._still, MOST_STEP)
            pictures.learn(near, self._mean, LEARN_RATE)
            if int(self._age.max()) >= STAYS_STEPS:
                np.copyto(self._mean, luma, where=self._age >= STAYS_STEPS, casting="unsafe")
            pictures.learn(pictures.at_most(self._apart, MOST_UNREST), self._unrest, LEARN_RATE)
            self._still = pictures.levels(self._mean)
        if self.frames % LIMITS_EVERY == LIMITS_EVERY - 1 or self.frames == WARM_FRAMES:
            self._limit = self._limits()
            self._slopes = None

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
        if moved and self._slopes is not None:
            limit = pictures.sum_of(limit, self._slopes.steep)
        pictures.beyond(self._apart, limit, self._hot)
        return luma, (dx, dy)

    def _swing(self, luma: Luma) -> tuple[float, float]:
        """How far the picture moved against the background: least squares on its slopes."""
        if self._slopes is None:
            self._slopes = _slopes(self._mean, self.mask)
        slopes = self._slopes
        dx = dy = 0.0
        for _ in range(SWING_ROUNDS):
            here = luma if not (dx or dy) else pictures.shifted(luma, -dx, -dy)
            off = pictures.floats(pictures.shrunk(here, 2)) - slopes.small
            off -= float(off.mean())
            np.clip(off, -MOST_OFF, MOST_OFF, out=off)
            step = _least_squares(slopes, off)
            dx, dy = dx + step[0], dy + step[1]
            if hypot(*step) < STILL_PX:
                break
        if hypot(dx, dy) > MOST_SHIFT:
            return 0.0, 0.0
        return dx, dy

    def _relit(self, luma: Luma) -> Luma:
        """The background in the light of this frame, where light changes over whole blocks."""
        now = pictures.floats(pictures.shrunk(luma, LIGHT_BLOCK))
        usual = pictures.floats(pictures.shrunk(self._still, LIGHT_BLOCK))
        ratio = (now + 1) / (usual + 1)
        ratio = np.clip(_median_of_neighbours(ratio), 0.5, 2.0).astype(np.float32)
        if float(np.abs(ratio - 1).max()) < EVEN_LIGHT:
            self._relit_last = False
            return self._still
        self._relit_last = True
        factor = pictures.grown(ratio, LIGHT_BLOCK, (luma.shape[1], luma.shape[0]))
        return pictures.levels(pictures.product(self._mean, factor))


@dataclass(frozen=True, slots=True)
class _Slopes:
    """The background's slopes at half the working size, and what a swing leaves at edges."""

    small: Floats
    right: Floats
    down: Floats
    steep: Luma


def _slopes(mean: Floats, mask: Luma) -> _Slopes:
    right, down = pictures.slopes(mean)
    weight = np.asarray(pictures.shrunk(mask, 2) == FULL, np.float32)
    steep = pictures.levels((np.abs(right) + np.abs(down)) * np.float32(SLOPE_ALLOWANCE))
    small_right, small_down = (
        pictures.product(pictures.shrunk_floats(one, 2), weight) for one in (right, down)
    )
    return _Slopes(pictures.shrunk_floats(mean, 2), small_right, small_down, steep)


def _least_squares(slopes: _Slopes, off: Floats) -> tuple[float, float]:
    """The shift that explains the difference: off = -(dx * right + dy * down)."""
    right, down = slopes.right, slopes.down
    rr, dd = float(np.vdot(right, right)), float(np.vdot(down, down))
    rd = float(np.vdot(right, down))
    whole = rr * dd - rd * rd
    if whole < FLAT * max(1.0, rr * dd):
        return 0.0, 0.0
    ro, do = float(np.vdot(right, off)), float(np.vdot(down, off))
    return -(ro * dd - do * rd) / whole, -(do * rr - ro * rd) / whole


def _median_of_neighbours(picture: Floats) -> npt.NDArray[np.float32]:
    padded = np.pad(picture, 1, mode="edge")
    tall, wide = picture.shape
    nine = [padded[y : y + tall, x : x + wide] for y in range(3) for x in range(3)]
    return np.median(np.stack(nine), axis=0).astype(np.float32)
