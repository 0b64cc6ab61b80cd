"""The door of second factors: enrol, prove, renew, remove."""

from linli.directory.second_factor.service import (
    begin_enrolment,
    confirm_enrolment,
    enrolled_among,
    prove,
    remove_factor,
    renew_codes,
    state_of,
)

__all__ = [
    "begin_enrolment",
    "confirm_enrolment",
    "enrolled_among",
    "prove",
    "remove_factor",
    "renew_codes",
    "state_of",
]
