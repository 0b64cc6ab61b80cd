"""SQL of partners, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Id, Moment
from linli.responding.partners.contracts import Partner, Stranger
from linli.responding.partners.models import partner_table

_h = partner_table.c

_FIND = text("SELECT account_id, display_name, house FROM linli_partner_named(:login)")
_END = text("SELECT linli_end_help(:id, :moment, :ender)").bindparams(
    bindparam("id", type_=Id), bindparam("moment", type_=Moment), bindparam("ender", type_=Id)
)


def _partner(row: Row[Any]) -> Partner:
    return Partner(
        id=row.id,
        incident_id=row.incident_id,
        estate_id=row.estate_id,
        account_id=row.account_id,
        name=row.name,
        house=row.house,
        basis=row.basis,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        valid_to=row.valid_to,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )


async def add(connection: AsyncConnection, partner: Partner) -> None:
    row: dict[str, Any] = msgspec.to_builtins(partner, builtin_types=(datetime, UUID))
    await connection.execute(partner_table.insert().values(row))


async def of_incident(connection: AsyncConnection, incident_id: UUID) -> Sequence[Partner]:
    """Newest first."""
    rows = await connection.execute(
        select(partner_table)
        .where(_h.incident_id == incident_id)
        .order_by(_h.asked_at.desc(), _h.id.desc())
    )
    return [_partner(row) for row in rows]


async def locked(connection: AsyncConnection, partner_id: UUID) -> Partner | None:
    rows = await connection.execute(
        select(partner_table).where(_h.id == partner_id).with_for_update()
    )
    row = rows.first()
    return _partner(row) if row else None


async def end(connection: AsyncConnection, partner: Partner, ender: UUID | None) -> bool:
    """Take the grant back and write it down; False when it was not this session's to take."""
    done = await connection.scalar(
        _END, {"id": partner.id, "moment": partner.ended_at, "ender": ender}
    )
    if not done:
        return False
    await connection.execute(
        update(partner_table)
        .where(_h.id == partner.id)
        .values(ended_at=partner.ended_at, ended_by=partner.ended_by)
    )
    return True


async def find(connection: AsyncConnection, login: str) -> Stranger | None:
    rows = await connection.execute(_FIND, {"login": login})
    row = rows.first()
    return Stranger(row.account_id, row.display_name, row.house) if row else None
