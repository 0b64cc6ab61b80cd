"""Incidents over HTTP: the duty desk's queue, one incident with its story, and its moves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from linli.directory.places.public import place_of, places_inside, places_named, plan_of
from linli.kernel.errors import BadInput, NotFound, Refusal
from linli.kernel.events import Outbox
from linli.kernel.time import SHANGHAI
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Alert, AlertState, Category, Severity
from linli.responding.alerts.public import named as alerts_named
from linli.responding.dispatch import public as dispatch
from linli.responding.dispatch.contracts import Order, OrderState
from linli.responding.incidents import policy, service, store
from linli.responding.incidents.contracts import (
    ACTIVE_STATES,
    Incident,
    IncidentMove,
    IncidentState,
    Level,
    Report,
    Step,
)
from linli.sensing.devices.public import devices_named
from linli.support.sheets.public import Column, as_file

api = router("/api/incidents", tag="incidents")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class DueShape(Shape):
    """What is due next, and when."""

    kind: str
    kind_title: str
    due_at: datetime


class RowOrder(Shape):
    """The newest order of an incident, as its row shows it."""

    id: UUID
    state: OrderState
    state_title: str
    assignee_name: str
    company_title: str
    offered_at: datetime
    accepted_at: datetime | None


class SourceShape(Shape):
    """Where the first signal came from."""

    kind: str
    title: str
    device_id: UUID | None


class IncidentRow(Shape):
    """One line of the desk's queue."""

    id: UUID
    code: str
    version: int
    line: str
    what: str
    estate: Named
    place_id: UUID | None
    place_title: str
    category: Category
    category_title: str
    severity: Severity
    severity_title: str
    state: IncidentState
    state_title: str
    opened_at: datetime
    received_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    ended_at: datetime | None
    times_seen: int
    owner: Named
    level: Level
    level_title: str
    deadline: DueShape | None
    overdue: bool
    order: RowOrder | None
    source: SourceShape
    evidence_count: int
    taken_by: str | None
    ringing: bool
    merged_into: UUID | None


class IncidentList(Shape):
    """A page of the queue; `more` says that even more match than `total`."""

    items: list[IncidentRow]
    next_cursor: str | None
    total: int
    more: bool


class CountsShape(Shape):
    """How things stand; rates over thirty days, null without a case."""

    by_severity: dict[str, int]
    by_state: dict[str, int]
    overdue: int
    closed_today: int
    loop_rate: float | None
    median_accept_s: float | None


class EvidenceShape(Shape):
    """A picture or clip; reading it is logged."""

    file_id: UUID
    kind: Literal["picture"] = "picture"
    url: str


class StepShape(Shape):
    """One step of the story."""

    seq: int
    at: datetime
    recorded_at: datetime
    actor_name: str
    actor_kind: str
    kind: str
    title: str
    words: str
    evidence: list[EvidenceShape]
    data: dict[str, str]
    hash: str


class FactShape(Shape):
    """A reading a finding rests on."""

    property_title: str
    value: str
    unit: str
    observed_at: datetime


class ExplanationShape(Shape):
    """Why the rule found what it found."""

    sentence: str
    readings: list[FactShape]
    since: datetime | None


class AlertDevice(Shape):
    """The device an alert is about."""

    id: UUID
    code: str
    title: str


class AlertShape(Shape):
    """An alert of the incident, with its reasons."""

    id: UUID
    rule_title: str
    rule_version: int
    device: AlertDevice
    found_at: datetime
    last_seen_at: datetime
    times_seen: int
    state: AlertState
    explanation: ExplanationShape


class OrderLine(Shape):
    """An order of the incident."""

    id: UUID
    code: str
    version: int
    state: OrderState
    state_title: str
    company: Named
    assignee_name: str
    words: str
    result: str
    offered_at: datetime
    offered_by: str
    accepted_at: datetime | None
    arrived_at: datetime | None
    fixed_at: datetime | None
    ended_at: datetime | None
    evidence: list[EvidenceShape]
    moves: list[str]


