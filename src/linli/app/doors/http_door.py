"""The HTTP door for devices, inside the web process: on a database role of its own.

People's requests run as `linli_app`; what devices send is linli's own work and runs as
`linli_gateway`, through the same intake as MQTT.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from linli.app.doors.ports import DatabaseCommands, RegisterDoorkeeper, reaching
from linli.app.intake.absorbing import Absorber
from linli.app.intake.batches import Intake
from linli.kernel.errors import NotSignedIn
from linli.kernel.work import Workshop
from linli.sensing.devices.public import DeviceRegister
from linli.sensing.gateway.http import ArrivedFile, HttpDoor
from linli.sensing.telemetry.public import Recorder
from linli.support.files.ports import Vault
from linli.support.files.public import (
    DeviceEvidence,
    SpooledFile,
    save_device_evidence,
    save_device_file,
)


class VaultShelf:
    """Fills `EvidenceShelf`: what devices took goes into the vault, and their estate sees it."""

    def __init__(self, workshop: Workshop, vault: Vault, register: DeviceRegister) -> None:
        self._workshop = workshop
        self._vault = vault
        self._register = register

    async def keep(self, connection_id: UUID, content: bytes) -> UUID:
        """Keep the file and give its id, after the commit."""
        known = self._register.get(connection_id)
        if known is None:
            raise NotSignedIn
        evidence = DeviceEvidence(content=content, estate_id=known.connection.estate_id)
        async with reaching(self._workshop) as work:
            file = await save_device_evidence(work, self._vault, evidence)
        return file.id

    async def keep_file(self, connection_id: UUID, file: ArrivedFile) -> UUID:
        """Keep a film or record and give its id, after the commit."""
        known = self._register.get(connection_id)
        if known is None:
            raise NotSignedIn
        spooled = SpooledFile(path=file.path, sha256=file.sha256, size=file.size, head=file.head)
        estate_id = known.connection.estate_id
        async with reaching(self._workshop) as work:
            kept = await save_device_file(work, self._vault, spooled, estate_id)
        return kept.id


@asynccontextmanager
async def open_http_door(workshop: Workshop, vault: Vault) -> AsyncGenerator[HttpDoor]:
    """The door, with its intake running; `workshop` connects as `linli_gateway`."""
    register = DeviceRegister(workshop)
    intake = Intake(workshop, register, Absorber(Recorder()))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(intake.run())
        yield HttpDoor(
            doorkeeper=RegisterDoorkeeper(workshop, register),
            ingest=intake,
            commands=DatabaseCommands(workshop, register),
            shelf=VaultShelf(workshop, vault, register),
            clock=workshop.clock.now,
        )
        running.cancel()
