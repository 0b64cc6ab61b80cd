"""Fills a demo installation once: `python -m linli.app.processes.seed`."""

import asyncio
from pathlib import Path

from msgspec import structs

from linli.app.demo.accounts import PASSWORD
from linli.app.demo.cameras import FILMS
from linli.app.demo.entering import write_world
from linli.app.demo.seeding import DemoDoors, is_seeded, seed
from linli.app.demo.training import ACCOUNTS as TRAINING
from linli.app.demo.training import Entrance, seed_training
from linli.app.keys import Keys
from linli.app.local_node import write_credential
from linli.app.processes.begin import begin
from linli.app.processes.surroundings import cipher_of, clock_of
from linli.app.settings import Settings, database_urls
from linli.directory.identity.public import Passwords
from linli.kernel.database import engine_for
from linli.kernel.work import Workshop

FOLDER = "demo"


def world_folder(settings: Settings) -> Path:
    """Where the simulator finds what it plays."""
    return settings.data / FOLDER


async def run(settings: Settings, keys: Keys) -> None:
    """Seed the demo estate unless it is there."""
    engine = engine_for(database_urls(settings, keys).gateway, connections=2)
    workshop = Workshop(engine, clock_of(settings))
    async with workshop.work() as work:
        if settings.demo and not await is_seeded(work):
            doors = DemoDoors(
                mqtt_host=settings.host,
                mqtt_port=settings.mqtt_port,
                http_url=f"http://{settings.host}:{settings.port}",
                films=world_folder(settings) / FILMS,
            )
            cipher, passwords = cipher_of(keys), Passwords()
            world = await seed(work, cipher, passwords, doors)
            known = Entrance({one.login: PASSWORD for one in TRAINING}, must_change=False)
            training = await seed_training(work, cipher, passwords, known)
            both = structs.replace(world, estates=(*world.estates, training))
            write_world(both, world_folder(settings))
            if world.vision is not None:
                write_credential(world.vision.username, world.vision.token, settings.data)
    await engine.dispose()


def main() -> None:
    settings, keys = begin("seed")
    asyncio.run(run(settings, keys))


if __name__ == "__main__":
    main()
