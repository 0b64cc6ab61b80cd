"""The door of people: register, find masked, and look in full with a reason.

Lists are entered by `enter_people`; duplicates are found, merged and taken apart again; corrections
wait for a clerk.
"""

from linli.directory.people.correcting import (
    CorrectionPage,
    ask_correction,
    decide_correction,
    list_corrections,
    look_at_correction,
)
from linli.directory.people.meant import Meant, people_meant
from linli.directory.people.merging import (
    list_twins,
    look_for_twins,
    merge_people,
    merges_of,
    tell_apart,
    undo_merge,
)
from linli.directory.people.policy import id_number, masked_name, phone_digits
from linli.directory.people.service import (
    AlreadyRegistered,
    MoveDraft,
    PeoplePage,
    change_person,
    enter_people,
    find_people,
    index_some,
    known_people,
    lived_at,
    move_person,
    people_at,
    people_matching,
    people_named,
    person_masked,
    register_person,
    reveal,
    versions_of_person,
)
from linli.directory.people.store import living_now

__all__ = [
    "AlreadyRegistered",
    "CorrectionPage",
    "Meant",
    "MoveDraft",
    "PeoplePage",
    "ask_correction",
    "change_person",
    "decide_correction",
    "enter_people",
    "find_people",
    "id_number",
    "index_some",
    "known_people",
    "list_corrections",
    "list_twins",
    "lived_at",
    "living_now",
    "look_at_correction",
    "look_for_twins",
    "masked_name",
    "merge_people",
    "merges_of",
    "move_person",
    "people_at",
    "people_matching",
    "people_meant",
    "people_named",
    "person_masked",
    "phone_digits",
    "register_person",
    "reveal",
    "tell_apart",
    "undo_merge",
    "versions_of_person",
]
