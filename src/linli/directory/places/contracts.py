"""What others may know of places: estates, places and the plan. Lengths in metres."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class PlaceKind(StrEnum):
    """What a place is."""

    BUILDING = "building"
    ENTRANCE = "entrance"
    FLOOR = "floor"
    HOME = "home"
    GATE = "gate"
    LIFT = "lift"
    ROOM = "room"
    OPEN_GROUND = "open_ground"


KIND_TITLES: Mapping[PlaceKind, str] = {
    PlaceKind.BUILDING: "楼栋",
    PlaceKind.ENTRANCE: "单元",
    PlaceKind.FLOOR: "楼层",
    PlaceKind.HOME: "住户",
    PlaceKind.GATE: "出入口",
    PlaceKind.LIFT: "电梯",
    PlaceKind.ROOM: "用房",
    PlaceKind.OPEN_GROUND: "公共场地",
}


Corners = tuple[tuple[float, float], ...]
"""Three or more corners in metres, around the outline."""


@dataclass(frozen=True, slots=True)
class Estate:
    """A residential estate; `community_id` is the community it lies in."""

    id: UUID
    code: str
    title: str
    community_id: UUID


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an estate.

    `path` is how people say it without the estate (`3号楼 1单元 3号电梯`), `path_ids` are the
    places from the outermost to this one. `x`, `y` are metres on the estate's plan.
    """

    id: UUID
    estate_id: UUID
    kind: PlaceKind
    code: str
    title: str
    path: str
    path_ids: tuple[UUID, ...]
    parent_id: UUID | None
    x: float | None
    y: float | None


@dataclass(frozen=True, slots=True)
class EstateDraft:
    """An estate to be added; `width` and `height` are the plan's size in metres."""

    code: str
    title: str
    community_id: UUID
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDraft:
    """A place to be added. The caller chooses the id, so that children can name their parent.

    `code` must be unique in the estate; without one it is the path without spaces. `x`, `y` (and
    `w`, `h` of a building) are metres on the plan, from its upper left corner. `outline` are the
    corners of a building that is no rectangle, `storeys` its floors above the ground.
    """

    id: UUID
    kind: PlaceKind
    title: str
    parent_id: UUID | None = None
    code: str | None = None
    x: float | None = None
    y: float | None = None
    w: float | None = None
    h: float | None = None
    storeys: int | None = None
    outline: Corners | None = None


@dataclass(frozen=True, slots=True)
class EntranceDraft:
    """A 单元 of a building to be added: homes on each floor, and the lifts by their names."""

    title: str
    homes_per_floor: int
    lifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingDraft:
    """A whole building to be added: where it stands in metres, its floors and entrances.

    `outline` are its corners on the plan where it is no rectangle; they lie within x, y, w, h.
    """

    title: str
    floors: int
    entrances: tuple[EntranceDraft, ...]
    x: float
    y: float
    w: float
    h: float
    outline: Corners | None = None


@dataclass(frozen=True, slots=True)
class PlanBuilding:
    """A building on the plan: the rectangle around it, and its corners and floors if known."""

    id: UUID
    title: str
    x: float
    y: float
    w: float
    h: float
    storeys: int | None = None
    outline: Corners | None = None


@dataclass(frozen=True, slots=True)
class PlanMark:
    """A place marked by a point on the plan."""

    place_id: UUID
    kind: PlaceKind
    title: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of an estate, `width` by `height` metres, y downwards."""

    width: float
    height: float
    buildings: tuple[PlanBuilding, ...]
    marks: tuple[PlanMark, ...]


@dataclass(frozen=True, slots=True)
class EstateSize:
    """How many buildings and homes an estate has."""

    buildings: int
    homes: int
