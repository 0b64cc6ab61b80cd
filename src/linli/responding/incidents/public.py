"""The door of incidents."""

from linli.responding.incidents.policy import due_times
from linli.responding.incidents.service import note, offer_order, report, respond, tell_story
from linli.responding.incidents.store import named, open_by_estate, open_of_device, story

__all__ = [
    "due_times",
    "named",
    "note",
    "offer_order",
    "open_by_estate",
    "open_of_device",
    "report",
    "respond",
    "story",
    "tell_story",
]
