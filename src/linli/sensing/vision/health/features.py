"""What is measured of one picture: a reduced picture of 320 × 180, and 32 × 18 cells of it.

All of it is arithmetic with NumPy: some ten milliseconds for 1080p, once a second.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from linli.sensing.vision.video import Luma

Grid = npt.NDArray[np.float32]
Starts = npt.NDArray[np.intp]

COLUMNS, ROWS = 32, 18
"""Cells a picture is judged by."""
SMALL = (320, 180)
"""Pixels of the reduced picture (columns, rows): ten by ten to a cell."""


@dataclass(frozen=True, slots=True)
class Features:
    """One picture, measured.

    Attributes:
        mean: brightness 0 to 255; `low`, `high`: its 5th and 95th hundredth.
        cells: mean brightness of each cell.
        step: the strongest edge of each cell (first difference over two pixels); `bend`: its
            strongest second difference, which blur takes away first.
        small: the reduced picture.
    """

    mean: float
    low: float
    high: float
    cells: Grid
    step: Grid
    bend: Grid
    small: Grid


def measured(luma: Luma) -> Features:
    """Measure a picture of any size from 64 × 36."""
    small = reduced(luma, SMALL)
    cells = small.reshape(ROWS, 10, COLUMNS, 10).mean((1, 3))
    step = np.zeros_like(small)
    step[:, 1:-1] = np.abs(small[:, 2:] - small[:, :-2])
    step[1:-1] = np.maximum(step[1:-1], np.abs(small[2:] - small[:-2]))
    bend = np.zeros_like(small)
    bend[:, 1:-1] = np.abs(2 * small[:, 1:-1] - small[:, 2:] - small[:, :-2])
    bend[1:-1] = np.maximum(bend[1:-1], np.abs(2 * small[1:-1] - small[2:] - small[:-2]))
    low, high = np.percentile(small, (5, 95))
    return Features(
        mean=float(small.mean()),
        low=float(low),
        high=float(high),
        cells=cells.astype(np.float32),
        step=in_cells(step).max((2, 3)),
        bend=in_cells(bend).max((2, 3)),
        small=small,
    )


def in_cells(small: Grid) -> Grid:
    """A reduced picture by cells: rows, columns, pixels down, pixels across."""
    return small.reshape(ROWS, 10, COLUMNS, 10).swapaxes(1, 2)


def reduced(luma: Luma, size: tuple[int, int]) -> Grid:
    """The picture averaged down to `size`; a smaller one is repeated up."""
    width, height = size
    rows, columns = luma.shape
    if columns < width or rows < height:
        up = np.ix_(np.arange(height) * rows // height, np.arange(width) * columns // width)
        return luma[up].astype(np.float32)
    # Every pixel of an 8-bit picture need not be read for a mean: four to eight a side are plenty.
    step = max(1, min(columns // width, rows // height) // 4)
    thin = luma[::step, ::step].astype(np.float32)
    at_rows = np.arange(height) * thin.shape[0] // height
    at_columns = np.arange(width) * thin.shape[1] // width
    return _averaged(thin, at_rows, at_columns)


def _averaged(values: Grid, at_rows: Starts, at_columns: Starts) -> Grid:
    """Mean of the blocks that begin at these rows and columns."""
    rows, columns = values.shape
    over_rows = cast("Grid", np.add.reduceat(values, at_rows, axis=0))
    sums = cast("Grid", np.add.reduceat(over_rows, at_columns, axis=1))
    high = np.diff(np.append(at_rows, rows)).astype(np.float32)
    wide = np.diff(np.append(at_columns, columns)).astype(np.float32)
    return (sums / np.outer(high, wide)).astype(np.float32)
