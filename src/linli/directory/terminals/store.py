"""SQL of shared terminals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Interval,
    LargeBinary,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.terminals import policy
from linli.directory.terminals.contracts import (
    Colleague,
    PinState,
    PinTry,
    Seat,
    Terminal,
    TerminalSearch,
)
from linli.directory.terminals.models import pin_table, terminal_table
from linli.kernel.database import Id, Moment

t = terminal_table.c
p = pin_table.c

_OPEN = (
    text("SELECT terminal_id, title FROM linli_terminal_open(:token, :at, :unused, :used)")
    .bindparams(
        bindparam("token", type_=LargeBinary),
        bindparam("at", type_=Moment),
        bindparam("unused", type_=Interval),
        bindparam("used", type_=Boolean),
    )
    .columns(terminal_id=Id, title=Text)
)
_PEOPLE = (
    text(
        "SELECT account_id, display_name, roles, has_pin"
        " FROM linli_terminal_people(:token, :at, :lately)"
    )
    .bindparams(
        bindparam("token", type_=LargeBinary),
        bindparam("at", type_=Moment),
        bindparam("lately", type_=Interval),
    )
    .columns(account_id=Id, display_name=Text, roles=ARRAY(Text), has_pin=Boolean)
)
_TRY = (
    text(
        "SELECT account_id, login, display_name, state, password_hash, pin_hash, failures"
        " FROM linli_terminal_try(:token, :wanted, :at, :lately, :most)"
    )
    .bindparams(
        bindparam("token", type_=LargeBinary),
        bindparam("wanted", type_=Id),
        bindparam("at", type_=Moment),
        bindparam("lately", type_=Interval),
        bindparam("most", type_=Integer),
    )
    .columns(account_id=Id, failures=Integer)
)


_SORTS: Mapping[str, ColumnElement[Any]] = {
    "title": t.title,
    "used": t.last_used_at,
    "registered": t.registered_at,
}


async def add(connection: AsyncConnection, terminal: Terminal, token_hash: bytes) -> None:
    await connection.execute(
        insert(terminal_table).values(
            id=terminal.id,
            organisation_id=terminal.organisation_id,
            title=terminal.title,
            token_hash=token_hash,
            registered_by=terminal.registered_by,
            registered_at=terminal.registered_at,
            last_used_at=terminal.last_used_at,
        )
    )


async def terminals(
    connection: AsyncConnection, search: TerminalSearch, *, most: int, skip: int
) -> tuple[Sequence[Terminal], int]:
    """Those in sight that are not ended and match, and how many there are."""
    conditions: list[ColumnElement[bool]] = [t.ended_at.is_(None)]
    if search.words:
        conditions.append(t.title.contains(search.words, autoescape=True))
    total = await connection.scalar(
        select(func.count()).select_from(terminal_table).where(*conditions)
    )
    column = _SORTS[search.order.removeprefix("-")]
    rows = await connection.execute(
        select(
            t.id,
            t.organisation_id,
            t.title,
            t.registered_by,
            t.registered_at,
            t.last_used_at,
            t.ended_at,
        )
        .where(*conditions)
        .order_by(column.desc() if search.order.startswith("-") else column, t.id)
        .limit(most)
        .offset(skip)
    )
    return [Terminal(*row) for row in rows], int(total or 0)


async def end(connection: AsyncConnection, terminal_id: UUID, at: datetime) -> str | None:
    """What it is called; None when there is none that has not ended."""
    title: str | None = await connection.scalar(
        update(terminal_table)
        .where(t.id == terminal_id, t.ended_at.is_(None))
        .values(ended_at=at)
        .returning(t.title)
    )
    return title


async def seat(
    connection: AsyncConnection, token_hash: bytes, at: datetime, *, used: bool
) -> Seat | None:
    asked = {"token": token_hash, "at": at, "unused": policy.UNUSED, "used": used}
    row = (await connection.execute(_OPEN, asked)).first()
    return Seat(row.terminal_id, row.title) if row else None


async def people(
    connection: AsyncConnection, token_hash: bytes, at: datetime
) -> Sequence[Colleague]:
    asked = {"token": token_hash, "at": at, "lately": policy.LATELY}
    rows = await connection.execute(_PEOPLE, asked)
    return [
        Colleague(row.account_id, row.display_name, tuple(row.roles), row.has_pin) for row in rows
    ]


async def try_pin(
    connection: AsyncConnection, token_hash: bytes, account_id: UUID, at: datetime
) -> PinTry | None:
    asked = {
        "token": token_hash,
        "wanted": account_id,
        "at": at,
        "lately": policy.LATELY,
        "most": policy.MOST_WRONG,
    }
    row = (await connection.execute(_TRY, asked)).first()
    return PinTry(*row) if row else None


async def set_pin(
    connection: AsyncConnection, account_id: UUID, pin_hash: str, at: datetime
) -> None:
    adding = upsert(pin_table).values(
        account_id=account_id, pin_hash=pin_hash, failures=0, set_at=at
    )
    await connection.execute(
        adding.on_conflict_do_update(
            index_elements=[p.account_id],
            set_={"pin_hash": pin_hash, "failures": 0, "set_at": at},
        )
    )


async def forgive(connection: AsyncConnection, account_id: UUID) -> None:
    await connection.execute(
        update(pin_table).where(p.account_id == account_id, p.failures > 0).values(failures=0)
    )


async def remove_pins(connection: AsyncConnection, account_ids: Iterable[UUID]) -> bool:
    gone = await connection.execute(delete(pin_table).where(p.account_id.in_(list(account_ids))))
    return bool(gone.rowcount)


async def pin_state(connection: AsyncConnection, account_id: UUID) -> PinState:
    failures = await connection.scalar(select(p.failures).where(p.account_id == account_id))
    return PinState(
        there=failures is not None, locked=failures is not None and failures >= policy.MOST_WRONG
    )
