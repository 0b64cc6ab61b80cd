"""SQL of incidents, nothing else."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.alerts.public import of_rule
from linli.responding.incidents.contracts import (
    ACTIVE_STATES,
    UNANSWERED_STATES,
    Incident,
    IncidentState,
    Level,
    Stage,
    Step,
)
from linli.responding.incidents.models import (
    counter_table,
    incident_table,
    link_table,
    place_table,
    step_table,
)

_i = incident_table.c
_s = step_table.c
_COLUMNS = tuple(field.name for field in fields(Incident))

# Every alarm passes these: made once, because making a statement of all columns costs more than
# running it.
_ADD = incident_table.insert()
_ADD_PLACE = place_table.insert()
_ADD_STEP = step_table.insert()
_OVERWRITE = update(incident_table).where(_i.id == bindparam("incident"))
_LOCKED = select(incident_table).where(_i.id == bindparam("incident")).with_for_update()
_OF_ALERTS = select(link_table.c.alert_id, link_table.c.incident_id).where(
    link_table.c.alert_id.in_(bindparam("alerts", expanding=True))
)
_NEW_LINK = insert(link_table)
_LINK = _NEW_LINK.on_conflict_do_update(
    index_elements=["alert_id"], set_={"incident_id": _NEW_LINK.excluded.incident_id}
)
_JOINABLE = (
    select(incident_table)
    .where(
        _i.source_device_id == bindparam("device"),
        _i.category == bindparam("about"),
        _i.state.in_(sorted(UNANSWERED_STATES)),
        _i.last_seen_at >= bindparam("seen_since"),
    )
    .order_by(_i.opened_at.desc())
    .limit(1)
    .with_for_update()
)


def _incident(row: Row[Any]) -> Incident:
    values = {name: getattr(row, name) for name in _COLUMNS}
    values["category"] = Category(row.category)
    values["severity"] = Severity(row.severity)
    values["state"] = IncidentState(row.state)
    values["level"] = Level(row.level)
    values["stage"] = Stage(row.stage) if row.stage else None
    values["evidence"] = tuple(row.evidence)
    return Incident(**values)


def _row(incident: Incident) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(incident, name) for name in _COLUMNS}
    row["evidence"] = list(incident.evidence)
    row["severity_rank"] = incident.severity.rank
    return row


async def add(connection: AsyncConnection, incident: Incident) -> None:
    await connection.execute(_ADD, _row(incident))
    if incident.place_id is not None:
        await connection.execute(
            _ADD_PLACE,
            {
                "incident_id": incident.id,
                "place_id": incident.place_id,
                "estate_id": incident.estate_id,
            },
        )


async def overwrite(connection: AsyncConnection, incident: Incident) -> None:
    row = _row(incident)
    row["incident"] = row.pop("id")
    await connection.execute(_OVERWRITE, row)


async def next_number(connection: AsyncConnection, estate_id: UUID, day: date) -> int:
    """The estate's next incident number of the day, from 1."""
    statement = insert(counter_table).values(estate_id=estate_id, day=day, last=1)
    counted = statement.on_conflict_do_update(
        index_elements=["estate_id", "day"], set_={"last": counter_table.c.last + 1}
    ).returning(counter_table.c.last)
    return int((await connection.execute(counted)).scalar_one())


async def locked(connection: AsyncConnection, incident_id: UUID) -> Incident | None:
    """The incident, locked until the transaction ends."""
    row = (await connection.execute(_LOCKED, {"incident": incident_id})).first()
    return _incident(row) if row else None


async def named(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Incident]:
    rows = await connection.execute(select(incident_table).where(_i.id.in_(list(ids))))
    return {row.id: _incident(row) for row in rows}


