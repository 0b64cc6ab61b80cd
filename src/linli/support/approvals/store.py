"""SQL of approvals, nothing else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.support.approvals.contracts import (
    Approval,
    ApprovalState,
    Frozen,
    Purpose,
    Said,
    View,
    Wanted,
)
from linli.support.approvals.models import approval_table

_a = approval_table.c
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:account AS text), 14))")


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        id=row.id,
        wanted=Wanted(
            purpose=Purpose(row.purpose),
            title=row.title,
            request=cast("Frozen", row.request),
            total=row.total,
            reason=row.reason,
            said=tuple(msgspec.convert(row.said, list[Said])),
            needs=tuple(row.needs),
            estate_ids=tuple(row.estate_ids),
        ),
        request_hash=row.request_hash,
        asker_id=row.asker_id,
        asker_name=row.asker_name,
        asked_at=row.asked_at,
        state=ApprovalState(row.state),
        version=row.version,
        expires_at=row.expires_at,
        decided_by=row.decided_by,
        decided_name=row.decided_name,
        decided_at=row.decided_at,
        answer=row.answer,
        ended_at=row.ended_at,
    )


def _moving(approval: Approval) -> Mapping[str, Any]:
    return {
        "state": approval.state.value,
        "version": approval.version,
        "expires_at": approval.expires_at,
        "decided_by": approval.decided_by,
        "decided_name": approval.decided_name,
        "decided_at": approval.decided_at,
        "answer": approval.answer,
        "ended_at": approval.ended_at,
    }


async def take_turns(connection: AsyncConnection, account_id: UUID) -> None:
    """Two requests of one person at one moment come one after the other."""
    await connection.execute(_LOCK, {"account": str(account_id)})


async def add(connection: AsyncConnection, approval: Approval) -> None:
    wanted = approval.wanted
    values = {
        "id": approval.id,
        "purpose": wanted.purpose.value,
        "title": wanted.title,
        "request": dict(wanted.request),
        "request_hash": approval.request_hash,
        "said": [{"label": one.label, "words": one.words} for one in wanted.said],
        "reason": wanted.reason,
        "total": wanted.total,
        "needs": list(wanted.needs),
        "estate_ids": list(wanted.estate_ids),
        "asker_id": approval.asker_id,
        "asker_name": approval.asker_name,
        "asked_at": approval.asked_at,
        **_moving(approval),
    }
    await connection.execute(approval_table.insert().values(values))


async def overwrite(connection: AsyncConnection, approval: Approval) -> None:
    await connection.execute(
        update(approval_table).where(_a.id == approval.id).values(**_moving(approval))
    )


async def find(connection: AsyncConnection, approval_id: UUID, *, lock: bool) -> Approval | None:
    query = select(approval_table).where(_a.id == approval_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _approval(row)


async def open_one(
    connection: AsyncConnection, asker_id: UUID, request_hash: bytes
) -> Approval | None:
    """The asker's open request for exactly this, locked."""
    found = await connection.execute(
        select(approval_table)
        .where(_a.asker_id == asker_id, _a.request_hash == request_hash, _a.ended_at.is_(None))
        .with_for_update()
    )
    row = found.first()
    return None if row is None else _approval(row)


def _shown(view: View, account_id: UUID) -> ColumnElement[bool]:
    match view:
        case View.WAITING:
            return (_a.state == ApprovalState.ASKED.value) & (_a.asker_id != account_id)
        case View.MINE:
            return (_a.asker_id == account_id) & _a.ended_at.is_(None)
        case View.PAST:
            return or_(
                _a.ended_at.is_not(None),
                (_a.state == ApprovalState.APPROVED.value) & (_a.asker_id != account_id),
            )


async def page(
    connection: AsyncConnection, view: View, account_id: UUID, *, most: int, skip: int
) -> tuple[tuple[Approval, ...], int]:
    """Requests in sight, the newest first, and how many there are."""
    shown = _shown(view, account_id)
    rows = await connection.execute(
        select(approval_table)
        .where(shown)
        .order_by(_a.asked_at.desc(), _a.id.desc())
        .limit(most)
        .offset(skip)
    )
    total = await connection.scalar(select(func.count()).select_from(approval_table).where(shown))
    return tuple(_approval(row) for row in rows), int(total or 0)


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Forget what ended before that; answers how many."""
    gone = await connection.execute(delete(approval_table).where(_a.ended_at < before))
    return gone.rowcount
