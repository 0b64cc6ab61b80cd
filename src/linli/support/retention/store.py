"""SQL of retention."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.support.retention.contracts import Run, Tally
from linli.support.retention.models import run_table

r = run_table.c


async def add(connection: AsyncConnection, run: Run) -> None:
    """Report a run; an earlier one of the same purpose that forgot nothing gives way."""
    await connection.execute(delete(run_table).where(r.code == run.code, r.removed == 0))
    await connection.execute(
        insert(run_table).values(
            id=run.id,
            at=run.at,
            code=run.code,
            days=run.days,
            before=run.before,
            removed=run.removed,
        )
    )


async def tallies(connection: AsyncConnection) -> Mapping[str, Tally]:
    rows = await connection.execute(
        select(
            r.code, func.sum(r.removed).label("removed"), func.max(r.at).label("last_at")
        ).group_by(r.code)
    )
    return {row.code: Tally(row.code, int(row.removed), row.last_at) for row in rows}


async def runs(
    connection: AsyncConnection, *, code: str | None, before: UUID | None, most: int
) -> Sequence[Run]:
    """Newest first; ids are in order of time."""
    wanted = select(run_table).order_by(r.id.desc()).limit(most)
    if code is not None:
        wanted = wanted.where(r.code == code)
    if before is not None:
        wanted = wanted.where(r.id < before)
    return [
        Run(
            id=row.id,
            at=row.at,
            code=row.code,
            days=row.days,
            before=row.before,
            removed=row.removed,
        )
        for row in await connection.execute(wanted)
    ]
