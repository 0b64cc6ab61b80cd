"""The MQTT door with its ports filled from memory, and a clock that stands still."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from linli.sensing.gateway.public import (
    ACCEPTED,
    Admission,
    CommandReceipt,
    Credentials,
    Dismissal,
    Endpoint,
    GatewayPorts,
    Inbound,
    Limits,
    MqttServer,
    MqttSettings,
    Notice,
    Outcome,
    RefusalReason,
    Refused,
    Sending,
    SentAs,
    StoredSession,
    Unavailable,
    WaitingCommand,
    covers,
)

USERNAME = "yg-3-lift3-cam"
PASSWORD = b"token-of-lift-3"
TELEMETRY = "linli/v1/telemetry"
COMMAND = "linli/v1/command"
CHILD_COMMANDS = "linli/v1/child/+/command"
FOREIGN = "v1/devices/me/telemetry"
PATIENCE = 5.0


class FrozenClock:
    """Wall and monotonic time that move only when told."""

    def __init__(self) -> None:
        self._now = datetime(2025, 11, 22, 8, 0, tzinfo=UTC)
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


class Bell:
    """Lets a test wait for a condition that some callback makes true."""

    def __init__(self) -> None:
        self._rings: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for waiting in self._rings:
            if not waiting.done():
                waiting.set_result(None)
        self._rings.clear()

    async def until(self, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        async with asyncio.timeout(patience):
            while not true():
                ring = asyncio.get_running_loop().create_future()
                self._rings.add(ring)
                await ring


@dataclass(frozen=True, slots=True)
class NativeTopics:
    """The topics of a single device and of a site gateway's children."""

    publish: tuple[str, ...] = (
        "linli/v1/telemetry",
        "linli/v1/event",
        "linli/v1/state",
        "linli/v1/command/ack",
        "linli/v1/child/+/telemetry",
        "linli/v1/child/+/state",
    )
    commands: tuple[str, ...] = (COMMAND, CHILD_COMMANDS)

    def may_publish(self, topic: str) -> bool:
        return any(covers(one, topic) for one in self.publish)

    def command_topics(self) -> Sequence[str]:
        return self.commands


