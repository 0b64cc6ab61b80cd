"""The MQTT door: listeners, who is connected, takeover, wills, commands, limits, shutdown."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

import structlog

from linli.sensing.gateway.contracts import (
    Admission,
    Credentials,
    DismissalReason,
    Fate,
    Inbound,
    LeaveReason,
    Notice,
    RefusalReason,
    Refused,
    StoredSession,
    Transport,
    WaitingCommand,
    Will,
)
from linli.sensing.gateway.mqtt.conversation import Conversation
from linli.sensing.gateway.mqtt.counters import GatewayCounters
from linli.sensing.gateway.mqtt.engine import Phase
from linli.sensing.gateway.mqtt.limits import Throttle
from linli.sensing.gateway.mqtt.links import Link, Listener, TcpLink, WebSocketLink
from linli.sensing.gateway.mqtt.packets import Connect
from linli.sensing.gateway.mqtt.reasons import Reason
from linli.sensing.gateway.mqtt.settings import Endpoint, MqttSettings
from linli.sensing.gateway.ports import (
    Commands,
    Doorkeeper,
    Ingest,
    Presence,
    SessionStore,
    Unavailable,
)

LOG: Final[structlog.stdlib.BoundLogger] = structlog.stdlib.get_logger(__name__)

FULL_LOOK_SECONDS: Final = 1.0
SWEEP_AT_ONCE: Final = 200
BACKLOG: Final = 1_024
TAKEOVER_PATIENCE: Final = 1.0
TELL_AGAIN_SECONDS: Final = 60.0

REFUSALS: Final = {
    RefusalReason.BAD_CREDENTIALS: Reason.BAD_USER_NAME_OR_PASSWORD,
    RefusalReason.NOT_AUTHORIZED: Reason.NOT_AUTHORIZED,
    RefusalReason.BANNED: Reason.BANNED,
    RefusalReason.BUSY: Reason.SERVER_BUSY,
}
DISMISSALS: Final = {
    DismissalReason.REVOKED: Reason.NOT_AUTHORIZED,
    DismissalReason.ADMINISTRATIVE: Reason.ADMINISTRATIVE_ACTION,
    DismissalReason.TAKEN_OVER: Reason.SESSION_TAKEN_OVER,
}
GUESSES: Final = {RefusalReason.BAD_CREDENTIALS, RefusalReason.NOT_AUTHORIZED}
OUR_FAULT: Final = {LeaveReason.FAILED}

Key = tuple[UUID, str]


class Outage:
    """The rest of linli out of reach: told when it begins, once a minute, and when it is over."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began: float | None = None
        self._told = 0.0
        self._failures: Counter[str] = Counter()

    def failed(self, place: str, detail: str) -> None:
        """Count a call that did not reach it."""
        now = self._monotonic()
        self._failures[place] += 1
        if self._began is None:
            self._began = now
            LOG.warning("mqtt_port_unavailable", place=place, detail=detail)
        elif now - self._told >= TELL_AGAIN_SECONDS:
            LOG.warning("mqtt_port_still_unavailable", failures=dict(self._failures))
        else:
            return
        self._told = now

    def reached(self) -> None:
        """A call came through."""
        if self._began is not None:
            away_s = round(self._monotonic() - self._began, 1)
            LOG.warning("mqtt_port_available", away_s=away_s, failures=dict(self._failures))
            self._began = None
            self._failures.clear()


@dataclass(frozen=True, slots=True)
class GatewayPorts:
    """Everything the door asks of the rest of linli."""

    doorkeeper: Doorkeeper
    ingest: Ingest
    sessions: SessionStore
    commands: Commands
    presence: Presence


