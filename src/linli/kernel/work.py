"""The unit of work: one request, one message batch or one job is one transaction.

Services receive a `Work`, act inside its open transaction and never commit. What they add to the
outbox is stored with their changes or not at all.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from linli.kernel import ids
from linli.kernel.database import transaction
from linli.kernel.events import Outbox
from linli.kernel.scope import MACHINE, NOBODY, Actor, Scope
from linli.kernel.time import Clock

IdSource = Callable[[datetime], UUID]


@dataclass(frozen=True, slots=True)
class Work:
    """An open transaction and what a service needs: the moment, ids, who acts, the outbox."""

    connection: AsyncConnection
    now: datetime
    ids: IdSource = ids.new_id
    actor: Actor = MACHINE
    scope: Scope = NOBODY
    outbox: Outbox = field(default_factory=Outbox)

    def new_id(self) -> UUID:
        return self.ids(self.now)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Opens units of work: holds the engine and the clock of one process."""

    engine: AsyncEngine
    clock: Clock
    ids: IdSource = ids.new_id

    @asynccontextmanager
    async def work(
        self, *, actor: Actor = MACHINE, scope: Scope | None = None
    ) -> AsyncGenerator[Work]:
        """A unit of work; its events are stored at the end and everything commits together.

        People's work passes the `scope` of their session. Without one the row policies of the
        connection's role decide alone (linli's own work).
        """
        async with transaction(self.engine, scope) as connection:
            work = Work(
                connection=connection,
                now=self.clock.now(),
                ids=self.ids,
                actor=actor,
                scope=scope or NOBODY,
            )
            yield work
            await work.outbox.flush(connection)
