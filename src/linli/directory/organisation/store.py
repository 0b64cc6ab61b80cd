"""SQL of organisations and service contracts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.organisation.contracts import (
    Duty,
    Organisation,
    OrganisationKind,
    ServiceContract,
)
from linli.directory.organisation.models import contract_table, organisation_table
from linli.kernel.database import Id

o = organisation_table.c
k = contract_table.c

_ORGANISATION = (o.id, o.parent_id, o.kind, o.title, o.path, o.training)
_CONTRACT = (k.id, k.company_id, k.estate_id, k.duties, k.valid_from, k.valid_to)


async def add(connection: AsyncConnection, organisation: Organisation, now: datetime) -> None:
    await connection.execute(
        insert(organisation_table).values(
            id=organisation.id,
            parent_id=organisation.parent_id,
            kind=organisation.kind.value,
            title=organisation.title,
            path=list(organisation.path),
            training=organisation.training,
            created_at=now,
        )
    )


async def named(connection: AsyncConnection, ids: Iterable[UUID]) -> Sequence[Organisation]:
    rows = await connection.execute(select(*_ORGANISATION).where(o.id.in_(list(ids))))
    return [_organisation(row) for row in rows]


async def everything(connection: AsyncConnection) -> Sequence[Organisation]:
    rows = await connection.execute(select(*_ORGANISATION).order_by(o.path))
    return [_organisation(row) for row in rows]


async def under(connection: AsyncConnection, organisation_id: UUID) -> Sequence[Organisation]:
    rows = await connection.execute(
        select(*_ORGANISATION).where(literal(organisation_id, Id) == any_(o.path)).order_by(o.path)
    )
    return [_organisation(row) for row in rows]


async def add_contract(
    connection: AsyncConnection, contract: ServiceContract, now: datetime
) -> None:
    await connection.execute(
        insert(contract_table).values(
            id=contract.id,
            company_id=contract.company_id,
            estate_id=contract.estate_id,
            duties=sorted(contract.duties),
            valid_from=contract.valid_from,
            valid_to=contract.valid_to,
            created_at=now,
        )
    )


async def contract(connection: AsyncConnection, contract_id: UUID) -> ServiceContract | None:
    row = (
        await connection.execute(select(*_CONTRACT).where(k.id == contract_id).with_for_update())
    ).first()
    return _contract(row) if row else None


async def end_contract(connection: AsyncConnection, contract_id: UUID, at: datetime) -> None:
    await connection.execute(update(contract_table).where(k.id == contract_id).values(valid_to=at))


async def contracts(
    connection: AsyncConnection,
    *,
    estate_ids: Iterable[UUID] | None = None,
    not_over_at: datetime | None = None,
) -> Sequence[ServiceContract]:
    wanted = select(*_CONTRACT).order_by(k.valid_from, k.id)
    if estate_ids is not None:
        wanted = wanted.where(k.estate_id.in_(list(estate_ids)))
    if not_over_at is not None:
        wanted = wanted.where(or_(k.valid_to.is_(None), k.valid_to > not_over_at))
    return [_contract(row) for row in await connection.execute(wanted)]


def _organisation(row: Row[*tuple[Any, ...]]) -> Organisation:
    return Organisation(
        id=row.id,
        parent_id=row.parent_id,
        kind=OrganisationKind(row.kind),
        title=row.title,
        path=tuple(row.path),
        training=row.training,
    )


def _contract(row: Row[*tuple[Any, ...]]) -> ServiceContract:
    return ServiceContract(
        id=row.id,
        company_id=row.company_id,
        estate_id=row.estate_id,
        duties=frozenset(Duty(duty) for duty in row.duties),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
