"""SQL of rosters, nothing else."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.rosters.contracts import (
    Handover,
    Matter,
    Pattern,
    Shift,
    ShiftState,
    Swap,
    SwapState,
)
from linli.responding.rosters.models import (
    handover_table,
    pattern_table,
    shift_table,
    swap_table,
)

_s = shift_table.c
_w = swap_table.c
_h = handover_table.c
_p = pattern_table.c

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(CAST(:account AS text), 0))")


def _pattern(row: Row[Any]) -> Pattern:
    return Pattern(
        id=row.id,
        organisation_id=row.organisation_id,
        title=row.title,
        post=row.post,
        starts_at=row.starts_at,
        minutes=row.minutes,
    )


def _shift(row: Row[Any]) -> Shift:
    return Shift(
        id=row.id,
        organisation_id=row.organisation_id,
        account_id=row.account_id,
        name=row.name,
        title=row.title,
        post=row.post,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=ShiftState(row.state),
        version=row.version,
        checked_in_at=row.checked_in_at,
        checked_out_at=row.checked_out_at,
    )


def _swap(row: Row[Any]) -> Swap:
    return Swap(
        id=row.id,
        organisation_id=row.organisation_id,
        shift_id=row.shift_id,
        in_return=row.in_return,
        asker_id=row.asker_id,
        asker_name=row.asker_name,
        colleague_id=row.colleague_id,
        colleague_name=row.colleague_name,
        reason=row.reason,
        state=SwapState(row.state),
        version=row.version,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        answer=row.answer,
    )


def _handover(row: Row[Any]) -> Handover:
    return Handover(
        id=row.id,
        organisation_id=row.organisation_id,
        shift_id=row.shift_id,
        from_account=row.from_account,
        from_name=row.from_name,
        note=row.note,
        matters=tuple(msgspec.convert(row.matters, list[Matter])),
        given_at=row.given_at,
        to_account=row.to_account,
        to_name=row.to_name,
        taken_at=row.taken_at,
        remark=row.remark,
    )


# ── patterns ──


async def add_pattern(connection: AsyncConnection, pattern: Pattern) -> None:
    await connection.execute(pattern_table.insert().values(_plain(pattern)))


async def end_pattern(connection: AsyncConnection, pattern_id: UUID, now: datetime) -> None:
    await connection.execute(update(pattern_table).where(_p.id == pattern_id).values(ended_at=now))


async def patterns(connection: AsyncConnection, organisation_id: UUID) -> Sequence[Pattern]:
    rows = await connection.execute(
        select(pattern_table)
        .where(_p.organisation_id == organisation_id, _p.ended_at.is_(None))
        .order_by(_p.starts_at, _p.title)
    )
    return [_pattern(row) for row in rows]


async def pattern_named(connection: AsyncConnection, pattern_id: UUID) -> Pattern | None:
    rows = await connection.execute(
        select(pattern_table).where(_p.id == pattern_id, _p.ended_at.is_(None))
    )
    row = rows.first()
    return _pattern(row) if row else None


# ── shifts ──


async def take_turns(connection: AsyncConnection, account_ids: Iterable[UUID]) -> None:
    """One transaction at a time plans a person's time; locked in order, so none wait in a ring."""
    for account_id in sorted(set(account_ids)):
        await connection.execute(_LOCK, {"account": f"shift {account_id}"})


async def add_shifts(connection: AsyncConnection, shifts: Sequence[Shift]) -> None:
    await connection.execute(shift_table.insert(), [_plain(shift) for shift in shifts])


async def overwrite_shift(connection: AsyncConnection, shift: Shift) -> None:
    row = _plain(shift)
    shift_id = row.pop("id")
    await connection.execute(update(shift_table).where(_s.id == shift_id).values(row))


async def shift_locked(connection: AsyncConnection, shift_id: UUID) -> Shift | None:
    rows = await connection.execute(select(shift_table).where(_s.id == shift_id).with_for_update())
    row = rows.first()
    return _shift(row) if row else None


async def shifts_named(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Shift]:
    rows = await connection.execute(select(shift_table).where(_s.id.in_(ids)))
    return {row.id: _shift(row) for row in rows}


