"""The door of homes: enter and read sizes, owners, leases, households and vehicles."""

from linli.directory.homes.policy import area_of, area_said, masked_plate, part_of, plate_of
from linli.directory.homes.service import (
    Holdings,
    HomePicture,
    change_members,
    end_lease,
    end_vehicle,
    enter_homes,
    enter_households,
    enter_leases,
    enter_ownerships,
    enter_vehicles,
    facts_of,
    holdings_of,
    homes_at,
    list_vehicles,
    picture_of,
    transfer_ownership,
    versions_of_home,
)
from linli.directory.homes.store import VehicleFilter

__all__ = [
    "Holdings",
    "HomePicture",
    "VehicleFilter",
    "area_of",
    "area_said",
    "change_members",
    "end_lease",
    "end_vehicle",
    "enter_homes",
    "enter_households",
    "enter_leases",
    "enter_ownerships",
    "enter_vehicles",
    "facts_of",
    "holdings_of",
    "homes_at",
    "list_vehicles",
    "masked_plate",
    "part_of",
    "picture_of",
    "plate_of",
    "transfer_ownership",
    "versions_of_home",
]
