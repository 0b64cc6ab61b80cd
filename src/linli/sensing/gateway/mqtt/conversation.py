"""One client at the door: joins a link, an engine and the hub, and carries out effects in order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from enum import Flag, auto
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from linli.sensing.gateway.contracts import (
    Arrived,
    Fate,
    LeaveReason,
    Left,
    Limits,
    Notice,
    Outcome,
    Transport,
    WaitingCommand,
)
from linli.sensing.gateway.mqtt.counters import GatewayCounters
from linli.sensing.gateway.mqtt.engine import (
    Authenticate,
    Batch,
    Effect,
    Engine,
    FetchCommands,
    Phase,
    Save,
    Send,
    Settle,
    Submit,
)
from linli.sensing.gateway.mqtt.limits import TokenBucket
from linli.sensing.gateway.mqtt.links import Link
from linli.sensing.gateway.mqtt.packets import Connect
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.mqtt.settings import MqttSettings
from linli.sensing.gateway.ports import Commands, Ingest, SessionStore

RESUME_SHARE: Final = 0.5
WORK_MOST: Final = 64
CLOSE_TIMEOUT: Final = 5.0


class Paused(Flag):
    """Why nothing is read from a client just now."""

    NO = 0
    GREETING = auto()
    RATE = auto()
    IN_FLIGHT = auto()
    WRITING = auto()
    CROWD = auto()
    WORK = auto()
    ENDING = auto()


class Hub(Protocol):
    """What a conversation needs of the server around it."""

    settings: MqttSettings
    counters: GatewayCounters
    in_flight: int
    """Messages of all clients submitted and not settled."""
    ingest: Ingest
    sessions: SessionStore
    commands: Commands
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run in the server's task group."""
        ...

    async def guarded(self, place: str, work: Awaitable[None]) -> bool:
        """Await; on failure log and count it and return False."""
        ...

    def failed(self, place: str, wrong: BaseException) -> None:
        """Log and count a failure."""
        ...

    async def enter(self, conversation: "Conversation", connect: Connect) -> None:
        """Authenticate, settle whose session it is, and let in or refuse."""
        ...

    async def hand_out(self, connection_id: UUID, commands: Sequence[WaitingCommand]) -> None:
        """Give waiting commands to the clients of a connection."""
        ...

    async def store_away(self, conversation: "Conversation") -> None:
        """Publish the will if it is due, and store or remove the session."""
        ...

    def notice(self, notice: Notice) -> None:
        """Tell who came or went."""
        ...

    def forget(self, conversation: "Conversation") -> None:
        """Drop every trace of an ended conversation."""
        ...

    def slowed(self, conversation: "Conversation") -> None:
        """Remember to look at it at the next tick."""
        ...

    def crowded(self, conversation: "Conversation") -> None:
        """Remember to let it go on once enough has been committed."""
        ...

    def relieved(self) -> None:
        """Hear that something was settled."""
        ...


