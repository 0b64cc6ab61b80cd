"""The door of facilities: enter, find, check, stop and start them, say which devices watch them."""

from linli.directory.facilities.service import (
    checks_of,
    count_facilities,
    enter_facilities,
    facilities_with,
    facility_of,
    find_facilities,
    link_devices,
    note_check,
    put_into_state,
    versions_of_facility,
)

__all__ = [
    "checks_of",
    "count_facilities",
    "enter_facilities",
    "facilities_with",
    "facility_of",
    "find_facilities",
    "link_devices",
    "note_check",
    "put_into_state",
    "versions_of_facility",
]
