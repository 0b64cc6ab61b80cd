"""SQL of looks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.support.looks.contracts import Look, Looker, LookSearch, PersonSeen, What
from linli.support.looks.models import look_table

k = look_table.c


async def add(connection: AsyncConnection, look: Look) -> None:
    # Without RETURNING: who looks may not be one who may read.
    await connection.execute(
        insert(look_table)
        .values(
            id=look.id,
            at=look.at,
            account_id=look.account_id,
            actor_name=look.actor_name,
            what=look.what.value,
            person_id=look.person_id,
            subject_kind=look.subject_kind,
            subject_id=look.subject_id,
            subject_title=look.subject_title,
            reason=look.reason,
            address=look.address,
            estate_id=look.estate_id,
        )
        .inline()
    )


async def find(
    connection: AsyncConnection, search: LookSearch, *, before: UUID | None, most: int
) -> Sequence[Look]:
    """Newest first; `before` is the id of the last one already read."""
    conditions = _conditions(search)
    if before is not None:
        last = look_table.alias("last")
        place = select(last.c.at).where(last.c.id == before).scalar_subquery()
        conditions.append(or_(k.at < place, and_(k.at == place, k.id < before)))
    rows = await connection.execute(
        select(look_table).where(*conditions).order_by(k.at.desc(), k.id.desc()).limit(most)
    )
    return [_look(row) for row in rows]


async def count(connection: AsyncConnection, search: LookSearch) -> int:
    found = await connection.scalar(
        select(func.count()).select_from(look_table).where(*_conditions(search))
    )
    return int(found or 0)


async def lookers(
    connection: AsyncConnection, search: LookSearch, *, most: int
) -> Sequence[Looker]:
    """Accounts by how many different persons they looked at, the most first."""
    persons = func.count(k.person_id.distinct()).label("persons")
    looks = func.count().label("looks")
    rows = await connection.execute(
        select(
            k.account_id,
            func.max(k.actor_name).label("actor_name"),
            looks,
            persons,
            func.max(k.at).label("last_at"),
        )
        .where(*_conditions(search), k.account_id.is_not(None))
        .group_by(k.account_id)
        .order_by(persons.desc(), looks.desc(), k.account_id)
        .limit(most)
    )
    return [
        Looker(
            account_id=row.account_id,
            actor_name=row.actor_name,
            looks=row.looks,
            persons=row.persons,
            last_at=row.last_at,
        )
        for row in rows
    ]


async def persons_seen(connection: AsyncConnection, since: datetime) -> Sequence[PersonSeen]:
    """Every reading about a person since then, in order of time."""
    rows = await connection.execute(
        select(k.account_id, k.person_id, k.estate_id, k.at)
        .where(
            k.at >= since,
            k.person_id.is_not(None),
            k.account_id.is_not(None),
            k.estate_id.is_not(None),
        )
        .order_by(k.at, k.id)
    )
    return [
        PersonSeen(
            account_id=row.account_id,
            person_id=row.person_id,
            estate_id=row.estate_id,
            at=row.at,
        )
        for row in rows
    ]


async def forget(connection: AsyncConnection, before: datetime) -> int:
    gone = await connection.execute(delete(look_table).where(k.at < before))
    return gone.rowcount


def _conditions(search: LookSearch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.account_id is not None:
        wanted.append(k.account_id == search.account_id)
    if search.person_ids is not None:
        wanted.append(k.person_id.in_(list(search.person_ids)))
    if search.estate_id is not None:
        wanted.append(k.estate_id == search.estate_id)
    if search.what is not None:
        wanted.append(k.what == search.what.value)
    if search.from_ is not None:
        wanted.append(k.at >= search.from_)
    if search.to is not None:
        wanted.append(k.at < search.to)
    return wanted


def _look(row: Row[*tuple[Any, ...]]) -> Look:
    return Look(
        id=row.id,
        at=row.at,
        account_id=row.account_id,
        actor_name=row.actor_name,
        what=What(row.what),
        person_id=row.person_id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        subject_title=row.subject_title,
        reason=row.reason,
        address=row.address,
        estate_id=row.estate_id,
    )
