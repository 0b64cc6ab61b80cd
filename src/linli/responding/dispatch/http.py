"""Orders over HTTP: lists, one order, and its moves."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import BadInput, NotFound
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.responding.dispatch import policy, service, store
from linli.responding.dispatch.contracts import ACTIVE_STATES, Order, OrderMove, OrderState
from linli.support.sheets.public import Column, as_file

api = router("/api/orders", tag="orders")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class Assignee(Shape):
    """Whose order it is."""

    account_id: UUID
    name: str


class MoveShape(Shape):
    """A move this person may make now, and what it needs."""

    move: OrderMove
    title: str
    needs_words: bool
    needs_photo: bool


class DeadlineShape(Shape):
    """What is due next, and when."""

    kind: str
    kind_title: str
    due_at: datetime


class EvidenceShape(Shape):
    """A picture or clip; reading it is logged."""

    file_id: UUID
    kind: Literal["picture"] = "picture"
    url: str


class OrderShape(Shape):
    """An order as the property company and its staff see it."""

    id: UUID
    code: str
    incident_id: UUID
    incident_code: str
    version: int
    line: str
    what: str
    estate: Named
    place_id: UUID | None
    place_title: str
    place_path: str
    severity: str
    severity_title: str
    state: OrderState
    state_title: str
    company: Named
    assignee: Assignee | None
    words: str
    result: str
    offered_at: datetime
    offered_by: str
    accepted_at: datetime | None
    arrived_at: datetime | None
    fixed_at: datetime | None
    verified_at: datetime | None
    ended_at: datetime | None
    deadline: DeadlineShape | None
    overdue: bool
    pictures: list[EvidenceShape]
    evidence: list[EvidenceShape]
    moves: list[MoveShape]


class OrderList(Shape):
    """A page of orders."""

    items: list[OrderShape]
    next_cursor: str | None
    total: int


class ColleagueShape(Shape):
    """Somebody who may be sent: whether they are on duty now, and how busy they are."""

    account_id: UUID
    name: str
    phone_masked: str | None
    role_title: str
    on_duty: bool
    load: int
    reason: str


class MoveRequest(Shape):
    """A move and what comes with it. `happened_at` is for steps done without network."""

    move: OrderMove
    words: Annotated[str, Field(max_length=2000)] = ""
    evidence: Annotated[list[UUID], Field(max_length=20)] = []
    to_account_id: UUID | None = None
    expected_version: int
    happened_at: datetime | None = None


STAGE_TITLES = {"accept": "接单", "arrive": "到场", "fix": "处理完成", "verify": "核实"}

StateFilter = Literal[
    "active", "all", "offered", "accepted", "arrived", "fixed", "verified",
    "refused", "transferred", "expired", "cancelled",
]  # fmt: skip


def evidence_of(file_ids: tuple[UUID, ...]) -> list[EvidenceShape]:
    """The wire shape of pictures."""
    return [EvidenceShape(file_id=file_id, url=f"/api/files/{file_id}") for file_id in file_ids]


def shape_of(order: Order, work: Work) -> OrderShape:
    """The wire shape of an order for the signed-in person."""
    offer = order.offer
    due = policy.present_deadline(order)
    verified = order.state is OrderState.VERIFIED
    return OrderShape(
        id=order.id,
        code=order.code,
        incident_id=offer.subject_id,
        incident_code=offer.subject_code,
        version=order.version,
        line=offer.line,
        what=offer.what,
        estate=Named(id=offer.estate_id, title=offer.estate_title),
        place_id=offer.place_id,
        place_title=offer.place_path,
        place_path=f"{offer.estate_title} {offer.place_path}".strip(),
        severity=offer.severity,
        severity_title=offer.severity.words,
        state=order.state,
        state_title=order.state.words,
        company=Named(id=offer.company_id, title=offer.company_title),
        assignee=Assignee(account_id=offer.assignee_id, name=offer.assignee_name)
        if offer.assignee_id
        else None,
        words=offer.words,
        result=order.result,
        offered_at=order.offered_at,
        offered_by=order.offered_by,
        accepted_at=order.accepted_at,
        arrived_at=order.arrived_at,
        fixed_at=order.fixed_at,
        verified_at=order.ended_at if verified else None,
        ended_at=order.ended_at,
        deadline=DeadlineShape(kind=due[0], kind_title=STAGE_TITLES[due[0]], due_at=due[1])
        if due
        else None,
        overdue=due is not None and due[1] < work.now,
        pictures=evidence_of(offer.pictures),
        evidence=evidence_of(order.evidence),
        moves=[
            MoveShape(
                move=move,
                title=move.words,
                needs_words=move in policy.NEEDS_WORDS,
                needs_photo=move in policy.NEEDS_PHOTO,
            )
            for move in policy.allowed(order, service.mover_of(work, offer.estate_id))
        ],
    )


def _states(wanted: StateFilter) -> frozenset[OrderState] | None:
    special = {"active": ACTIVE_STATES, "all": None}
    return special[wanted] if wanted in special else frozenset({OrderState(wanted)})


def _ids(text: str) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(part) for part in text.split(",") if part)
    except ValueError as error:
        raise BadInput("编号的格式不对", field="ids") from error


@api.get("")
async def list_orders(
    work: CurrentWork,
    state: StateFilter = "active",
    mine: bool = False,
    ids: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: UUID | None = None,
) -> OrderList:
    """Orders the session sees, newest first.

    `mine` keeps one's own and those offered to the company that nobody took yet. `ids` is a
    comma-separated list for fetching again what has changed.
    """
    require(work, "see_orders")
    orders, total = await store.listed(
        work.connection,
        store.OrderQuery(
            states=_states(state),
            mine=work.scope.account_id if mine else None,
            ids=_ids(ids) if ids else None,
            after=cursor,
            limit=limit,
        ),
    )
    return OrderList(
        items=[shape_of(order, work) for order in orders],
        next_cursor=str(orders[-1].id) if len(orders) == limit else None,
        total=total,
    )


as_file(
    api,
    list_orders,
    "工单",
    (
        Column("工单", lambda row: row.code),
        Column("事件", lambda row: row.incident_code),
        Column("小区", lambda row: row.estate.title),
        Column("位置", lambda row: row.place_path),
        Column("事由", lambda row: row.what),
        Column("级别", lambda row: row.severity_title),
        Column("状态", lambda row: row.state_title),
        Column("单位", lambda row: row.company.title),
        Column("处理人", lambda row: row.assignee.name if row.assignee else None),
        Column("派单时间", lambda row: row.offered_at),
        Column("接单时间", lambda row: row.accepted_at),
        Column("到场时间", lambda row: row.arrived_at),
        Column("处理完成", lambda row: row.fixed_at),
        Column("核实时间", lambda row: row.verified_at),
        Column("超时", lambda row: "是" if row.overdue else "否"),
        Column("处理结果", lambda row: row.result),
    ),
)


@api.get("/{order_id}")
async def read_order(work: CurrentWork, order_id: UUID) -> OrderShape:
    """One order. 404 when it is absent or out of reach."""
    require(work, "see_orders")
    found = await store.named(work.connection, [order_id])
    if not found:
        raise NotFound
    return shape_of(found[0], work)


@api.get("/{order_id}/colleagues")
async def list_colleagues(work: CurrentWork, order_id: UUID) -> list[ColleagueShape]:
    """Who this order could be transferred to: those on duty first, then by load."""
    require(work, "see_orders")
    found = await store.named(work.connection, [order_id])
    if not found:
        raise NotFound
    offer = found[0].offer
    people = await service.colleagues(work, offer.company_id, offer.estate_id)
    return [
        ColleagueShape(
            account_id=person.account_id,
            name=person.name,
            phone_masked=person.phone_masked,
            role_title=person.role_title,
            on_duty=person.on_duty,
            load=person.load,
            reason=person.reason,
        )
        for person in people
        if person.account_id != offer.assignee_id
    ]


@api.post("/{order_id}/moves")
async def move_order(work: CurrentWork, order_id: UUID, asked: MoveRequest) -> OrderShape:
    """Accept, refuse, transfer, arrive, fix, verify, send back or cancel.

    409 when somebody was faster or the state does not allow it, 422 when words or a photo are
    missing, 403 when it is another's order. A transfer answers with the new order.
    """
    require(work, "see_orders")
    step = policy.Step(
        move=asked.move,
        words=asked.words,
        evidence=tuple(asked.evidence),
        at=service.step_at(work, asked.happened_at),
    )
    if asked.move is OrderMove.TRANSFER and asked.to_account_id is not None:
        order = await service.transfer(
            work,
            order_id,
            step,
            to_account_id=asked.to_account_id,
            expected_version=asked.expected_version,
        )
        return shape_of(order, work)
    order = await service.move(work, order_id, step, expected_version=asked.expected_version)
    return shape_of(order, work)
