"""The few picture operations the footage needs, with types: luma is `uint8`, rows first."""

from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

cv2.setNumThreads(1)


def _luma(made: Any) -> Luma:  # noqa: ANN401 (what OpenCV returns is wider than what it gives)
    return cast("Luma", made)


def as_floats(made: npt.NDArray[Any]) -> Floats:
    return made.astype(np.float32)


def warped(texture: Floats, homography: Matrix, size: tuple[int, int]) -> Floats:
    """The texture as the camera sees it; outside it 0."""
    made = cv2.warpPerspective(texture, homography, size, flags=cv2.INTER_AREA)
    return cast("Floats", made)


def moved(picture: Luma, dx: float, dy: float) -> Luma:
    """The picture shifted by parts of a pixel, its edges repeated."""
    matrix = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])
    size = (picture.shape[1], picture.shape[0])
    return _luma(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE))


def blurred(picture: Floats, sigma: float) -> Floats:
    return cast("Floats", cv2.GaussianBlur(picture, (0, 0), sigma))


def resized(picture: Floats, size: tuple[int, int]) -> Floats:
    return cast("Floats", cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR))


def halved(picture: Floats) -> Floats:
    return cast("Floats", cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def brighter(canvas: Luma, by: Luma) -> None:
    cv2.add(canvas, by, dst=canvas)


def darker(canvas: Luma, by: Luma) -> None:
    cv2.subtract(canvas, by, dst=canvas)


def scaled(canvas: Luma, by: Luma) -> None:
    """Multiply by `by` / 255."""
    cv2.multiply(canvas, by, dst=canvas, scale=1 / 255)


def mapped(canvas: Luma, table: Luma) -> None:
    cv2.LUT(canvas, table, dst=canvas)


def line(canvas: Luma, start: tuple[float, float], end: tuple[float, float], level: int,
         width: int) -> None:  # fmt: skip
    """An antialiased line; positions in pixels."""
    cv2.line(canvas, _fixed(start), _fixed(end), (level,), width, cv2.LINE_AA, SHIFT)


def disc(canvas: Luma, centre: tuple[float, float], radius: float, level: int) -> None:
    size = max(1, round(radius * (1 << SHIFT)))
    cv2.circle(canvas, _fixed(centre), size, (level,), -1, cv2.LINE_AA, SHIFT)


def polygon(canvas: Luma, corners: Matrix, level: int) -> None:
    fixed = np.round(corners * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], (level,), cv2.LINE_AA, SHIFT)


SHIFT = 4


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0] * (1 << SHIFT)), round(point[1] * (1 << SHIFT))


def homography(source: Matrix, target: Matrix) -> Matrix:
    """The projective map that takes four points of `source` to those of `target`."""
    made = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return cast("Matrix", made)
