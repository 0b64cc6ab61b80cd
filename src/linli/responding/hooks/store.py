"""SQL of hooks, nothing else."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, and_, case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.hooks.contracts import (
    Attempt,
    Claimed,
    DeliveryState,
    Hook,
    HookDelivery,
    HookStanding,
    HookState,
)
from linli.responding.hooks.models import delivery_table, hook_table

_h = hook_table.c
_d = delivery_table.c

# A worker that is up sends within seconds, and leases what it sends for two minutes.
LATE = timedelta(minutes=10)


def _hook(row: Row[Any]) -> Hook:
    return Hook(
        id=row.id,
        organisation_id=row.organisation_id,
        title=row.title,
        url=row.url,
        events=tuple(row.events),
        state=HookState(row.state),
        failing_since=row.failing_since,
        made_by=row.made_by,
        made_at=row.made_at,
    )


async def add(connection: AsyncConnection, hook: Hook, secret_sealed: bytes) -> None:
    row = {**asdict(hook), "events": list(hook.events), "state": hook.state.value}
    row["secret_sealed"] = secret_sealed
    await connection.execute(hook_table.insert().values(row))


async def hooks(connection: AsyncConnection) -> Sequence[Hook]:
    rows = await connection.execute(
        select(hook_table).where(_h.state != HookState.REMOVED.value).order_by(_h.made_at.desc())
    )
    return [_hook(row) for row in rows]


async def hook(connection: AsyncConnection, hook_id: UUID) -> Hook | None:
    rows = await connection.execute(
        select(hook_table)
        .where(_h.id == hook_id, _h.state != HookState.REMOVED.value)
        .with_for_update()
    )
    row = rows.first()
    return _hook(row) if row else None


async def set_state(connection: AsyncConnection, hook_id: UUID, state: HookState) -> None:
    values = {"state": state.value, "failing_since": None}
    await connection.execute(update(hook_table).where(_h.id == hook_id).values(values))


async def set_secret(
    connection: AsyncConnection, hook_id: UUID, sealed: bytes, before_until: datetime
) -> None:
    """Another secret; the one before signs too until `before_until`."""
    await connection.execute(
        update(hook_table)
        .where(_h.id == hook_id)
        .values(
            secret_sealed=sealed,
            secret_before_sealed=_h.secret_sealed,
            secret_before_until=before_until,
        )
    )


async def subscribed(
    connection: AsyncConnection, event: str, organisation_ids: Collection[UUID]
) -> Sequence[UUID]:
    """Hooks of these organisations that want this event, paused ones among them."""
    rows = await connection.execute(
        select(_h.id)
        .where(
            _h.organisation_id.in_(organisation_ids),
            _h.state != HookState.REMOVED.value,
            _h.events.contains([event]),
        )
        .order_by(_h.id)
    )
    return rows.scalars().all()


async def next_sequence(connection: AsyncConnection, hook_id: UUID) -> int:
    """The next number of a hook; others wait for this transaction."""
    number = await connection.scalar(
        update(hook_table)
        .where(_h.id == hook_id)
        .values(last_sequence=_h.last_sequence + 1)
        .returning(_h.last_sequence)
    )
    return int(number or 0)


async def queue(connection: AsyncConnection, notice: HookDelivery, key: str, body: str) -> None:
    """Add it, unless this hook was told of this event before."""
    row: dict[str, Any] = {
        "id": notice.id,
        "hook_id": notice.hook_id,
        "event_key": key,
        "sequence": notice.sequence,
        "event": notice.event,
        "body": body,
        "state": notice.state.value,
        "made_at": notice.made_at,
        "due_at": notice.due_at,
        "attempts": [],
    }
    await connection.execute(insert(delivery_table).values(row).on_conflict_do_nothing())


async def claim(
    connection: AsyncConnection, now: datetime, lease: timedelta, *, most: int
) -> Sequence[Claimed]:
    """Notices that are due, each to one worker until the lease ends."""
    rows = (
        await connection.execute(
            select(
                _d.id,
                _d.hook_id,
                _h.url,
                _h.secret_sealed,
                case((_h.secret_before_until > now, _h.secret_before_sealed)).label("before"),
                _d.body,
                _d.tries,
            )
            .join(hook_table, _h.id == _d.hook_id)
            .where(
                _d.state == DeliveryState.WAITING.value,
                _d.due_at <= now,
                _h.state == HookState.ACTIVE.value,
            )
            .order_by(_d.due_at, _d.sequence)
            .limit(most)
            .with_for_update(of=delivery_table, skip_locked=True)
        )
    ).all()
    ids = [row.id for row in rows]
    await connection.execute(
        update(delivery_table).where(_d.id.in_(ids)).values(due_at=now + lease)
    )
    return [
        Claimed(
            id=row.id,
            hook_id=row.hook_id,
            url=row.url,
            secrets_sealed=tuple(
                sealed for sealed in (row.secret_sealed, row.before) if sealed is not None
            ),
            body=row.body,
            tries=row.tries,
        )
        for row in rows
    ]


async def record(
    connection: AsyncConnection,
    claimed: Claimed,
    attempt: Attempt,
    state: DeliveryState,
    due_at: datetime,
) -> None:
    said = msgspec.to_builtins([attempt])
    await connection.execute(
        update(delivery_table)
        .where(_d.id == claimed.id)
        .values(
            state=state.value,
            due_at=due_at,
            tries=_d.tries + 1,
            attempts=_d.attempts.op("||")(cast(said, JSONB)),
        )
    )


async def succeeded(connection: AsyncConnection, hook_id: UUID) -> None:
    await connection.execute(update(hook_table).where(_h.id == hook_id).values(failing_since=None))


async def failed(connection: AsyncConnection, hook_id: UUID, now: datetime) -> datetime:
    """Note the failure; since when it fails without a success."""
    since = case((_h.failing_since.is_(None), now), else_=_h.failing_since)
    found = await connection.scalar(
        update(hook_table)
        .where(_h.id == hook_id)
        .values(failing_since=since)
        .returning(_h.failing_since)
    )
    return found or now


async def suspend(connection: AsyncConnection, hook_id: UUID) -> Hook | None:
    """The hook, when it was active until now."""
    rows = await connection.execute(
        update(hook_table)
        .where(_h.id == hook_id, _h.state == HookState.ACTIVE.value)
        .values(state=HookState.SUSPENDED.value)
        .returning(hook_table)
    )
    row = rows.first()
    return _hook(row) if row else None


async def standing(connection: AsyncConnection, now: datetime) -> HookStanding:
    """How all hooks stand; for linli itself, which sees every organisation's."""
    there = await hooks(connection)
    waits = _d.state == DeliveryState.WAITING.value
    late = and_(waits, _d.due_at < now - LATE, _h.state == HookState.ACTIVE.value)
    counted = (
        await connection.execute(
            select(
                func.count().filter(waits).label("waiting"),
                func.count().filter(late).label("overdue"),
                func.count().filter(_d.state == DeliveryState.FAILED.value).label("failed"),
            )
            .join_from(delivery_table, hook_table, _h.id == _d.hook_id)
            .where(_h.state != HookState.REMOVED.value)
        )
    ).one()
    return HookStanding(
        hooks=len(there),
        suspended=tuple(one.title for one in there if one.state is HookState.SUSPENDED),
        failing=tuple(
            one.title
            for one in there
            if one.state is HookState.ACTIVE and one.failing_since is not None
        ),
        waiting=counted.waiting,
        overdue=counted.overdue,
        failed=counted.failed,
    )


