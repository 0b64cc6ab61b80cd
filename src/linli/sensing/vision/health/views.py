"""What a camera usually sees, and how like it a picture is."""

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from linli.sensing.vision.health.features import COLUMNS, ROWS, SMALL, Features, Grid, in_cells

# A cell whose strongest edge is weaker (grey levels) says nothing about where the camera looks.
TEXTURED = 15.0
# Fewer textured cells than this cannot be compared.
FEWEST_CELLS = 24
# Correlation from which a cell shows what it usually does.
AGREES = 0.5
FORMAT = 3


@dataclass(frozen=True, slots=True)
class View:
    """What a camera usually sees: the usual `Features`, kept from picture to picture."""

    cells: Grid
    step: Grid
    bend: Grid
    small: Grid

    @property
    def textured(self) -> npt.NDArray[np.bool_]:
        """The cells by which this view can be known again."""
        return self.step > TEXTURED


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    format: int
    cells: bytes
    step: bytes
    bend: bytes
    small: bytes


def view_of(features: Features) -> View:
    """What this one picture shows."""
    return View(features.cells, features.step, features.bend, features.small)


def adapted(view: View, features: Features, share: float) -> View:
    """The view, moved by `share` (0–1) towards a picture."""

    def between(usual: Grid, now: Grid) -> Grid:
        return (usual + share * (now - usual)).astype(np.float32)

    return View(
        between(view.cells, features.cells),
        between(view.step, features.step),
        between(view.bend, features.bend),
        between(view.small, features.small),
    )


def agreeing(view: View, features: Features) -> float | None:
    """The share of the view's textured cells that show what they usually do; None: too few.

    Each cell is compared with itself by correlation, so brightness and contrast do not matter.
    """
    known = view.textured
    if int(known.sum()) < FEWEST_CELLS:
        return None
    ours, theirs = _levelled(view.small)[known], _levelled(features.small)[known]
    products = (ours * theirs).sum((1, 2))
    lengths = np.sqrt((ours * ours).sum((1, 2)) * (theirs * theirs).sum((1, 2)))
    return float((products / np.maximum(lengths, 1.0) > AGREES).mean())


def _levelled(small: Grid) -> Grid:
    cells = in_cells(small)
    return cells - cells.mean((2, 3), keepdims=True)


def shift(view: View, features: Features) -> tuple[float, float, float]:
    """How far the picture lies beside the view: right, down (shares of the picture) and how sure.

    By phase correlation of the reduced pictures' edges.
    """
    window = np.outer(np.hanning(SMALL[1]), np.hanning(SMALL[0]))
    one = np.fft.rfft2(_outlined(view.small) * window)
    two = np.fft.rfft2(_outlined(features.small) * window)
    product = two * np.conj(one)
    surface = np.fft.irfft2(product / np.maximum(np.abs(product), 1e-6), s=(SMALL[1], SMALL[0]))
    at = int(surface.argmax())
    row, column = divmod(at, SMALL[0])
    down = row - SMALL[1] if row > SMALL[1] // 2 else row
    right = column - SMALL[0] if column > SMALL[0] // 2 else column
    peak = float(surface.max())
    near = surface.copy()
    for dy in range(-2, 3):
        for dx in range(-2, 3):
            near[(row + dy) % SMALL[1], (column + dx) % SMALL[0]] = 0.0
    rival = max(float(near.max()), 1e-9)
    return right / SMALL[0], down / SMALL[1], peak / rival


def _outlined(small: Grid) -> Grid:
    across = np.zeros_like(small)
    across[:, 1:-1] = np.abs(small[:, 2:] - small[:, :-2])
    across[1:-1] += np.abs(small[2:] - small[:-2])
    return np.minimum(across, 60.0)


def packed(view: View) -> bytes:
    """The view as bytes (some 120 kB)."""

    def raw(grid: Grid) -> bytes:
        return grid.astype(np.float16).tobytes()

    return msgspec.msgpack.encode(
        _Packed(
            FORMAT,
            raw(view.cells),
            raw(view.step),
            raw(view.bend),
            raw(view.small),
        )
    )


def unpacked(body: bytes) -> View | None:
    """The view from bytes; None when they hold none (of this format)."""

    def grid(raw: bytes, *shape: int) -> Grid:
        return np.frombuffer(raw, np.float16).reshape(shape).astype(np.float32)

    try:
        read = msgspec.msgpack.decode(body, type=_Packed)
        if read.format != FORMAT:
            return None
        return View(
            grid(read.cells, ROWS, COLUMNS),
            grid(read.step, ROWS, COLUMNS),
            grid(read.bend, ROWS, COLUMNS),
            grid(read.small, SMALL[1], SMALL[0]),
        )
    except (msgspec.MsgspecError, ValueError):
        return None
