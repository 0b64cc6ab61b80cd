"""SQL of unusual looking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.scenes.looking.contracts import Oddity, Unusual
from linli.scenes.looking.models import unusual_table

u = unusual_table.c


@dataclass(frozen=True, slots=True)
class Found:
    """Something unusual as it is stored."""

    id: UUID
    unusual: Unusual
    found_at: datetime
    incident_id: UUID | None


async def add(connection: AsyncConnection, new_id: UUID, odd: Unusual, at: datetime) -> bool:
    """Whether it is new; of what is known already the greater extent is kept."""
    put = (
        insert(unusual_table)
        .values(
            {
                "id": new_id,
                "account_id": odd.account_id,
                "oddity": odd.oddity.value,
                "day": odd.day,
                "estate_id": odd.estate_id,
                "persons": odd.persons,
                "from_at": odd.from_,
                "to_at": odd.to,
                "found_at": at,
            }
        )
        .on_conflict_do_nothing(index_elements=["account_id", "oddity", "day"])
        .returning(u.id)
    )
    if (await connection.scalar(put)) is not None:
        return True
    await connection.execute(
        update(unusual_table)
        .where(
            u.account_id == odd.account_id,
            u.oddity == odd.oddity.value,
            u.day == odd.day,
            u.persons < odd.persons,
        )
        .values({"persons": odd.persons, "from_at": odd.from_, "to_at": odd.to})
    )
    return False


async def opened(connection: AsyncConnection, unusual_id: UUID, incident_id: UUID) -> None:
    await connection.execute(
        update(unusual_table).where(u.id == unusual_id).values(incident_id=incident_id)
    )


async def latest(connection: AsyncConnection, *, most: int) -> Sequence[Found]:
    rows = await connection.execute(
        select(unusual_table).order_by(u.found_at.desc(), u.id.desc()).limit(most)
    )
    return [
        Found(
            id=row.id,
            unusual=Unusual(
                oddity=Oddity(row.oddity),
                account_id=row.account_id,
                estate_id=row.estate_id,
                persons=row.persons,
                day=row.day,
                from_=row.from_at,
                to=row.to_at,
            ),
            found_at=row.found_at,
            incident_id=row.incident_id,
        )
        for row in rows
    ]


async def forget(connection: AsyncConnection, before: datetime) -> int:
    gone = await connection.execute(delete(unusual_table).where(u.found_at < before))
    return gone.rowcount