async def of_alerts(connection: AsyncConnection, alert_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Which incident each alert belongs to."""
    rows = await connection.execute(_OF_ALERTS, {"alerts": list(alert_ids)})
    return {row.alert_id: row.incident_id for row in rows}


async def alerts_of(connection: AsyncConnection, incident_id: UUID) -> Sequence[UUID]:
    rows = await connection.execute(
        select(link_table.c.alert_id)
        .where(link_table.c.incident_id == incident_id)
        .order_by(link_table.c.alert_id)
    )
    return list(rows.scalars())


async def link(connection: AsyncConnection, incident_id: UUID, alert_ids: Iterable[UUID]) -> None:
    rows = [{"alert_id": alert_id, "incident_id": incident_id} for alert_id in alert_ids]
    if rows:
        await connection.execute(_LINK, rows)


async def joinable(
    connection: AsyncConnection, device_id: UUID, category: Category, since: datetime
) -> Incident | None:
    """An unanswered or handled incident about the same device and matter, seen since then."""
    rows = await connection.execute(
        _JOINABLE, {"device": device_id, "about": category, "seen_since": since}
    )
    row = rows.first()
    return _incident(row) if row else None


async def open_of_device(connection: AsyncConnection, device_id: UUID) -> Incident | None:
    """The newest incident about this device that is not over yet."""
    rows = await connection.execute(
        select(incident_table)
        .where(_i.source_device_id == device_id, _i.state.in_(sorted(ACTIVE_STATES)))
        .order_by(_i.opened_at.desc())
        .limit(1)
    )
    row = rows.first()
    return _incident(row) if row else None


async def add_step(connection: AsyncConnection, step: Step) -> None:
    row = {field.name: getattr(step, field.name) for field in fields(Step)}
    row["evidence"] = list(step.evidence)
    row["detail"] = dict(step.detail)
    await connection.execute(_ADD_STEP, row)


async def story(connection: AsyncConnection, incident_id: UUID) -> Sequence[Step]:
    rows = await connection.execute(
        select(step_table).where(_s.incident_id == incident_id).order_by(_s.seq)
    )
    return [
        Step(
            incident_id=row.incident_id,
            seq=row.seq,
            at=row.at,
            recorded_at=row.recorded_at,
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            actor_kind=row.actor_kind,
            kind=row.kind,
            title=row.title,
            words=row.words,
            evidence=tuple(row.evidence),
            detail=row.detail,
            hash=row.hash,
        )
        for row in rows
    ]


async def places_of(connection: AsyncConnection, incident_id: UUID) -> Sequence[UUID]:
    rows = await connection.execute(
        select(place_table.c.place_id).where(place_table.c.incident_id == incident_id)
    )
    return list(rows.scalars())


# Beyond these many a list no longer counts: a county has more than anybody pages through.
MOST_COUNTED = 10_000
MOST_COUNTED_BY_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """Which incidents a page asks for; None means: any."""

    states: frozenset[IncidentState] | None = None
    severity: Severity | None = None
    category: Category | None = None
    estate_id: UUID | None = None
    place_ids: tuple[UUID, ...] | None = None
    device_id: UUID | None = None
    rule_id: UUID | None = None
    rule_since: datetime | None = None
    words: str = ""
    mine: UUID | None = None
    overdue: bool | None = None
    ids: tuple[UUID, ...] | None = None
    by_urgency: bool = True
    skip: int = 0
    limit: int = 50
    most_counted: int = MOST_COUNTED


def _conditions(query: IncidentQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.states is not None:
        found.append(_i.state.in_(sorted(query.states)))
        if query.states <= ACTIVE_STATES:
            found.append(_i.ended_at.is_(None))
    if query.severity is not None:
        found.append(_i.severity == query.severity)
    if query.category is not None:
        found.append(_i.category == query.category)
    if query.estate_id is not None:
        found.append(_i.estate_id == query.estate_id)
    if query.place_ids is not None:
        there = place_table.c.place_id == func.any(list(query.place_ids))
        within = select(place_table.c.incident_id).where(there)
        found.append(_i.id.in_(within))
    if query.device_id is not None:
        found.append(_i.source_device_id == query.device_id)
    if query.rule_id is not None:
        rang = of_rule(query.rule_id, query.rule_since)
        linked = select(link_table.c.incident_id).where(link_table.c.alert_id.in_(rang))
        found.append(_i.id.in_(linked))
    if query.mine is not None:
        found.append(_i.taken_by_id == query.mine)
    if query.overdue is not None:
        found.append(_i.overdue.is_(query.overdue))
    if query.ids is not None:
        found.append(_i.id.in_(query.ids))
    found.extend(
        or_(_i.line.icontains(word, autoescape=True), _i.code.icontains(word, autoescape=True))
        for word in query.words.split()
    )
    return found


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of incidents; `more` says that even more match than `total`."""

    incidents: Sequence[Incident]
    total: int
    more: bool


async def listed(connection: AsyncConnection, query: IncidentQuery) -> Listed:
    """The incidents asked for and how many there are in all.

    By urgency: unanswered critical ones first, then by severity, newest first; what has ended
    follows, newest first.
    """
    conditions = _conditions(query)
    newest = (_i.opened_at.desc(), _i.id)
    if not query.by_urgency:
        found = await _page(connection, conditions, newest, query.skip, query.limit)
        return await _with_total(connection, conditions, found, query)
    # Apart, for the order of what has ended is that of an index.
    pinned = case(
        (and_(_i.state == IncidentState.OPEN, _i.severity == Severity.CRITICAL), 0),
        (_i.state.in_(sorted(UNANSWERED_STATES)), 1),
        else_=2,
    )
    urgent = (pinned, _i.severity_rank.desc(), *newest)
    going_on = [*conditions, _i.ended_at.is_(None)]
    found = await _page(connection, going_on, urgent, query.skip, query.limit)
    if len(found) < query.limit and not (query.states and query.states <= ACTIVE_STATES):
        before = await _count(connection, going_on) if query.skip else len(found)
        ended = [*conditions, _i.ended_at.is_not(None)]
        skip = max(query.skip - before, 0)
        found += await _page(connection, ended, newest, skip, query.limit - len(found))
    return await _with_total(connection, conditions, found, query)


async def _page(
    connection: AsyncConnection,
    conditions: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    skip: int,
    limit: int,
) -> list[Incident]:
    rows = await connection.execute(
        select(incident_table).where(*conditions).order_by(*order).offset(skip).limit(limit)
    )
    return [_incident(row) for row in rows]


async def _with_total(
    connection: AsyncConnection,
    conditions: Sequence[ColumnElement[bool]],
    found: list[Incident],
    query: IncidentQuery,
) -> Listed:
    most = query.most_counted
    if query.words.split():
        most = min(most, MOST_COUNTED_BY_WORDS)
    total = await _count(connection, conditions, most + 1)
    shown = query.skip + len(found)
    more = total > most and len(found) == query.limit
    return Listed(found, max(min(total, most), shown), more)


async def _count(
    connection: AsyncConnection,
    conditions: Sequence[ColumnElement[bool]],
    most: int | None = None,
) -> int:
    some = select(_i.id).where(*conditions).limit(most).subquery()
    return int(await connection.scalar(select(func.count()).select_from(some)) or 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """How things stand; rates are over the last thirty days, None without a case."""

    by_severity: Mapping[str, int]
    by_state: Mapping[str, int]
    overdue: int
    closed_today: int
    loop_rate: float | None
    median_accept_s: float | None


_RATES = text(
    """
    SELECT
        count(*) FILTER (WHERE state IN ('closed', 'false_alarm', 'merged'))::float8
            / nullif(count(*), 0) AS loop_rate,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY extract(epoch FROM accepted_at - received_at)
        ) FILTER (WHERE accepted_at IS NOT NULL AND accepted_at >= received_at) AS median_accept_s
    FROM responding_incident
    WHERE opened_at >= :since AND (CAST(:estate AS uuid) IS NULL OR estate_id = :estate)
    """
)


async def counts(
    connection: AsyncConnection, estate_id: UUID | None, *, now: datetime, today: datetime
) -> Counts:
    """Figures over what the session sees, of one estate when given."""
    where = [_i.estate_id == estate_id] if estate_id is not None else []
    active = [*where, _i.ended_at.is_(None)]
    by_severity = await connection.execute(
        select(_i.severity, func.count())
        .where(*active, _i.state.in_(sorted(UNANSWERED_STATES)))
        .group_by(_i.severity)
    )
    by_state = await connection.execute(
        select(_i.state, func.count()).where(*active).group_by(_i.state)
    )
    overdue = await connection.scalar(select(func.count()).where(*active, _i.overdue.is_(True)))
    closed = await connection.scalar(select(func.count()).where(*where, _i.ended_at >= today))
    rates = (
        await connection.execute(_RATES, {"since": now - timedelta(days=30), "estate": estate_id})
    ).one()
    return Counts(
        by_severity=dict(by_severity.all()),
        by_state=dict(by_state.all()),
        overdue=int(overdue or 0),
        closed_today=int(closed or 0),
        loop_rate=rates.loop_rate,
        median_accept_s=rates.median_accept_s,
    )


async def open_by_estate(connection: AsyncConnection) -> dict[UUID, int]:
    rows = await connection.execute(
        select(_i.estate_id, func.count()).where(_i.ended_at.is_(None)).group_by(_i.estate_id)
    )
    return dict(rows.all())


async def to_close(connection: AsyncConnection, before: datetime, *, most: int) -> Sequence[UUID]:
    """Confirmed incidents nobody has closed since then."""
    rows = await connection.execute(
        select(_i.id)
        .where(_i.state == IncidentState.CONFIRMED, _i.resolved_at < before)
        .limit(most)
    )
    return list(rows.scalars())
