"""The demo estate in a database, as `make demo` puts it there."""

from dataclasses import dataclass
from datetime import UTC, datetime

from linli.app.demo.entering import SeededWorld
from linli.app.demo.seeding import DemoDoors, seed
from linli.app.engine.roles import DatabaseUrls
from linli.app.processes.declared import declared_rules
from linli.directory.identity.public import HashCost, Passwords
from linli.kernel.database import engine_for
from linli.kernel.time import Clock
from linli.kernel.work import Workshop
from linli.responding.rules.public import declare
from linli.support.sealing.contracts import Keys
from linli.support.sealing.public import AesGcmCipher

MORNING = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
CIPHER = AesGcmCipher(Keys.of(bytes(32)))
"""What the demo's secrets are sealed with in tests."""


@dataclass(frozen=True, slots=True)
class StandingClock:
    """Always says the same."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class SeededDatabase:
    """A database to clone, and what its simulator was told."""

    template: str
    world: SeededWorld


async def seed_demo(urls: DatabaseUrls, clock: Clock) -> SeededWorld:
    """Put the demo estate and the declared rules into an empty, migrated database."""
    machine = Workshop(engine_for(urls.gateway, connections=2), clock)
    async with machine.work() as work:
        doors = DemoDoors("127.0.0.1", 1883, "http://127.0.0.1:8000")
        world = await seed(work, CIPHER, Passwords(HashCost(8, 1)), doors)
        await declare(work, declared_rules())
    await machine.engine.dispose()
    return world
