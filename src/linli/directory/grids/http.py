"""Grids over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from linli.directory.grids import policy, service
from linli.directory.grids.contracts import Grid, GridDraft
from linli.directory.organisation.contracts import OrganisationKind
from linli.directory.organisation.public import organisations_named
from linli.directory.places.public import estates_named, places_named
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work

api = router("/api/grids", tag="grids")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class CommunityShape(Shape):
    """A community whose grids one sees."""

    id: UUID
    title: str
    may_manage: bool


class WorkerShape(Shape):
    """Somebody who looks after a grid."""

    account_id: UUID
    name: str


class BuildingShape(Shape):
    """A building; `grid_id` is the grid it lies in."""

    place_id: UUID
    title: str
    estate_id: UUID
    estate_title: str
    grid_id: UUID | None


class GridShape(Shape):
    """A grid with its workers and buildings."""

    id: UUID
    title: str
    workers: list[WorkerShape]
    buildings: list[UUID]


class GridsShape(Shape):
    """A community's grids, and who and what could belong to one."""

    community_id: UUID
    may_manage: bool
    grids: list[GridShape]
    crew: list[WorkerShape]
    buildings: list[BuildingShape]


class GridRequest(Shape):
    """How a grid is to be."""

    title: Annotated[str, Field(max_length=policy.LONGEST_TITLE)]
    workers: Annotated[list[UUID], Field(max_length=policy.MOST_WORKERS)]
    buildings: Annotated[list[UUID], Field(max_length=policy.MOST_BUILDINGS)]

    def draft(self) -> GridDraft:
        """As the service takes it."""
        return GridDraft(self.title, tuple(self.workers), tuple(self.buildings))


class NewGridRequest(GridRequest):
    """A new grid of a community."""

    community_id: UUID


class PlaceGridShape(Shape):
    """In whose grid a place lies."""

    grid: GridShape | None


@api.get("/communities")
async def list_communities(work: CurrentWork) -> list[CommunityShape]:
    """The communities whose grids one sees."""
    require(work, service.SEE)
    found = await organisations_named(work, work.scope.organisations_for(service.SEE))
    return [
        CommunityShape(id=one.id, title=one.title, may_manage=service.may_manage(work, one.id))
        for one in sorted(found.values(), key=lambda one: (one.title, one.id))
        if one.kind is OrganisationKind.COMMUNITY
    ]


@api.get("")
async def list_grids(work: CurrentWork, community_id: UUID) -> GridsShape:
    """A community's grids, its grid workers and its buildings. 404 out of reach."""
    require(work, service.SEE)
    return await _shape(work, community_id)


@api.post("", status_code=201)
async def add_grid(work: CurrentWork, asked: NewGridRequest) -> GridShape:
    """A new grid. 404 out of reach, 403 without the right, 422 names the field."""
    require(work, service.MANAGE)
    return _grid(await service.add_grid(work, asked.community_id, asked.draft()))


@api.put("/{grid_id}")
async def change_grid(work: CurrentWork, grid_id: UUID, asked: GridRequest) -> GridShape:
    """The grid as it is to be. 404 out of reach, 403 without the right, 422 names the field."""
    require(work, service.MANAGE)
    return _grid(await service.change_grid(work, grid_id, asked.draft()))


@api.post("/{grid_id}/end", status_code=204)
async def end_grid(work: CurrentWork, grid_id: UUID) -> None:
    """The grid is no more; its buildings are free for others."""
    require(work, service.MANAGE)
    await service.end_grid(work, grid_id)


@api.get("/at/{place_id}")
async def grid_at_place(work: CurrentWork, place_id: UUID) -> PlaceGridShape:
    """In whose grid a place lies. 404 when the place is out of reach."""
    require(work, service.SEE)
    grid = await service.grid_at(work, place_id)
    return PlaceGridShape(grid=_grid(grid) if grid else None)


def _grid(grid: Grid) -> GridShape:
    return GridShape(
        id=grid.id,
        title=grid.title,
        workers=[WorkerShape(account_id=one.account_id, name=one.name) for one in grid.workers],
        buildings=list(grid.buildings),
    )


async def _shape(work: Work, community_id: UUID) -> GridsShape:
    grids = await service.grids_of(work, community_id)
    manages = service.may_manage(work, community_id)
    people = await service.crew(work, community_id) if manages else ()
    buildings = await service.buildings_of(work, community_id)
    held = {place: grid.id for grid in grids for place in grid.buildings}
    beyond = set(held) - {one.id for one in buildings}
    places = [*buildings, *(await places_named(work, beyond)).values()]
    titles = await estates_named(work, {one.estate_id for one in places})
    return GridsShape(
        community_id=community_id,
        may_manage=manages,
        grids=[_grid(grid) for grid in grids],
        crew=[WorkerShape(account_id=one.account_id, name=one.display_name) for one in people],
        buildings=[
            BuildingShape(
                place_id=one.id,
                title=one.path,
                estate_id=one.estate_id,
                estate_title=titles[one.estate_id].title if one.estate_id in titles else "",
                grid_id=held.get(one.id),
            )
            for one in places
        ],
    )