class MemoryDoorkeeper:
    """Knows connections by user name and password."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[bytes, Admission]] = {}
        self.asked: list[Credentials] = []
        self.broken: Exception | None = None
        self.orders: asyncio.Queue[Dismissal] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.gate.set()

    def register(
        self, username: str, password: bytes, limits: Limits, topics: NativeTopics | None = None
    ) -> Admission:
        admission = Admission(uuid4(), username, topics or NativeTopics(), limits)
        self.known[username] = (password, admission)
        return admission

    async def authenticate(self, credentials: Credentials) -> Admission | Refused:
        self.asked.append(credentials)
        await self.gate.wait()
        if self.broken is not None:
            raise self.broken
        known = self.known.get(credentials.username or "")
        if known is None or known[0] != credentials.password:
            return Refused(RefusalReason.BAD_CREDENTIALS, "no such connection or wrong token")
        return known[1]

    async def dismissals(self) -> AsyncIterator[Dismissal]:
        while True:
            yield await self.orders.get()


class MemoryIngest:
    """Keeps what is committed; commits at once, or when told if `held`."""

    def __init__(self, bell: Bell) -> None:
        self.committed: list[Inbound] = []
        self.batches: list[int] = []
        self.held = False
        self.decide: Callable[[Inbound], Outcome] = lambda _message: ACCEPTED
        self.broken: Exception | None = None
        self.breaks_once = False
        self._bell = bell
        self._open: list[tuple[list[Inbound], asyncio.Future[Sequence[Outcome]]]] = []

    @property
    def waiting(self) -> int:
        return len(self._open)

    def submit(self, messages: Sequence[Inbound]) -> "asyncio.Future[Sequence[Outcome]]":
        future: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        self.batches.append(len(messages))
        self._open.append((list(messages), future))
        if not self.held:
            self.commit()
        self._bell.ring()
        return future

    def commit(self, at: int = 0) -> None:
        """Commit one waiting batch, by default the oldest."""
        messages, future = self._open.pop(at)
        if self.broken is not None:
            future.set_exception(self.broken)
            if self.breaks_once:
                self.broken = None
            return
        self.committed.extend(messages)
        future.set_result([self.decide(message) for message in messages])
        self._bell.ring()

    async def until(self, count: int, patience: float = PATIENCE) -> list[Inbound]:
        await self._bell.until(lambda: len(self.committed) >= count, patience)
        return self.committed

    async def until_waiting(self, count: int) -> None:
        await self._bell.until(lambda: self.waiting >= count)


class MemorySessions:
    """Keeps sessions in a dictionary; outlives the servers of a test."""

    def __init__(self, bell: Bell) -> None:
        self.sessions: dict[tuple[UUID, str], StoredSession] = {}
        self.admissions: dict[UUID, Admission] = {}
        self.broken: Exception | None = None
        self.saves = 0
        self._bell = bell

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken

    async def load(self, connection_id: UUID, client_id: str) -> StoredSession | None:
        self._check()
        return self.sessions.get((connection_id, client_id))

    async def save(self, session: StoredSession) -> None:
        self._check()
        self.saves += 1
        self.sessions[session.connection_id, session.client_id] = session
        self._bell.ring()

    async def remove(self, connection_id: UUID, client_id: str) -> None:
        self._check()
        self.sessions.pop((connection_id, client_id), None)
        self._bell.ring()

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[StoredSession, Admission]]:
        self._check()
        found = [
            one
            for one in self.sessions.values()
            if one.gateway is None
            and (
                (one.will_due_at is not None and one.will_due_at <= now)
                or (one.ends_at is not None and one.ends_at <= now)
            )
        ]
        return [(one, self.admissions[one.connection_id]) for one in found[:limit]]

    async def reclaim(self, gateway: str, now: datetime, will_due_at: datetime) -> int:
        self._check()
        held = [one for one in self.sessions.values() if one.gateway == gateway]
        for one in held:
            due = None
            ends_at = now + timedelta(seconds=one.expiry_seconds)
            if one.will is not None:
                due = max(will_due_at, now + timedelta(seconds=one.will.delay_seconds))
                ends_at = max(ends_at, will_due_at)
            self.sessions[one.connection_id, one.client_id] = replace(
                one, gateway=None, ends_at=ends_at, will_due_at=due
            )
        return len(held)

    async def until(self, true: Callable[[], bool]) -> None:
        await self._bell.until(true)


class MemoryCommands:
    """Keeps commands until acknowledged."""

    def __init__(self, bell: Bell) -> None:
        self.commands: dict[UUID, WaitingCommand] = {}
        self.sendings: list[Sending] = []
        self.receipts: list[CommandReceipt] = []
        self.news: asyncio.Queue[Collection[UUID]] = asyncio.Queue()
        self._bell = bell

    def add(self, command: WaitingCommand) -> None:
        self.commands[command.id] = command
        self.news.put_nowait([command.connection_id])

    async def waiting(
        self, connection_ids: Collection[UUID], now: datetime
    ) -> Sequence[WaitingCommand]:
        return [
            one
            for one in self.commands.values()
            if one.connection_id in connection_ids
            and (one.expires_at is None or one.expires_at > now)
        ]

    async def sent(self, sendings: Sequence[Sending]) -> None:
        for sending in sendings:
            self.sendings.append(sending)
            if sending.packet_id:
                self.commands[sending.command_id] = replace(
                    self.commands[sending.command_id],
                    sent_as=SentAs(sending.client_id, sending.packet_id),
                )
            else:
                del self.commands[sending.command_id]

    async def acknowledged(self, receipts: Sequence[CommandReceipt]) -> None:
        for receipt in receipts:
            self.receipts.append(receipt)
            self.commands.pop(receipt.command_id, None)
        self._bell.ring()

    async def arrivals(self) -> AsyncIterator[Collection[UUID]]:
        while True:
            yield await self.news.get()

    async def until(self, true: Callable[[], bool]) -> None:
        await self._bell.until(true)


class MemoryPresence:
    """Keeps the notices; refuses the first `failures` calls."""

    def __init__(self, bell: Bell) -> None:
        self.starts: list[str] = []
        self.notices: list[Notice] = []
        self.failures = 0
        self._bell = bell

    async def started(self, gateway: str, at: datetime) -> None:
        del at
        self.starts.append(gateway)

    async def report(self, gateway: str, notices: Sequence[Notice]) -> None:
        del gateway
        if self.failures:
            self.failures -= 1
            raise Unavailable("the database restarts")
        self.notices.extend(notices)
        self._bell.ring()

    async def until(self, count: int, patience: float = PATIENCE) -> list[Notice]:
        await self._bell.until(lambda: len(self.notices) >= count, patience)
        return self.notices


@dataclass
class Door:
    """A gateway under test: its fillings, its clock, and the server while one runs."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    bell: Bell = field(default_factory=Bell)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.doorkeeper = MemoryDoorkeeper()
        self.ingest = MemoryIngest(self.bell)
        self.sessions = MemorySessions(self.bell)
        self.commands = MemoryCommands(self.bell)
        self.presence = MemoryPresence(self.bell)
        self.admission = self.register(USERNAME, PASSWORD)
        self.settings = MqttSettings(
            gateway="gateway-1",
            endpoints=(Endpoint("127.0.0.1", 0), Endpoint("127.0.0.1", 0, websocket=True)),
            tick=None,
            sweep=None,
            retry=0.0,
        )
        self._server: MqttServer | None = None

    @property
    def server(self) -> MqttServer:
        if self._server is None:
            raise RuntimeError("no server runs")
        return self._server

    @property
    def port(self) -> int:
        return self.server.addresses[0][1]

    @property
    def websocket_port(self) -> int:
        return self.server.addresses[1][1]

    def register(
        self, username: str, password: bytes, topics: NativeTopics | None = None
    ) -> Admission:
        admission = self.doorkeeper.register(username, password, self.limits, topics)
        self.sessions.admissions[admission.connection_id] = admission
        return admission

    def pass_time(self, seconds: float) -> None:
        """Let time pass and the server notice."""
        self.clock.advance(seconds)
        self.server.tick()

    def command(self, name: str, *, topic: str = COMMAND, lasts: float | None = None) -> UUID:
        """Put a command into the queue of the registered connection."""
        command = WaitingCommand(
            uuid4(),
            self.admission.connection_id,
            topic,
            name.encode(),
            self.clock.now() + timedelta(seconds=lasts) if lasts else None,
        )
        self.commands.add(command)
        return command.id

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Door"]:
        """Run a server over the fillings; may be opened again: that is a restart."""
        ports = GatewayPorts(
            self.doorkeeper, self.ingest, self.sessions, self.commands, self.presence
        )
        server = MqttServer(ports, self.settings, self.clock.now, self.clock.monotonic)
        async with server.running():
            self._server = server
            try:
                yield self
            finally:
                self._server = None
