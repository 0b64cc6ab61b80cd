"""SQL of enterprises."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.enterprises.contracts import (
    Enterprise,
    EnterpriseFilter,
    EnterpriseKind,
    EnterpriseState,
)
from linli.directory.enterprises.models import enterprise_table
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.database import among
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import masked_phone

PHONE = "directory_enterprise.phone"

e = enterprise_table.c

_SORTS: Mapping[str, ColumnElement[Any]] = {
    "title": e.title,
    "code": e.code,
    "kind": e.kind,
    "staff": e.staff,
    "state": e.state,
    "entered_at": e.entered_at,
}


def sealed_phone(cipher: Cipher, phone: str | None) -> dict[str, bytes | None]:
    return {
        "phone_sealed": cipher.seal(phone, binding=PHONE) if phone else None,
        "phone_hash": cipher.keyed_hash(phone, binding=PHONE) if phone else None,
    }


async def known(connection: AsyncConnection, estate_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """What an estate has: code, credit code and the sealed phone."""
    rows = await connection.execute(
        select(e.code, e.credit_code, e.phone_sealed, e.phone_hash).where(e.estate_id == estate_id)
    )
    return rows.all()


async def find(
    connection: AsyncConnection, cipher: Cipher, wanted: EnterpriseFilter
) -> tuple[Sequence[Enterprise], int]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.estate_id is not None:
        conditions.append(e.estate_id == wanted.estate_id)
    if wanted.place_ids is not None:
        conditions.append(among(e.place_id, wanted.place_ids))
    if wanted.kind is not None:
        conditions.append(e.kind == wanted.kind.value)
    if wanted.state is not None:
        conditions.append(e.state == wanted.state.value)
    conditions.extend(
        or_(
            *(
                column.icontains(word, autoescape=True)
                for column in (e.title, e.code, e.credit_code, e.contact)
            )
        )
        for word in wanted.words.split()
    )
    total = await connection.scalar(
        select(func.count()).select_from(enterprise_table).where(*conditions)
    )
    column = _SORTS.get(wanted.sort.removeprefix("-"), e.title)
    order = column.desc() if wanted.sort.startswith("-") else column
    rows = await connection.execute(
        select(enterprise_table)
        .where(*conditions)
        .order_by(order.nulls_last(), e.id)
        .limit(wanted.most)
        .offset(wanted.skip)
    )
    return [_enterprise(row, cipher) for row in rows], int(total or 0)


async def named(connection: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, str]:
    rows = await connection.execute(select(e.id, e.title).where(among(e.id, ids)))
    return {row.id: row.title for row in rows}


async def one(
    connection: AsyncConnection, cipher: Cipher, enterprise_id: UUID
) -> Enterprise | None:
    row = (await connection.execute(select(enterprise_table).where(e.id == enterprise_id))).first()
    return _enterprise(row, cipher) if row else None


async def phone(connection: AsyncConnection, cipher: Cipher, enterprise_id: UUID) -> str | None:
    sealed = await connection.scalar(select(e.phone_sealed).where(e.id == enterprise_id))
    return cipher.open(sealed, binding=PHONE) if sealed else None


def _enterprise(row: Row[*tuple[Any, ...]], cipher: Cipher) -> Enterprise:
    phone = cipher.open(row.phone_sealed, binding=PHONE) if row.phone_sealed else None
    return Enterprise(
        id=row.id,
        estate_id=row.estate_id,
        place_id=row.place_id,
        code=row.code,
        title=row.title,
        kind=EnterpriseKind(row.kind),
        credit_code=row.credit_code,
        contact=row.contact,
        phone_masked=masked_phone(phone) if phone else None,
        staff=row.staff,
        since=row.since,
        state=EnterpriseState(row.state),
        version=row.version,
        source=Source(SourceKind(row.source_kind), row.source_title, row.source_id),
        entered_by=row.entered_by,
    )
