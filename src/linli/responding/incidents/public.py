"""The door of incidents."""

from linli.responding.incidents.service import note, offer_order, report, respond, tell_story
from linli.responding.incidents.store import named, open_by_estate

__all__ = [
    "named",
    "note",
    "offer_order",
    "open_by_estate",
    "report",
    "respond",
    "tell_story",
]
