"""The HTTP door with everything behind it: an intake of its own on the gateway's database role.

Whichever process serves `linli.sensing.gateway.http.api` puts the opened door into
`app.state.http_door`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from linli.app.doors.ports import DatabaseCommands, RegisterDoorkeeper, reaching
from linli.app.intake.absorbing import Absorber
from linli.app.intake.batches import Intake
from linli.kernel.database import engine_for
from linli.kernel.time import Clock
from linli.kernel.work import Workshop
from linli.sensing.devices.public import DeviceRegister, connection_of
from linli.sensing.gateway.http import HttpDoor
from linli.sensing.gateway.ports import Unavailable
from linli.sensing.telemetry.public import Recorder
from linli.support.files.ports import Vault
from linli.support.files.public import DeviceEvidence, save_device_evidence

CONNECTIONS = 4


class VaultShelf:
    """Keeps what devices send in the installation's vault, as evidence of their estate."""

    def __init__(self, workshop: Workshop, vault: Vault) -> None:
        self._workshop = workshop
        self._vault = vault

    async def keep(self, connection_id: UUID, content: bytes) -> UUID:
        """Keep a picture or film and give its id, after the commit."""
        async with reaching(self._workshop) as work:
            connection = await connection_of(work, connection_id)
            evidence = DeviceEvidence(content=content, estate_id=connection.estate_id)
            try:
                kept = await save_device_evidence(work, self._vault, evidence)
            except OSError as error:
                raise Unavailable(repr(error)) from error
        return kept.id


@asynccontextmanager
async def open_http_door(gateway_url: str, clock: Clock, vault: Vault) -> AsyncGenerator[HttpDoor]:
    """A door that takes messages in as long as the block runs; `gateway_url` is linli_gateway's."""
    engine = engine_for(gateway_url, connections=CONNECTIONS)
    workshop = Workshop(engine, clock)
    # Every request signs in and so reads its connection afresh: nobody needs to listen.
    register = DeviceRegister(workshop)
    intake = Intake(workshop, register, Absorber(Recorder()))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(intake.run())
            yield HttpDoor(
                doorkeeper=RegisterDoorkeeper(workshop, register),
                ingest=intake,
                commands=DatabaseCommands(workshop, register),
                shelf=VaultShelf(workshop, vault),
                clock=clock.now,
            )
            running.cancel()
    finally:
        await engine.dispose()
