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


def shrunk(picture: Floats, by: int) -> Floats:
    """The picture at one `by`-th of its size, each pixel the mean of its block."""
    size = (max(1, picture.shape[1] // by), max(1, picture.shape[0] // by))
    return cast("Floats", cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def grown(picture: Floats, size: tuple[int, int]) -> Floats:
    """The picture stretched to (width, height)."""
    return cast("Floats", cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR))


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


def product(one: Floats, other: Floats) -> Floats:
    """Pixel by pixel."""
    return cast("Floats", cv2.multiply(one, other))


def spread(luma: Luma) -> Luma:
    """Each pixel the largest of its 3 x 3 neighbours."""
    return cast("Luma", cv2.dilate(luma, _NEIGHBOURS))


def smooth(luma: Luma) -> Luma:
    """Each pixel the mean of its 3 x 3 neighbours."""
    return cast("Luma", cv2.blur(luma, (3, 3)))


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


def blobs(hot: Luma) -> tuple[Whole, npt.NDArray[np.float64]]:
    """Connected areas that are not 0: rows of (left, top, width, height, pixels), and middles."""
    _, _, stats, middles = cv2.connectedComponentsWithStats(hot, connectivity=8, ltype=cv2.CV_16U)
    return cast("Whole", stats)[1:], cast("npt.NDArray[np.float64]", middles)[1:]


def polygon_mask(size: tuple[int, int], polygons: list[npt.NDArray[np.float64]]) -> Luma:
    """255 inside the polygons (pixels), 0 elsewhere; `size` is (width, height)."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    for corners in polygons:
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], (255,))
    return mask


_NEIGHBOURS = np.ones((3, 3), np.uint8)
