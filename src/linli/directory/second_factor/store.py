"""SQL of second factors."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.second_factor.models import code_table, factor_table

f = factor_table.c
c = code_table.c


@dataclass(frozen=True, slots=True)
class Factor:
    """A stored factor."""

    secret_sealed: bytes = field(repr=False)
    confirmed: bool
    last_step: int


async def factor(connection: AsyncConnection, account_id: UUID) -> Factor | None:
    """The account's factor, locked until the transaction ends: a code is taken once."""
    row = (
        await connection.execute(
            select(f.secret_sealed, f.confirmed_at, f.last_step)
            .where(f.account_id == account_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        return None
    return Factor(
        secret_sealed=row.secret_sealed,
        confirmed=row.confirmed_at is not None,
        last_step=row.last_step,
    )


async def is_confirmed(connection: AsyncConnection, account_id: UUID) -> bool:
    found = await connection.scalar(
        select(f.account_id).where(f.account_id == account_id, f.confirmed_at.is_not(None))
    )
    return found is not None


async def confirmed(connection: AsyncConnection, account_ids: Iterable[UUID]) -> frozenset[UUID]:
    rows = await connection.scalars(
        select(f.account_id).where(f.account_id.in_(list(account_ids)), f.confirmed_at.is_not(None))
    )
    return frozenset(rows)


async def begin(
    connection: AsyncConnection, account_id: UUID, secret_sealed: bytes, at: datetime
) -> None:
    await connection.execute(delete(factor_table).where(f.account_id == account_id))
    await connection.execute(
        insert(factor_table).values(
            account_id=account_id, secret_sealed=secret_sealed, begun_at=at, last_step=0
        )
    )


async def confirm(connection: AsyncConnection, account_id: UUID, at: datetime) -> None:
    await connection.execute(
        update(factor_table).where(f.account_id == account_id).values(confirmed_at=at)
    )


async def take_step(connection: AsyncConnection, account_id: UUID, step: int) -> None:
    await connection.execute(
        update(factor_table).where(f.account_id == account_id).values(last_step=step)
    )


async def remove(connection: AsyncConnection, account_id: UUID) -> bool:
    """Whether there was one."""
    await connection.execute(delete(code_table).where(c.account_id == account_id))
    gone = await connection.execute(delete(factor_table).where(f.account_id == account_id))
    return bool(gone.rowcount)


async def replace_codes(
    connection: AsyncConnection, account_id: UUID, hashes: Iterable[bytes]
) -> None:
    await connection.execute(delete(code_table).where(c.account_id == account_id))
    await connection.execute(
        insert(code_table), [{"account_id": account_id, "code_hash": one} for one in hashes]
    )


async def use_code(
    connection: AsyncConnection, account_id: UUID, code_hash: bytes, at: datetime
) -> bool:
    """Whether this was an unused recovery code of the account; it is used now."""
    used = await connection.execute(
        update(code_table)
        .where(c.account_id == account_id, c.code_hash == code_hash, c.used_at.is_(None))
        .values(used_at=at)
    )
    return bool(used.rowcount)


async def count_unused(connection: AsyncConnection, account_id: UUID) -> int:
    found = await connection.scalar(
        select(func.count())
        .select_from(code_table)
        .where(c.account_id == account_id, c.used_at.is_(None))
    )
    return int(found or 0)
