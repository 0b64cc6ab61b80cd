"""Where a list is of, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from linli.directory.places.public import ground_said
from linli.kernel.work import Work


@dataclass(frozen=True, slots=True)
class NamedGrounds:
    """Estates by title, places by path."""

    async def said(self, work: Work, estate_ids: Sequence[UUID], place_id: UUID | None) -> str:
        return await ground_said(work, estate_ids, place_id)
