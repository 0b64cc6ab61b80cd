"""The door of people: register, find masked, and look in full with a reason."""

from linli.directory.people.service import (
    AlreadyRegistered,
    PeoplePage,
    find_people,
    people_at,
    person_masked,
    register_person,
    reveal,
)

__all__ = [
    "AlreadyRegistered",
    "PeoplePage",
    "find_people",
    "people_at",
    "person_masked",
    "register_person",
    "reveal",
]
