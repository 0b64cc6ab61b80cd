"""Two gateways on one database: a client is at one of them, the one it came to last."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.support.mqtt_client import BareClient, hello
from tests.unit.app.test_intake import Yard, running, yard

from linli.app.doors.ports import (
    DatabaseCommands,
    DatabaseSessions,
    HeldClients,
    RegisterDoorkeeper,
    RegisterPresence,
)
from linli.app.intake.absorbing import Absorber
from linli.app.intake.batches import Intake
from linli.app.listening import listen
from linli.sensing.devices.public import CLIENT_MOVED, REGISTER_CHANGED, DeviceRegister
from linli.sensing.gateway.mqtt.packets import V5, ConnAck, Connect, Disconnect
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.public import Endpoint, GatewayPorts, MqttServer, MqttSettings
from linli.sensing.telemetry.public import Recorder

__all__ = ["yard"]
SOS = "yg-6-1-502-sos"
PATIENCE_S = 30


@asynccontextmanager
async def gateway(yard: Yard, name: str) -> AsyncGenerator[int]:
    """A gateway as its process builds it; yields the port it listens on."""
    workshop = yard.workshop
    register = DeviceRegister(workshop)
    held = HeldClients()
    doorkeeper = RegisterDoorkeeper(workshop, register, held)
    intake = Intake(workshop, register, Absorber(Recorder()))
    server = MqttServer(
        GatewayPorts(
            doorkeeper=doorkeeper,
            ingest=intake,
            sessions=DatabaseSessions(workshop, register),
            commands=DatabaseCommands(workshop, register),
            presence=RegisterPresence(workshop, register, held),
        ),
        MqttSettings(gateway=name, endpoints=(Endpoint("127.0.0.1", 0),)),
        workshop.clock.now,
    )
    wakers = {REGISTER_CHANGED: doorkeeper.wake, CLIENT_MOVED: doorkeeper.wake_moved}
    async with asyncio.TaskGroup() as tasks, running(intake):
        listening = tasks.create_task(listen(workshop.engine, wakers))
        async with server.running():
            yield server.addresses[0][1]
        listening.cancel()


@asynccontextmanager
async def let_in(port: int, greeting: Connect) -> AsyncGenerator[BareClient]:
    """A client that was let in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = BareClient(reader, writer, V5)
    try:
        client.send(greeting)
        assert (await client.expect(ConnAck)).reason == 0
        yield client
    finally:
        await client.close()


async def test_a_client_that_comes_to_another_gateway_leaves_the_first(yard: Yard) -> None:
    device = next(one for one in yard.world.estates[0].devices if one.code == SOS)
    assert device.username
    assert device.token
    greeting = hello(
        client_id="wanders", username=device.username, password=device.token.encode(), expiry=600
    )
    stays = hello(client_id="stays", username=device.username, password=device.token.encode())
    at = "SELECT client_id, gateway FROM sensing_presence ORDER BY client_id"
    async with (
        gateway(yard, "first") as first,
        gateway(yard, "second") as second,
        let_in(first, stays) as neighbour,
        let_in(first, greeting) as before,
    ):
        await yard.until("SELECT count(*) = 2 FROM sensing_presence WHERE gateway = 'first'")
        async with let_in(second, greeting) as after:
            async with asyncio.timeout(PATIENCE_S):
                assert (await before.expect(Disconnect)).reason == Reason.SESSION_TAKEN_OVER
                await before.ended()
            await after.alive()
            await neighbour.alive()
            assert await yard.rows(at) == [("stays", "first"), ("wanders", "second")]
            session = "SELECT gateway FROM sensing_mqtt_session WHERE client_id = 'wanders'"
            assert await yard.rows(session) == [("second",)]
            # And back again.
            async with let_in(first, greeting) as again:
                async with asyncio.timeout(PATIENCE_S):
                    assert (await after.expect(Disconnect)).reason == Reason.SESSION_TAKEN_OVER
                await again.alive()
