"""The gateway process: `python -m linli.app.processes.gateway`. Any number may run."""

import asyncio
import gc
import platform
import ssl

import uvloop
from prometheus_client.registry import Collector

from linli.app.demo.clock import followed
from linli.app.doors.counting import GatewayMetrics
from linli.app.doors.ports import (
    DatabaseCommands,
    DatabaseSessions,
    HeldClients,
    RegisterDoorkeeper,
    RegisterPresence,
)
from linli.app.doors.replaying import IntakeReplay, Replayer
from linli.app.intake.absorbing import Absorber
from linli.app.intake.batches import Intake
from linli.app.keys import Keys
from linli.app.listening import listen
from linli.app.metrics import Metrics
from linli.app.processes.begin import begin
from linli.app.processes.surroundings import clock_of
from linli.app.settings import Settings, database_urls
from linli.app.stopping import stop_on_signals
from linli.kernel.database import engine_for
from linli.kernel.work import Workshop
from linli.sensing.devices.public import (
    CLIENT_MOVED,
    COMMAND_WAITING,
    REGISTER_CHANGED,
    DeviceRegister,
)
from linli.sensing.gateway.public import Endpoint, GatewayPorts, MqttServer, MqttSettings
from linli.sensing.quarantine.public import REPLAY_ASKED
from linli.sensing.telemetry.public import Recorder

CONNECTIONS = 8
LANES = 2
"""The intake's own connections: no alarm waits for one, or for the question whether it lives."""
SWEEP_AFTER = 50_000


def endpoints_of(settings: Settings) -> tuple[Endpoint, ...]:
    """Where this installation listens for devices: plain, TLS with a certificate, WebSocket."""
    found: list[Endpoint] = []
    tls = tls_context(settings)
    if settings.mqtt_port:
        found.append(Endpoint(settings.host, settings.mqtt_port))
    if settings.mqtt_tls_port and tls is not None:
        found.append(Endpoint(settings.host, settings.mqtt_tls_port, tls=tls))
    if settings.mqtt_websocket_port:
        found.append(Endpoint(settings.host, settings.mqtt_websocket_port, websocket=True, tls=tls))
    return tuple(found)


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The certificate devices see, TLS 1.2 and newer; None without one."""
    pair = settings.mqtt_certificate
    if pair is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*pair)
    return context


async def run(settings: Settings, keys: Keys) -> None:
    """Take messages until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    engine = engine_for(database_urls(settings, keys).gateway, connections=CONNECTIONS)
    clock = clock_of(settings)
    workshop = Workshop(engine, clock)
    register = DeviceRegister(workshop)
    absorber = Absorber(Recorder())
    lanes = engine_for(database_urls(settings, keys).gateway, connections=LANES, ping=False)
    intake = Intake(Workshop(lanes, clock), register, absorber)
    replayer = Replayer(workshop, IntakeReplay(DeviceRegister(workshop), absorber))
    held = HeldClients()
    doorkeeper = RegisterDoorkeeper(workshop, register, held)
    commands = DatabaseCommands(workshop, register)
    server = MqttServer(
        GatewayPorts(
            doorkeeper=doorkeeper,
            ingest=intake,
            sessions=DatabaseSessions(workshop, register),
            commands=commands,
            presence=RegisterPresence(workshop, register, held),
        ),
        MqttSettings(
            gateway=f"{platform.node()}:{settings.mqtt_port}",
            endpoints=endpoints_of(settings),
        ),
        clock.now,
    )
    metrics = Metrics("gateway", settings.run_folder)
    collector: Collector = GatewayMetrics(server, intake)
    metrics.registry.register(collector)
    wakers = {
        REGISTER_CHANGED: doorkeeper.wake,
        CLIENT_MOVED: doorkeeper.wake_moved,
        COMMAND_WAITING: commands.wake,
        REPLAY_ASKED: replayer.wake,
    }
    async with followed(clock, engine, "gateway"), asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(intake.run()),
            tasks.create_task(replayer.run()),
            tasks.create_task(listen(engine, wakers)),
            tasks.create_task(metrics.keep_writing()),
        ]
        async with server.running():
            # What stands now stands as long as the process: no sweep need look at it again, and
            # the short-lived objects of a batch are not worth a sweep every 700 of them.
            gc.collect()
            gc.freeze()
            gc.set_threshold(SWEEP_AFTER)
            await stop.wait()
        for task in running:
            task.cancel()
    await lanes.dispose()
    await engine.dispose()


def main() -> None:
    settings, keys = begin("gateway")
    uvloop.run(run(settings, keys))


if __name__ == "__main__":
    main()
