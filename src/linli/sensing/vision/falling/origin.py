"""From a fall to the window it began at: back along the fit, with all its errors. Pure."""

from math import floor, hypot

from linli.sensing.vision.contracts import (
    Cell,
    Facade,
    FallenObject,
    Origin,
    RuledOut,
    RulingOut,
)
from linli.sensing.vision.falling.facade import FacadeView

ERRORS = 2.0
"""The band is this many standard deviations to each side."""
HOLD_M = 0.25
"""A thing is held by its middle; it may be seen this far below where it was let go."""


def origin_of(fallen: FallenObject, facade: Facade, size: tuple[int, int]) -> Origin | None:
    """The likeliest window and every window that cannot be ruled out.

    The band runs from the highest point where the object was surely seen up to the highest point
    the fit allows, widened by the errors of fit, calibration and timing. `size` is the picture's
    (width, height). `None` for a fall without a fit on this façade.
    """
    fit = fallen.fit
    if fit is None or fallen.facade_id != facade.id:
        return None
    view = FacadeView.of(facade, size)
    heights = [point.height_m for point in fallen.points if point.height_m is not None]
    if not heights:
        return None
    seen_top = max(heights)
    scale = view.scale(fit.release_across_m, min(seen_top, facade.height_m))
    drawn = hypot(facade.error_px, 1.0) / scale
    height_error = hypot(fit.height_error_m, drawn)
    across_error = hypot(fit.across_error_m, drawn)
    best = max(fit.release_height_m, seen_top)
    low = min(seen_top, best) - ERRORS * drawn
    high = best + HOLD_M + ERRORS * height_error
    left = fit.release_across_m - ERRORS * across_error
    right = fit.release_across_m + ERRORS * across_error
    storeys = _span(low, high, facade.storey_height_m, facade.storeys)
    columns = _span(left, right, facade.width_m / facade.columns, facade.columns)
    possible: list[Cell] = []
    ruled_out: list[RuledOut] = []
    for row in range(facade.storeys):
        for column in range(facade.columns):
            cell = Cell(view.storey_of(row), column + 1)
            why = _ruling_out(row, column, storeys, columns)
            if why is None:
                possible.append(cell)
            else:
                ruled_out.append(RuledOut(cell, why))
    return Origin(
        facade_id=facade.id,
        storey=view.storey_at(best),
        storey_low=view.storey_of(storeys[0]),
        storey_high=view.storey_of(storeys[1]),
        column=view.column_at(fit.release_across_m),
        column_low=columns[0] + 1,
        column_high=columns[1] + 1,
        height_m=best,
        height_low_m=low,
        height_high_m=high,
        across_m=fit.release_across_m,
        across_low_m=left,
        across_high_m=right,
        from_roof=high > facade.height_m,
        possible=tuple(possible),
        ruled_out=tuple(ruled_out),
    )


def _span(low: float, high: float, step: float, count: int) -> tuple[int, int]:
    first, last = (min(max(floor(end / step), 0), count - 1) for end in (low, high))
    return first, last


def _ruling_out(
    row: int, column: int, rows: tuple[int, int], columns: tuple[int, int]
) -> RulingOut | None:
    if row > rows[1]:
        return RulingOut.ABOVE
    if row < rows[0]:
        return RulingOut.BELOW
    if column < columns[0]:
        return RulingOut.LEFT
    if column > columns[1]:
        return RulingOut.RIGHT
    return None
