"""A façade in a picture: from pixels to metres on the wall and back. Pure arithmetic."""

from dataclasses import dataclass
from math import hypot
from typing import Self

from linli.sensing.vision.contracts import Facade, Point

Nine = tuple[float, float, float, float, float, float, float, float, float]
FLAT = 1e-12


class CrookedFacade(ValueError):
    """The corners do not make a rectangle seen from one side."""


@dataclass(frozen=True, slots=True)
class FacadeView:
    """One façade at one picture size."""

    facade: Facade
    to_wall: Nine
    to_picture: Nine

    @classmethod
    def of(cls, facade: Facade, size: tuple[int, int]) -> Self:
        """`size` is (width, height) in pixels.

        Raises:
            CrookedFacade: corners that cross, turn inwards or lie on a line.
        """
        corners = tuple((x * size[0], y * size[1]) for x, y in facade.corners)
        if not _convex(corners):
            raise CrookedFacade
        unit = _from_unit_square(corners)
        wide, tall = facade.width_m, facade.height_m
        # Wall metres: across from the left edge, height from the lower edge; the unit square's y
        # runs downwards from the upper edge.
        from_wall: Nine = (1 / wide, 0, 0, 0, -1 / tall, 1, 0, 0, 1)
        to_picture = _times(unit, from_wall)
        return cls(facade, _inverse(to_picture), to_picture)

    def metres(self, x: float, y: float) -> Point:
        """Metres from the left edge and above the lower edge, for a pixel position."""
        return _apply(self.to_wall, x, y)

    def pixels(self, across: float, height: float) -> Point:
        """The pixel position of a point on the wall."""
        return _apply(self.to_picture, across, height)

    def scale(self, across: float, height: float) -> float:
        """Pixels a metre of height at a point on the wall."""
        low = self.pixels(across, height - 0.5)
        high = self.pixels(across, height + 0.5)
        return max(1e-6, hypot(high[0] - low[0], high[1] - low[1]))

    def storey_at(self, height: float) -> int:
        """The storey's number at a height, that of the lowest or highest beyond the wall.

        There is no storey 0: below 1 comes -1.
        """
        row = int(height // self.facade.storey_height_m)
        return self.storey_of(min(max(row, 0), self.facade.storeys - 1))

    def storey_of(self, row: int) -> int:
        """The number of the row-th storey from below, counted from 0."""
        number = self.facade.ground_storey + row
        return number + 1 if self.facade.ground_storey < 0 <= number else number

    def column_at(self, across: float) -> int:
        """The column's number (1 = leftmost), that of the outermost beyond the wall."""
        column = int(across // (self.facade.width_m / self.facade.columns)) + 1
        return min(max(column, 1), self.facade.columns)


def _convex(corners: tuple[Point, ...]) -> bool:
    turns: list[float] = []
    for n in range(4):
        (ax, ay), (bx, by), (cx, cy) = (corners[(n + step) % 4] for step in range(3))
        turns.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    return min(turns) > FLAT


def _from_unit_square(corners: tuple[Point, ...]) -> Nine:
    """The projective map of (0,0), (1,0), (1,1), (0,1) to the corners (Heckbert 1989, 2.2.3)."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    whole = dx1 * dy2 - dx2 * dy1
    g = (sx * dy2 - dx2 * sy) / whole
    h = (dx1 * sy - sx * dy1) / whole
    return (
        x1 - x0 + g * x1, x3 - x0 + h * x3, x0,
        y1 - y0 + g * y1, y3 - y0 + h * y3, y0,
        g, h, 1.0,
    )  # fmt: skip


def _times(one: Nine, other: Nine) -> Nine:
    rows = [one[0:3], one[3:6], one[6:9]]
    columns = [other[0::3], other[1::3], other[2::3]]
    a, b, c, d, e, f, g, h, i = (
        sum(left * right for left, right in zip(row, column, strict=True))
        for row in rows
        for column in columns
    )
    return a, b, c, d, e, f, g, h, i


def _inverse(of: Nine) -> Nine:
    """Up to a factor, which a projective map does not see."""
    a, b, c, d, e, f, g, h, i = of
    return (
        e * i - f * h, c * h - b * i, b * f - c * e,
        f * g - d * i, a * i - c * g, c * d - a * f,
        d * h - e * g, b * g - a * h, a * e - b * d,
    )  # fmt: skip


def _apply(by: Nine, x: float, y: float) -> Point:
    away = by[6] * x + by[7] * y + by[8]
    if abs(away) < FLAT:
        away = FLAT if away >= 0 else -FLAT
    return (by[0] * x + by[1] * y + by[2]) / away, (by[3] * x + by[4] * y + by[5]) / away
