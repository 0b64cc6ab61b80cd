"""Batches: what all connections send meanwhile is committed together, one transaction at a time.

While one batch commits the next one gathers, so batches grow with the load and stay small, and
quick, without it.
"""

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Sequence

import structlog
from asyncpg import exceptions as postgres
from sqlalchemy.exc import DBAPIError

from linli.app.intake.absorbing import Absorber
from linli.app.intake.decoding import Decoded, decode_into, nothing
from linli.app.listening import COLLISION, is_away
from linli.kernel.work import Workshop
from linli.sensing.devices.public import DeviceRegister
from linli.sensing.gateway.contracts import FAILED, Inbound, Outcome, quarantined
from linli.sensing.quarantine.contracts import Unusable
from linli.sensing.quarantine.public import hold

MOST = 2000
TRIES = 4
UNPROCESSABLE = "unprocessable"
UNPROCESSABLE_TITLE = "平台没能处理"
UNPROCESSABLE_WORDS = "消息本身看得懂，但平台处理时出错；已记入日志，修复后可以重放。"

log = structlog.get_logger()

Waiting = tuple[Sequence[Inbound], "Future[Sequence[Outcome]]"]


class Intake:
    """Fills the gateway's `Ingest` port. `run` must be running for anything to be committed."""

    def __init__(self, workshop: Workshop, register: DeviceRegister, absorber: Absorber) -> None:
        self._workshop = workshop
        self._register = register
        self._absorber = absorber
        self._waiting: deque[Waiting] = deque()
        self._more = asyncio.Event()
        self.batches = 0
        self.retried = 0
        self.unprocessable = 0

    def submit(self, messages: Sequence[Inbound]) -> "Future[Sequence[Outcome]]":
        """Take the messages of one read; the future resolves after their commit."""
        future: Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((messages, future))
        self._more.set()
        return future

    async def run(self) -> None:
        """Commit batches for ever."""
        while True:
            await self._more.wait()
            batch = self._gather()
            if not batch:
                self._more.clear()
                continue
            messages = [message for group, _ in batch for message in group]
            outcomes = await self._commit(messages)
            self.batches += 1
            place = 0
            for group, future in batch:
                if not future.done():
                    future.set_result(outcomes[place : place + len(group)])
                place += len(group)

    def _gather(self) -> list[Waiting]:
        batch: list[Waiting] = []
        count = 0
        while self._waiting and count < MOST:
            batch.append(self._waiting.popleft())
            count += len(batch[-1][0])
        return batch

    async def _commit(self, messages: Sequence[Inbound]) -> Sequence[Outcome]:
        """Commit the messages together; what cannot be committed is found by halving."""
        collided = False
        for attempt in range(TRIES):
            try:
                return await self._once(messages)
            except Exception as error:
                self._absorber.rolled_back()
                if is_away(error):
                    log.warning("intake_database_away", messages=len(messages), error=repr(error))
                    return [FAILED] * len(messages)
                if not isinstance(error, DBAPIError | postgres.PostgresError):
                    # A bug that one message brings out must not stop the others.
                    log.exception("intake_failed", messages=len(messages))
                    break
                collided = _collided(error)
                self.retried += 1
                log.warning(
                    "intake_again", messages=len(messages), attempt=attempt, error=repr(error)
                )
        if collided and len(messages) == 1:
            # Nothing is wrong with the message: its device sends it again.
            return [FAILED]
        if len(messages) == 1:
            return [await self._set_aside(messages[0])]
        middle = len(messages) // 2
        return [
            *await self._commit(messages[:middle]),
            *await self._commit(messages[middle:]),
        ]

    async def _once(self, messages: Sequence[Inbound]) -> Sequence[Outcome]:
        decoded = self.decode(messages)
        async with self._workshop.work() as work:
            await self._absorber.absorb(work, decoded)
        return decoded.outcomes

    def decode(self, messages: Sequence[Inbound]) -> Decoded:
        """What the messages say about registered devices."""
        decoded = nothing()
        known = self._register.get
        for message in messages:
            decode_into(decoded, message, known(message.connection_id))
        return decoded

    async def _set_aside(self, message: Inbound) -> Outcome:
        self.unprocessable += 1
        known = self._register.get(message.connection_id)
        unusable = Unusable(
            received_at=message.received_at,
            connection_id=message.connection_id,
            estate_id=known.connection.estate_id if known else None,
            topic=message.topic,
            payload=message.payload,
            reason=UNPROCESSABLE,
            reason_title=UNPROCESSABLE_TITLE,
            words=UNPROCESSABLE_WORDS,
        )
        try:
            async with self._workshop.work() as work:
                await hold(work, [unusable])
        except Exception:
            log.exception("intake_set_aside_failed", topic=message.topic)
            return FAILED
        return quarantined(UNPROCESSABLE)


def _collided(error: Exception) -> bool:
    """Whether the same work, done again, may well succeed."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) in COLLISION
