"""Verbs on guest links, inside the caller's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from linli.directory.modules.contracts import Module
from linli.directory.modules.public import require_on
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import Forbidden, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.responding.dispatch.contracts import ACTIVE_STATES, Order
from linli.responding.dispatch.public import (
    Mover,
    Step,
    entrust,
    move_as,
    named,
)
from linli.responding.guests import policy, store
from linli.responding.guests.contracts import Guest, GuestLink, Made, Use
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

OVER = "guest.over"
DISPATCH = "dispatch_orders"
MOST_USES = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link to be made: for whom, of which house, for how many hours."""

    guest_name: str
    firm: str
    hours: int


async def make_link(
    work: Work, order_id: UUID, wanted: Wanted, new_token: Callable[[], str]
) -> Made:
    """Hand an order to somebody from outside; a link that was open before is revoked.

    Raises NotFound, Forbidden, IllegalMove, BadInput, ModuleOff.
    """
    order = await _order(work, order_id)
    if not work.scope.may(DISPATCH, order.offer.estate_id):
        raise Forbidden
    await require_on(work, order.offer.estate_id, Module.GUESTS)
    name, firm, span = policy.given(wanted.guest_name, wanted.firm, wanted.hours)
    for known in await store.of_order(work.connection, order_id):
        if known.ended_at is None:
            await _end(work, known, revoked=True)
    order = await _order(work, order_id)
    policy.may_hand_out(order)
    token = new_token()
    link = GuestLink(
        id=work.new_id(),
        order_id=order_id,
        estate_id=order.offer.estate_id,
        guest_name=name,
        firm=firm,
        made_at=work.now,
        made_by=work.actor.name,
        expires_at=work.now + span,
        before_id=order.offer.assignee_id,
        before_name=order.offer.assignee_name,
    )
    await store.add(work.connection, link, policy.hash_of(token))
    await entrust(work, order_id, link.id, f"{name}（{firm}）", f"发给外部人员 {name}（{firm}）")
    await set_deadline(work, Deadline(OVER, link.id, link.expires_at))
    await _record(work, Action.GUEST_LINK_MADE, link, order.code)
    return Made(link, token)


async def revoke_link(work: Work, link_id: UUID) -> GuestLink:
    """End a link at once; an order that is not done goes back to who had it.

    Raises NotFound. One that has ended stays as it is.
    """
    link = await store.locked(work.connection, link_id)
    if link is None:
        raise NotFound
    if link.ended_at is not None:
        return link
    ended = await _end(work, link, revoked=True)
    await _record(work, Action.GUEST_LINK_REVOKED, link, f"{link.guest_name}（{link.firm}）")
    return ended


async def link_over(work: Work, link_id: UUID) -> None:
    """The time of a link is up."""
    link = await store.locked(work.connection, link_id)
    if link is not None and link.ended_at is None:
        await _end(work, link, revoked=False)


async def estate_closed(work: Work, estate_id: UUID) -> None:
    """The estate does without guests from now on: its open links end, the orders go back."""
    for link in await store.open_in(work.connection, estate_id):
        await _end(work, link, revoked=True)


async def links_of(work: Work, order_id: UUID) -> tuple[Sequence[GuestLink], Sequence[Use]]:
    """An order's links, newest first, and their uses. Raises NotFound, Forbidden."""
    order = await _order(work, order_id)
    if not work.scope.may(DISPATCH, order.offer.estate_id):
        raise Forbidden
    links = await store.of_order(work.connection, order_id)
    uses = await store.uses_of(work.connection, [link.id for link in links], MOST_USES)
    return links, uses


# ── what the guest does ──


async def guests_order(work: Work, guest: Guest) -> Order:
    """The order of the link. Raises LinkOver when it was given to somebody else meanwhile."""
    found = await named(work.connection, [guest.order_id])
    if not found or found[0].offer.assignee_id != guest.link_id:
        raise policy.LinkOver
    return found[0]


async def note_use(work: Work, guest: Guest, act: str) -> None:
    """Write down what the guest does."""
    use = Use(work.new_id(), guest.link_id, work.now, act, work.actor.address or "")
    await store.add_use(work.connection, use, guest.estate_id)


async def guest_moves(
    work: Work, guest: Guest, step: Step, *, expected_version: int | None
) -> Order:
    """Move the order as the guest may. Raises LinkOver, Forbidden and what the move refuses."""
    if step.move not in policy.GUEST_MOVES:
        raise Forbidden
    await guests_order(work, guest)
    moved = await move_as(
        work, guest.order_id, step, mover_of(guest), expected_version=expected_version
    )
    await note_use(work, guest, step.move)
    await record(
        work,
        action=Action.ORDER_MOVED,
        subject_kind="order",
        subject_id=guest.order_id,
        subject_title=f"{moved.code} {step.move.words}（外部人员）",
        estate_id=guest.estate_id,
    )
    return moved


def mover_of(guest: Guest) -> Mover:
    """A guest does the order; judging and steering stay inside."""
    return Mover(
        account_id=guest.link_id, name=guest.name, may_do=True, may_judge=False, may_steer=False
    )


# ── inside ──


async def _order(work: Work, order_id: UUID) -> Order:
    found = await named(work.connection, [order_id])
    if not found:
        raise NotFound
    return found[0]


async def _end(work: Work, link: GuestLink, *, revoked: bool) -> GuestLink:
    ended = replace(link, ended_at=work.now, ended_by=work.actor.name, revoked=revoked)
    await store.end(work.connection, ended)
    await clear_deadlines(work, link.id, kind=OVER)
    order = await _order(work, link.order_id)
    if order.offer.assignee_id == link.id and order.state in ACTIVE_STATES:
        words = f"外部人员 {link.guest_name} 的链接{policy.state_of(ended, work.now).words}"
        await entrust(work, order.id, link.before_id, link.before_name, words)
    return ended


async def _record(work: Work, action: Action, link: GuestLink, title: str) -> None:
    if work.actor.kind == MACHINE.kind:
        return
    await record(
        work,
        action=action,
        subject_kind="order",
        subject_id=link.order_id,
        subject_title=title,
        estate_id=link.estate_id,
    )
