"""What the engine, the node and the platform tell each other about pictures.

Positions in a picture are full-size pixels unless said to be fractions of its width and height;
times are seconds on the camera's clock as the caller gives them; lengths are metres on a façade.
Nothing here needs NumPy, so the web process can read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import msgspec

Point = tuple[float, float]
"""x to the right, y downwards."""
Polygon = tuple[Point, ...]


class Facade(msgspec.Struct, frozen=True):
    """A plane of a building as one camera sees it: the calibration people draw.

    `corners` are fractions of the picture: top left, top right, bottom right, bottom left of the
    rectangle that holds `storeys` storeys from `ground_storey` up and `columns` columns of windows.
    `error_px` is how far a corner may be wrong (one standard deviation, full-size pixels).
    """

    id: str
    building_id: str
    corners: tuple[Point, Point, Point, Point]
    storeys: int
    ground_storey: int
    columns: int
    storey_height_m: float
    width_m: float
    error_px: float = 1.5

    @property
    def height_m(self) -> float:
        """From the lower edge of the lowest storey to the upper edge of the highest."""
        return self.storeys * self.storey_height_m


class Grade(StrEnum):
    """How sure the detector is."""

    CONFIRMED = "confirmed"
    """Everything fits a thing falling from this building."""
    SUSPECTED = "suspected"
    """It fell, but something speaks against it or could not be seen: a person decides."""


class Reason(StrEnum):
    """Why a track was taken for a fall, and what keeps it from being certain."""

    FREE_FALL = "free_fall"
    LONG_DROP = "long_drop"
    STRAIGHT = "straight"
    REACHED_GROUND = "reached_ground"
    BEGINS_AT_FACADE = "begins_at_facade"

    SLOW = "slow"
    SHORT = "short"
    LOOSE = "loose"
    SEEN_LATE = "seen_late"
    LOST_ABOVE_GROUND = "lost_above_ground"
    LEFT_VIEW = "left_view"
    TINY = "tiny"
    FAINT = "faint"
    CROWDED = "crowded"
    SHAKING = "shaking"
    NOT_CALIBRATED = "not_calibrated"


REASON_TEXTS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.FREE_FALL: "下落越来越快，符合重力和空气阻力",
        Reason.LONG_DROP: "连续下落超过两层楼",
        Reason.STRAIGHT: "横向没有拐弯",
        Reason.REACHED_GROUND: "一直落到地面附近",
        Reason.BEGINS_AT_FACADE: "从这面墙的位置开始下落",
        Reason.SLOW: "落得慢，可能是纸片、塑料袋之类的轻物",
        Reason.SHORT: "看到的下落过程较短",
        Reason.LOOSE: "轨迹与自由下落有些出入",
        Reason.SEEN_LATE: "开始下落的一段没有看清",
        Reason.LOST_ABOVE_GROUND: "没有看到落地",
        Reason.LEFT_VIEW: "落出了监看范围，后面没有看到",
        Reason.TINY: "画面里的物体很小",
        Reason.FAINT: "物体和背景颜色接近",
        Reason.CROWDED: "当时画面里移动的东西很多（雨、雪、飞虫等）",
        Reason.SHAKING: "当时摄像机在晃动",
        Reason.NOT_CALIBRATED: "这里没有标定楼面，无法核对下落速度和高度",
    }
)
"""What people read instead of the codes."""

DOUBTS = frozenset(
    {
        Reason.SLOW,
        Reason.SHORT,
        Reason.LOOSE,
        Reason.SEEN_LATE,
        Reason.LOST_ABOVE_GROUND,
        Reason.LEFT_VIEW,
        Reason.TINY,
        Reason.FAINT,
        Reason.CROWDED,
        Reason.SHAKING,
        Reason.NOT_CALIBRATED,
    }
)
"""The reasons that speak against certainty."""


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where the object was seen in one frame."""

    at: float
    x: float
    y: float
    across_m: float | None = None
    """Metres from the façade's left edge; `None` where no façade is calibrated."""
    height_m: float | None = None
    """Metres above the façade's lower edge."""


@dataclass(frozen=True, slots=True)
class FallFit:
    """The fall that fits the points best, in metres on the façade.

    At `release_at` the object had no vertical speed, at `release_height_m`; from there it fell with
    terminal speed `terminal_m_s`. Thrown downwards, that moment lies before the throw.
    """

    release_at: float
    release_height_m: float
    release_across_m: float
    across_m_s: float
    terminal_m_s: float
    acceleration_m_s2: float
    """Of the quadratic through the points: gravity less what the air takes."""
    residual_px: float
    """Root mean square distance of the points from the fit, full-size pixels."""
    height_error_m: float
    """Of the release height (one standard deviation): fit, calibration and timing."""
    across_error_m: float


@dataclass(frozen=True, slots=True)
class FallenObject:
    """One object that fell. `msgspec.json.encode` of it is the trajectory as evidence."""

    grade: Grade
    reasons: tuple[Reason, ...]
    confidence: float
    """0 to 1."""
    points: tuple[TrackPoint, ...]
    released_at: float
    """When it began to fall, by the fit; not later than the first point."""
    impact_at: float
    """When it reached the ground or was last seen."""
    size_px: float
    """Diameter, full-size pixels, without the smear of its motion as far as that is known."""
    contrast: float
    """Luma levels between it and what is behind it."""
    facade_id: str | None
    fit: FallFit | None
    """`None` where no façade is calibrated."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One window of a façade: storey number and column (1 = leftmost as the camera sees it)."""

    storey: int
    column: int


class RulingOut(StrEnum):
    """Why a window cannot be the origin."""

    ABOVE = "above"
    BELOW = "below"
    LEFT = "left"
    RIGHT = "right"


RULING_OUT_TEXTS: Mapping[RulingOut, str] = MappingProxyType(
    {
        RulingOut.ABOVE: "比推算的最高起点还高",
        RulingOut.BELOW: "物体在它上方就已经出现",
        RulingOut.LEFT: "在推算的横向范围左侧",
        RulingOut.RIGHT: "在推算的横向范围右侧",
    }
)
"""What people read instead of the codes."""


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A window that cannot be the origin, and why."""

    cell: Cell
    why: RulingOut


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object came from: the likeliest window and the band that holds the truth.

    `from_roof` says that the band reaches above the highest storey. A home may be named only when
    `possible` holds windows of that home alone.
    """

    facade_id: str
    storey: int
    storey_low: int
    storey_high: int
    column: int
    column_low: int
    column_high: int
    height_m: float
    height_low_m: float
    height_high_m: float
    across_m: float
    across_low_m: float
    across_high_m: float
    from_roof: bool
    possible: tuple[Cell, ...]
    ruled_out: tuple[RuledOut, ...]
