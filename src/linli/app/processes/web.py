"""The web process: `python -m linli.app.processes.web`. Any number may run, behind a balancer."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import uvloop
from fastapi import FastAPI

import linli
from linli.app import status
from linli.app.assemble import (
    chapters,
    conditions,
    figures,
    flows,
    measures,
    routers,
    sheets,
    spans,
    tallies,
)
from linli.app.demo.clock import followed
from linli.app.doors.addresses import device_doors
from linli.app.doors.http_door import open_http_door
from linli.app.keys import Keys
from linli.app.known_devices import RegisteredDevices
from linli.app.lists.grounds import NamedGrounds
from linli.app.metrics import Metrics
from linli.app.open_matters import OpenIncidents
from linli.app.place_figures import CountedFigures
from linli.app.processes.begin import begin
from linli.app.processes.surroundings import (
    cipher_of,
    clock_of,
    held_terms,
    signer_of,
    vault_of,
    vision_of,
)
from linli.app.settings import Settings, database_urls
from linli.app.stopping import stop_on_signals
from linli.app.web.application import WebContext, create_app
from linli.app.web.counting import WebCounts
from linli.app.web.serving import Address, serve
from linli.directory.identity.door import DoorSettings, SessionDoor
from linli.directory.identity.public import Passwords
from linli.directory.openid.public import OpenIdClient, OpenIdProvider
from linli.kernel.database import engine_for
from linli.kernel.time import Clock, SystemClock
from linli.kernel.work import Workshop
from linli.responding.guests.door import GuestDoor
from linli.sensing.drivers.public import remedy_of

CONNECTIONS = 20
DOOR_CONNECTIONS = 4
FRONT_END = Path(linli.__file__).parent / "webdist"


def identity_provider(settings: Settings) -> OpenIdProvider | None:
    """Who answers for identities at this installation."""
    issuer, client, secret = settings.openid_issuer, settings.openid_client, settings.openid_secret
    if issuer is None or client is None or secret is None:
        return None
    told = OpenIdClient(
        issuer,
        client,
        secret.get_secret_value(),
        settings.openid_title,
        f"{settings.address.rstrip('/')}/api/session/openid/done",
    )
    return OpenIdProvider(told, SystemClock().now)


def application(
    settings: Settings, keys: Keys, metrics: Metrics, clock: Clock | None = None
) -> FastAPI:
    """The application of an installation."""
    clock = clock or clock_of(settings)
    engine = engine_for(database_urls(settings, keys).app, connections=CONNECTIONS)
    workshop = Workshop(engine, clock)
    door = SessionDoor(
        workshop,
        Passwords(),
        DoorSettings(
            secure=settings.address.startswith("https://"),
            demo=settings.demo,
            installation_title="邻里 · 演示" if settings.demo else "邻里",
            second_factor_roles=frozenset(settings.second_factor_roles),
        ),
        cipher=cipher_of(keys),
    )
    counts = WebCounts(metrics.registry)
    app = create_app(
        WebContext(
            workshop=workshop,
            door=door,
            vault=vault_of(settings),
            routers=(status.api, *routers()),
            folder=FRONT_END,
            state={
                "cipher": cipher_of(keys),
                "settings": settings,
                "metrics": metrics,
                "place_figures": CountedFigures(),
                "known_devices": RegisteredDevices(),
                "conditions": conditions(),
                "measures": measures(),
                "sheets": sheets(),
                "most_alone": settings.most_alone,
                "grounds": NamedGrounds(),
                "figures": figures(),
                "spans": spans(),
                "flows": flows(),
                "tallies": tallies(),
                "guest_door": GuestDoor(workshop),
                "open_matters": OpenIncidents(),
                "doors": device_doors(settings),
                "remedies": remedy_of,
                "identity_provider": identity_provider(settings),
                "signer": signer_of(keys),
                "chapters": chapters(),
                "terms": held_terms(settings),
            },
            proxies=tuple(ip_network(network) for network in settings.proxies),
            count=counts.count,
            told_clock=clock if settings.demo else None,
        )
    )
    counts.watch(app.state.live.hub)
    return app


async def run(settings: Settings, keys: Keys) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    metrics = Metrics("web", settings.run_folder)
    clock = clock_of(settings)
    app = application(settings, keys, metrics, clock)
    address = Address(settings.host, settings.port, settings.tls_certificate, settings.tls_key)
    urls = database_urls(settings, keys)
    doors = Workshop(engine_for(urls.gateway, connections=DOOR_CONNECTIONS), clock)
    async with (
        followed(clock, doors.engine, "web"),
        open_http_door(doors, vault_of(settings)) as door,
        asyncio.TaskGroup() as tasks,
    ):
        app.state.http_door = door
        app.state.vision = vision_of(keys, doors)
        writing = tasks.create_task(metrics.keep_writing())
        await serve(app, address, stop)
        writing.cancel()
    await doors.engine.dispose()
    workshop: Workshop = app.state.workshop
    await workshop.engine.dispose()


def main() -> None:
    settings, keys = begin("web")
    uvloop.run(run(settings, keys))


if __name__ == "__main__":
    main()
