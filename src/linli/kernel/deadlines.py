"""Deadlines: rows that come due. A worker claims them in batches; they survive every restart.

`kind` names who set it (`incident.accept`, `rule.absence`, …), `subject_id` and `detail` tell one
deadline of a kind from another: setting it again moves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, String, Table, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Id, Moment, metadata
from linli.kernel.row_security import Use, guarded
from linli.kernel.work import Work

deadline_table = Table(
    "kernel_deadline",
    metadata,
    Column("kind", String(60), primary_key=True),
    Column("subject_id", Id, primary_key=True),
    Column("detail", String(80), primary_key=True, server_default=""),
    Column("due_at", Moment, nullable=False),
    Column("context", JSONB, nullable=False, server_default="{}"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    info=guarded(None, app=Use.FULL),
)
Index("ix_kernel_deadline_due", deadline_table.c.due_at)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something to look at when its time has come."""

    kind: str
    subject_id: UUID
    due_at: datetime
    detail: str = ""
    context: dict[str, Any] | None = None
    attempts: int = 0


async def set_deadline(work: Work, deadline: Deadline, *, keep: bool = False) -> None:
    """Set it, or move it when it is already set; with `keep` an earlier setting stands."""
    row = {
        "kind": deadline.kind,
        "subject_id": deadline.subject_id,
        "detail": deadline.detail,
        "due_at": deadline.due_at,
        "context": deadline.context or {},
        "attempts": 0,
    }
    statement = insert(deadline_table).values(row)
    if keep:
        await work.connection.execute(statement.on_conflict_do_nothing())
        return
    await work.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject_id", "detail"],
            set_={
                "due_at": statement.excluded.due_at,
                "context": statement.excluded.context,
                "attempts": 0,
            },
        )
    )


async def clear_deadlines(
    work: Work, subject_id: UUID, *, kind: str, detail: str | None = None
) -> None:
    """Take back what was set: every kind that starts with `kind`, of one subject."""
    d = deadline_table.c
    statement = delete(deadline_table).where(
        d.subject_id == subject_id, d.kind.startswith(kind, autoescape=True)
    )
    if detail is not None:
        statement = statement.where(d.detail == detail)
    await work.connection.execute(statement)


async def claim_due(
    connection: AsyncConnection, now: datetime, *, most: int = 100
) -> Sequence[Deadline]:
    """Deadlines due by `now`, removed by this transaction; other workers skip them meanwhile."""
    d = deadline_table.c
    due = (
        select(d.kind, d.subject_id, d.detail)
        .where(d.due_at <= now)
        .order_by(d.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .subquery()
    )
    rows = await connection.execute(
        delete(deadline_table)
        .where(d.kind == due.c.kind, d.subject_id == due.c.subject_id, d.detail == due.c.detail)
        .returning(d.kind, d.subject_id, d.detail, d.due_at, d.context, d.attempts)
    )
    found = [
        Deadline(
            kind=r.kind,
            subject_id=r.subject_id,
            detail=r.detail,
            due_at=r.due_at,
            context=r.context,
            attempts=r.attempts,
        )
        for r in rows
    ]
    return sorted(found, key=lambda deadline: deadline.due_at)


async def put_back(connection: AsyncConnection, deadline: Deadline, due_at: datetime) -> None:
    """Set a claimed deadline whose handling failed again, one attempt older."""
    row = {
        "kind": deadline.kind,
        "subject_id": deadline.subject_id,
        "detail": deadline.detail,
        "due_at": due_at,
        "context": deadline.context or {},
        "attempts": deadline.attempts + 1,
    }
    await connection.execute(insert(deadline_table).values(row).on_conflict_do_nothing())


async def next_due(connection: AsyncConnection) -> datetime | None:
    """When the earliest deadline comes due, or None."""
    found: datetime | None = await connection.scalar(
        select(deadline_table.c.due_at).order_by(deadline_table.c.due_at).limit(1)
    )
    return found
