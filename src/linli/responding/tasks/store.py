"""SQL of tasks, nothing else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.modules.contracts import Module
from linli.directory.modules.public import on_in
from linli.kernel.database import among
from linli.responding.tasks.contracts import Task, TaskState
from linli.responding.tasks.models import task_table

_t = task_table.c


def _task(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        organisation_id=row.organisation_id,
        estate_id=row.estate_id,
        place_id=row.place_id,
        place_path=row.place_path,
        title=row.title,
        words=row.words,
        giver_id=row.giver_id,
        giver_name=row.giver_name,
        assignee_id=row.assignee_id,
        assignee_name=row.assignee_name,
        given_at=row.given_at,
        due_at=row.due_at,
        state=TaskState(row.state),
        version=row.version,
        done_at=row.done_at,
        result=row.result,
        evidence=tuple(row.evidence),
        ended_at=row.ended_at,
        remark=row.remark,
    )


def _plain(task: Task) -> dict[str, Any]:
    return msgspec.to_builtins(task, builtin_types=(datetime, UUID))


async def add(connection: AsyncConnection, task: Task) -> None:
    await connection.execute(task_table.insert().values(_plain(task)))


async def overwrite(connection: AsyncConnection, task: Task) -> None:
    row = _plain(task)
    task_id = row.pop("id")
    await connection.execute(update(task_table).where(_t.id == task_id).values(row))


async def named(connection: AsyncConnection, task_id: UUID) -> Task | None:
    rows = await connection.execute(select(task_table).where(_t.id == task_id))
    row = rows.first()
    return _task(row) if row else None


async def given_to(connection: AsyncConnection, account_id: UUID) -> Sequence[Task]:
    """What one person has still to do, locked."""
    rows = await connection.execute(
        select(task_table)
        .where(_t.assignee_id == account_id, _t.state == TaskState.GIVEN)
        .order_by(_t.id)
        .with_for_update()
    )
    return [_task(row) for row in rows]


async def locked(connection: AsyncConnection, task_id: UUID) -> Task | None:
    rows = await connection.execute(select(task_table).where(_t.id == task_id).with_for_update())
    row = rows.first()
    return _task(row) if row else None


async def loads(connection: AsyncConnection, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many tasks each person still has to do."""
    rows = await connection.execute(
        select(_t.assignee_id, func.count())
        .where(among(_t.assignee_id, account_ids), _t.state == TaskState.GIVEN)
        .group_by(_t.assignee_id)
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks a page asks for; `late_at`: only those not done by then."""

    states: frozenset[TaskState] | None = None
    assignee_id: UUID | None = None
    organisation_id: UUID | None = None
    late_at: datetime | None = None
    limit: int = 50
    skip: int = 0


async def listed(connection: AsyncConnection, query: TaskQuery) -> tuple[Sequence[Task], int]:
    """What is due first comes first, ended ones last; and how many there are in all."""
    conditions: list[Any] = [on_in(_t.estate_id, Module.TASKS)]
    if query.states is not None:
        conditions.append(_t.state.in_(sorted(query.states)))
    if query.assignee_id is not None:
        conditions.append(_t.assignee_id == query.assignee_id)
    if query.organisation_id is not None:
        conditions.append(_t.organisation_id == query.organisation_id)
    if query.late_at is not None:
        conditions += [_t.due_at <= query.late_at, _t.state == TaskState.GIVEN]
    total = await connection.scalar(select(func.count()).select_from(task_table).where(*conditions))
    rows = await connection.execute(
        select(task_table)
        .where(*conditions)
        .order_by(_t.ended_at.desc().nulls_first(), _t.due_at, _t.id)
        .limit(query.limit)
        .offset(query.skip)
    )
    return [_task(row) for row in rows], int(total or 0)
