"""The door of key people: enter, find, look in full with a reason, visits and absences."""

from linli.directory.key_people.policy import in_force
from linli.directory.key_people.service import (
    AbsenceDraft,
    at_places,
    away_homes,
    end_absence,
    enter,
    enter_many,
    find,
    look,
    note_absence,
    note_medical,
    plan,
    record_visit,
    set_carers,
    set_door,
    take_problem,
)

__all__ = [
    "AbsenceDraft",
    "at_places",
    "away_homes",
    "end_absence",
    "enter",
    "enter_many",
    "find",
    "in_force",
    "look",
    "note_absence",
    "note_medical",
    "plan",
    "record_visit",
    "set_carers",
    "set_door",
    "take_problem",
]
