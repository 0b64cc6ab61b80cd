"""Falls where no façade is calibrated: only the shape of the path can speak. Pure.

Without metres neither gravity nor storeys can be checked, so such a fall is never more than
suspected, and it has to be long, smooth, straight and ever faster.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linli.sensing.vision.contracts import FallenObject, Grade, Reason, TrackPoint

Values = npt.NDArray[np.float64]

FEWEST_POINTS = 12
LEAST_SHARE = 0.2
"""Of the picture's height, to have fallen."""
ERROR_PX = 2.0
WORST_RESIDUAL = 1.2
FASTER_FACTOR = 3.0
"""A steady speed must fit so much worse."""
SPEED_GAIN = 2.0
CONFIDENCE = 0.55


@dataclass(frozen=True, slots=True)
class PixelPath:
    """A track in full-size pixels, with the size and contrast of what moved."""

    at: Values
    x: Values
    y: Values
    size_px: float
    contrast: float


def fall_of_path(path: PixelPath, picture_height: int) -> FallenObject | None:
    """The suspected fall, or `None` where the path is not that of a falling thing."""
    if len(path.at) < FEWEST_POINTS:
        return None
    if float(path.y[-1] - path.y[0]) < LEAST_SHARE * picture_height:
        return None
    time = path.at - float(path.at.mean())
    curve, curved = _fit(time, path.y, 2)
    _, steady = _fit(time, path.y, 1)
    _, across = _fit(time, path.x, 1)
    begins = curve[1] + 2 * curve[2] * float(time[0])
    ends = curve[1] + 2 * curve[2] * float(time[-1])
    smooth = max(curved, across) < WORST_RESIDUAL
    faster = curve[2] > 0 and begins > -ERROR_PX and ends > SPEED_GAIN * max(begins, 1.0)
    if not (smooth and faster and steady > FASTER_FACTOR * max(curved, WORST_RESIDUAL / 2)):
        return None
    return FallenObject(
        grade=Grade.SUSPECTED,
        reasons=(Reason.STRAIGHT, Reason.NOT_CALIBRATED),
        confidence=CONFIDENCE,
        points=tuple(
            TrackPoint(float(at), float(x), float(y))
            for at, x, y in zip(path.at, path.x, path.y, strict=True)
        ),
        released_at=float(path.at[0]),
        impact_at=float(path.at[-1]),
        size_px=path.size_px,
        contrast=path.contrast,
        facade_id=None,
        fit=None,
    )


def _fit(time: Values, place: Values, degree: int) -> tuple[list[float], float]:
    """Factors from the lowest power up, and the residual in errors of a point."""
    design = np.stack([time**power for power in range(degree + 1)], axis=1)
    normal = design.T @ design
    found = np.linalg.solve(normal + 1e-9 * np.eye(degree + 1), design.T @ place)
    left = (place - design @ found) / ERROR_PX
    return [float(factor) for factor in found], float(np.sqrt(np.mean(left**2)))
