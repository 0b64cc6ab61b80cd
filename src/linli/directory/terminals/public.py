"""The door of shared terminals: register, end, who uses one, and the codes to switch with."""

from linli.directory.terminals.policy import (
    IDLE,
    MOST_WRONG,
    UNUSED,
    acceptable_pin,
    why_no_pin,
)
from linli.directory.terminals.service import (
    end_terminal,
    forgive_pin,
    people_of,
    pin_state_of,
    register,
    remove_pin,
    seat_of,
    set_pin,
    terminals_of,
    try_pin,
)

__all__ = [
    "IDLE",
    "MOST_WRONG",
    "UNUSED",
    "acceptable_pin",
    "end_terminal",
    "forgive_pin",
    "people_of",
    "pin_state_of",
    "register",
    "remove_pin",
    "seat_of",
    "set_pin",
    "terminals_of",
    "try_pin",
    "why_no_pin",
]
