"""Fills the port `KnownDevices`: what facilities may be linked to."""

from collections.abc import Collection
from uuid import UUID

from linli.kernel.work import Work
from linli.sensing.devices.public import devices_named


class RegisteredDevices:
    """Asks the register of devices."""

    async def of_estate(
        self, work: Work, estate_id: UUID, device_ids: Collection[UUID]
    ) -> frozenset[UUID]:
        found = await devices_named(work, device_ids)
        return frozenset(
            device_id for device_id, device in found.items() if device.estate_id == estate_id
        )
