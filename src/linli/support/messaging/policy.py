"""Decisions about messages: what may follow what, when to try again, what may be shown."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from linli.support.messaging.contracts import Channel, DeliveryState, Message, Urgency

MOST_ATTEMPTS = 5
FIRST_WAIT: Mapping[Urgency, timedelta] = {
    Urgency.NORMAL: timedelta(seconds=10),
    Urgency.URGENT: timedelta(seconds=2),
}
GROWTH = 4
# A worker that died with a parcel in its hands keeps it this long.
LEASE = timedelta(seconds=60)

MOVES: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.QUEUED: frozenset(
        {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.FAILED}
    ),
    DeliveryState.SENT: frozenset(
        {DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED}
    ),
    DeliveryState.DELIVERED: frozenset({DeliveryState.READ}),
    DeliveryState.READ: frozenset(),
    DeliveryState.FAILED: frozenset(),
}

SHORTEST_SHOWN = 7
HEAD, TAIL = 3, 4


def states_before(state: DeliveryState) -> frozenset[DeliveryState]:
    """The states from which a message may come to this one."""
    return frozenset(before for before, after in MOVES.items() if state in after)


def first_state(channel: Channel) -> DeliveryState:
    """A message inside linli has arrived when it is stored; others wait for a carrier."""
    return DeliveryState.DELIVERED if channel is Channel.IN_APP else DeliveryState.QUEUED


def wait_after(attempt: int, urgency: Urgency) -> timedelta | None:
    """How long to wait after the failed try number `attempt`; None: it was the last."""
    if attempt >= MOST_ATTEMPTS:
        return None
    return FIRST_WAIT[urgency] * GROWTH ** (attempt - 1)


def masked(address: str) -> str:
    """`13812345678` becomes `138****5678`; what is too short to mask shows nothing."""
    if len(address) < SHORTEST_SHOWN:
        return "*" * len(address)
    return f"{address[:HEAD]}****{address[-TAIL:]}"


def once(message: Message) -> bytes:
    """The same for messages that would tell the same person the same thing twice."""
    about = message.about
    said = (
        message.channel,
        message.account_id,
        message.address,
        message.template,
        about.incident_id,
        about.order_id,
        about.version,
        *((about.subject_id,) if about.subject_id else ()),
    )
    return hashlib.sha256("\x1f".join(str(part) for part in said).encode()).digest()