async def deliveries(
    connection: AsyncConnection, hook_id: UUID, *, most: int
) -> Sequence[HookDelivery]:
    rows = await connection.execute(
        select(delivery_table).where(_d.hook_id == hook_id).order_by(_d.sequence.desc()).limit(most)
    )
    return [_delivery(row) for row in rows]


async def delivery(connection: AsyncConnection, delivery_id: UUID) -> HookDelivery | None:
    rows = await connection.execute(select(delivery_table).where(_d.id == delivery_id))
    row = rows.first()
    return _delivery(row) if row else None


async def again(connection: AsyncConnection, delivery_id: UUID, now: datetime) -> None:
    await connection.execute(
        update(delivery_table)
        .where(_d.id == delivery_id)
        .values(state=DeliveryState.WAITING.value, due_at=now, tries=0, attempts=[])
    )


async def forget(connection: AsyncConnection, before: datetime) -> int:
    return (await connection.execute(delete(delivery_table).where(_d.made_at < before))).rowcount


def _delivery(row: Row[Any]) -> HookDelivery:
    return HookDelivery(
        id=row.id,
        hook_id=row.hook_id,
        sequence=row.sequence,
        event=row.event,
        state=DeliveryState(row.state),
        made_at=row.made_at,
        due_at=row.due_at,
        attempts=tuple(msgspec.convert(row.attempts, list[Attempt])),
    )
