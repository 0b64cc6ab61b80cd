"""SQL of drills, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.drills.contracts import PASSING, Drill, DrillState, Mark
from linli.responding.drills.models import drill_table

d = drill_table.c


class DrillOrder(StrEnum):
    """By what a list of drills is sorted."""

    STARTED_DOWN = "-started"
    STARTED = "started"
    POINTS_DOWN = "-points"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class DrillQuery:
    """Which drills a page asks for; None means: any."""

    estate_id: UUID | None = None
    scenario: str | None = None
    state: DrillState | None = None
    order: DrillOrder = DrillOrder.STARTED_DOWN
    limit: int = 50
    skip: int = 0


@dataclass(frozen=True, slots=True)
class DrillSums:
    """All that match: how many, how many scored, their mean, how many fell short of passing."""

    total: int
    scored: int
    mean: int | None
    short: int


async def add(connection: AsyncConnection, drill: Drill) -> None:
    await connection.execute(insert(drill_table).values(_plain(drill)))


async def overwrite(connection: AsyncConnection, drill: Drill) -> None:
    row = _plain(drill)
    drill_id = row.pop("id")
    await connection.execute(update(drill_table).where(d.id == drill_id).values(row))


async def named(connection: AsyncConnection, drill_id: UUID) -> Drill | None:
    return _first(await connection.execute(select(drill_table).where(d.id == drill_id)))


async def locked(connection: AsyncConnection, drill_id: UUID) -> Drill | None:
    """The drill, locked until the transaction ends."""
    wanted = select(drill_table).where(d.id == drill_id).with_for_update()
    return _first(await connection.execute(wanted))


async def of_device(connection: AsyncConnection, device_id: UUID) -> Drill | None:
    """The drill that goes on with this device, locked."""
    wanted = select(drill_table).where(d.device_id == device_id, d.ended_at.is_(None))
    return _first(await connection.execute(wanted.with_for_update()))


async def of_incident(connection: AsyncConnection, incident_id: UUID) -> Drill | None:
    """The drill whose incident this is, locked."""
    wanted = select(drill_table).where(d.incident_id == incident_id).with_for_update()
    return _first(await connection.execute(wanted))


async def listed(connection: AsyncConnection, query: DrillQuery) -> Sequence[Drill]:
    column = d.points if query.order.endswith("points") else d.started_at
    down = query.order.startswith("-")
    order = column.desc().nulls_last() if down else column.asc().nulls_last()
    rows = await connection.execute(
        select(drill_table)
        .where(*_conditions(query))
        .order_by(order, d.id.desc())
        .limit(query.limit)
        .offset(query.skip)
    )
    return [_drill(row) for row in rows]


async def sums(connection: AsyncConnection, query: DrillQuery) -> DrillSums:
    row = (
        await connection.execute(
            select(
                func.count(),
                func.count(d.points),
                func.round(func.avg(d.points)),
                func.count().filter(d.points < PASSING),
            ).where(*_conditions(query))
        )
    ).one()
    mean = None if row[2] is None else int(row[2])
    return DrillSums(int(row[0]), int(row[1]), mean, int(row[3]))


def _conditions(query: DrillQuery) -> list[Any]:
    wanted: list[Any] = []
    if query.estate_id is not None:
        wanted.append(d.estate_id == query.estate_id)
    if query.scenario is not None:
        wanted.append(d.scenario == query.scenario)
    if query.state is not None:
        wanted.append(d.state == query.state)
    return wanted


def _plain(drill: Drill) -> dict[str, Any]:
    return msgspec.to_builtins(drill, builtin_types=(datetime, UUID))


def _first(rows: CursorResult[Any]) -> Drill | None:
    row = rows.first()
    return None if row is None else _drill(row)


def _drill(row: Row[Any]) -> Drill:
    values = {field.name: getattr(row, field.name) for field in fields(Drill)}
    values["state"] = DrillState(row.state)
    values["marks"] = tuple(msgspec.convert(row.marks, list[Mark]))
    return Drill(**values)
