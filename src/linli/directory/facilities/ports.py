"""What rooms above know about devices, asked for without knowing the room."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from linli.kernel.work import Work


class KnownDevices(Protocol):
    """Says which devices there are; the application fills it."""

    async def of_estate(
        self, work: Work, estate_id: UUID, device_ids: Collection[UUID]
    ) -> frozenset[UUID]:
        """Which of these devices are of the estate and in sight."""
        ...
