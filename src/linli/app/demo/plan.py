"""An estate as written in `estate_yg.json`; the simulator plays the same estate."""

from importlib.resources import files

import msgspec


class EntrancePlan(msgspec.Struct, frozen=True):
    """A 单元: how many homes a floor has, and its lifts."""

    title: str
    homes_per_floor: int
    lifts: tuple[str, ...]


class BuildingPlan(msgspec.Struct, frozen=True):
    """A building; x, y, w, h in metres on the plan, its corners where it is no rectangle."""

    no: int
    title: str
    x: float
    y: float
    w: float
    h: float
    floors: int
    entrances: tuple[EntrancePlan, ...]
    outline: tuple[tuple[float, float], ...] | None = None


class PointPlan(msgspec.Struct, frozen=True):
    """A gate or an open place, in metres on the plan."""

    title: str
    x: float
    y: float


class GroundPlan(msgspec.Struct, frozen=True):
    """The whole plan of the estate."""

    width_m: float
    height_m: float
    buildings: tuple[BuildingPlan, ...]
    gates: tuple[PointPlan, ...]
    open_ground: tuple[PointPlan, ...]
    rooms: tuple[str, ...]


class WherePlan(msgspec.Struct, frozen=True):
    """Where a device is: the most exact of these that is given."""

    building: int | None = None
    entrance: str | None = None
    floor: int | None = None
    home: str | None = None
    lift: str | None = None
    gate: str | None = None
    ground: str | None = None
    room: str | None = None


class DevicePlan(msgspec.Struct, frozen=True):
    """A device; `parent` is the code of the site gateway it speaks through."""

    code: str
    kind: str
    driver: str
    title: str
    place: WherePlan
    parent: str | None
    external_code: str


class ContactPlan(msgspec.Struct, frozen=True):
    """Whom to call for an elder."""

    name: str
    relation: str
    phone: str


class ElderPlan(msgspec.Struct, frozen=True):
    """An elder of the estate (an invented person)."""

    home: str
    name: str
    age: int
    phone: str
    tags: tuple[str, ...]
    contact: ContactPlan


class PersonPlan(msgspec.Struct, frozen=True):
    """A resident (an invented person); `role` is owner, tenant or family."""

    home: str
    name: str
    phone: str
    role: str


class EstatePlan(msgspec.Struct, frozen=True):
    """The estate with everything in it."""

    code: str
    title: str
    plan: GroundPlan
    devices: tuple[DevicePlan, ...]
    elders: tuple[ElderPlan, ...]
    people: tuple[PersonPlan, ...]


class DemoPlan(msgspec.Struct, frozen=True):
    """Where the estate lies, who serves it, and the estate."""

    county: str
    street: str
    community: str
    company: str
    estate: EstatePlan


def read_plan(name: str = "estate_yg.json") -> DemoPlan:
    """A plan that ships with linli: without a name the demo's."""
    return msgspec.json.decode(files("linli.app.demo").joinpath(name).read_bytes(), type=DemoPlan)
