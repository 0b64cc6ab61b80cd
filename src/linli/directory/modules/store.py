"""SQL of modules, nothing else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.modules.contracts import Module, Switch
from linli.directory.modules.models import switch_table

_s = switch_table.c


def _switch(row: Row[Any]) -> Switch:
    return Switch(
        id=row.id,
        estate_id=row.estate_id,
        module=Module(row.module),
        off_at=row.off_at,
        off_by=row.off_by,
        reason=row.reason,
        approved_by=row.approved_by,
        on_at=row.on_at,
        on_by=row.on_by,
        on_reason=row.on_reason,
    )


def on_in(estate_id: ColumnElement[UUID], module: Module) -> ColumnElement[bool]:
    """Rows of estates that use the module; what has no estate is nobody's to switch off."""
    return ~exists().where(_s.estate_id == estate_id, _s.module == module, _s.on_at.is_(None))


async def off(connection: AsyncConnection) -> Sequence[Switch]:
    """What is off now, in every estate in sight."""
    rows = await connection.execute(
        select(switch_table).where(_s.on_at.is_(None)).order_by(_s.off_at, _s.id)
    )
    return [_switch(row) for row in rows]


async def of_estate(connection: AsyncConnection, estate_id: UUID) -> Sequence[Switch]:
    """Every time a module was off in this estate, the last first."""
    rows = await connection.execute(
        select(switch_table)
        .where(_s.estate_id == estate_id)
        .order_by(_s.off_at.desc(), _s.id.desc())
    )
    return [_switch(row) for row in rows]


async def open_one(
    connection: AsyncConnection, estate_id: UUID, module: Module, *, lock: bool = True
) -> Switch | None:
    """The switch by which the module is off; with `lock` held until the transaction ends."""
    found = select(switch_table).where(
        _s.estate_id == estate_id, _s.module == module, _s.on_at.is_(None)
    )
    rows = await connection.execute(found.with_for_update() if lock else found)
    row = rows.first()
    return _switch(row) if row else None


async def add(connection: AsyncConnection, switch: Switch) -> None:
    await connection.execute(switch_table.insert().values(**_plain(switch)))


async def overwrite(connection: AsyncConnection, switch: Switch) -> None:
    await connection.execute(
        update(switch_table).where(_s.id == switch.id).values(**_plain(switch))
    )


async def serial(connection: AsyncConnection) -> int:
    """A number that grows with every switching."""
    counted = select(func.count() + func.count(_s.on_at)).select_from(switch_table)
    return int(await connection.scalar(counted) or 0)


def _plain(switch: Switch) -> dict[str, object]:
    return {column.name: getattr(switch, column.name) for column in switch_table.columns}
