"""SQL of orders, nothing else."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.dispatch.contracts import Offer, Order, OrderState
from linli.responding.dispatch.models import order_table

_o = order_table.c


def _order(row: Row[Any]) -> Order:
    return Order(
        id=row.id,
        code=row.code,
        offer=msgspec.convert(row.offer, Offer),
        state=OrderState(row.state),
        version=row.version,
        offered_at=row.offered_at,
        offered_by=row.offered_by,
        accepted_at=row.accepted_at,
        arrived_at=row.arrived_at,
        fixed_at=row.fixed_at,
        ended_at=row.ended_at,
        fixed_by=row.fixed_by,
        result=row.result,
        evidence=tuple(row.evidence),
        follows=row.follows,
    )


def _row(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "code": order.code,
        "subject_id": order.offer.subject_id,
        "estate_id": order.offer.estate_id,
        "company_id": order.offer.company_id,
        "assignee_id": order.offer.assignee_id,
        "severity": order.offer.severity,
        "offer": msgspec.to_builtins(order.offer),
        "state": order.state,
        "version": order.version,
        "offered_at": order.offered_at,
        "offered_by": order.offered_by,
        "accepted_at": order.accepted_at,
        "arrived_at": order.arrived_at,
        "fixed_at": order.fixed_at,
        "ended_at": order.ended_at,
        "fixed_by": order.fixed_by,
        "result": order.result,
        "evidence": list(order.evidence),
        "follows": order.follows,
    }


async def add(connection: AsyncConnection, order: Order) -> None:
    await connection.execute(order_table.insert().values(_row(order)))


async def overwrite(connection: AsyncConnection, order: Order) -> None:
    row = _row(order)
    order_id = row.pop("id")
    await connection.execute(update(order_table).where(_o.id == order_id).values(row))


async def locked(connection: AsyncConnection, order_id: UUID) -> Order | None:
    """The order, locked until the transaction ends: of two clicks at once one waits."""
    rows = await connection.execute(select(order_table).where(_o.id == order_id).with_for_update())
    row = rows.first()
    return _order(row) if row else None


async def named(connection: AsyncConnection, ids: Iterable[UUID]) -> Sequence[Order]:
    rows = await connection.execute(select(order_table).where(_o.id.in_(list(ids))))
    return [_order(row) for row in rows]


async def of_subjects(
    connection: AsyncConnection, subject_ids: Collection[UUID]
) -> Sequence[Order]:
    rows = await connection.execute(
        select(order_table)
        .where(_o.subject_id == func.any(list(subject_ids)))
        .order_by(_o.offered_at, _o.id)
    )
    return [_order(row) for row in rows]


async def count_of_subject(connection: AsyncConnection, subject_id: UUID) -> int:
    return int(
        await connection.scalar(select(func.count()).where(_o.subject_id == subject_id)) or 0
    )


async def loads(connection: AsyncConnection, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many active orders each person holds."""
    rows = await connection.execute(
        select(_o.assignee_id, func.count())
        .where(_o.assignee_id == func.any(list(account_ids)), _o.ended_at.is_(None))
        .group_by(_o.assignee_id)
    )
    return dict(rows.all())


async def active_of(
    connection: AsyncConnection, account_id: UUID, states: Collection[OrderState]
) -> Sequence[Order]:
    """The orders of one person in these states, oldest first."""
    rows = await connection.execute(
        select(order_table)
        .where(_o.assignee_id == account_id, _o.state.in_(sorted(states)))
        .order_by(_o.id)
    )
    return [_order(row) for row in rows]


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders a page asks for."""

    states: frozenset[OrderState] | None = None
    mine: UUID | None = None
    """Orders of this person, and those offered to the company that nobody took yet."""
    ids: tuple[UUID, ...] | None = None
    after: UUID | None = None
    limit: int = 50


async def listed(connection: AsyncConnection, query: OrderQuery) -> tuple[Sequence[Order], int]:
    """Newest first, and how many there are in all."""
    conditions: list[Any] = []
    if query.states is not None:
        conditions.append(_o.state.in_(sorted(query.states)))
    if query.mine is not None:
        unclaimed = _o.assignee_id.is_(None) & (_o.state == OrderState.OFFERED)
        conditions.append(or_(_o.assignee_id == query.mine, unclaimed))
    if query.ids is not None:
        conditions.append(_o.id.in_(query.ids))
    total = int(
        await connection.scalar(select(func.count()).select_from(order_table).where(*conditions))
        or 0
    )
    if query.after is not None:
        conditions.append(_o.id < query.after)
    rows = await connection.execute(
        select(order_table).where(*conditions).order_by(_o.id.desc()).limit(query.limit)
    )
    return [_order(row) for row in rows], total


def arrivals(since: datetime) -> Select[UUID, datetime]:
    """`subject_id` and `arrived_at`: when somebody first came, of what was offered since then."""
    return (
        select(_o.subject_id, func.min(_o.arrived_at).label("arrived_at"))
        .where(_o.offered_at > since, _o.arrived_at.is_not(None))
        .group_by(_o.subject_id)
    )