async def shifts_between(
    connection: AsyncConnection,
    since: datetime,
    until: datetime,
    *,
    organisation_id: UUID | None = None,
    account_ids: Collection[UUID] | None = None,
) -> Sequence[Shift]:
    """Shifts that touch the time, of an organisation or of people, without cancelled ones."""
    statement = select(shift_table).where(
        _s.starts_at < until, _s.ends_at > since, _s.state != ShiftState.CANCELLED
    )
    if organisation_id is not None:
        statement = statement.where(_s.organisation_id == organisation_id)
    if account_ids is not None:
        statement = statement.where(_s.account_id.in_(account_ids))
    rows = await connection.execute(statement.order_by(_s.starts_at, _s.name, _s.id))
    return [_shift(row) for row in rows]


async def on_duty(
    connection: AsyncConnection, account_ids: Collection[UUID], now: datetime
) -> frozenset[UUID]:
    """Which of these people work right now: begun, or planned for this moment."""
    rows = await connection.execute(
        select(_s.account_id)
        .where(
            _s.account_id == func.any(list(account_ids)),
            _s.starts_at <= now,
            _s.ends_at > now,
            _s.state.in_([ShiftState.PLANNED, ShiftState.WORKING]),
        )
        .distinct()
    )
    return frozenset(rows.scalars())


# ── swaps ──


async def add_swap(connection: AsyncConnection, swap: Swap) -> None:
    await connection.execute(swap_table.insert().values(_plain(swap)))


async def overwrite_swap(connection: AsyncConnection, swap: Swap) -> None:
    row = _plain(swap)
    swap_id = row.pop("id")
    await connection.execute(update(swap_table).where(_w.id == swap_id).values(row))


async def swap_locked(connection: AsyncConnection, swap_id: UUID) -> Swap | None:
    rows = await connection.execute(select(swap_table).where(_w.id == swap_id).with_for_update())
    row = rows.first()
    return _swap(row) if row else None


async def open_swap_of(connection: AsyncConnection, shift_ids: Collection[UUID]) -> Sequence[Swap]:
    """Swaps under way in which one of these shifts would change hands."""
    rows = await connection.execute(
        select(swap_table).where(
            (_w.shift_id.in_(shift_ids)) | (_w.in_return.in_(shift_ids)), _w.ended_at.is_(None)
        )
    )
    return [_swap(row) for row in rows]


async def swaps_of(
    connection: AsyncConnection, *, organisation_id: UUID | None, account_id: UUID | None, most: int
) -> Sequence[Swap]:
    """The newest swaps of an organisation, or those that concern one person."""
    statement = select(swap_table)
    if organisation_id is not None:
        statement = statement.where(_w.organisation_id == organisation_id)
    if account_id is not None:
        statement = statement.where((_w.asker_id == account_id) | (_w.colleague_id == account_id))
    rows = await connection.execute(
        statement.order_by(_w.ended_at.is_(None).desc(), _w.asked_at.desc()).limit(most)
    )
    return [_swap(row) for row in rows]


# ── hand-overs ──


async def add_handover(connection: AsyncConnection, handover: Handover) -> None:
    await connection.execute(handover_table.insert().values(_plain(handover)))


async def overwrite_handover(connection: AsyncConnection, handover: Handover) -> None:
    row = _plain(handover)
    handover_id = row.pop("id")
    await connection.execute(update(handover_table).where(_h.id == handover_id).values(row))


async def handover_locked(connection: AsyncConnection, handover_id: UUID) -> Handover | None:
    rows = await connection.execute(
        select(handover_table).where(_h.id == handover_id).with_for_update()
    )
    row = rows.first()
    return _handover(row) if row else None


async def handover_of_shift(connection: AsyncConnection, shift_id: UUID) -> Handover | None:
    rows = await connection.execute(select(handover_table).where(_h.shift_id == shift_id))
    row = rows.first()
    return _handover(row) if row else None


async def handovers_of(
    connection: AsyncConnection, organisation_id: UUID, most: int
) -> Sequence[Handover]:
    rows = await connection.execute(
        select(handover_table)
        .where(_h.organisation_id == organisation_id)
        .order_by(_h.given_at.desc())
        .limit(most)
    )
    return [_handover(row) for row in rows]


def _plain(one: Pattern | Shift | Swap | Handover) -> dict[str, Any]:
    """The columns of a frozen record; nested ones as JSON, times and ids as they are."""
    row: dict[str, Any] = msgspec.to_builtins(one, builtin_types=(datetime, UUID))
    if isinstance(one, Handover):
        row["matters"] = msgspec.to_builtins(one.matters)
    return row
