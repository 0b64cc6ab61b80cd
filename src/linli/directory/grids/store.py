"""SQL of grids, nothing else."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.grids.contracts import Grid, Worker
from linli.directory.grids.models import building_table, grid_table, worker_table
from linli.kernel.database import among

_g = grid_table.c
_w = worker_table.c
_b = building_table.c


async def grids_of(connection: AsyncConnection, communities: Collection[UUID]) -> Sequence[Grid]:
    """The grids of these communities that are in force, by title."""
    return await _grids(connection, among(_g.community_id, communities))


async def named(connection: AsyncConnection, grid_id: UUID) -> Grid | None:
    found = await _grids(connection, _g.id == grid_id)
    return found[0] if found else None


async def around(connection: AsyncConnection, places: Collection[UUID]) -> Sequence[Grid]:
    """The grids that hold one of these places."""
    holding = select(_b.grid_id).where(among(_b.place_id, places))
    return await _grids(connection, _g.id.in_(holding))


async def _grids(connection: AsyncConnection, which: ColumnElement[bool]) -> Sequence[Grid]:
    rows = await connection.execute(
        select(_g.id, _g.community_id, _g.title)
        .where(which, _g.ended_at.is_(None))
        .order_by(_g.title, _g.id)
    )
    found = rows.all()
    ids = [row.id for row in found]
    workers: dict[UUID, list[Worker]] = {}
    for row in await connection.execute(
        select(_w.grid_id, _w.account_id, _w.name).where(among(_w.grid_id, ids)).order_by(_w.place)
    ):
        workers.setdefault(row.grid_id, []).append(Worker(row.account_id, row.name))
    buildings: dict[UUID, list[UUID]] = {}
    for row in await connection.execute(
        select(_b.grid_id, _b.place_id).where(among(_b.grid_id, ids)).order_by(_b.place_id)
    ):
        buildings.setdefault(row.grid_id, []).append(row.place_id)
    return [
        Grid(
            id=row.id,
            community_id=row.community_id,
            title=row.title,
            workers=tuple(workers.get(row.id, ())),
            buildings=tuple(buildings.get(row.id, ())),
        )
        for row in found
    ]


async def add(connection: AsyncConnection, grid: Grid, now: datetime) -> None:
    await connection.execute(
        grid_table.insert().values(
            id=grid.id, community_id=grid.community_id, title=grid.title, made_at=now
        )
    )


async def retitle(connection: AsyncConnection, grid: Grid) -> None:
    await connection.execute(update(grid_table).where(_g.id == grid.id).values(title=grid.title))


async def end(connection: AsyncConnection, grid_id: UUID, now: datetime) -> None:
    await connection.execute(update(grid_table).where(_g.id == grid_id).values(ended_at=now))


async def fill(connection: AsyncConnection, grid: Grid, estates: Mapping[UUID, UUID]) -> None:
    """Write the workers and buildings anew; `estates` says in which estate a building stands."""
    await connection.execute(delete(worker_table).where(_w.grid_id == grid.id))
    await connection.execute(delete(building_table).where(_b.grid_id == grid.id))
    if grid.workers:
        await connection.execute(
            worker_table.insert(),
            [
                {
                    "grid_id": grid.id,
                    "account_id": worker.account_id,
                    "community_id": grid.community_id,
                    "name": worker.name,
                    "place": place,
                }
                for place, worker in enumerate(grid.workers)
            ],
        )
    if grid.buildings:
        await connection.execute(
            building_table.insert(),
            [
                {
                    "place_id": place_id,
                    "grid_id": grid.id,
                    "estate_id": estates[place_id],
                    "community_id": grid.community_id,
                }
                for place_id in grid.buildings
            ],
        )
