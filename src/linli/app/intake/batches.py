"""Batches: what all connections send meanwhile is committed together, one transaction a lane.

While one batch commits the next one gathers and is decoded, so batches grow with the load and
stay small, and quick, without it. Two lanes: an alarm does not wait for the batch under way, it
takes a transaction of its own, with all that its connection said before it, and the next batch
lets it through. No connection is in both lanes at once, so every connection's messages are
committed in their order.
"""

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import structlog
from asyncpg import exceptions as postgres
from sqlalchemy.exc import DBAPIError

from linli.app.intake.absorbing import Absorber
from linli.app.intake.decoding import Decoded, decode_into, nothing, together
from linli.app.listening import COLLISION, is_away
from linli.kernel.work import Work, Workshop
from linli.sensing.devices.public import DeviceRegister, ended_credentials
from linli.sensing.gateway.contracts import FAILED, Inbound, Outcome, quarantined
from linli.sensing.quarantine.contracts import Unusable
from linli.sensing.quarantine.public import hold

MOST = 2000
TRIES = 4
UNPROCESSABLE = "unprocessable"
UNPROCESSABLE_TITLE = "平台没能处理"
UNPROCESSABLE_WORDS = "消息本身看得懂，但平台处理时出错；已记入日志，修复后可以重放。"

log = structlog.get_logger()


class NothingBegun(Exception):
    """The connection was found dead before anything was done on it."""


class Group(msgspec.Struct, eq=False):
    """The messages of one read of one connection, on their way."""

    connection_id: UUID
    messages: Sequence[Inbound]
    future: "Future[Sequence[Outcome]]"
    decoded: Decoded | None
    """None when decoding failed: the batch finds which message is to blame."""
    urgent: bool = False
    taken: bool = False


