"""What the platform's side of vision asks of others without knowing them."""

from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from linli.kernel.work import Work
from linli.sensing.vision.contracts import Facade


class Facades(Protocol):
    """The façades that are calibrated in cameras' pictures; the application fills it."""

    async def of_cameras(
        self, work: Work, camera_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[Facade, ...]]:
        """By camera; a camera that sees none may be missing."""
        ...


class NoFacades:
    """Nothing is calibrated."""

    async def of_cameras(
        self, work: Work, camera_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[Facade, ...]]:
        del work, camera_ids
        return {}
