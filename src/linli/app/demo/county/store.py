"""The SQL of the load's own row, and of what it looks up."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.app.demo.county.contracts import SEED, County, CountyState
from linli.app.demo.models import county_table
from linli.directory.places.models import estate_table, place_table

ROW = 1
_c = county_table.c


async def read(connection: AsyncConnection, *, lock: bool = False) -> County:
    """How the load stands; without a row nobody has ever asked for it."""
    statement = select(county_table).where(_c.id == ROW)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).first()
    return County() if row is None else _county(row)


async def write(connection: AsyncConnection, county: County) -> None:
    """Store how the load stands."""
    values = {
        "state": county.state.value,
        "seed": SEED,
        "asked_by_name": county.asked_by,
        "at": county.at,
        "of": county.of,
        "title": county.title,
        "words": county.words,
        "cancelled": county.cancelled,
        "counts": dict(county.counts),
        "began_at": county.began_at,
        "ended_at": county.ended_at,
    }
    statement = insert(county_table).values(id=ROW, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


async def cancel(connection: AsyncConnection) -> None:
    """Ask whoever loads to stop after the estates in hand."""
    await connection.execute(update(county_table).where(_c.id == ROW).values(cancelled=True))


async def filled(connection: AsyncConnection) -> frozenset[str]:
    """The codes of estates that have places: what an estate holds comes with them or not at all."""
    e, p = estate_table.c, place_table.c
    there = select(p.id).where(p.estate_id == e.id).exists()
    return frozenset(await connection.scalars(select(e.code).where(there)))


async def keep_talking(connection: AsyncConnection, now: datetime) -> int:
    """Those of the county's devices that were there spoke until now, as far as anybody knows."""
    spoke = await connection.execute(_TALK, {"now": now})
    return spoke.rowcount


_TALK = text(
    "UPDATE sensing_device AS d SET last_seen_at = :now FROM directory_estate AS e"
    " WHERE e.id = d.estate_id AND e.code LIKE 'XZ%'"
    " AND d.state = 'online' AND d.last_seen_at < :now"
)


async def analyse(connection: AsyncConnection, *, of_people: bool) -> None:
    """Let the planner know what came: of people, or of everything else."""
    await connection.execute(select(func.linli_county_analyse(of_people)))


def _county(row: Row[Any]) -> County:
    return County(
        state=CountyState(row.state),
        asked_by=row.asked_by_name,
        at=row.at,
        of=row.of,
        title=row.title,
        words=row.words,
        cancelled=row.cancelled,
        counts=row.counts,
        began_at=row.began_at,
        ended_at=row.ended_at,
    )
