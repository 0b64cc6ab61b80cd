"""Verbs on orders, inside the caller's transaction. The only writer of their table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from linli.directory.grids.public import grid_at
from linli.directory.identity.public import Staff, staff_of
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import is_on
from linli.directory.organisation.contracts import DUTY_TITLES, OrganisationKind
from linli.directory.organisation.public import (
    contracts_on,
    organisations_above,
    organisations_named,
)
from linli.kernel.errors import BadInput, NotFound
from linli.kernel.work import Work
from linli.responding.dispatch import policy, store
from linli.responding.dispatch.contracts import (
    ACTIVE_STATES,
    Colleague,
    Offer,
    Order,
    OrderMove,
    OrderState,
    Suggestion,
)
from linli.responding.dispatch.events import OrderChanged
from linli.responding.rosters.public import on_duty
from linli.support.files.contracts import Attachment
from linli.support.files.public import attach

HANDED_OVER = ACTIVE_STATES - {OrderState.FIXED}
"""States in which there is still something to be done by whoever has the order."""
SEE = ("see_orders", "see_incidents")


def mover_of(work: Work, estate_id: UUID) -> policy.Mover:
    """What the signed-in person may do with orders of this estate."""
    scope = work.scope
    return policy.Mover(
        account_id=scope.account_id,
        name=work.actor.name,
        may_do=scope.may("do_orders", estate_id),
        may_judge=scope.may("verify_orders", estate_id),
        may_steer=scope.may("dispatch_orders", estate_id),
        leads=scope.may("dispatch_orders", estate_id),
    )


async def offer(work: Work, wanted: Offer, *, follows: UUID | None = None) -> Order:
    """Offer an order to a company, or to one of its people."""
    number = await store.count_of_subject(work.connection, wanted.subject_id) + 1
    order = Order(
        id=work.new_id(),
        code=f"{wanted.subject_code}-{number}",
        offer=wanted,
        state=OrderState.OFFERED,
        version=1,
        offered_at=work.now,
        offered_by=work.actor.name,
        follows=follows,
    )
    await store.add(work.connection, order)
    await attach(work, wanted.pictures, Attachment(wanted.estate_id, SEE))
    _tell(work, order, "offer", wanted.words)
    return order


async def move(
    work: Work, order_id: UUID, step: policy.Step, *, expected_version: int | None
) -> Order:
    """Move an order along its lifecycle. Raises NotFound and what `policy.move` refuses."""
    if step.move is OrderMove.TRANSFER:
        raise BadInput("请选择转给谁", field="to_account_id")
    found = await store.named(work.connection, [order_id])
    if not found:
        raise NotFound
    mover = mover_of(work, found[0].offer.estate_id)
    return await move_as(work, order_id, step, mover, expected_version=expected_version)


async def move_as(
    work: Work,
    order_id: UUID,
    step: policy.Step,
    mover: policy.Mover,
    *,
    expected_version: int | None,
) -> Order:
    """Move an order with the rights that are given. Raises as `move` does."""
    order = await store.locked(work.connection, order_id)
    if order is None:
        raise NotFound
    moved = policy.move(order, step, mover, expected_version=expected_version)
    await attach(work, step.evidence, Attachment(order.offer.estate_id, SEE))
    await store.overwrite(work.connection, moved)
    _tell(work, moved, step.move, step.words, step.evidence)
    return moved


async def transfer(
    work: Work,
    order_id: UUID,
    step: policy.Step,
    *,
    to_account_id: UUID,
    expected_version: int | None,
) -> Order:
    """End this order as transferred and offer the same to a colleague; returns the new one.

    Raises NotFound, BadInput when the colleague may not do orders here, and what
    `policy.move` refuses.
    """
    order = await store.locked(work.connection, order_id)
    if order is None:
        raise NotFound
    staff = await colleagues(work, order.offer.company_id, order.offer.estate_id)
    chosen = next((person for person in staff if person.account_id == to_account_id), None)
    if chosen is None:
        raise BadInput("这位同事不能接本小区的工单", field="to_account_id", remedy="请另选一位")
    mover = mover_of(work, order.offer.estate_id)
    ended = policy.move(order, step, mover, expected_version=expected_version)
    await store.overwrite(work.connection, ended)
    _tell(work, ended, step.move, f"转给{chosen.name}：{step.words}")
    handed = replace(order.offer, assignee_id=chosen.account_id, assignee_name=chosen.name)
    return await offer(work, handed, follows=order.id)


async def entrust(
    work: Work, order_id: UUID, assignee_id: UUID | None, assignee_name: str, words: str
) -> Order:
    """Put the order into somebody's hands as it stands (None: whoever of the company comes).

    Raises NotFound.
    """
    order = await store.locked(work.connection, order_id)
    if order is None:
        raise NotFound
    offer = replace(order.offer, assignee_id=assignee_id, assignee_name=assignee_name)
    entrusted = replace(order, offer=offer, version=order.version + 1)
    await store.overwrite(work.connection, entrusted)
    _tell(work, entrusted, "entrust", words)
    return entrusted


async def hand_over(
    work: Work, from_id: UUID, to: tuple[UUID, str] | None, words: str
) -> tuple[Order, ...]:
    """Somebody has left: their orders that are not done go to `to` (id and name), anew.

    Where that person may not do orders, or nobody is named, the company is offered the order.
    """
    handed: list[Order] = []
    for found in await store.active_of(work.connection, from_id, HANDED_OVER):
        order = await store.locked(work.connection, found.id)
        if order is None or order.state not in HANDED_OVER:
            continue
        staff = await colleagues(work, order.offer.company_id, order.offer.estate_id)
        heir = to if to and any(person.account_id == to[0] for person in staff) else (None, "")
        step = policy.Step(move=OrderMove.TRANSFER, words=words, evidence=(), at=work.now)
        mover = policy.Mover(
            account_id=from_id,
            name=work.actor.name,
            may_do=True,
            may_judge=False,
            may_steer=True,
            leads=True,
        )
        ended = policy.move(order, step, mover, expected_version=None)
        await store.overwrite(work.connection, ended)
        _tell(work, ended, step.move, words)
        anew = replace(order.offer, assignee_id=heir[0], assignee_name=heir[1])
        handed.append(await offer(work, anew, follows=order.id))
    return tuple(handed)


async def cancel_orders(work: Work, subject_id: UUID, words: str) -> tuple[Order, ...]:
    """The matter has ended some other way: every active order of it is cancelled."""
    return await _end_all(work, subject_id, OrderMove.CANCEL, ACTIVE_STATES, words)


async def expire_orders(work: Work, subject_id: UUID, words: str) -> tuple[Order, ...]:
    """Nobody took them in time: offered orders are taken back."""
    return await _end_all(work, subject_id, OrderMove.EXPIRE, {OrderState.OFFERED}, words)


async def _end_all(
    work: Work,
    subject_id: UUID,
    how: OrderMove,
    states: frozenset[OrderState] | set[OrderState],
    words: str,
) -> tuple[Order, ...]:
    steering = policy.Mover(
        account_id=None, name=work.actor.name, may_do=False, may_judge=False, may_steer=True
    )
    ended: list[Order] = []
    for found in await store.of_subjects(work.connection, [subject_id]):
        order = await store.locked(work.connection, found.id)
        if order is None or order.state not in states:
            continue
        step = policy.Step(move=how, words=words, evidence=(), at=work.now)
        moved = policy.move(order, step, steering, expected_version=None)
        await store.overwrite(work.connection, moved)
        _tell(work, moved, how, words)
        ended.append(moved)
    return tuple(ended)


async def colleagues(work: Work, company_id: UUID, estate_id: UUID) -> tuple[Colleague, ...]:
    """Who of the company may do orders in the estate: those on duty first, then by load."""
    staff: Sequence[Staff] = await staff_of(work, company_id, estate_id, "do_orders")
    ids = [person.account_id for person in staff]
    busy = await store.loads(work.connection, ids)
    rostered = await is_on(work, estate_id, Module.ROSTERS)
    working = await on_duty(work, ids) if rostered else frozenset[UUID]()
    found = [
        Colleague(
            account_id=person.account_id,
            name=person.display_name,
            phone_masked=person.phone_masked,
            role_title=person.role_title,
            on_duty=person.account_id in working,
            load=busy.get(person.account_id, 0),
            reason=_reason(busy.get(person.account_id, 0), on=person.account_id in working),
        )
        for person in staff
    ]
    return policy.most_fitting_first(found)


def _reason(load: int, *, on: bool) -> str:
    busy = f"手上有 {load} 张工单" if load else "手上没有工单"
    return f"正在值班，{busy}" if on else busy


async def suggest(
    work: Work, estate_id: UUID, duty: str, place_id: UUID | None = None
) -> tuple[Suggestion, ...]:
    """Companies under contract here: those with the duty first, each with its people.

    Last comes the community with its grid workers; those of the place's own grid are named first.
    """
    contracts = await contracts_on(work, [estate_id])
    companies = await organisations_named(work, {contract.company_id for contract in contracts})
    duties = {
        contract.company_id: contract.duties
        for contract in contracts
        if contract.company_id in companies
    }
    fitting = sorted(duties, key=lambda company_id: (duty not in duties[company_id], company_id))
    neighbours = await _grid_workers(work, estate_id, duty, place_id)
    return tuple(
        [
            Suggestion(
                company_id=company_id,
                company_title=companies[company_id].title,
                duty=duty if duty in duties[company_id] else min(duties[company_id]),
                duty_title="、".join(DUTY_TITLES[held] for held in sorted(duties[company_id])),
                colleagues=await colleagues(work, company_id, estate_id),
            )
            for company_id in fitting
        ]
        + neighbours
    )


async def _grid_workers(
    work: Work, estate_id: UUID, duty: str, place_id: UUID | None
) -> list[Suggestion]:
    above = await organisations_above(work, estate_id)
    community = next((one for one in above if one.kind is OrganisationKind.COMMUNITY), None)
    if community is None:
        return []
    grid = await grid_at(work, place_id) if place_id else None
    at_home = {worker.account_id for worker in grid.workers} if grid else set[UUID]()
    title = grid.title if grid else ""
    people = [
        replace(one, reason=f"负责{title}，{one.reason}") if one.account_id in at_home else one
        for one in await colleagues(work, community.id, estate_id)
    ]
    if not people:
        return []
    return [
        Suggestion(
            company_id=community.id,
            company_title=community.title,
            duty=duty,
            duty_title="网格员",
            colleagues=tuple(sorted(people, key=lambda one: one.account_id not in at_home)),
        )
    ]


def step_at(work: Work, happened_at: datetime | None) -> datetime:
    """A step done without network keeps its own time, if that can be true; never the future."""
    if happened_at is None or happened_at > work.now:
        return work.now
    return happened_at


def _tell(work: Work, order: Order, made: str, words: str, evidence: tuple[UUID, ...] = ()) -> None:
    work.outbox.add(
        OrderChanged(
            estate_id=order.offer.estate_id,
            happened_at=work.now,
            order_id=order.id,
            incident_id=order.offer.subject_id,
            move=str(made),
            state=order.state,
            version=order.version,
            severity=order.offer.severity,
            company_id=order.offer.company_id,
            assignee_id=order.offer.assignee_id,
            actor_id=work.actor.account_id,
            actor_name=work.actor.name,
            words=words,
            evidence=evidence,
        )
    )
