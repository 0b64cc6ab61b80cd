"""The door of rules."""

from linli.responding.rules.policy import breaches, explain, settings_of
from linli.responding.rules.service import (
    HOLD,
    LOOK,
    all_rules,
    arm,
    book_is_stale,
    change,
    declare,
    disarm,
    judge,
    kind_of,
    load_book,
    look,
    start_afresh,
    still_held,
)
from linli.responding.rules.upkeep import RULES as UPKEEP

__all__ = [
    "HOLD",
    "LOOK",
    "UPKEEP",
    "all_rules",
    "arm",
    "book_is_stale",
    "breaches",
    "change",
    "declare",
    "disarm",
    "explain",
    "judge",
    "kind_of",
    "load_book",
    "look",
    "settings_of",
    "start_afresh",
    "still_held",
]