class Conversation:
    """Everything about one network connection, from accept to the last stored byte."""

    def __init__(self, hub: Hub, link: Link, address: str, transport: Transport) -> None:
        self.engine = Engine(hub.settings.gateway)
        self.address = address
        self.transport = transport
        self.finished = asyncio.Event()
        self.opened_at = hub.monotonic()
        self.admitted = False
        self.barred: set[UUID] = set()
        """Connections dismissed while this client was being let in."""
        self.waiting = True
        """Counted among those whose CONNECT has not come."""
        self._hub = hub
        self._link = link
        self._heard_at = self.opened_at
        self._paused: Paused = Paused.NO
        self._stalled_at: float | None = None
        self._ended_at: float | None = None
        self._packets: TokenBucket | None = None
        self._bytes: TokenBucket | None = None
        self._in_flight_limit = 1
        self._work: deque[Effect] = deque()
        self._working = False
        self._flushing = False
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._gone = False

    # Told by the link

    def received(self, raw: bytes) -> None:
        try:
            self._take(raw)
        except Exception as wrong:  # noqa: BLE001 - supervised: a bug costs this connection only
            self._failed("receive", wrong)

    def _take(self, raw: bytes) -> None:
        hub = self._hub
        engine = self.engine
        if engine.closed:
            return
        self._heard_at = hub.monotonic()
        effects = engine.receive(raw, hub.now())
        self.carry_out(effects)
        packets, engine.heard = engine.heard, 0
        if engine.awaiting_doorkeeper:
            self._pause(Paused.GREETING)
        elif self._bytes is not None and self._packets is not None:
            at = self._heard_at
            within = self._bytes.take(len(raw), at) & self._packets.take(packets, at)
            if not within:
                hub.counters.refused["slowed"] += 1
                self._pause(Paused.RATE)
                hub.slowed(self)
            if len(self._work) > WORK_MOST:
                self._pause(Paused.WORK)
            if engine.in_flight >= self._in_flight_limit:
                self._pause(Paused.IN_FLIGHT)
            if hub.in_flight >= hub.settings.max_in_flight:
                self._pause(Paused.CROWD)
                hub.crowded(self)
        self.flush()

    def broke_framing(self, detail: str) -> None:
        self._hub.counters.refused["websocket"] += 1
        self.engine.end(Reason.PROTOCOL_ERROR, LeaveReason.PROTOCOL, detail)
        self.flush()

    def writing_stalled(self) -> None:
        self._stalled_at = self._hub.monotonic()
        self._pause(Paused.WRITING)

    def writing_flows(self) -> None:
        self._stalled_at = None
        self._resume(Paused.WRITING)

    def cut(self) -> None:
        if self._gone:
            return
        self._gone = True
        self.engine.cut()
        self._end()
        self._hub.spawn(self._finish())

    # Told by the hub

    def limited(self, limits: Limits) -> None:
        """Apply the limits of the admission."""
        at = self._hub.monotonic()
        self._packets = TokenBucket(limits.messages_per_second, limits.messages_burst, at)
        self._bytes = TokenBucket(limits.bytes_per_second, limits.bytes_burst, at)
        self._in_flight_limit = limits.in_flight

    def greeted(self) -> None:
        """Go on reading after CONNACK, beginning with what came meanwhile."""
        self._heard_at = self._hub.monotonic()
        self.carry_out(self.engine.catch_up())
        self._resume(Paused.GREETING)
        self.flush()

    def dismiss(self, reason: Reason, leave: LeaveReason, detail: str = "") -> None:
        """Close from our side."""
        self.engine.end(reason, leave, detail)
        self.flush()

    def hold(self) -> None:
        """Read nothing more: the gateway is going down."""
        self._pause(Paused.ENDING)

    def drop(self) -> None:
        """Cut the line: the client did not take its goodbye in time."""
        self._link.abort()

    async def settled(self) -> None:
        """Wait until everything read so far has its outcome and is carried out."""
        await self._quiet.wait()

    def look(self, now: float) -> None:
        """Apply time limits."""
        settings = self._hub.settings
        engine = self.engine
        if self._ended_at is not None:
            if now - self._ended_at > CLOSE_TIMEOUT:
                self._link.abort()
            return
        if self._stalled_at is not None and now - self._stalled_at > settings.stall_timeout:
            engine.cut(LeaveReason.SLOW)
            self._end()
            self._link.abort()
            return
        if engine.phase is not Phase.CONNECTED:
            greeting = engine.phase is Phase.GREETING
            patience = settings.connect_timeout if greeting else settings.admit_timeout
            if now - self.opened_at > patience:
                self._hub.counters.refused["connect_timeout"] += 1
                engine.cut(LeaveReason.KEEP_ALIVE)
                self.flush()
            return
        limit = engine.keep_alive_limit
        if limit is not None and not self._paused and now - self._heard_at > limit:
            self.dismiss(Reason.KEEP_ALIVE_TIMEOUT, LeaveReason.KEEP_ALIVE)

    def uncrowded(self) -> None:
        """Read again: enough of what was waiting has been committed."""
        self._resume(Paused.CROWD)

    def cooled(self, now: float) -> bool:
        """Read again if the rate allows it; False when it has to wait on."""
        if self._bytes is None or self._packets is None or self.engine.closed:
            return True
        if self._bytes.take(0, now) and self._packets.take(0, now):
            self._resume(Paused.RATE)
            return True
        return False

    # Effects

    def carry_out(self, effects: Sequence[Effect]) -> None:
        """Start the effects, in order."""
        for effect in effects:
            if isinstance(effect, Submit):
                self._submit(effect.batch)
            else:
                self._work.append(effect)
        if self._work and not self._working:
            self._working = True
            self._quiet.clear()
            self._hub.spawn(self._drain())

    def _submit(self, batch: Batch) -> None:
        hub = self._hub
        counters = hub.counters
        counters.messages += len(batch.messages)
        hub.in_flight += len(batch.messages)
        for message in batch.messages:
            counters.message_bytes += len(message.payload)
        self._quiet.clear()
        try:
            future = hub.ingest.submit(batch.messages)
        except Exception as wrong:  # noqa: BLE001 - supervised: counted, the client sends again
            hub.failed("ingest", wrong)
            self._settle(batch, None)
            return
        future.add_done_callback(partial(self._committed, batch))

    def _committed(self, batch: Batch, future: "asyncio.Future[Sequence[Outcome]]") -> None:
        outcomes: Sequence[Outcome] | None = None
        if not future.cancelled():
            wrong = future.exception()
            if wrong is None:
                outcomes = future.result()
            else:
                self._hub.failed("ingest", wrong)
        try:
            self._settle(batch, outcomes)
        except Exception as wrong:  # noqa: BLE001 - supervised: a bug costs this connection only
            self._failed("settle", wrong)

    def _failed(self, place: str, wrong: Exception) -> None:
        self._hub.failed(place, wrong)
        self.dismiss(Reason.IMPLEMENTATION_ERROR, LeaveReason.FAILED)

    def _settle(self, batch: Batch, outcomes: Sequence[Outcome] | None) -> None:
        engine = self.engine
        hub = self._hub
        hub.in_flight -= len(batch.messages)
        hub.relieved()
        for outcome in outcomes or ():
            if outcome.fate is not Fate.ACCEPTED:
                hub.counters.refused[outcome.fate.value] += 1
        self.carry_out(engine.settle(batch, outcomes))
        self._hush()
        if (
            Paused.IN_FLIGHT in self._paused
            and engine.in_flight <= self._in_flight_limit * RESUME_SHARE
        ):
            self._resume(Paused.IN_FLIGHT)
        if not self._flushing:
            # Several batches often commit together; their acknowledgements go out in one write.
            self._flushing = True
            asyncio.get_running_loop().call_soon(self.flush)

    async def _drain(self) -> None:
        while self._work:
            effect = self._work.popleft()
            done = await self._hub.guarded("effect", self._do(effect))
            if not done:
                self.engine.end(Reason.IMPLEMENTATION_ERROR, LeaveReason.FAILED)
            self.flush()
        self._working = False
        self._resume(Paused.WORK)
        self._hush()

    def _hush(self) -> None:
        if self.engine.idle and not self._working:
            self._quiet.set()

    async def _do(self, effect: Effect) -> None:
        hub = self._hub
        match effect:
            case Authenticate(connect):
                await hub.enter(self, connect)
            case Save(session, then):
                # Of a client that is gone, the whole session is stored at the end.
                if not self.engine.closed:
                    await hub.sessions.save(session)
                    self.engine.write(then)
            case Send(sendings, raw):
                if sendings:
                    await hub.commands.sent(sendings)
                hub.counters.commands_sent += len(sendings)
                self.engine.write(raw)
            case Settle(receipts):
                await hub.commands.acknowledged(receipts)
                hub.counters.commands_acknowledged += len(receipts)
            case FetchCommands():
                await self._fetch()
            case Submit(batch):
                self._submit(batch)

    async def _fetch(self) -> None:
        hub = self._hub
        admission = self.engine.admission
        if admission is None or self.engine.closed:
            return
        waiting = await hub.commands.waiting([admission.connection_id], hub.now())
        await hub.hand_out(admission.connection_id, waiting)

    # The link

    def flush(self) -> None:
        """Write what is ready; close when the conversation has ended."""
        self._flushing = False
        engine = self.engine
        counters = self._hub.counters
        raw = engine.take_output()
        if engine.acknowledged:
            counters.acknowledged += engine.acknowledged
            engine.acknowledged = 0
        if engine.lost:
            counters.failures["qos0_lost"] += engine.lost
            engine.lost = 0
        if engine.refused:
            counters.refused.update(engine.refused)
            engine.refused.clear()
        if raw and not self._gone:
            self._link.send(raw)
        if engine.closed:
            self._end()

    def _end(self) -> None:
        if self._ended_at is not None:
            return
        self._ended_at = self._hub.monotonic()
        if not self._gone:
            self._pause(Paused.ENDING)
            self._link.close()

    def _pause(self, why: Paused) -> None:
        if not self._paused:
            self._link.pause()
        self._paused |= why

    def _resume(self, why: Paused) -> None:
        if why not in self._paused:
            return
        self._paused &= ~why
        if not self._paused:
            self._heard_at = self._hub.monotonic()
            self._link.resume()

    # The end

    def entered(self) -> None:
        """Tell that the client was admitted."""
        hub = self._hub
        admission = self.engine.admission
        if admission is None:
            return
        self.admitted = True
        hub.notice(
            Arrived(
                admission.connection_id,
                self.engine.client_id,
                self.address,
                self.transport,
                hub.now(),
            )
        )

    async def _finish(self) -> None:
        hub = self._hub
        if self.admitted:
            try:
                async with asyncio.timeout(hub.settings.drain_timeout):
                    await self._quiet.wait()
            except TimeoutError:
                hub.counters.failures["never_settled"] += 1
        departure = self.engine.departure
        reason = departure.reason if departure else LeaveReason.LOST
        hub.counters.left[reason.value] += 1
        admission = self.engine.admission
        if self.admitted and admission is not None:
            await hub.guarded("store_away", hub.store_away(self))
            hub.notice(
                Left(
                    admission.connection_id,
                    self.engine.client_id,
                    reason,
                    hub.now(),
                    departure is not None and departure.will is not None,
                )
            )
        hub.forget(self)
        self.finished.set()