class PlaceLine(Shape):
    """A place of the incident."""

    place_id: UUID
    title: str
    path: str


class MoveShape(Shape):
    """A move this person may make now."""

    move: IncidentMove
    title: str
    needs_words: bool


class PlanBuildingShape(Shape):
    """A building on the plan, metres."""

    id: UUID
    title: str
    x: float
    y: float
    w: float
    h: float


class PlanMarkShape(Shape):
    """A point on the plan, metres; `here` marks the place of the incident."""

    place_id: UUID
    title: str
    x: float
    y: float
    here: bool


class PlanShape(Shape):
    """The estate's plan, y downwards."""

    width: float
    height: float
    buildings: list[PlanBuildingShape]
    marks: list[PlanMarkShape]


class IncidentShape(IncidentRow):
    """One incident with everything a person on the desk needs."""

    alerts: list[AlertShape]
    orders: list[OrderLine]
    story: list[StepShape]
    places: list[PlaceLine]
    moves: list[MoveShape]
    plan: PlanShape | None
    evidence: list[EvidenceShape]


class ColleagueShape(Shape):
    """Somebody who may be sent, and how busy they are."""

    account_id: UUID
    name: str
    phone_masked: str | None
    role_title: str
    on_duty: bool
    load: int
    reason: str


class SuggestionShape(Shape):
    """A company under contract, and its people, least busy first."""

    company: Named
    duty: str
    duty_title: str
    assignees: list[ColleagueShape]


class ReportRequest(Shape):
    """A matter reported on the desk."""

    estate_id: UUID
    place_id: UUID | None = None
    category: Category = Category.REPORT
    severity: Severity = Severity.WARNING
    words: Annotated[str, Field(max_length=500)]
    evidence: Annotated[list[UUID], Field(max_length=20)] = []


class MoveRequest(Shape):
    """A move, why, and the version it was decided on."""

    move: IncidentMove
    words: Annotated[str, Field(max_length=2000)] = ""
    expected_version: int
    into_incident_id: UUID | None = None


class NoteRequest(Shape):
    """A note for the story."""

    words: Annotated[str, Field(max_length=2000)] = ""
    evidence: Annotated[list[UUID], Field(max_length=20)] = []


class OfferRequest(Shape):
    """Send it: an empty body means the company under contract."""

    company_id: UUID | None = None
    assignee_id: UUID | None = None
    words: Annotated[str, Field(max_length=2000)] = ""
    expected_version: int | None = None


class OfferShape(Shape):
    """The order that was offered."""

    id: UUID
    code: str
    version: int
    state: OrderState
    state_title: str
    company: Named
    assignee_name: str
    offered_at: datetime


