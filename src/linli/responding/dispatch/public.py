"""The door of dispatch."""

from linli.responding.dispatch.policy import Mover, Step, allowed, present_deadline
from linli.responding.dispatch.service import (
    cancel_orders,
    colleagues,
    entrust,
    expire_orders,
    hand_over,
    move,
    move_as,
    mover_of,
    offer,
    step_at,
    suggest,
    transfer,
)
from linli.responding.dispatch.store import OrderQuery, arrivals, listed, named, of_subjects

__all__ = [
    "Mover",
    "OrderQuery",
    "Step",
    "allowed",
    "arrivals",
    "cancel_orders",
    "colleagues",
    "entrust",
    "expire_orders",
    "hand_over",
    "listed",
    "move",
    "move_as",
    "mover_of",
    "named",
    "of_subjects",
    "offer",
    "present_deadline",
    "step_at",
    "suggest",
    "transfer",
]
