"""The door of places: look places and estates up, draw the plan, add what is built."""

from linli.directory.places.service import (
    CodeTaken,
    add_building,
    add_estate,
    add_places,
    all_estates,
    estate_of,
    estates_named,
    ground_said,
    place_of,
    places_coded,
    places_in,
    places_inside,
    places_named,
    places_said,
    plan_of,
    sizes_of,
)
from linli.directory.places.spoken import Spoken, spoken
from linli.directory.places.store import homes, lifts, paths, reached_from

__all__ = [
    "CodeTaken",
    "Spoken",
    "add_building",
    "add_estate",
    "add_places",
    "all_estates",
    "estate_of",
    "estates_named",
    "ground_said",
    "homes",
    "lifts",
    "paths",
    "place_of",
    "places_coded",
    "places_in",
    "places_inside",
    "places_named",
    "places_said",
    "plan_of",
    "reached_from",
    "sizes_of",
    "spoken",
]
