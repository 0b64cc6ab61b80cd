"""SQL of alerts, nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.alerts.contracts import Alert, AlertState, Finding
from linli.responding.alerts.models import alert_table

AlertKey = tuple[UUID, UUID]
"""Rule and device: at most one alert rings for them at a time."""

_a = alert_table.c

# Every alarm passes these two: made once.
_RINGING = (
    select(alert_table)
    .where(
        tuple_(_a.rule_id, _a.device_id).in_(bindparam("keys", expanding=True)),
        _a.state == AlertState.RINGING,
    )
    .order_by(_a.id)
    .with_for_update()
)
_NEW = insert(alert_table)
_CHANGING = (
    "severity",
    "finding",
    "state",
    "times_seen",
    "last_seen_at",
    "told_at",
    "cleared_at",
)
_SAVE = _NEW.on_conflict_do_update(
    index_elements=["id"], set_={name: getattr(_NEW.excluded, name) for name in _CHANGING}
)


def key_of(finding: Finding) -> AlertKey:
    return (finding.rule.id, finding.device_id)


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        id=row.id,
        finding=msgspec.convert(row.finding, Finding),
        state=AlertState(row.state),
        times_seen=row.times_seen,
        last_seen_at=row.last_seen_at,
        told_at=row.told_at,
        cleared_at=row.cleared_at,
    )


async def ringing(connection: AsyncConnection, keys: Iterable[AlertKey]) -> dict[AlertKey, Alert]:
    """The ringing alerts of these keys, locked until the transaction ends."""
    rows = await connection.execute(_RINGING, {"keys": list(keys)})
    alerts = map(_alert, rows)
    return {key_of(alert.finding): alert for alert in alerts}


async def save(connection: AsyncConnection, alerts: Sequence[Alert]) -> None:
    """Insert new alerts and overwrite changed ones."""
    if not alerts:
        return
    rows = [
        {
            "id": alert.id,
            "estate_id": alert.finding.estate_id,
            "rule_id": alert.finding.rule.id,
            "device_id": alert.finding.device_id,
            "category": alert.finding.category,
            "severity": alert.finding.severity,
            "finding": msgspec.to_builtins(alert.finding),
            "state": alert.state,
            "times_seen": alert.times_seen,
            "found_at": alert.finding.found_at,
            "last_seen_at": alert.last_seen_at,
            "told_at": alert.told_at,
            "cleared_at": alert.cleared_at,
        }
        for alert in alerts
    ]
    await connection.execute(_SAVE, rows)


async def named(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Alert]:
    rows = await connection.execute(select(alert_table).where(_a.id.in_(list(ids))))
    return {row.id: _alert(row) for row in rows}


async def found_since(
    connection: AsyncConnection, since: datetime
) -> Mapping[UUID, tuple[int, datetime]]:
    """Per rule: how many alerts since then, and when the last."""
    rows = await connection.execute(
        select(_a.rule_id, func.count(), func.max(_a.last_seen_at))
        .where(_a.found_at >= since)
        .group_by(_a.rule_id)
    )
    return {rule_id: (count, last) for rule_id, count, last in rows}


def of_rule(rule_id: UUID, since: datetime | None) -> Select[UUID]:
    """The ids of a rule's alerts (found since then), to be asked for inside another question."""
    found = select(_a.id).where(_a.rule_id == rule_id)
    return found if since is None else found.where(_a.found_at >= since)


async def quiet(connection: AsyncConnection, alert_ids: Iterable[UUID], at: datetime) -> None:
    """Clear the alerts whose incident has ended."""
    await connection.execute(
        update(alert_table)
        .where(_a.id.in_(list(alert_ids)), _a.state == AlertState.RINGING)
        .values(state=AlertState.CLEARED, cleared_at=at)
    )
