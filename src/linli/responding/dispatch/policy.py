"""Decisions about orders. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, StaleVersion
from linli.responding.dispatch.contracts import Colleague, Order, OrderMove, OrderState

MOVES: Mapping[tuple[OrderState, OrderMove], OrderState] = {
    (OrderState.OFFERED, OrderMove.ACCEPT): OrderState.ACCEPTED,
    (OrderState.OFFERED, OrderMove.REFUSE): OrderState.REFUSED,
    (OrderState.OFFERED, OrderMove.TRANSFER): OrderState.TRANSFERRED,
    (OrderState.OFFERED, OrderMove.EXPIRE): OrderState.EXPIRED,
    (OrderState.OFFERED, OrderMove.CANCEL): OrderState.CANCELLED,
    (OrderState.ACCEPTED, OrderMove.ARRIVE): OrderState.ARRIVED,
    (OrderState.ACCEPTED, OrderMove.TRANSFER): OrderState.TRANSFERRED,
    (OrderState.ACCEPTED, OrderMove.REFUSE): OrderState.REFUSED,
    (OrderState.ACCEPTED, OrderMove.CANCEL): OrderState.CANCELLED,
    (OrderState.ARRIVED, OrderMove.FIX): OrderState.FIXED,
    (OrderState.ARRIVED, OrderMove.TRANSFER): OrderState.TRANSFERRED,
    (OrderState.ARRIVED, OrderMove.CANCEL): OrderState.CANCELLED,
    (OrderState.FIXED, OrderMove.VERIFY): OrderState.VERIFIED,
    (OrderState.FIXED, OrderMove.SEND_BACK): OrderState.ARRIVED,
    (OrderState.FIXED, OrderMove.CANCEL): OrderState.CANCELLED,
}
ENDED = frozenset(
    {
        OrderState.VERIFIED,
        OrderState.REFUSED,
        OrderState.TRANSFERRED,
        OrderState.EXPIRED,
        OrderState.CANCELLED,
    }
)
# Reasons matter where somebody else must understand what happened.
NEEDS_WORDS = frozenset(
    {OrderMove.REFUSE, OrderMove.TRANSFER, OrderMove.FIX, OrderMove.SEND_BACK, OrderMove.CANCEL}
)
NEEDS_PHOTO = frozenset({OrderMove.FIX})
DOING = frozenset(
    {OrderMove.ACCEPT, OrderMove.REFUSE, OrderMove.TRANSFER, OrderMove.ARRIVE, OrderMove.FIX}
)
JUDGING = frozenset({OrderMove.VERIFY, OrderMove.SEND_BACK})
STEERING = frozenset({OrderMove.CANCEL})


class AlreadyTaken(IllegalMove):
    code = "order_already_taken"
    text = "这张工单刚刚被别人接走了"


class NotYours(Forbidden):
    code = "order_not_yours"
    text = "这张工单由别人负责，请让他操作或转给您"


class OwnWork(Forbidden):
    code = "order_own_work"
    text = "自己处理的工单要由别人核实"


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves an order: the account, whether it may do, judge or steer orders of this estate."""

    account_id: UUID | None
    name: str
    may_do: bool
    may_judge: bool
    may_steer: bool
    leads: bool = False
    """May act for any colleague of the company (a manager)."""


@dataclass(frozen=True, slots=True)
class Step:
    """What comes with a move."""

    move: OrderMove
    words: str
    evidence: tuple[UUID, ...]
    at: datetime


def allowed(order: Order, mover: Mover) -> tuple[OrderMove, ...]:
    """The moves this person may make now, in the order of a working day."""
    return tuple(
        move
        for (state, move) in MOVES
        if state is order.state and move is not OrderMove.EXPIRE and _may(order, move, mover)
    )


def _may(order: Order, move: OrderMove, mover: Mover) -> bool:
    mine = order.offer.assignee_id in {None, mover.account_id}
    if move in DOING:
        return mover.may_do and (mine or mover.leads)
    if move in JUDGING:
        return mover.may_judge and order.fixed_by != mover.account_id
    return mover.may_steer


def move(order: Order, step: Step, mover: Mover, *, expected_version: int | None) -> Order:
    """The order after the move.

    Raises AlreadyTaken, IllegalMove, StaleVersion, NotYours, OwnWork, Forbidden, BadInput.
    """
    target = MOVES.get((order.state, step.move))
    if target is None:
        if step.move is OrderMove.ACCEPT and order.accepted_at is not None:
            name = order.offer.assignee_name
            raise AlreadyTaken(f"这张工单刚刚被{name}接走了" if name else None)
        raise IllegalMove(f"工单{order.state.words}，不能再“{step.move.words}”")
    if expected_version is not None and expected_version != order.version:
        raise StaleVersion
    _check_right(order, step.move, mover)
    if step.move in NEEDS_WORDS and not step.words.strip():
        raise BadInput("请写明情况", field="words", remedy="用一两句话说明原因或处理结果")
    if step.move in NEEDS_PHOTO and not (step.evidence or order.evidence):
        raise BadInput("请拍一张现场照片", field="evidence", remedy="点“拍照”上传处理后的照片")
    return _moved(order, target, step, mover)


def _check_right(order: Order, wanted: OrderMove, mover: Mover) -> None:
    if wanted is OrderMove.EXPIRE or _may(order, wanted, mover):
        return
    if wanted in JUDGING and order.fixed_by == mover.account_id and mover.may_judge:
        raise OwnWork
    if wanted in DOING and mover.may_do:
        raise NotYours
    raise Forbidden


def _moved(order: Order, target: OrderState, step: Step, mover: Mover) -> Order:
    moved = replace(
        order,
        state=target,
        version=order.version + 1,
        evidence=tuple(dict.fromkeys((*order.evidence, *step.evidence))),
        ended_at=step.at if target in ENDED else None,
    )
    match step.move:
        case OrderMove.ACCEPT:
            offer = order.offer
            if offer.assignee_id is None or offer.assignee_id != mover.account_id:
                offer = replace(offer, assignee_id=mover.account_id, assignee_name=mover.name)
            return replace(moved, accepted_at=step.at, offer=offer)
        case OrderMove.ARRIVE:
            return replace(moved, arrived_at=step.at)
        case OrderMove.FIX:
            return replace(moved, fixed_at=step.at, fixed_by=mover.account_id, result=step.words)
        case OrderMove.SEND_BACK:
            return replace(moved, fixed_at=None, fixed_by=None)
        case _:
            return moved


def most_fitting_first(colleagues: Sequence[Colleague]) -> tuple[Colleague, ...]:
    """Those on duty, then the least busy; of equal ones the order is kept."""
    return tuple(sorted(colleagues, key=lambda one: (not one.on_duty, one.load)))


def present_deadline(order: Order) -> tuple[str, datetime] | None:
    """The step that is due next, and when."""
    stage = {
        OrderState.OFFERED: "accept",
        OrderState.ACCEPTED: "arrive",
        OrderState.ARRIVED: "fix",
        OrderState.FIXED: "verify",
    }.get(order.state)
    due = order.offer.due.get(stage) if stage else None
    return (stage, due) if stage and due else None
