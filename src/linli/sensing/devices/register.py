"""The register in memory: what a door must know of its connections, without a query a message."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from linli.kernel.work import Work, Workshop
from linli.sensing.devices import service
from linli.sensing.devices.contracts import KnownConnection


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found: connections that may not go on as they are, and those that changed.

    `ended` were revoked, or their token was rotated: whoever is signed in must do so again.
    """

    ended: frozenset[UUID]
    changed: frozenset[UUID]


class DeviceRegister:
    """Connections with their devices, loaded when first asked for and kept until released.

    Whoever holds one calls `refresh` at every NOTIFY on `REGISTER_CHANGED`, and once a minute.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._known: dict[UUID, KnownConnection] = {}

    def get(self, connection_id: UUID) -> KnownConnection | None:
        """What is in memory of a connection."""
        return self._known.get(connection_id)

    def held(self) -> Collection[UUID]:
        """The connections in memory."""
        return tuple(self._known)

    async def load(self, connection_id: UUID) -> KnownConnection | None:
        """Read a connection and keep it; None when there is none."""
        async with self._workshop.work() as work:
            return await self.load_within(work, connection_id)

    async def load_within(self, work: Work, connection_id: UUID) -> KnownConnection | None:
        """As `load`, within a unit of work that is open."""
        found = (await service.known_connections(work, [connection_id])).get(connection_id)
        if found is None:
            self._known.pop(connection_id, None)
        else:
            self._known[connection_id] = found
        return found

    async def ensure(self, connection_ids: Collection[UUID]) -> None:
        """Read those of the connections that are not in memory."""
        missing = {one for one in connection_ids if one not in self._known}
        if missing:
            async with self._workshop.work() as work:
                self._known.update(await service.known_connections(work, missing))

    def release(self, connection_id: UUID) -> None:
        """Forget a connection nobody is signed in with."""
        self._known.pop(connection_id, None)

    async def refresh(self) -> Refreshed:
        """Read again what changed since it was loaded."""
        held = {connection_id: known.connection for connection_id, known in self._known.items()}
        async with self._workshop.work() as work:
            versions = await service.connection_versions(work, held)
            stale = {
                connection_id
                for connection_id, connection in held.items()
                if versions.get(connection_id) != connection.version
            }
            fresh = await service.known_connections(work, stale)
        ended = {connection_id for connection_id in stale if _has_ended(connection_id, held, fresh)}
        for connection_id in stale:
            known = fresh.get(connection_id)
            if known is None:
                self._known.pop(connection_id, None)
            else:
                self._known[connection_id] = known
        return Refreshed(ended=frozenset(ended), changed=frozenset(stale))


def _has_ended(
    connection_id: UUID,
    held: Mapping[UUID, service.Connection],
    fresh: Mapping[UUID, KnownConnection],
) -> bool:
    known = fresh.get(connection_id)
    if known is None:
        return True
    before = held[connection_id]
    now = known.connection
    return now.revoked_at is not None or now.rotated_at != before.rotated_at
