"""What rooms above know about places, asked for without knowing the rooms."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from linli.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Figures:
    """How many devices, open incidents and people belong to an estate or place."""

    devices: int = 0
    open_incidents: int = 0
    people: int = 0


class PlaceFigures(Protocol):
    """Counts of what rooms above keep; the application fills it."""

    async def of_estates(self, work: Work, estate_ids: Collection[UUID]) -> Mapping[UUID, Figures]:
        """The figures of these estates; an estate without any may be missing."""
        ...

    async def of_places(self, work: Work, place_ids: Collection[UUID]) -> Mapping[UUID, Figures]:
        """The figures of these places with all that lies inside them."""
        ...


class NoFigures:
    """Nothing above counts anything."""

    async def of_estates(self, work: Work, estate_ids: Collection[UUID]) -> Mapping[UUID, Figures]:
        del work, estate_ids
        return {}

    async def of_places(self, work: Work, place_ids: Collection[UUID]) -> Mapping[UUID, Figures]:
        del work, place_ids
        return {}
