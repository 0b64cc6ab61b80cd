"""What rooms above know to be open, asked for without knowing the rooms."""

from typing import Protocol
from uuid import UUID

from linli.kernel.work import Work
from linli.responding.rosters.contracts import Matter


class OpenMatters(Protocol):
    """What the person on duty would leave to the next one; the application fills it."""

    async def of_organisation(self, work: Work, organisation_id: UUID) -> tuple[Matter, ...]:
        """Everything open that this session sees on the organisation's ground, worst first."""
        ...


class NothingOpen:
    """Nothing above keeps anything open."""

    async def of_organisation(self, work: Work, organisation_id: UUID) -> tuple[Matter, ...]:
        del work, organisation_id
        return ()
