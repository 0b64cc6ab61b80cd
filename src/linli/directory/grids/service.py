"""Verbs on grids, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from linli.directory.grids import policy, store
from linli.directory.grids.contracts import Grid, GridDraft, Worker
from linli.directory.grids.events import GridChanged
from linli.directory.identity.contracts import Role, Staff
from linli.directory.identity.public import holders
from linli.directory.places.contracts import Place, PlaceKind
from linli.directory.places.public import all_estates, place_of, places_in
from linli.kernel.errors import Forbidden, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

SEE = "see_places"
MANAGE = "manage_rosters"


def may_manage(work: Work, community_id: UUID) -> bool:
    """Whether the session draws the grids of this community."""
    return community_id in work.scope.organisations_for(MANAGE)


async def grids_of(work: Work, community_id: UUID) -> Sequence[Grid]:
    """A community's grids. Raises NotFound out of reach."""
    _require_seen(work, community_id)
    return await store.grids_of(work.connection, [community_id])


async def crew(work: Work, community_id: UUID) -> tuple[Staff, ...]:
    """The community's grid workers, each once."""
    found = await holders(work, community_id, "see_rosters")
    workers = [one for one in found if one.role is Role.GRID_WORKER]
    return tuple({one.account_id: one for one in workers}.values())


async def buildings_of(work: Work, community_id: UUID) -> Sequence[Place]:
    """The buildings of the community's estates."""
    estates = [one for one in await all_estates(work) if one.community_id == community_id]
    return [
        place
        for estate in estates
        for place in await places_in(work, estate.id, PlaceKind.BUILDING)
    ]


async def add_grid(work: Work, community_id: UUID, draft: GridDraft) -> Grid:
    """A new grid. Raises NotFound, Forbidden, BadInput."""
    _require_manager(work, community_id)
    grid = await _made(work, Grid(work.new_id(), community_id, "", (), ()), draft, None)
    await store.add(work.connection, grid, work.now)
    await _keep(work, grid)
    return grid


async def change_grid(work: Work, grid_id: UUID, draft: GridDraft) -> Grid:
    """The grid as it is to be. Raises NotFound, Forbidden, BadInput."""
    known = await _managed(work, grid_id)
    grid = await _made(work, known, draft, known.id)
    await store.retitle(work.connection, grid)
    await _keep(work, grid)
    return grid


async def end_grid(work: Work, grid_id: UUID) -> None:
    """The grid is no more; its buildings are free for others. Raises NotFound, Forbidden."""
    grid = await _managed(work, grid_id)
    await store.end(work.connection, grid_id, work.now)
    await _keep(work, replace(grid, workers=(), buildings=()))


async def grid_at(work: Work, place_id: UUID) -> Grid | None:
    """In whose grid the place lies; None when in nobody's."""
    place = await place_of(work, place_id)
    found = await store.around(work.connection, place.path_ids)
    return policy.grid_of(place.path_ids, found)


# ── inside ──


async def _made(work: Work, grid: Grid, draft: GridDraft, own: UUID | None) -> Grid:
    people = {one.account_id: one.display_name for one in await crew(work, grid.community_id)}
    places = {one.id: one for one in await buildings_of(work, grid.community_id)}
    checked = policy.given(
        draft,
        known=await store.grids_of(work.connection, [grid.community_id]),
        own=own,
        crew=people.keys(),
        buildings=places.keys(),
        names={id_: place.path for id_, place in places.items()},
    )
    return replace(
        grid,
        title=checked.title,
        workers=tuple(Worker(one, people[one]) for one in checked.workers),
        buildings=checked.buildings,
    )


async def _keep(work: Work, grid: Grid) -> None:
    places = {one.id: one.estate_id for one in await buildings_of(work, grid.community_id)}
    await store.fill(work.connection, grid, places)
    work.outbox.add(
        GridChanged(estate_id=None, happened_at=work.now, community_id=grid.community_id)
    )
    await record(
        work,
        action=Action.GRID_CHANGED,
        subject_kind="organisation",
        subject_id=grid.community_id,
        subject_title=f"网格 {grid.title}",
    )


async def _managed(work: Work, grid_id: UUID) -> Grid:
    grid = await store.named(work.connection, grid_id)
    if grid is None:
        raise NotFound
    _require_manager(work, grid.community_id)
    return grid


def _require_seen(work: Work, community_id: UUID) -> None:
    if work.actor.kind != MACHINE.kind and community_id not in work.scope.organisations_for(SEE):
        raise NotFound


def _require_manager(work: Work, community_id: UUID) -> None:
    _require_seen(work, community_id)
    if work.actor.kind != MACHINE.kind and not may_manage(work, community_id):
        raise Forbidden
