"""A pinhole camera on a pole before a building, and the planes it looks at. Lengths in metres.

The world: x to the right, y up from the ground, z from the first façade towards the camera.
"""

from dataclasses import dataclass
from math import cos, sin

import numpy as np

from linli_simulator.footage.canvas import Matrix

NEAR = 0.2


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera stands, how far it looks up (`tilt`) and to the right (`pan`)."""

    x: float
    y: float
    z: float
    tilt: float
    pan: float
    focal_px: float
    width: int
    height: int

    def seen(self, world: Matrix) -> Matrix:
        """Picture positions (n x 2) of points of the world (n x 3); full-size pixels."""
        right, down, depth = self.turned(world)
        away = np.maximum(depth, NEAR)
        return np.stack(
            [
                self.width / 2 + self.focal_px * right / away,
                self.height / 2 + self.focal_px * down / away,
            ],
            axis=1,
        )

    def turned(self, world: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        """The same points to the right of, below and before the camera."""
        dx, dy, dz = world[:, 0] - self.x, world[:, 1] - self.y, self.z - world[:, 2]
        right = dx * cos(self.pan) - dz * sin(self.pan)
        ahead = dx * sin(self.pan) + dz * cos(self.pan)
        up = dy * cos(self.tilt) - ahead * sin(self.tilt)
        depth = ahead * cos(self.tilt) + dy * sin(self.tilt)
        return right, -up, depth


@dataclass(frozen=True, slots=True)
class Wall:
    """A façade: storeys and columns of windows on an upright plane that may be turned (`yaw`)."""

    id: str
    x: float
    y: float
    z: float
    yaw: float
    storeys: int
    columns: int
    storey_height_m: float
    width_m: float

    @property
    def height_m(self) -> float:
        return self.storeys * self.storey_height_m

    def placed(self, across: Matrix, height: Matrix, out: Matrix) -> Matrix:
        """World points of positions on the wall and before it."""
        return np.stack(
            [
                self.x + across * cos(self.yaw) + out * sin(self.yaw),
                self.y + height,
                self.z - across * sin(self.yaw) + out * cos(self.yaw),
            ],
            axis=1,
        )

    def corners(self) -> Matrix:
        """Top left, top right, bottom right, bottom left in the world."""
        across = np.array([0.0, self.width_m, self.width_m, 0.0])
        height = np.array([self.height_m, self.height_m, 0.0, 0.0])
        return self.placed(across, height, np.zeros(4))