class MqttServer:
    """Listens for MQTT clients; a message is acknowledged only when ingest has committed it.

    Use as ``async with server.running(): ...``; leaving the block stops accepting, lets what is in
    flight finish, says goodbye (reason 0x8B) and stores the sessions. `clock` returns aware UTC.
    """

    def __init__(
        self,
        ports: GatewayPorts,
        settings: MqttSettings,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.counters = GatewayCounters()
        self.in_flight = 0
        self.ingest = ports.ingest
        self.sessions = ports.sessions
        self.commands = ports.commands
        self.now = clock
        self.monotonic = monotonic
        self._doorkeeper = ports.doorkeeper
        self._presence = ports.presence
        self._conversations: set[Conversation] = set()
        self._waiting: Counter[str] = Counter()
        self._clients: dict[Key, Conversation] = {}
        self._by_connection: dict[UUID, dict[str, Conversation]] = defaultdict(dict)
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._entering: set[Conversation] = set()
        self._slowed: set[Conversation] = set()
        self._crowded: set[Conversation] = set()
        self._notices: asyncio.Queue[Notice] = asyncio.Queue()
        self._outage = Outage(monotonic)
        self._client_throttle = Throttle(settings.client_throttle)
        self._address_throttle = Throttle(settings.address_throttle)
        self._threshold = asyncio.Semaphore(settings.max_entering)
        self._looked_at = monotonic()
        self._group: asyncio.TaskGroup | None = None
        self._servers: list[asyncio.Server] = []
        self._stopping = False

    # For the owner

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["MqttServer"]:
        """Listen for as long as the block runs. Raises OSError when a port cannot be taken."""
        now = self.now()
        due = now + timedelta(seconds=self.settings.restart_grace)
        await self.sessions.reclaim(self.settings.gateway, now, due)
        await self._presence.started(self.settings.gateway, now)
        async with asyncio.TaskGroup() as group:
            self._group = group
            background = self._background(group)
            try:
                for endpoint in self.settings.endpoints:
                    self._servers.append(await self._listen(endpoint))
                yield self
            finally:
                await self._stop()
                for task in background:
                    task.cancel()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens, in the order of the endpoints."""
        found: list[tuple[str, int]] = []
        for server in self._servers:
            host, port = server.sockets[0].getsockname()[:2]
            found.append((str(host), int(port)))
        return found

    def dismiss(
        self, connection_id: UUID, reason: DismissalReason, client_id: str | None = None
    ) -> int:
        """Drop every client of a connection now, or the one named; return how many."""
        clients = self._by_connection.get(connection_id, {})
        conversations = [
            one for name, one in clients.items() if client_id is None or name == client_id
        ]
        for conversation in conversations:
            conversation.dismiss(DISMISSALS[reason], LeaveReason.DISMISSED, reason.value)
        if client_id is None:
            for conversation in self._entering:
                conversation.barred.add(connection_id)
        return len(conversations)

    def tick(self) -> None:
        """Look at limits that time brings about; called by the server itself unless `tick` None."""
        now = self.monotonic()
        if self._slowed:
            self._slowed = {one for one in self._slowed if not one.cooled(now)}
        if now - self._looked_at >= FULL_LOOK_SECONDS:
            self._looked_at = now
            for conversation in tuple(self._conversations):
                conversation.look(now)

    async def sweep(self) -> None:
        """Publish wills that are due and remove sessions that have ended."""
        now = self.now()
        due = await self.sessions.due(now, SWEEP_AT_ONCE)
        self._outage.reached()
        for session, admission in due:
            key = (session.connection_id, session.client_id)
            async with self._lock(key):
                if key not in self._clients:
                    await self._sweep_one(session, admission, now)

    # For conversations

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run in the server's task group."""
        if self._group is None:
            work.close()
            return
        self._group.create_task(self._shielded(work))

    async def _shielded(self, work: Coroutine[object, object, None]) -> None:
        await self.guarded("task", work)

    async def guarded(self, place: str, work: Awaitable[None]) -> bool:
        """Await; on failure log and count it and return False."""
        try:
            await work
        except Unavailable as wrong:
            self.failed(place, wrong)
            return False
        except Exception as wrong:  # noqa: BLE001 - supervised: costs this one connection
            self.failed(place, wrong)
            return False
        return True

    def failed(self, place: str, wrong: BaseException) -> None:
        """Log and count a failure; of those out of reach, the first and how many."""
        self.counters.failures[place] += 1
        if isinstance(wrong, Unavailable):
            self._outage.failed(place, str(wrong))
        else:
            LOG.error("mqtt_port_failed", place=place, exc_info=wrong)

    async def enter(self, conversation: Conversation, connect: Connect) -> None:
        """Authenticate, settle whose session it is, and let in or refuse."""
        engine = conversation.engine
        client_id = connect.client_id or f"linli-{uuid4().hex}"
        self._entering.add(conversation)
        self._no_longer_waiting(conversation)
        try:
            async with self._threshold:
                await self._examine(conversation, connect, client_id)
        except Unavailable as wrong:
            self.failed("enter", wrong)
            if engine.awaiting_doorkeeper:
                engine.refuse(Reason.SERVER_UNAVAILABLE)
        finally:
            self._entering.discard(conversation)
        if engine.phase is Phase.CONNECTED:
            self._outage.reached()
            conversation.greeted()

    async def _examine(self, conversation: Conversation, connect: Connect, client_id: str) -> None:
        engine = conversation.engine
        if engine.closed:
            return
        answer = await self._authenticate(conversation, connect, client_id)
        if isinstance(answer, Admission):
            await self._admit(conversation, connect, answer, client_id)
        elif engine.awaiting_doorkeeper:
            self.counters.refused[f"connect_{answer.name.lower()}"] += 1
            engine.refuse(answer)

    async def hand_out(self, connection_id: UUID, commands: Sequence[WaitingCommand]) -> None:
        """Give waiting commands to the clients of a connection, the newest client first."""
        clients = list(self._by_connection.get(connection_id, {}).values())
        taken: set[UUID] = set()
        for client in clients:
            taken |= client.engine.commands_in_flight()
        for client in reversed(clients):
            left = [one for one in commands if one.id not in taken]
            before = client.engine.commands_in_flight()
            effects = client.engine.deliver(left, self.now())
            client.carry_out(effects)
            taken |= client.engine.commands_in_flight() - before

    async def store_away(self, conversation: Conversation) -> None:
        """Publish the will if it is due, and store or remove the session."""
        engine = conversation.engine
        departure = engine.departure
        admission = engine.admission
        if departure is None or admission is None or departure.reason is LeaveReason.SHUTDOWN:
            return
        session = engine.snapshot()
        now = self.now()
        ends_at = now + timedelta(seconds=session.expiry_seconds)
        will = departure.will
        if engine.stored:
            current = await self.sessions.load(session.connection_id, session.client_id)
            if current is not None and current.gateway not in {None, self.settings.gateway}:
                return  # The client has gone to another gateway and its session with it.
        if will is None:
            if session.expiry_seconds:
                await self.sessions.save(engine.away(ends_at, None))
            elif engine.stored:
                await self.sessions.remove(session.connection_id, session.client_id)
            return
        wait = min(will.delay_seconds, session.expiry_seconds)
        if departure.reason in OUR_FAULT:
            wait = max(wait, int(self.settings.restart_grace))
        due = now + timedelta(seconds=wait)
        await self.sessions.save(engine.away(max(ends_at, due), due))
        if wait == 0 and await self._publish_will(will, admission, session.client_id):
            if session.expiry_seconds:
                await self.sessions.save(engine.away(ends_at, None))
            else:
                await self.sessions.remove(session.connection_id, session.client_id)

    def notice(self, notice: Notice) -> None:
        """Tell who came or went."""
        self._notices.put_nowait(notice)

    def forget(self, conversation: Conversation) -> None:
        """Drop every trace of an ended conversation."""
        self._conversations.discard(conversation)
        self._slowed.discard(conversation)
        self._crowded.discard(conversation)
        self.counters.connections_open = len(self._conversations)
        self._no_longer_waiting(conversation)
        admission = conversation.engine.admission
        if admission is None:
            return
        key = (admission.connection_id, conversation.engine.client_id)
        if self._clients.get(key) is conversation:
            del self._clients[key]
        clients = self._by_connection.get(key[0])
        if clients and clients.get(key[1]) is conversation:
            del clients[key[1]]
            if not clients:
                del self._by_connection[key[0]]

    def slowed(self, conversation: Conversation) -> None:
        """Remember to look at it at the next tick."""
        self._slowed.add(conversation)

    def crowded(self, conversation: Conversation) -> None:
        """Remember to let it go on once enough has been committed."""
        self._crowded.add(conversation)

    def relieved(self) -> None:
        """Let the crowd go on when half of what was waiting has been committed."""
        if self._crowded and self.in_flight <= self.settings.max_in_flight // 2:
            crowd, self._crowded = self._crowded, set()
            for conversation in crowd:
                conversation.uncrowded()

    # Letting in

    async def _authenticate(
        self, conversation: Conversation, connect: Connect, client_id: str
    ) -> Admission | Reason:
        at = self.monotonic()
        address = conversation.address
        person = f"{address} {connect.username}"
        if self._client_throttle.blocked(person, at) or self._address_throttle.blocked(address, at):
            return Reason.CONNECTION_RATE_EXCEEDED
        answer = await self._doorkeeper.authenticate(
            Credentials(
                connect.username,
                connect.password,
                client_id,
                address,
                conversation.transport,
            )
        )
        if isinstance(answer, Refused):
            LOG.info(
                "mqtt_connect_refused",
                reason=answer.reason.value,
                detail=answer.detail,
                address=address,
                username=connect.username,
            )
            if answer.reason in GUESSES:
                self._client_throttle.failed(person, at)
                self._address_throttle.failed(address, at)
            return REFUSALS[answer.reason]
        self._client_throttle.succeeded(person)
        clients = self._by_connection.get(answer.connection_id, {})
        if client_id not in clients and len(clients) >= answer.limits.clients:
            return Reason.QUOTA_EXCEEDED
        return answer

    async def _admit(
        self, conversation: Conversation, connect: Connect, admission: Admission, client_id: str
    ) -> None:
        key = (admission.connection_id, client_id)
        engine = conversation.engine
        async with self._lock(key):
            present = self._clients.get(key)
            if present is not None:
                present.dismiss(Reason.SESSION_TAKEN_OVER, LeaveReason.TAKEN_OVER)
                await _gone(present)
            stored = await self.sessions.load(*key)
            if engine.closed:
                return
            now = self.now()
            alive = stored is not None and (
                stored.gateway is not None or stored.ends_at is None or stored.ends_at > now
            )
            kept = stored if alive and not connect.clean_start else None
            if stored is not None:
                await self._will_of_before(stored, admission, resumed=kept is not None)
            if kept is not None and kept.expiry_seconds == 0:
                kept = None
            if engine.closed or not engine.agree(connect, admission, client_id, kept):
                return
            if engine.durable:
                await self.sessions.save(engine.snapshot())
                engine.stored = True
            elif stored is not None:
                await self.sessions.remove(*key)
            if admission.connection_id in conversation.barred:
                engine.refuse(Reason.NOT_AUTHORIZED)
            if engine.closed:
                await self._undo(key, kept, stored=engine.stored)
                return
            engine.welcome()
            self._clients[key] = conversation
            self._by_connection[admission.connection_id][client_id] = conversation
            conversation.limited(admission.limits)
            conversation.entered()

    async def _undo(self, key: Key, kept: StoredSession | None, *, stored: bool) -> None:
        """Put the store back: the client left before it heard that it was let in."""
        if kept is not None:
            await self.sessions.save(kept)
        elif stored:
            await self.sessions.remove(*key)

    async def _will_of_before(
        self, stored: StoredSession, admission: Admission, *, resumed: bool
    ) -> None:
        """Publish the will of an earlier connection unless this one came in time."""
        if stored.will is None or stored.will_due_at is None:
            return
        if resumed and self.now() < stored.will_due_at:
            return
        await self._publish_will(stored.will, admission, stored.client_id)

    async def _publish_will(self, will: Will, admission: Admission, client_id: str) -> bool:
        message = Inbound(
            admission,
            client_id,
            will.topic,
            will.payload,
            self.now(),
            will.qos,
            retained=will.retained,
            permitted=admission.topics.may_publish(will.topic),
            will=True,
        )
        outcomes = await self.ingest.submit([message])
        if outcomes and outcomes[0].fate is not Fate.FAILED:
            self.counters.wills += 1
            return True
        self.counters.failures["will"] += 1
        return False

    async def _sweep_one(self, session: StoredSession, admission: Admission, now: datetime) -> None:
        current = await self.sessions.load(session.connection_id, session.client_id)
        if current is None or current.gateway is not None:
            return
        ended = current.ends_at is not None and current.ends_at <= now
        will_due = current.will_due_at is not None and (current.will_due_at <= now or ended)
        if current.will is not None and will_due:
            done = await self._publish_will(current.will, admission, current.client_id)
            if not done:
                return
        if ended:
            await self.sessions.remove(session.connection_id, session.client_id)
        elif will_due:
            await self.sessions.save(_without_will(current))

    def _lock(self, key: Key) -> asyncio.Lock:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    def _no_longer_waiting(self, conversation: Conversation) -> None:
        if conversation.waiting:
            conversation.waiting = False
            self._waiting[conversation.address] -= 1
            if not self._waiting[conversation.address]:
                del self._waiting[conversation.address]
            self.counters.connections_waiting -= 1

    # Listening

    async def _listen(self, endpoint: Endpoint) -> asyncio.Server:
        write_buffer = self.settings.write_buffer
        if endpoint.websocket:
            transport = Transport.WEBSOCKET_TLS if endpoint.tls else Transport.WEBSOCKET
            greet = partial(self._greet, transport)
            factory: Callable[[], asyncio.Protocol] = partial(
                WebSocketLink, greet, write_buffer, self.settings.websocket_path
            )
        else:
            greet = partial(self._greet, Transport.TLS if endpoint.tls else Transport.TCP)
            factory = partial(TcpLink, greet, write_buffer)
        return await asyncio.get_running_loop().create_server(
            factory,
            endpoint.host,
            endpoint.port,
            ssl=endpoint.tls,
            ssl_handshake_timeout=self.settings.connect_timeout if endpoint.tls else None,
            backlog=BACKLOG,
        )

    def _greet(self, transport: Transport, link: Link, address: str) -> Listener | None:
        counters = self.counters
        counters.connections_total += 1
        if self._stopping:
            return None
        if len(self._conversations) >= self.settings.max_connections:
            counters.refused["too_many_connections"] += 1
            return None
        if self._waiting[address] >= self.settings.max_waiting_per_address:
            counters.refused["too_many_from_address"] += 1
            return None
        conversation = Conversation(self, link, address, transport)
        self._conversations.add(conversation)
        self._waiting[address] += 1
        counters.connections_waiting += 1
        counters.connections_open = len(self._conversations)
        return conversation

    # In the background

    def _background(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        loops: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("presence", self._report_presence),
            ("commands", self._follow_commands),
            ("dismissals", self._follow_dismissals),
        ]
        if self.settings.tick is not None:
            loops.append(("tick", partial(self._ticking, self.settings.tick)))
        if self.settings.sweep is not None:
            loops.append(("sweep", partial(self._sweeping, self.settings.sweep)))
        return [group.create_task(self._supervised(name, work)) for name, work in loops]

    async def _supervised(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self.guarded(name, work())
            await asyncio.sleep(self.settings.retry)

    async def _ticking(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            self.tick()

    async def _sweeping(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.sweep()

    async def _report_presence(self) -> None:
        while True:
            notices = [await self._notices.get()]
            while not self._notices.empty():
                notices.append(self._notices.get_nowait())
            await self._report(notices)

    async def _report(self, notices: list[Notice]) -> None:
        reported = False
        while not reported:
            reported = await self.guarded(
                "presence", self._presence.report(self.settings.gateway, notices)
            )
            if not reported:
                await asyncio.sleep(self.settings.retry)

    async def _follow_commands(self) -> None:
        async for connection_ids in self.commands.arrivals():
            here = [
                one
                for one in connection_ids
                if any(
                    client.engine.listening for client in self._by_connection.get(one, {}).values()
                )
            ]
            if not here:
                continue
            by_connection: dict[UUID, list[WaitingCommand]] = defaultdict(list)
            for command in await self.commands.waiting(here, self.now()):
                by_connection[command.connection_id].append(command)
            for connection_id, commands in by_connection.items():
                await self.hand_out(connection_id, commands)

    async def _follow_dismissals(self) -> None:
        async for dismissal in self._doorkeeper.dismissals():
            if dismissal.gateway in {None, self.settings.gateway}:
                self.dismiss(dismissal.connection_id, dismissal.reason, dismissal.client_id)

    # Stopping

    async def _stop(self) -> None:
        self._stopping = True
        for server in self._servers:
            server.close()
        conversations = tuple(self._conversations)
        for conversation in conversations:
            conversation.hold()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_timeout):
                for conversation in conversations:
                    await conversation.settled()
        for conversation in conversations:
            conversation.dismiss(Reason.SERVER_SHUTTING_DOWN, LeaveReason.SHUTDOWN)
        try:
            async with asyncio.timeout(self.settings.drain_timeout):
                for conversation in conversations:
                    await conversation.finished.wait()
        except TimeoutError:
            for conversation in conversations:
                conversation.drop()
            for conversation in conversations:
                await conversation.finished.wait()
        now = self.now()
        due = now + timedelta(seconds=self.settings.restart_grace)
        await self.guarded("reclaim", self._reclaim(now, due))
        notices: list[Notice] = []
        while not self._notices.empty():
            notices.append(self._notices.get_nowait())
        if notices:
            await self.guarded("presence", self._presence.report(self.settings.gateway, notices))

    async def _reclaim(self, now: datetime, due: datetime) -> None:
        await self.sessions.reclaim(self.settings.gateway, now, due)


async def _gone(conversation: Conversation) -> None:
    """Wait for the end of a dismissed conversation; one that does not read is cut off."""
    try:
        async with asyncio.timeout(TAKEOVER_PATIENCE):
            await conversation.finished.wait()
    except TimeoutError:
        conversation.drop()
        await conversation.finished.wait()


def _without_will(session: StoredSession) -> StoredSession:
    return StoredSession(
        connection_id=session.connection_id,
        client_id=session.client_id,
        expiry_seconds=session.expiry_seconds,
        subscriptions=session.subscriptions,
        received=session.received,
        ends_at=session.ends_at,
    )
