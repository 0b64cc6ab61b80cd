"""SQL of rules, nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Id
from linli.responding.rules.contracts import Phase, Rule, RuleDraft, RuleState
from linli.responding.rules.models import rule_table, state_table, version_table

_r = rule_table.c
_s = state_table.c

# Every batch passes the first, every alarm the others: made once.
_STATES = (
    select(state_table)
    .where(_s.device_id == func.any(bindparam("devices", type_=ARRAY(Id))))
    .order_by(_s.device_id, _s.rule_id)
    .with_for_update()
)
_FORGET = delete(state_table).where(
    tuple_(_s.rule_id, _s.device_id).in_(bindparam("keys", expanding=True))
)
_NEW_STATE = insert(state_table)
_SAVE = _NEW_STATE.on_conflict_do_update(
    index_elements=["device_id", "rule_id"],
    set_={
        "phase": _NEW_STATE.excluded.phase,
        "since": _NEW_STATE.excluded.since,
        "value": _NEW_STATE.excluded.value,
    },
)


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        id=row.id,
        draft=msgspec.convert(row.draft, RuleDraft),
        version=row.version,
        enabled=row.enabled,
        changed_at=row.changed_at,
    )


async def serial(connection: AsyncConnection) -> int:
    """A number that grows with every change of any rule."""
    return int(await connection.scalar(select(func.coalesce(func.sum(_r.version), 0))) or 0)


async def all_rules(connection: AsyncConnection) -> Sequence[Rule]:
    rows = await connection.execute(select(rule_table).order_by(_r.code))
    return [_rule(row) for row in rows]


async def locked(connection: AsyncConnection, rule_id: UUID) -> Rule | None:
    rows = await connection.execute(select(rule_table).where(_r.id == rule_id).with_for_update())
    row = rows.first()
    return _rule(row) if row else None


async def insert_new(connection: AsyncConnection, rules: Sequence[Rule]) -> set[UUID]:
    """Insert rules whose code is not there yet; returns which were."""
    if not rules:
        return set()
    rows = [
        {
            "id": rule.id,
            "code": rule.draft.code,
            "draft": msgspec.to_builtins(rule.draft),
            "version": rule.version,
            "enabled": rule.enabled,
            "changed_at": rule.changed_at,
        }
        for rule in rules
    ]
    inserted = await connection.execute(
        insert(rule_table)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["code"])
        .returning(_r.id)
    )
    return set(inserted.scalars())


async def overwrite(connection: AsyncConnection, rule: Rule) -> None:
    await connection.execute(
        update(rule_table)
        .where(_r.id == rule.id)
        .values(
            draft=msgspec.to_builtins(rule.draft),
            version=rule.version,
            enabled=rule.enabled,
            changed_at=rule.changed_at,
        )
    )


async def remember_version(connection: AsyncConnection, rule: Rule, changed_by: str) -> None:
    await connection.execute(
        version_table.insert().values(
            rule_id=rule.id,
            version=rule.version,
            draft=msgspec.to_builtins(rule.draft),
            enabled=rule.enabled,
            changed_at=rule.changed_at,
            changed_by=changed_by,
        )
    )


StateKey = tuple[UUID, UUID]
"""Rule and device."""


async def states(
    connection: AsyncConnection, device_ids: Iterable[UUID]
) -> dict[StateKey, RuleState]:
    """Where rules stand with these devices, locked until the transaction ends."""
    rows = await connection.execute(_STATES, {"devices": list(device_ids)})
    return {
        (row.rule_id, row.device_id): RuleState(
            rule_id=row.rule_id,
            device_id=row.device_id,
            phase=Phase(row.phase),
            since=row.since,
            value=row.value,
        )
        for row in rows
    }


async def save_states(
    connection: AsyncConnection, kept: Sequence[RuleState], gone: Sequence[StateKey]
) -> None:
    if gone:
        await connection.execute(_FORGET, {"keys": list(gone)})
    if kept:
        rows = [
            {
                "rule_id": state.rule_id,
                "device_id": state.device_id,
                "phase": state.phase,
                "since": state.since,
                "value": state.value,
            }
            for state in kept
        ]
        await connection.execute(_SAVE, rows)


async def forget_states(connection: AsyncConnection, rule_id: UUID) -> Sequence[StateKey]:
    """Drop every state of a rule; returns the pairs that were active or pending."""
    rows = await connection.execute(
        delete(state_table).where(_s.rule_id == rule_id).returning(_s.rule_id, _s.device_id)
    )
    return [(row.rule_id, row.device_id) for row in rows]
