"""Verbs of messaging."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from linli.kernel.errors import NotFound
from linli.kernel.work import Work
from linli.support.messaging import policy, store
from linli.support.messaging.contracts import (
    Channel,
    DeliveryState,
    InAppMessage,
    Message,
    OutgoingMessage,
    Parcel,
    Receipt,
)
from linli.support.messaging.events import MessageArrived

FORGOTTEN_AT_ONCE = 5000


async def send(work: Work, message: Message) -> bool:
    """Tell somebody something, in this transaction or not at all.

    An in-app message is there at once; others are queued for their carrier. Telling the same
    receiver the same (channel, template, about with its version) again does nothing: False.

    Raises ValueError when the channel's receiver is missing.
    """
    if message.channel is Channel.IN_APP:
        if message.account_id is None:
            raise ValueError("an in-app message needs an account")
    elif not message.address:
        raise ValueError(f"a message by {message.channel} needs an address")
    new = store.NewMessage(
        id=work.new_id(),
        message=message,
        state=policy.first_state(message.channel),
        address_masked=policy.masked(message.address),
        once=policy.once(message),
        created_at=work.now,
    )
    if not await store.add(work.connection, new):
        return False
    if message.channel is Channel.IN_APP and message.account_id is not None:
        work.outbox.add(
            MessageArrived(
                estate_id=message.about.estate_id,
                happened_at=work.now,
                account_id=message.account_id,
                message_id=new.id,
                incident_id=message.about.incident_id,
                order_id=message.about.order_id,
            )
        )
    return True


async def inbox(work: Work, account_id: UUID, *, most: int) -> tuple[Sequence[InAppMessage], int]:
    """The newest messages of an account, and how many there are in all."""
    messages = await store.inbox(work.connection, account_id, most=most)
    return messages, await store.count_inbox(work.connection, account_id)


async def mark_read(work: Work, account_id: UUID, message_id: UUID) -> None:
    """The account has read its message; again is fine.

    Raises NotFound when it is not a message of this account.
    """
    if not await store.mark_read(work.connection, account_id, message_id, work.now):
        raise NotFound


async def outgoing(work: Work, *, most: int) -> Sequence[OutgoingMessage]:
    """The newest messages by other channels that this work's scope reaches."""
    return await store.outgoing(work.connection, most=most)


async def claim(work: Work, *, most: int) -> Sequence[Parcel]:
    """Take parcels out for delivery. One whose outcome is never recorded comes back by itself."""
    return await store.claim(work.connection, work.now, policy.LEASE, most=most)


async def record_carried(work: Work, parcel: Parcel, receipt: Receipt) -> None:
    """The carrier has taken the parcel."""
    state = DeliveryState.DELIVERED if receipt.arrived else DeliveryState.SENT
    attempt = store.Attempt(
        message_id=parcel.message_id,
        attempt=parcel.attempt,
        at=work.now,
        state=state,
        reference=receipt.reference,
    )
    await store.record(work.connection, attempt, policy.states_before(state))


async def record_failed(work: Work, parcel: Parcel, error: str, *, final: bool) -> DeliveryState:
    """The carrier has not taken the parcel: it is tried again later, or given up as failed."""
    wait = None if final else policy.wait_after(parcel.attempt, parcel.urgency)
    state = DeliveryState.FAILED if wait is None else DeliveryState.QUEUED
    attempt = store.Attempt(
        message_id=parcel.message_id,
        attempt=parcel.attempt,
        at=work.now,
        state=state,
        error=error,
        next_attempt_at=None if wait is None else work.now + wait,
    )
    await store.record(work.connection, attempt, frozenset({DeliveryState.QUEUED}))
    return state


async def forget_before(work: Work, before: datetime) -> int:
    """Forget messages older than that; answers how many."""
    return await store.forget_before(work.connection, before, most=FORGOTTEN_AT_ONCE)
