"""SQL of the audit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.support.audit.contracts import Action, AuditSearch, Entry, Outcome
from linli.support.audit.models import entry_table

_SHOWN = [column for column in entry_table.c if column.name != "organisation_id"]


async def add(connection: AsyncConnection, entry: Entry, estate_id: UUID | None) -> None:
    # Without RETURNING: who acts may not be one who may read.
    await connection.execute(
        insert(entry_table)
        .values(
            id=entry.id,
            at=entry.at,
            actor_id=entry.actor_id,
            actor_name=entry.actor_name,
            action=entry.action.value,
            subject_kind=entry.subject_kind,
            subject_id=entry.subject_id,
            subject_title=entry.subject_title,
            reason=entry.reason,
            address=entry.address,
            outcome=entry.outcome.value,
            terminal=entry.terminal,
            estate_id=estate_id,
        )
        .inline()
    )


async def find(
    connection: AsyncConnection,
    search: AuditSearch,
    *,
    after: UUID | None,
    most: int,
) -> Sequence[Entry]:
    """Newest first, or oldest first; `after` is the id of the last one already read."""
    e = entry_table.c
    conditions = _conditions(search)
    if after is not None:
        last = entry_table.alias("last")
        place = select(last.c.at).where(last.c.id == after).scalar_subquery()
        beyond = (e.at > place, e.id > after) if search.oldest else (e.at < place, e.id < after)
        conditions.append(or_(beyond[0], and_(e.at == place, beyond[1])))
    order = (e.at, e.id) if search.oldest else (e.at.desc(), e.id.desc())
    rows = await connection.execute(select(*_SHOWN).where(*conditions).order_by(*order).limit(most))
    return [_entry(row) for row in rows]


async def count(connection: AsyncConnection, search: AuditSearch) -> int:
    found = await connection.scalar(
        select(func.count()).select_from(entry_table).where(*_conditions(search))
    )
    return int(found or 0)


def _conditions(search: AuditSearch) -> list[ColumnElement[bool]]:
    e = entry_table.c
    wanted: list[ColumnElement[bool]] = []
    if search.actor_id is not None:
        wanted.append(e.actor_id == search.actor_id)
    if search.subject_id is not None:
        wanted.append(e.subject_id == search.subject_id)
    if search.action is not None:
        wanted.append(e.action == search.action.value)
    if search.from_ is not None:
        wanted.append(e.at >= search.from_)
    if search.to is not None:
        wanted.append(e.at < search.to)
    return wanted


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        action=Action(row.action),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        subject_title=row.subject_title,
        reason=row.reason,
        address=row.address,
        outcome=Outcome(row.outcome),
        terminal=row.terminal,
    )
