"""What a camera usually sees, and how like it a picture is."""

from dataclasses import dataclass

import msgspec
import numpy as np

from linli.sensing.vision.health.features import (
    COLUMNS,
    ORIENTATIONS,
    ROWS,
    SMALL,
    Features,
    Grid,
)

# A cell with weaker edges than this says nothing about where the camera looks.
TEXTURED = 3.0
# Fewer textured cells than this cannot be compared.
FEWEST_CELLS = 24
FORMAT = 2


@dataclass(frozen=True, slots=True)
class View:
    """What a camera usually sees.

    Attributes:
        edges: usual directions of edges for each cell; `coarse`, `fine`, `cells`: their usual
            strengths and brightness; `small`: the usual reduced picture.
    """

    edges: Grid
    coarse: Grid
    fine: Grid
    cells: Grid
    small: Grid

    @property
    def textured(self) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        """The cells by which this view can be known again."""
        return self.coarse > TEXTURED


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    format: int
    edges: bytes
    coarse: bytes
    fine: bytes
    cells: bytes
    small: bytes


def view_of(features: Features) -> View:
    """What this one picture shows."""
    return View(features.edges, features.coarse, features.fine, features.cells, features.small)


def adapted(view: View, features: Features, share: float) -> View:
    """The view, moved by `share` (0–1) towards a picture."""

    def between(usual: Grid, now: Grid) -> Grid:
        return (usual + share * (now - usual)).astype(np.float32)

    return View(
        between(view.edges, features.edges),
        between(view.coarse, features.coarse),
        between(view.fine, features.fine),
        between(view.cells, features.cells),
        between(view.small, features.small),
    )


def likeness(view: View, features: Features) -> float | None:
    """How far the edges lie where the view has them, from 0 (chance) to 1; None: cannot be said.

    Cells are compared by the directions of their edges, so light does not matter, only things.
    Cells in which either has no edges are left out; the best half of the rest counts, so that
    passers-by and headlights do not matter either.
    """
    both = view.textured & (features.coarse > TEXTURED)
    if int(both.sum()) < max(FEWEST_CELLS, int(view.textured.sum()) // 5):
        return None
    ours, theirs = _centred(view.edges[both]), _centred(features.edges[both])
    agreements = np.sort((ours * theirs).sum(1))
    return float(agreements[len(agreements) // 4 :].mean())


def _centred(edges: Grid) -> Grid:
    """Directions of unit length, less what every cell has: noise has all directions."""
    spread = edges - edges.mean(1, keepdims=True)
    length = np.sqrt((spread * spread).sum(1, keepdims=True))
    return (spread / np.maximum(length, 1e-6)).astype(np.float32)


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
    """The view as bytes (some 150 kB)."""

    def raw(grid: Grid) -> bytes:
        return grid.astype(np.float16).tobytes()

    return msgspec.msgpack.encode(
        _Packed(
            FORMAT,
            raw(view.edges),
            raw(view.coarse),
            raw(view.fine),
            raw(view.cells),
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
            grid(read.edges, ROWS, COLUMNS, ORIENTATIONS),
            grid(read.coarse, ROWS, COLUMNS),
            grid(read.fine, ROWS, COLUMNS),
            grid(read.cells, ROWS, COLUMNS),
            grid(read.small, SMALL[1], SMALL[0]),
        )
    except (msgspec.MsgspecError, ValueError):
        return None
