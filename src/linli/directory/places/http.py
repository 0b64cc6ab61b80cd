"""Places over HTTP. Estates are listed by `organisation`, which knows who stands above them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from linli.directory.places import service, store
from linli.directory.places.contracts import (
    KIND_TITLES,
    BuildingDraft,
    EntranceDraft,
    Place,
    PlaceDraft,
    PlaceKind,
)
from linli.directory.places.ports import Figures, NoFigures, PlaceFigures
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work

api = router("/api", tag="places")

SEE = "see_places"
MANAGE = "manage_devices"
"""Whoever installs devices on an estate also says where its places are."""


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class BuildingView(Shape):
    """A building in metres: the rectangle around it, its corners and floors where known."""

    id: UUID
    title: str
    x: float
    y: float
    w: float
    h: float
    storeys: int | None
    outline: tuple[tuple[float, float], ...] | None


class MarkView(Shape):
    """A place marked by a point, in metres."""

    place_id: UUID
    kind: PlaceKind
    title: str
    x: float
    y: float


class PlanView(Shape):
    """An estate's plan: `width` by `height` metres, y downwards."""

    width: float
    height: float
    buildings: tuple[BuildingView, ...]
    marks: tuple[MarkView, ...]


class PlaceView(Shape):
    """A place; `children` counts what lies directly in it, `devices` all devices inside."""

    id: UUID
    estate_id: UUID
    parent_id: UUID | None
    kind: PlaceKind
    kind_title: str
    code: str
    title: str
    path: str
    children: int
    devices: int


class PlaceDetail(PlaceView):
    """A place with what stands around it; people and incidents are counted with all inside."""

    estate_title: str
    above: tuple[PlaceView, ...]
    people: int
    incidents: int
    x: float | None
    y: float | None


Title = Annotated[str, Field(min_length=1, max_length=80)]
Metres = Annotated[float, Field(ge=0, le=100_000)]


class PlaceBody(Shape):
    """A place to be added; `x`, `y` are metres on the plan."""

    estate_id: UUID
    kind: PlaceKind
    title: Title
    parent_id: UUID | None = None
    code: Annotated[str | None, Field(max_length=80)] = None
    x: Metres | None = None
    y: Metres | None = None


class EntranceBody(Shape):
    """A 单元: how many homes a floor has, and the names of its lifts."""

    title: Title
    homes_per_floor: Annotated[int, Field(ge=1, le=40)]
    lifts: Annotated[tuple[Title, ...], Field(max_length=10)] = ()


class BuildingBody(Shape):
    """A whole building; the outline in metres on the plan."""

    estate_id: UUID
    title: Title
    floors: Annotated[int, Field(ge=1, le=120)]
    entrances: Annotated[tuple[EntranceBody, ...], Field(min_length=1, max_length=20)]
    x: Metres = 0
    y: Metres = 0
    w: Metres = 40
    h: Metres = 15
    outline: Annotated[
        tuple[tuple[Metres, Metres], ...] | None, Field(min_length=3, max_length=60)
    ] = None


def figures_of(request: Request) -> PlaceFigures:
    """Who counts devices and incidents in this application; nobody when it names none."""
    return cast("PlaceFigures", getattr(request.app.state, "place_figures", NoFigures()))


PlaceCounts = Annotated[PlaceFigures, Depends(figures_of)]


@api.get("/estates/{estate_id}/plan")
async def read_plan(work: CurrentWork, estate_id: UUID) -> PlanView:
    """The plan of an estate: buildings as rectangles, other places as points, in metres."""
    require(work, SEE, estate_id)
    plan = await service.plan_of(work, estate_id)
    return PlanView(
        width=plan.width,
        height=plan.height,
        buildings=tuple(
            BuildingView(
                id=b.id,
                title=b.title,
                x=b.x,
                y=b.y,
                w=b.w,
                h=b.h,
                storeys=b.storeys,
                outline=b.outline,
            )
            for b in plan.buildings
        ),
        marks=tuple(
            MarkView(place_id=m.place_id, kind=m.kind, title=m.title, x=m.x, y=m.y)
            for m in plan.marks
        ),
    )


