"""An invented estate's places, homes and facilities, as rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo.county.invent import BETWEEN, InventedEstate
from linli.app.demo.county.pouring import Cells, pour
from linli.directory.facilities.contracts import KINDS, FacilityKind, FacilityState
from linli.directory.facilities.models import facility_table
from linli.directory.homes.contracts import HomeState, HomeUse
from linli.directory.homes.models import home_table
from linli.directory.places import policy
from linli.directory.places.contracts import Place, PlaceDraft, PlaceKind
from linli.directory.places.models import place_table

ROOMS = ("物业中心", "水泵房", "消防控制室", "配电室")
GROUNDS = ("中心广场", "儿童乐园", "停车场")
GATES = ("南门", "北门")
STOPPED = 0.02
AREAS = (5_980, 7_240, 8_960, 9_050, 11_830, 12_640)
BY = "演示县名册"
TOLD = ("source_kind", "source_title", "entered_by", "entered_at")

_PLACE = (
    *("id", "estate_id", "parent_id", "kind", "code", "title", "path", "path_ids"),
    *("x", "y", "w", "h", "storeys", "outline", "created_at"),
)
_HOME = ("id", "estate_id", "area", "use", "state", *TOLD)
_FACILITY = (
    *("id", "estate_id", "place_id", "code", "title", "kind", "installed_on", "check_months"),
    *("checked_on", "next_check_on", "state", "state_words", *TOLD),
)
MONTH_DAYS = 30.4


def listed(values: Sequence[object]) -> str:
    """A list as PostgreSQL reads it."""
    return "{" + ",".join(str(one) for one in values) + "}"


def told(now: datetime) -> Cells:
    """Where every row says it came from."""
    return ("demo", BY, BY, now)


@dataclass(frozen=True, slots=True)
class Ground:
    """The places of an estate by kind, in the order they were made."""

    places: tuple[Place, ...]

    def of(self, kind: PlaceKind) -> tuple[Place, ...]:
        """The places of a kind."""
        return tuple(place for place in self.places if place.kind is kind)


async def lay_out(
    connection: AsyncConnection,
    estate_id: UUID,
    plan: InventedEstate,
    new_id: Callable[[], UUID],
    now: datetime,
) -> Ground:
    """Add every place of the estate."""
    drafts = [
        one for building in plan.buildings for one in policy.building_drafts(building, new_id)
    ]
    drafts += _points(plan, new_id)
    places: dict[UUID, Place] = {}
    rows: list[Cells] = []
    for draft in drafts:
        parent = places[draft.parent_id] if draft.parent_id else None
        policy.placed(draft, parent)
        path = policy.path_of(draft.title, parent)
        place = Place(
            id=draft.id,
            estate_id=estate_id,
            kind=draft.kind,
            code=policy.code_of(draft, path),
            title=draft.title,
            path=path,
            path_ids=(*(parent.path_ids if parent else ()), draft.id),
            parent_id=draft.parent_id,
            x=draft.x,
            y=draft.y,
        )
        places[place.id] = place
        rows.append(_place_row(place, draft, now))
    await pour(connection, place_table, _PLACE, rows)
    return Ground(tuple(places.values()))


def _place_row(place: Place, draft: PlaceDraft, now: datetime) -> Cells:
    outline = draft.outline and listed([one for corner in draft.outline for one in corner])
    return (
        *(place.id, place.estate_id, place.parent_id, place.kind.value, place.code, place.title),
        *(place.path, listed(place.path_ids), place.x, place.y, draft.w, draft.h),
        *(draft.storeys, outline, now),
    )


def _points(plan: InventedEstate, new_id: Callable[[], UUID]) -> list[PlaceDraft]:
    middle, side = plan.width / 2, BETWEEN / 2
    ground = [(plan.width * (one + 1) / 4, plan.height - side) for one in range(len(GROUNDS))]
    gates = [(middle, plan.height - 2.0), (middle, 2.0)]
    return [
        *(
            PlaceDraft(id=new_id(), kind=PlaceKind.GATE, title=title, x=x, y=y)
            for title, (x, y) in zip(GATES, gates, strict=True)
        ),
        *(
            PlaceDraft(id=new_id(), kind=PlaceKind.OPEN_GROUND, title=title, x=x, y=y)
            for title, (x, y) in zip(GROUNDS, ground, strict=True)
        ),
        *(PlaceDraft(id=new_id(), kind=PlaceKind.ROOM, title=title) for title in ROOMS),
    ]


async def note_homes(
    connection: AsyncConnection,
    homes: Sequence[Place],
    states: Sequence[HomeState],
    chance: Random,
    now: datetime,
) -> None:
    """Note size and state of every home; a few sizes are missing, as in any register."""
    rows: list[Cells] = [
        (
            *(home.id, home.estate_id, chance.choice(AREAS) if chance.random() > STOPPED else None),
            *(HomeUse.DWELLING.value, state.value, *told(now)),
        )
        for home, state in zip(homes, states, strict=True)
    ]
    await pour(connection, home_table, _HOME, rows)


async def add_facilities(
    connection: AsyncConnection,
    ground: Ground,
    new_id: Callable[[], UUID],
    chance: Random,
    now: datetime,
) -> None:
    """Add the lifts and the equipment of the rooms, with their yearly checks."""
    rooms = {place.title: place for place in ground.of(PlaceKind.ROOM)}
    wanted = [(place, FacilityKind.LIFT, place.path) for place in ground.of(PlaceKind.LIFT)]
    wanted += [
        (rooms["水泵房"], FacilityKind.PUMP, "生活水泵"),
        (rooms["水泵房"], FacilityKind.WATER_TANK, "二次供水水箱"),
        (rooms["消防控制室"], FacilityKind.FIRE_ALARM, "火灾报警主机"),
        (rooms["配电室"], FacilityKind.POWER, "低压配电柜"),
    ]
    today = now.date()
    rows: list[Cells] = []
    for at, (place, kind, title) in enumerate(wanted):
        months = KINDS[kind].check_months
        span = timedelta(days=(months or 0) * MONTH_DAYS)
        checked = today - span * chance.uniform(0.05, 1.04)
        stopped = kind is FacilityKind.LIFT and chance.random() < STOPPED
        state = FacilityState.OUT_OF_ORDER if stopped else FacilityState.IN_USE
        rows.append(
            (
                *(new_id(), place.estate_id, place.id, f"F{at + 1:03d}", title, kind.value),
                *(date(2012 + at % 9, 1 + at % 12, 1 + at % 28), months),
                *(checked if months else None, checked + span if months else None),
                *(state.value, "门机故障，等配件" if stopped else "", *told(now)),
            )
        )
    await pour(connection, facility_table, _FACILITY, rows)
