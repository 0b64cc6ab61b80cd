"""OpenCV behind types: what the engines do with luma pictures (`uint8`, rows first).

The one module that imports OpenCV. Every function leaves its arguments alone unless it says so.
"""

from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int32]

# A node runs one process a camera; more threads inside a call cost more than they bring.
cv2.setNumThreads(1)


def half(luma: Luma) -> Luma:
    """The picture at half size, each pixel the mean of four."""
    return cast("Luma", cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def shrunk(luma: Luma, by: int) -> Luma:
    """The picture at one `by`-th of its size, each pixel the mean of its block.

    What is left of the last row and column of blocks is not counted: areas that are no whole
    number of pixels cost twenty times as much.
    """
    return cast("Luma", _means(luma, by))


def shrunk_floats(picture: Floats, by: int) -> Floats:
    """The same of floating point numbers."""
    return cast("Floats", _means(picture, by))


def _means(picture: Luma | Floats, by: int) -> object:
    tall, wide = picture.shape
    across, down = max(1, wide // by), max(1, tall // by)
    whole = picture[: down * by, : across * by]
    return cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA)


def grown(picture: Floats, by: int, size: tuple[int, int]) -> Floats:
    """A picture that was shrunk by `by`, back at (width, height); the last edges repeated."""
    wide, tall = min(picture.shape[1] * by, size[0]), min(picture.shape[0] * by, size[1])
    made = cv2.resize(picture, (wide, tall), interpolation=cv2.INTER_LINEAR)
    right, down = size[0] - wide, size[1] - tall
    if right or down:
        made = cv2.copyMakeBorder(made, 0, down, 0, right, cv2.BORDER_REPLICATE)
    return cast("Floats", made)


def floats(luma: Luma) -> Floats:
    """The same levels as floating point numbers."""
    return luma.astype(np.float32)


def levels(picture: Floats) -> Luma:
    """Rounded to whole levels from 0 to 255."""
    return cast("Luma", cv2.convertScaleAbs(picture))


def difference(one: Luma, other: Luma, into: Luma) -> Luma:
    """How far two pictures are apart, written to `into`."""
    return cast("Luma", cv2.absdiff(one, other, dst=into))


def beyond(luma: Luma, limit: Luma, into: Luma) -> Luma:
    """By how much each pixel exceeds its own limit, 0 where it does not; written to `into`."""
    return cast("Luma", cv2.subtract(luma, limit, dst=into))


def count(luma: Luma) -> int:
    """How many pixels are not 0."""
    return cv2.countNonZero(luma)


def learn(picture: Luma, mean: Floats, rate: float) -> None:
    """Move `mean` (in place) towards the picture by `rate` of the difference."""
    cv2.accumulateWeighted(picture, mean, rate)


def within(luma: Luma, usual: Luma, reach: int) -> Luma:
    """The picture, but nowhere further than `reach` levels from `usual`."""
    step = np.array([reach], np.float64)
    high = cv2.min(luma, cv2.add(usual, step))
    return cast("Luma", cv2.max(high, cv2.subtract(usual, step)))


def at_most(luma: Luma, level: int) -> Luma:
    return cast("Luma", cv2.threshold(luma, level, 255, cv2.THRESH_TRUNC)[1])


def aged(age: Luma, hot: Luma) -> Luma:
    """One more where `hot` is not 0, else 0."""
    _, one = cv2.threshold(hot, 0, 1, cv2.THRESH_BINARY)
    return cast("Luma", cv2.multiply(cv2.add(age, one), one))


def product(one: Floats, other: Floats) -> Floats:
    """Pixel by pixel."""
    return cast("Floats", cv2.multiply(one, other))


def spread(luma: Luma) -> Luma:
    """Each pixel the largest of its 3 x 3 neighbours."""
    return cast("Luma", cv2.dilate(luma, _NEIGHBOURS))


def smooth(picture: Floats) -> Floats:
    """Each pixel the mean of its 3 x 3 neighbours."""
    return cast("Floats", cv2.blur(picture, (3, 3)))


def slopes(picture: Floats) -> tuple[Floats, Floats]:
    """By how much the level changes a pixel to the right and downwards."""
    right = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return cast("Floats", right), cast("Floats", down)


def shifted(luma: Luma, dx: float, dy: float) -> Luma:
    """The picture moved by parts of a pixel, its edges repeated."""
    matrix = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])
    size = (luma.shape[1], luma.shape[0])
    made = cv2.warpAffine(luma, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return cast("Luma", made)


def sum_of(one: Luma, other: Luma) -> Luma:
    """Pixel by pixel, 255 at most."""
    return cast("Luma", cv2.add(one, other))


def occupied(hot: Luma, block: int) -> Luma:
    """Which blocks of `block` x `block` pixels hold a pixel that is not 0."""
    across, down = -(-hot.shape[1] // block), -(-hot.shape[0] // block)
    padded = np.zeros((down * block, across * block), np.uint8)
    padded[: hot.shape[0], : hot.shape[1]] = hot
    rows = padded.reshape(down, block, -1).max(axis=1)
    return rows.reshape(down, across, block).max(axis=2)


def blobs(hot: Luma) -> list[list[int]]:
    """Connected areas that are not 0: left, top, width, height, pixels of each."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(hot, connectivity=8, ltype=cv2.CV_16U)
    return cast("list[list[int]]", stats[1:].tolist())


def blobs_with_middles(hot: Luma) -> tuple[Whole, npt.NDArray[np.float64]]:
    """The same as rows, and the middles (x, y) of all."""
    _, _, stats, middles = cv2.connectedComponentsWithStats(hot, connectivity=8, ltype=cv2.CV_16U)
    return cast("Whole", stats)[1:], cast("npt.NDArray[np.float64]", middles)[1:]


def polygon_mask(size: tuple[int, int], polygons: list[npt.NDArray[np.float64]]) -> Luma:
    """255 inside the polygons (pixels), 0 elsewhere; `size` is (width, height)."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    for corners in polygons:
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], (255,))
    return mask


_NEIGHBOURS = np.ones((3, 3), np.uint8)