class BulkRequest(Shape):
    """One move for many incidents."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    move: IncidentMove
    words: Annotated[str, Field(max_length=2000)] = ""


class BulkRefusal(Shape):
    """An incident that was left as it is, and why."""

    id: UUID
    code: str
    message: str


class BulkResult(Shape):
    """What became of each."""

    done: list[UUID]
    refused: list[BulkRefusal]


class CategoryShape(Shape):
    """A sort of matter, for filters."""

    code: Category
    title: str


def _evidence(file_ids: Sequence[UUID]) -> list[EvidenceShape]:
    return [EvidenceShape(file_id=file_id, url=f"/api/files/{file_id}") for file_id in file_ids]


def _row_order(orders: Sequence[Order]) -> RowOrder | None:
    if not orders:
        return None
    active = [order for order in orders if order.ended_at is None]
    order = (active or list(orders))[-1]
    return RowOrder(
        id=order.id,
        state=order.state,
        state_title=order.state.words,
        assignee_name=order.offer.assignee_name,
        company_title=order.offer.company_title,
        offered_at=order.offered_at,
        accepted_at=order.accepted_at,
    )


def _due(incident: Incident) -> DueShape | None:
    if incident.stage is None or incident.due_at is None:
        return None
    return DueShape(kind=incident.stage, kind_title=incident.stage.words, due_at=incident.due_at)


def row_of(incident: Incident, orders: Sequence[Order]) -> IncidentRow:
    """The wire shape of one line of the queue."""
    return IncidentRow(
        id=incident.id,
        code=incident.code,
        version=incident.version,
        line=incident.line,
        what=incident.what,
        estate=Named(id=incident.estate_id, title=incident.estate_title),
        place_id=incident.place_id,
        place_title=incident.place_path,
        category=incident.category,
        category_title=incident.category.words,
        severity=incident.severity,
        severity_title=incident.severity.words,
        state=incident.state,
        state_title=incident.state.words,
        opened_at=incident.opened_at,
        received_at=incident.received_at,
        last_seen_at=incident.last_seen_at,
        resolved_at=incident.resolved_at,
        ended_at=incident.ended_at,
        times_seen=incident.times_seen,
        owner=Named(id=incident.owner_id, title=incident.owner_title),
        level=incident.level,
        level_title=incident.level.words,
        deadline=_due(incident),
        overdue=incident.overdue,
        order=_row_order(orders),
        source=SourceShape(
            kind=incident.source_kind,
            title=incident.source_title,
            device_id=incident.source_device_id,
        ),
        evidence_count=len(incident.evidence),
        taken_by=incident.taken_by or None,
        ringing=incident.ringing,
        merged_into=incident.merged_into,
    )


async def _rows(work: Work, incidents: Sequence[Incident]) -> list[IncidentRow]:
    orders: dict[UUID, list[Order]] = {}
    for order in await dispatch.of_subjects(work.connection, [i.id for i in incidents]):
        orders.setdefault(order.offer.subject_id, []).append(order)
    return [row_of(incident, orders.get(incident.id, [])) for incident in incidents]


def _step(step: Step) -> StepShape:
    return StepShape(
        seq=step.seq,
        at=step.at,
        recorded_at=step.recorded_at,
        actor_name=step.actor_name,
        actor_kind=step.actor_kind,
        kind=step.kind,
        title=step.title,
        words=step.words,
        evidence=_evidence(step.evidence),
        data=dict(step.detail),
        hash=step.hash,
    )


def _alert(alert: Alert, devices: Mapping[UUID, AlertDevice]) -> AlertShape:
    finding = alert.finding
    unknown = AlertDevice(id=finding.device_id, code="", title="已注销的设备")
    return AlertShape(
        id=alert.id,
        rule_title=finding.rule.title,
        rule_version=finding.rule.version,
        device=devices.get(finding.device_id, unknown),
        found_at=finding.found_at,
        last_seen_at=alert.last_seen_at,
        times_seen=alert.times_seen,
        state=alert.state,
        explanation=ExplanationShape(
            sentence=finding.explanation.sentence,
            readings=[
                FactShape(
                    property_title=fact.title,
                    value=fact.value,
                    unit=fact.unit,
                    observed_at=fact.observed_at,
                )
                for fact in finding.explanation.facts
            ],
            since=finding.explanation.since,
        ),
    )


def _order_line(order: Order, work: Work) -> OrderLine:
    offer = order.offer
    mover = dispatch.mover_of(work, offer.estate_id)
    return OrderLine(
        id=order.id,
        code=order.code,
        version=order.version,
        state=order.state,
        state_title=order.state.words,
        company=Named(id=offer.company_id, title=offer.company_title),
        assignee_name=offer.assignee_name,
        words=offer.words,
        result=order.result,
        offered_at=order.offered_at,
        offered_by=order.offered_by,
        accepted_at=order.accepted_at,
        arrived_at=order.arrived_at,
        fixed_at=order.fixed_at,
        ended_at=order.ended_at,
        evidence=_evidence(order.evidence),
        moves=[move.value for move in dispatch.allowed(order, mover)],
    )


async def _plan(work: Work, incident: Incident) -> PlanShape | None:
    # Who was asked in to this incident alone does not see the estate.
    if not work.scope.may("see_places", incident.estate_id):
        return None
    plan = await plan_of(work, incident.estate_id)
    place = await place_of(work, incident.place_id) if incident.place_id else None
    around = set(place.path_ids) if place else set[UUID]()
    return PlanShape(
        width=plan.width,
        height=plan.height,
        buildings=[
            PlanBuildingShape(id=b.id, title=b.title, x=b.x, y=b.y, w=b.w, h=b.h)
            for b in plan.buildings
        ],
        marks=[
            PlanMarkShape(
                place_id=mark.place_id,
                title=mark.title,
                x=mark.x,
                y=mark.y,
                here=mark.place_id in around,
            )
            for mark in plan.marks
        ]
        + [
            PlanMarkShape(place_id=b.id, title=b.title, x=b.x + b.w / 2, y=b.y + b.h / 2, here=True)
            for b in plan.buildings
            if b.id in around
        ],
    )


async def _whole(work: Work, incident: Incident) -> IncidentShape:
    orders = await dispatch.of_subjects(work.connection, [incident.id])
    alert_ids = await store.alerts_of(work.connection, incident.id)
    alerts = await alerts_named(work.connection, alert_ids)
    found = await devices_named(work, {alert.finding.device_id for alert in alerts.values()})
    devices = {d.id: AlertDevice(id=d.id, code=d.code, title=d.title) for d in found.values()}
    place_ids = await store.places_of(work.connection, incident.id)
    places = await places_named(work, place_ids)
    moves = policy.allowed(incident, service.rights_on(work, incident))
    return IncidentShape(
        **row_of(incident, orders).model_dump(),
        alerts=[_alert(alerts[alert_id], devices) for alert_id in alert_ids if alert_id in alerts],
        orders=[_order_line(order, work) for order in orders],
        story=[_step(step) for step in await store.story(work.connection, incident.id)],
        places=[
            PlaceLine(place_id=place.id, title=place.title, path=place.path)
            for place in places.values()
        ],
        moves=[
            MoveShape(move=move, title=move.words, needs_words=move in policy.NEEDS_WORDS)
            for move in moves
        ],
        plan=await _plan(work, incident),
        evidence=_evidence(incident.evidence),
    )


StateFilter = Literal[
    "active", "unanswered", "all", "open", "handling", "resolved", "confirmed", "closed",
    "false_alarm", "merged",
]  # fmt: skip


def _states(wanted: StateFilter) -> frozenset[IncidentState] | None:
    special = {
        "active": ACTIVE_STATES,
        "unanswered": frozenset({IncidentState.OPEN, IncidentState.HANDLING}),
        "all": None,
    }
    return special[wanted] if wanted in special else frozenset({IncidentState(wanted)})


def _ids(text: str | None) -> tuple[UUID, ...] | None:
    if text is None:
        return None
    try:
        return tuple(UUID(part) for part in text.split(",") if part)
    except ValueError as error:
        raise BadInput("编号格式不对", field="ids", remedy="用逗号隔开完整的编号") from error


@api.get("")
async def list_incidents(
    work: CurrentWork,
    state: StateFilter = "active",
    severity: Severity | None = None,
    category: Category | None = None,
    estate_id: UUID | None = None,
    place_id: UUID | None = None,
    device_id: UUID | None = None,
    rule_id: UUID | None = None,
    rule_days: Annotated[int | None, Query(ge=1, le=366)] = None,
    q: Annotated[str, Query(max_length=100)] = "",
    mine: bool = False,
    overdue: bool | None = None,
    ids: str | None = None,
    sort: Literal["urgency", "newest"] = "urgency",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> IncidentList:
    """The queue: what is unanswered and critical first, or newest first.

    `rule_id` asks for incidents in which this rule rang, with `rule_days` only those in which it
    rang in so many days. `ids` fetches again what has changed, whatever its state. `cursor` is
    the number of rows already shown.
    """
    require(work, "see_incidents")
    wanted = _ids(ids)
    found = await store.listed(
        work.connection,
        store.IncidentQuery(
            states=None if wanted is not None else _states(state),
            severity=severity,
            category=category,
            estate_id=estate_id,
            place_ids=await places_inside(work, place_id) if place_id else None,
            device_id=device_id,
            rule_id=rule_id,
            rule_since=work.now - timedelta(days=rule_days) if rule_days else None,
            words=q,
            mine=work.scope.account_id if mine else None,
            overdue=overdue,
            ids=wanted,
            by_urgency=sort == "urgency",
            skip=cursor,
            limit=limit,
        ),
    )
    shown = cursor + len(found.incidents)
    return IncidentList(
        items=await _rows(work, found.incidents),
        next_cursor=str(shown) if found.more or shown < found.total else None,
        total=found.total,
        more=found.more,
    )


as_file(
    api,
    list_incidents,
    "事件",
    (
        Column("编号", lambda row: row.code),
        Column("事情", lambda row: row.line),
        Column("严重程度", lambda row: row.severity_title),
        Column("类别", lambda row: row.category_title),
        Column("小区", lambda row: row.estate.title),
        Column("位置", lambda row: row.place_title),
        Column("状态", lambda row: row.state_title),
        Column("发生时间", lambda row: row.opened_at),
        Column("收到时间", lambda row: row.received_at),
        Column("结束时间", lambda row: row.ended_at),
        Column("次数", lambda row: row.times_seen),
        Column("责任单位", lambda row: row.owner.title),
        Column("超时", lambda row: row.overdue),
        Column("处理人", lambda row: row.taken_by),
    ),
)


@api.get("/counts")
async def count_incidents(work: CurrentWork, estate_id: UUID | None = None) -> CountsShape:
    """How many are unanswered by severity, active by state, overdue, closed today, and rates."""
    require(work, "see_incidents")
    midnight = work.now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = await store.counts(work.connection, estate_id, now=work.now, today=midnight)
    return CountsShape(
        by_severity=dict(counts.by_severity),
        by_state=dict(counts.by_state),
        overdue=counts.overdue,
        closed_today=counts.closed_today,
        loop_rate=counts.loop_rate,
        median_accept_s=counts.median_accept_s,
    )


@api.get("/categories")
async def list_categories(work: CurrentWork) -> list[CategoryShape]:
    """The sorts of matters there are."""
    require(work, "see_incidents")
    return [CategoryShape(code=category, title=category.words) for category in Category]


@api.post("", status_code=201)
async def report_incident(work: CurrentWork, said: ReportRequest) -> IncidentShape:
    """Open an incident that a person reports. 404 unknown estate, 422 names the field."""
    require(work, "handle_incidents", said.estate_id)
    incident = await service.report(
        work,
        Report(
            estate_id=said.estate_id,
            place_id=said.place_id,
            category=said.category,
            severity=said.severity,
            words=said.words,
            evidence=tuple(said.evidence),
        ),
    )
    return await _whole(work, incident)


@api.post("/bulk")
async def move_many(work: CurrentWork, asked: BulkRequest) -> BulkResult:
    """The same move for many; each is done or refused with its reason."""
    require(work, "handle_incidents")
    done: list[UUID] = []
    refused: list[BulkRefusal] = []
    for incident_id in dict.fromkeys(asked.ids):
        # What a refused move had begun to tell is taken back with it.
        one = replace(work, outbox=Outbox())
        try:
            async with work.connection.begin_nested():
                await _bulk_move(one, incident_id, asked)
                await one.outbox.flush(work.connection)
            done.append(incident_id)
        except Refusal as refusal:
            refused.append(BulkRefusal(id=incident_id, code=refusal.code, message=refusal.message))
    return BulkResult(done=done, refused=refused)


async def _bulk_move(work: Work, incident_id: UUID, asked: BulkRequest) -> None:
    if asked.move is IncidentMove.DISPATCH:
        await service.offer_order(
            work,
            incident_id,
            company_id=None,
            assignee_id=None,
            words=asked.words,
            expected_version=None,
        )
        return
    await service.move(
        work, incident_id, await _asked(work, incident_id, asked.move, asked.words),
        expected_version=None,
    )  # fmt: skip


async def _asked(
    work: Work, incident_id: UUID, move: IncidentMove, words: str, into: UUID | None = None
) -> policy.Asked:
    found = await store.named(work.connection, [incident_id])
    if incident_id not in found:
        raise NotFound
    may = service.rights_on(work, found[incident_id])
    return policy.Asked(move=move, words=words, may=may, into=into)


@api.get("/{incident_id}")
async def read_incident(work: CurrentWork, incident_id: UUID) -> IncidentShape:
    """One incident with alerts, orders, story, places and plan. 404 absent or out of reach."""
    require(work, "see_incidents")
    found = await store.named(work.connection, [incident_id])
    if incident_id not in found:
        raise NotFound
    return await _whole(work, found[incident_id])


@api.post("/{incident_id}/moves")
async def move_incident(work: CurrentWork, incident_id: UUID, asked: MoveRequest) -> IncidentShape:
    """Take, resolve, confirm, close, mark as false alarm, reopen, merge or raise.

    409 when the state does not allow it or somebody was faster, 422 when words are missing.
    """
    require(work, "see_incidents")
    wanted = await _asked(work, incident_id, asked.move, asked.words, asked.into_incident_id)
    incident = await service.move(
        work, incident_id, wanted, expected_version=asked.expected_version
    )
    return await _whole(work, incident)


@api.post("/{incident_id}/notes", status_code=201)
async def add_note(work: CurrentWork, incident_id: UUID, said: NoteRequest) -> StepShape:
    """Add a note, with pictures if any. 422 when it is empty.

    For those who handle incidents, and for who was asked in to this one.
    """
    if incident_id not in work.scope.incidents.get("see_incidents", frozenset()):
        require(work, "handle_incidents")
    step = await service.note(work, incident_id, said.words, tuple(said.evidence))
    return _step(step)


@api.get("/{incident_id}/suggestions")
async def suggest_companies(work: CurrentWork, incident_id: UUID) -> list[SuggestionShape]:
    """Who could be sent: companies under contract for the duty first, their people by load."""
    require(work, "dispatch_orders")
    found = await store.named(work.connection, [incident_id])
    if incident_id not in found:
        raise NotFound
    incident = found[incident_id]
    suggestions = await dispatch.suggest(work, incident.estate_id, incident.duty, incident.place_id)
    return [
        SuggestionShape(
            company=Named(id=s.company_id, title=s.company_title),
            duty=s.duty,
            duty_title=s.duty_title,
            assignees=[
                ColleagueShape(
                    account_id=c.account_id,
                    name=c.name,
                    phone_masked=c.phone_masked,
                    role_title=c.role_title,
                    on_duty=c.on_duty,
                    load=c.load,
                    reason=c.reason,
                )
                for c in s.colleagues
            ],
        )
        for s in suggestions
    ]


@api.post("/{incident_id}/orders", status_code=201)
async def offer_order(work: CurrentWork, incident_id: UUID, asked: OfferRequest) -> OfferShape:
    """Send the incident to a company, or to one of its people.

    404 out of reach, 409 ended or changed meanwhile, 422 no company under contract or the person
    may not do orders here.
    """
    require(work, "dispatch_orders")
    order = await service.offer_order(
        work,
        incident_id,
        company_id=asked.company_id,
        assignee_id=asked.assignee_id,
        words=asked.words,
        expected_version=asked.expected_version,
    )
    offer = order.offer
    return OfferShape(
        id=order.id,
        code=order.code,
        version=order.version,
        state=order.state,
        state_title=order.state.words,
        company=Named(id=offer.company_id, title=offer.company_title),
        assignee_name=offer.assignee_name,
        offered_at=order.offered_at,
    )
