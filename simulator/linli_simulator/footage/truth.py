"""What really happened in a piece of footage. Times in seconds from its first frame."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class WallTruth:
    """A façade as a perfect calibration gives it; corners are fractions of the picture."""

    id: str
    corners: tuple[Point, Point, Point, Point]
    storeys: int
    ground_storey: int
    columns: int
    storey_height_m: float
    width_m: float


@dataclass(frozen=True, slots=True)
class FallPoint:
    """The object's middle in one frame (middle of the exposure)."""

    at: float
    x: float
    y: float
    across_m: float
    height_m: float
    out_m: float


@dataclass(frozen=True, slots=True)
class FallTruth:
    """One object that fell.

    `contrast_nominal` is the difference between the object and what is behind it, `contrast` what
    the exposure leaves of it (a fast small thing smears); both are medians over the frames, in
    luma levels, before noise and compression.
    """

    wall_id: str
    storey: int
    column: int
    release_at: float
    impact_at: float
    size_px: float
    size_m: float
    terminal_m_s: float
    points: tuple[FallPoint, ...]
    contrast: float = 0.0
    contrast_nominal: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is true of a piece of footage. `blind` are polygons where nothing falls."""

    seed: int
    width: int
    height: int
    fps: float
    frames: int
    light: str
    weather: str
    bitrate: int
    distractions: tuple[str, ...]
    walls: tuple[WallTruth, ...]
    blind: tuple[tuple[Point, ...], ...]
    falls: tuple[FallTruth, ...]

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def with_contrasts(self, contrasts: dict[int, tuple[float, float]]) -> "Truth":
        falls = tuple(
            replace(fall, contrast=contrasts[n][0], contrast_nominal=contrasts[n][1])
            if n in contrasts
            else fall
            for n, fall in enumerate(self.falls)
        )
        return replace(self, falls=falls)

    def save(self, path: Path) -> None:
        """As JSON, names as here."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> Truth:
    """Read what `Truth.save` wrote."""
    told = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
    told["walls"] = tuple(_wall(wall) for wall in told["walls"])
    told["falls"] = tuple(_fall(fall) for fall in told["falls"])
    told["blind"] = tuple(tuple((x, y) for x, y in area) for area in told["blind"])
    told["distractions"] = tuple(told["distractions"])
    return Truth(**told)


def _wall(told: dict[str, Any]) -> WallTruth:
    told["corners"] = tuple((x, y) for x, y in told["corners"])
    return WallTruth(**told)


def _fall(told: dict[str, Any]) -> FallTruth:
    told["points"] = tuple(FallPoint(**point) for point in told["points"])
    return FallTruth(**told)