class Intake:
    """Fills the gateway's `Ingest` port. `run` must be running for anything to be committed."""

    def __init__(self, workshop: Workshop, register: DeviceRegister, absorber: Absorber) -> None:
        self._workshop = workshop
        self._register = register
        self._absorber = absorber
        self._waiting: deque[Group] = deque()
        self._urgent: list[Group] = []
        self._busy: set[UUID] = set()
        self._more = asyncio.Event()
        self._hurry = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()
        self._away = 0
        self.batches = 0
        self.urgent = 0
        self.retried = 0
        self.unprocessable = 0

    def submit(self, messages: Sequence[Inbound]) -> "Future[Sequence[Outcome]]":
        """Take the messages of one connection's read; the future resolves after their commit."""
        future: Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        if not messages:
            future.set_result(())
            return future
        group = Group(messages[0].connection_id, messages, future, self._decoded(messages))
        self._waiting.append(group)
        self._more.set()
        if group.decoded is not None and self._absorber.urgent(group.decoded.entries):
            group.urgent = True
            self._urgent.append(group)
            self._hurry.set()
            self._calm.clear()
        return future

    async def run(self) -> None:
        """Commit batches for ever."""
        async with asyncio.TaskGroup() as lanes:
            lanes.create_task(self._usual_lane())
            lanes.create_task(self._urgent_lane())

    async def _usual_lane(self) -> None:
        while True:
            # One process: what this lane does meanwhile would take the time of the alarm.
            await self._calm.wait()
            batch = self._gather()
            if batch:
                await self._through(batch)
            else:
                self._more.clear()
                await self._more.wait()

    async def _urgent_lane(self) -> None:
        while True:
            batch = self._gather_urgent()
            if batch:
                await self._through(batch)
                self._calm.set()
                continue
            if not self._urgent:
                self._calm.set()
            self._hurry.clear()
            await self._hurry.wait()

    async def _through(self, batch: Sequence[Group]) -> None:
        """Commit the batch and answer its messages."""
        connections = {group.connection_id for group in batch}
        self._busy |= connections
        try:
            outcomes = await self._commit(
                [message for group in batch for message in group.messages],
                _decoded_together(batch),
            )
        finally:
            self._busy -= connections
        self.batches += 1
        place = 0
        for group in batch:
            end = place + len(group.messages)
            if not group.future.done():
                group.future.set_result(outcomes[place:end])
            place = end
        # What the other lane held back because of these connections may go now.
        self._more.set()
        self._hurry.set()

    def _gather(self) -> list[Group]:
        """What waits, but for the connections that the other lane has or is about to take."""
        batch: list[Group] = []
        count = 0
        others = self._busy | {group.connection_id for group in self._urgent}
        left: list[Group] = []
        while self._waiting and count < MOST:
            group = self._waiting.popleft()
            if group.connection_id in others:
                left.append(group)
            else:
                batch.append(group)
                count += len(group.messages)
        self._waiting.extendleft(reversed(left))
        return batch

    def _gather_urgent(self) -> list[Group]:
        """What is urgent, and whatever else its connections said, in order."""
        hurried = {group.connection_id for group in self._urgent} - self._busy
        if not hurried:
            return []
        batch: list[Group] = []
        count = 0
        left: deque[Group] = deque()
        for group in self._waiting:
            if group.connection_id in hurried and count < MOST:
                batch.append(group)
                group.taken = True
                count += len(group.messages)
            else:
                left.append(group)
        self._waiting = left
        self._urgent = [group for group in self._urgent if not group.taken]
        self.urgent += 1
        return batch

    async def _commit(
        self, messages: Sequence[Inbound], decoded: Decoded | None = None
    ) -> Sequence[Outcome]:
        """Commit the messages together; what cannot be committed is found by halving."""
        collided = False
        for attempt in range(TRIES):
            try:
                return await self._once(messages, decoded)
            except NothingBegun as error:
                # The database may have been restarted since; one that lives makes a new one.
                if attempt:
                    return self._out_of_reach(len(messages), error)
            except Exception as error:
                self._absorber.rolled_back()
                # What was decoded before may be what went wrong, and may have been used up.
                decoded = None
                if is_away(error):
                    return self._out_of_reach(len(messages), error)
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

    def _out_of_reach(self, messages: int, error: Exception) -> Sequence[Outcome]:
        """Nothing is acknowledged; the log hears of the first and, when it is over, how many."""
        if not self._away:
            log.warning("intake_database_away", error=repr(error))
        self._away += messages
        return [FAILED] * messages

    async def _once(
        self, messages: Sequence[Inbound], decoded: Decoded | None
    ) -> Sequence[Outcome]:
        async with self._workshop.work() as work:
            try:
                ended = await _ended(work, messages)
            except Exception as error:
                if is_away(error):
                    raise NothingBegun from error
                raise
            if self._away:
                log.warning("intake_database_back", not_acknowledged=self._away)
                self._away = 0
            if ended:
                return await self._without(work, messages, ended)
            decoded = decoded or self.decode(messages)
            await self._absorber.absorb(work, decoded)
        return decoded.outcomes

    async def _without(
        self, work: Work, messages: Sequence[Inbound], ended: frozenset[UUID]
    ) -> Sequence[Outcome]:
        """Take what the others say; who was revoked meanwhile is not acknowledged."""
        held = [message.connection_id not in ended for message in messages]
        decoded = self.decode([one for one, holds in zip(messages, held, strict=True) if holds])
        await self._absorber.absorb(work, decoded)
        outcomes = iter(decoded.outcomes)
        return [next(outcomes) if holds else FAILED for holds in held]

    def decode(self, messages: Sequence[Inbound]) -> Decoded:
        """What the messages say about registered devices."""
        decoded = nothing()
        known = self._register.get
        for message in messages:
            decode_into(decoded, message, known(message.connection_id))
        return decoded

    def _decoded(self, messages: Sequence[Inbound]) -> Decoded | None:
        """As `decode`; None when a driver fails, which the batch then looks into."""
        try:
            return self.decode(messages)
        except Exception:
            log.exception("decoding_failed", messages=len(messages))
            return None

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


def _decoded_together(batch: Iterable[Group]) -> Decoded | None:
    parts = [group.decoded for group in batch]
    known = [part for part in parts if part is not None]
    return together(known) if len(known) == len(parts) else None


async def _ended(work: Work, messages: Sequence[Inbound]) -> frozenset[UUID]:
    """The connections among these whose credential ended since they signed in."""
    admissions = {id(message.admission): message.admission for message in messages}
    since = {
        (admission.connection_id, admission.credential_at)
        for admission in admissions.values()
        if admission.credential_at is not None
    }
    return frozenset(connection_id for connection_id, _ in await ended_credentials(work, since))


def _collided(error: Exception) -> bool:
    """Whether the same work, done again, may well succeed."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) in COLLISION
