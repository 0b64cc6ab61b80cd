"""SQL of guest links, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.guests.contracts import Guest, GuestLink, LinkState, Use
from linli.responding.guests.models import link_table, use_table

_l = link_table.c
_u = use_table.c

_OPEN = text(
    "SELECT link_id, order_id, estate_id, guest_name, state"
    " FROM linli_guest_link(:token, :moment, :use_id, :address)"
)


def _link(row: Row[Any]) -> GuestLink:
    return GuestLink(
        id=row.id,
        order_id=row.order_id,
        estate_id=row.estate_id,
        guest_name=row.guest_name,
        firm=row.firm,
        made_at=row.made_at,
        made_by=row.made_by,
        expires_at=row.expires_at,
        before_id=row.before_id,
        before_name=row.before_name,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        revoked=row.revoked,
    )


async def add(connection: AsyncConnection, link: GuestLink, token_hash: bytes) -> None:
    row: dict[str, Any] = msgspec.to_builtins(link, builtin_types=(datetime, UUID))
    await connection.execute(link_table.insert().values({**row, "token_hash": token_hash}))


async def end(connection: AsyncConnection, link: GuestLink) -> None:
    """Write down how the link ended."""
    await connection.execute(
        update(link_table)
        .where(_l.id == link.id)
        .values(ended_at=link.ended_at, ended_by=link.ended_by, revoked=link.revoked)
    )


async def locked(connection: AsyncConnection, link_id: UUID) -> GuestLink | None:
    rows = await connection.execute(select(link_table).where(_l.id == link_id).with_for_update())
    row = rows.first()
    return _link(row) if row else None


async def of_order(connection: AsyncConnection, order_id: UUID) -> Sequence[GuestLink]:
    """Newest first."""
    rows = await connection.execute(
        select(link_table).where(_l.order_id == order_id).order_by(_l.made_at.desc(), _l.id.desc())
    )
    return [_link(row) for row in rows]


async def open_in(connection: AsyncConnection, estate_id: UUID) -> Sequence[GuestLink]:
    """Links of an estate that have not ended, locked."""
    rows = await connection.execute(
        select(link_table)
        .where(_l.estate_id == estate_id, _l.ended_at.is_(None))
        .order_by(_l.id)
        .with_for_update()
    )
    return [_link(row) for row in rows]


async def add_use(connection: AsyncConnection, use: Use, estate_id: UUID) -> None:
    await connection.execute(
        use_table.insert().values(
            id=use.id,
            link_id=use.link_id,
            estate_id=estate_id,
            at=use.at,
            act=use.act,
            address=use.address,
        )
    )


async def uses_of(
    connection: AsyncConnection, link_ids: Sequence[UUID], most: int
) -> Sequence[Use]:
    rows = await connection.execute(
        select(use_table)
        .where(_u.link_id.in_(link_ids))
        .order_by(_u.at.desc(), _u.id.desc())
        .limit(most)
    )
    return [Use(row.id, row.link_id, row.at, row.act, row.address) for row in rows]


async def open_link(connection: AsyncConnection, token_hash: bytes, use: Use) -> Guest | None:
    """Whose token this is; `use` notes that it came too late."""
    rows = await connection.execute(
        _OPEN,
        {
            "token": token_hash,
            "moment": use.at,
            "use_id": use.id,
            "address": use.address,
        },
    )
    row = rows.first()
    if row is None:
        return None
    return Guest(row.link_id, row.order_id, row.estate_id, row.guest_name, LinkState(row.state))
