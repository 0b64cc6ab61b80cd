"""Handling events: each consumer in order, one event in one transaction with its new place.

An event whose handling keeps failing is put aside, so that it holds up its own consumer for a
few seconds and no other consumer at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from linli.app.listening import is_away
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.supervised import woken
from linli.kernel.database import transaction
from linli.kernel.events import RecordedEvent, last_offset
from linli.kernel.reactions import (
    EventReaction,
    Failure,
    names_after,
    next_event,
    pass_event,
    put_aside,
    register_consumer,
)
from linli.kernel.work import Workshop

LOOK_EVERY_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """The waits between the tries to handle one event; after the last it is put aside."""

    waits_s: tuple[float, ...] = (0.1, 0.5, 2.0, 5.0)


class Tail:
    """Looks which events were stamped, and wakes the consumers that handle them."""

    def __init__(
        self, engine: AsyncEngine, stamped: asyncio.Event, wakers: dict[str, list[asyncio.Event]]
    ) -> None:
        self._engine = engine
        self._stamped = stamped
        self._wakers = wakers
        self._position: int | None = None

    async def step(self) -> None:
        await woken(self._stamped, or_after_s=LOOK_EVERY_S)
        async with self._engine.connect() as connection:
            if self._position is None:
                self._position = await last_offset(connection)
                # What was stamped before this moment may have come after a consumer's first look.
                names = frozenset(self._wakers)
            else:
                names, self._position = await names_after(connection, self._position)
        for name in names:
            for waker in self._wakers.get(name, ()):
                waker.set()


class Consumer:
    """Handles the events of one reaction."""

    def __init__(
        self,
        reaction: EventReaction,
        workshop: Workshop,
        counts: WorkerCounts,
        patience: Patience,
    ) -> None:
        self._reaction = reaction
        self._workshop = workshop
        self._counts = counts
        self._patience = patience
        self._handling: RecordedEvent | None = None
        self._failing: int | None = None
        self._tries = 0
        self.wake = asyncio.Event()
        self.wake.set()

    async def step(self) -> None:
        """Handle all events that wait, then wait for the next."""
        await woken(self.wake, or_after_s=LOOK_EVERY_S)
        while await self._one():
            pass

    async def _one(self) -> bool:
        try:
            return await self._handle()
        except Exception as error:
            if is_away(error) or self._handling is None:
                raise
            await self._failed(self._handling, error)
            return True

    async def _handle(self) -> bool:
        name = self._reaction.name
        self._handling = None
        async with self._workshop.work() as work:
            event = await next_event(work.connection, self._reaction)
            if event is None:
                return False
            self._handling = event
            await self._reaction.react(work, event)
            await pass_event(work.connection, name, event.offset)
        self._counts.handled.labels(name).inc()
        return True

    async def _failed(self, event: RecordedEvent, error: Exception) -> None:
        name = self._reaction.name
        self._tries = self._tries + 1 if self._failing == event.offset else 1
        self._failing = event.offset
        self._counts.retried.labels(name).inc()
        if self._tries <= len(self._patience.waits_s):
            wait_s = self._patience.waits_s[self._tries - 1]
            log.warning(
                "event_not_handled",
                consumer=name,
                offset=event.offset,
                tries=self._tries,
                error=repr(error),
                again_in_s=wait_s,
            )
            await asyncio.sleep(wait_s)
            return
        failure = Failure(
            consumer=name,
            event=event,
            attempts=self._tries,
            error=repr(error),
            failed_at=self._workshop.clock.now(),
        )
        async with transaction(self._workshop.engine) as connection:
            await put_aside(connection, failure)
        self._counts.put_aside.labels(name).inc()
        log.error("event_put_aside", consumer=name, offset=event.offset, exc_info=error)


async def register(engine: AsyncEngine, reactions: Sequence[EventReaction]) -> None:
    """Give every consumer its place, before anything new is stamped."""
    async with transaction(engine) as connection:
        for reaction in reactions:
            await register_consumer(connection, reaction.name)