@api.get("/places")
async def list_places(
    work: CurrentWork,
    counts: PlaceCounts,
    estate_id: UUID,
    parent_id: UUID | None = None,
    kind: PlaceKind | None = None,
) -> tuple[PlaceView, ...]:
    """What lies directly in a place, or in the estate; with `kind` all such places instead."""
    require(work, SEE)
    if kind is not None:
        found = await store.of_estate(work.connection, estate_id, kind)
    else:
        found = await store.children(work.connection, estate_id, parent_id)
    return await _views(work, counts, found)


@api.post("/places", status_code=201)
async def add_place(work: CurrentWork, counts: PlaceCounts, body: PlaceBody) -> PlaceView:
    """Add one place: a gate, a room, a lift, open ground, or a home that was left out.

    404 the estate is out of reach, 422 it cannot lie there or its code is taken.
    """
    require(work, MANAGE, body.estate_id)
    draft = PlaceDraft(
        id=work.new_id(),
        kind=body.kind,
        title=body.title.strip(),
        parent_id=body.parent_id,
        code=body.code,
        x=body.x,
        y=body.y,
    )
    [place] = await _views(work, counts, await service.add_places(work, body.estate_id, [draft]))
    return place


@api.post("/buildings", status_code=201)
async def add_building(work: CurrentWork, counts: PlaceCounts, body: BuildingBody) -> PlaceView:
    """Add a building with all its entrances, floors, homes (501, 502, …) and lifts at once.

    404 the estate is out of reach, 422 the estate has a building of this name.
    """
    require(work, MANAGE, body.estate_id)
    places = await service.add_building(
        work,
        body.estate_id,
        BuildingDraft(
            title=body.title.strip(),
            floors=body.floors,
            entrances=tuple(
                EntranceDraft(one.title.strip(), one.homes_per_floor, one.lifts)
                for one in body.entrances
            ),
            x=body.x,
            y=body.y,
            w=body.w,
            h=body.h,
            outline=body.outline,
        ),
    )
    [building] = await _views(work, counts, places[:1])
    return building


@api.get("/places/{place_id}")
async def read_place(work: CurrentWork, counts: PlaceCounts, place_id: UUID) -> PlaceDetail:
    """One place, what it lies in, and how much there is inside it."""
    require(work, SEE)
    place = await service.place_of(work, place_id)
    estate = await service.estate_of(work, place.estate_id)
    around = await service.places_named(work, place.path_ids)
    chain = [around[node] for node in place.path_ids if node in around]
    figures = await counts.of_places(work, [place.id])
    views = await _views(work, counts, chain)
    own = figures.get(place.id, Figures())
    return PlaceDetail(
        **views[-1].model_dump(),
        estate_title=estate.title,
        above=views[:-1],
        people=own.people,
        incidents=own.open_incidents,
        x=place.x,
        y=place.y,
    )


async def _views(
    work: Work, counts: PlaceFigures, places: Sequence[Place]
) -> tuple[PlaceView, ...]:
    ids = [place.id for place in places]
    children = await store.count_children(work.connection, ids)
    figures = await counts.of_places(work, ids)
    return tuple(_view(place, children, figures) for place in places)


def _view(place: Place, children: Mapping[UUID, int], figures: Mapping[UUID, Figures]) -> PlaceView:
    return PlaceView(
        id=place.id,
        estate_id=place.estate_id,
        parent_id=place.parent_id,
        kind=place.kind,
        kind_title=KIND_TITLES[place.kind],
        code=place.code,
        title=place.title,
        path=place.path,
        children=children.get(place.id, 0),
        devices=figures.get(place.id, Figures()).devices,
    )
