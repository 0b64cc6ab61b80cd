"""SQL of rules, nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.directory.modules.contracts import Module
from linli.kernel.database import Id
from linli.responding.alerts.contracts import Finding
from linli.responding.rules.contracts import Hushed, Phase, Rule, RuleDraft, RuleState
from linli.responding.rules.models import hushed_table, rule_table, state_table, version_table

_r = rule_table.c
_s = state_table.c
_h = hushed_table.c

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


HushedKey = tuple[UUID, UUID, UUID]
"""Switch, rule and device."""


def _hushed(row: Row[Any]) -> Hushed:
    return Hushed(
        switch_id=row.switch_id,
        module=Module(row.module),
        finding=msgspec.convert(row.finding, Finding),
        times=row.times,
        first_at=row.first_at,
        last_at=row.last_at,
        ended=row.ended,
    )


def hushed_key(switch_id: UUID, finding: Finding) -> HushedKey:
    return (switch_id, finding.rule.id, finding.device_id)


async def hushed(connection: AsyncConnection, keys: Iterable[HushedKey]) -> dict[HushedKey, Hushed]:
    """What did not ring so far, locked until the transaction ends."""
    rows = await connection.execute(
        select(hushed_table)
        .where(tuple_(_h.switch_id, _h.rule_id, _h.device_id).in_(list(keys)))
        .order_by(_h.switch_id, _h.rule_id, _h.device_id)
        .with_for_update()
    )
    return {(row.switch_id, row.rule_id, row.device_id): _hushed(row) for row in rows}


async def save_hushed(connection: AsyncConnection, kept: Iterable[Hushed]) -> None:
    new = insert(hushed_table)
    save = new.on_conflict_do_update(
        index_elements=["switch_id", "device_id", "rule_id"],
        set_={name: new.excluded[name] for name in ("finding", "times", "last_at", "ended")},
    )
    rows = [
        {
            "switch_id": one.switch_id,
            "device_id": one.finding.device_id,
            "rule_id": one.finding.rule.id,
            "estate_id": one.finding.estate_id,
            "module": one.module,
            "finding": msgspec.to_builtins(one.finding),
            "times": one.times,
            "first_at": one.first_at,
            "last_at": one.last_at,
            "ended": one.ended,
        }
        for one in kept
    ]
    if rows:
        await connection.execute(save, rows)


async def end_hushed(connection: AsyncConnection, keys: Iterable[StateKey]) -> None:
    """The condition of these (rule, device) pairs is over."""
    await connection.execute(
        update(hushed_table)
        .where(tuple_(_h.rule_id, _h.device_id).in_(list(keys)), ~_h.ended)
        .values(ended=True)
    )


async def hushed_by(connection: AsyncConnection, switch_id: UUID) -> Sequence[Hushed]:
    """What a switch kept from ringing."""
    rows = await connection.execute(select(hushed_table).where(_h.switch_id == switch_id))
    return [_hushed(row) for row in rows]


async def hushed_at(connection: AsyncConnection, device_id: UUID) -> Sequence[Hushed]:
    """What did not ring of this device, the last first."""
    rows = await connection.execute(
        select(hushed_table).where(_h.device_id == device_id).order_by(_h.last_at.desc())
    )
    return [_hushed(row) for row in rows]


async def hushed_counts(connection: AsyncConnection, estate_id: UUID) -> dict[UUID, int]:
    """Per switch of an estate, how many alerts did not ring."""
    rows = await connection.execute(
        select(_h.switch_id, func.sum(_h.times).label("times"))
        .where(_h.estate_id == estate_id)
        .group_by(_h.switch_id)
    )
    return {row.switch_id: int(row.times) for row in rows}
