"""The gateway's ports, filled from the register of devices.

The database out of reach is told as `Unavailable`: the door then refuses, retries or closes, and
never acknowledges.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from linli.app.intake.decoding import driver_of
from linli.app.listening import DRIVER_AWAY
from linli.kernel.work import Work, Workshop
from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import CommandSending, KnownConnection, OutgoingCommand
from linli.sensing.drivers.contracts import CommandToSend, Unsendable
from linli.sensing.gateway.public import (
    Admission,
    Arrived,
    CommandReceipt,
    Credentials,
    Dismissal,
    DismissalReason,
    Notice,
    RefusalReason,
    Refused,
    Sending,
    SentAs,
    StoredSession,
    Subscription,
    Unavailable,
    WaitingCommand,
    Will,
)

log = structlog.get_logger()


@asynccontextmanager
async def reaching(workshop: Workshop) -> AsyncGenerator[Work]:
    """A unit of work; raises Unavailable when the database is out of reach."""
    try:
        async with workshop.work() as work:
            yield work
    except (DBAPIError, *DRIVER_AWAY) as error:
        raise Unavailable from error


@dataclass(frozen=True, slots=True)
class DriverTopics:
    """A connection's topics, as its driver has them; children registered meanwhile count."""

    register: devices.DeviceRegister
    first: KnownConnection

    @property
    def known(self) -> KnownConnection:
        """The connection as the register has it now."""
        return self.register.get(self.first.id) or self.first

    def may_publish(self, topic: str) -> bool:
        """Whether the connection's driver speaks on this topic."""
        return driver_of(self.first).may_publish(topic, self.first.connection.code)

    def command_topics(self) -> Sequence[str]:
        """The filters on which commands of the connection and its children are sent."""
        known = self.known
        return driver_of(known).command_topics(known.connection.code, tuple(known.children))


def admission_of(known: KnownConnection, register: devices.DeviceRegister) -> Admission:
    """What a connection of the register may do at the door."""
    connection = known.connection
    return Admission(
        connection.id,
        connection.code,
        DriverTopics(register, known),
        credential_at=connection.rotated_at,
    )


@dataclass(slots=True)
class HeldClients:
    """The clients (connection, client id) that a gateway holds, as it has told the register."""

    gateway: str = ""
    clients: set[tuple[UUID, str]] = field(default_factory=set[tuple[UUID, str]])


class RegisterDoorkeeper:
    """Fills `Doorkeeper`: tokens against the register, and who must leave at once."""

    def __init__(
        self,
        workshop: Workshop,
        register: devices.DeviceRegister,
        held: HeldClients | None = None,
    ) -> None:
        self._workshop = workshop
        self._register = register
        self._held = held or HeldClients()
        self._changed = asyncio.Event()
        self._moved = False

    def wake(self) -> None:
        """The register may have changed."""
        self._changed.set()

    def wake_moved(self) -> None:
        """A client may have come to another gateway."""
        self._moved = True
        self._changed.set()

    async def authenticate(self, credentials: Credentials) -> Admission | Refused:
        """Say whose credentials these are; the connection is then in the register's memory."""
        if not credentials.username:
            return Refused(RefusalReason.BAD_CREDENTIALS, "no username")
        try:
            token = (credentials.password or b"").decode()
        except UnicodeDecodeError:
            return Refused(RefusalReason.BAD_CREDENTIALS, "the password is not text")
        async with reaching(self._workshop) as work:
            if token:
                connection = await devices.sign_in(work, credentials.username, token)
            else:
                # Some makers' devices send their token as the user name, and no password.
                connection = await devices.sign_in_by_token(work, credentials.username)
            if connection is None:
                return Refused(RefusalReason.BAD_CREDENTIALS, "unknown, revoked or wrong token")
            known = await self._register.load_within(work, connection.id)
        if known is None:
            return Refused(RefusalReason.NOT_AUTHORIZED, "the connection has gone meanwhile")
        return admission_of(known, self._register)

    async def dismissals(self) -> AsyncIterator[Dismissal]:
        """Yield connections whose credential ended or whose topics changed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                refreshed = await self._register.refresh()
            except (DBAPIError, *DRIVER_AWAY) as error:
                raise Unavailable from error
            for connection_id in refreshed.ended:
                yield Dismissal(connection_id, DismissalReason.REVOKED)
            if self._moved:
                self._moved = False
                for connection_id, client_id in await self._elsewhere():
                    yield Dismissal(
                        connection_id, DismissalReason.TAKEN_OVER, client_id, self._held.gateway
                    )

    async def _elsewhere(self) -> frozenset[tuple[UUID, str]]:
        held = self._held
        try:
            async with reaching(self._workshop) as work:
                return await devices.clients_elsewhere(work, held.gateway, held.clients)
        except Unavailable:
            self._moved = True
            raise


def _kept(session: StoredSession) -> devices.KeptSession:
    will = session.will
    return devices.KeptSession(
        connection_id=session.connection_id,
        client_id=session.client_id,
        expiry_seconds=session.expiry_seconds,
        subscriptions=tuple((s.topic_filter, s.qos, s.identifier) for s in session.subscriptions),
        received=session.received,
        will=devices.KeptWill(will.topic, will.payload, will.qos, will.retained, will.delay_seconds)
        if will
        else None,
        gateway=session.gateway,
        ends_at=session.ends_at,
        will_due_at=session.will_due_at,
    )


def _stored(kept: devices.KeptSession) -> StoredSession:
    will = kept.will
    return StoredSession(
        connection_id=kept.connection_id,
        client_id=kept.client_id,
        expiry_seconds=kept.expiry_seconds,
        subscriptions=tuple(Subscription(*one) for one in kept.subscriptions),
        received=kept.received,
        will=Will(will.topic, will.payload, will.qos, will.retained, will.delay_seconds)
        if will
        else None,
        gateway=kept.gateway,
        ends_at=kept.ends_at,
        will_due_at=kept.will_due_at,
    )


class DatabaseSessions:
    """Fills `SessionStore`."""

    def __init__(self, workshop: Workshop, register: devices.DeviceRegister) -> None:
        self._workshop = workshop
        self._register = register

    async def load(self, connection_id: UUID, client_id: str) -> StoredSession | None:
        """Return the session, or None."""
        async with reaching(self._workshop) as work:
            kept = await devices.load_session(work.connection, connection_id, client_id)
        return _stored(kept) if kept else None

    async def save(self, session: StoredSession) -> None:
        """Write the whole session."""
        async with reaching(self._workshop) as work:
            await devices.save_session(work.connection, _kept(session))

    async def remove(self, connection_id: UUID, client_id: str) -> None:
        """Forget the session."""
        async with reaching(self._workshop) as work:
            await devices.remove_session(work.connection, connection_id, client_id)

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[StoredSession, Admission]]:
        """Return sessions with a will due or an end passed, each with its admission."""
        async with reaching(self._workshop) as work:
            due: list[tuple[StoredSession, Admission]] = []
            for kept in await devices.due_sessions(work.connection, now, limit):
                # Loaded into the register, where the intake will look for who left the will.
                known = await self._register.load_within(work, kept.connection_id)
                if known is None:
                    await devices.remove_session(
                        work.connection, kept.connection_id, kept.client_id
                    )
                else:
                    due.append((_stored(kept), admission_of(known, self._register)))
        return due

    async def reclaim(self, gateway: str, now: datetime, will_due_at: datetime) -> int:
        """Mark as away every session still held by this gateway's last run."""
        async with reaching(self._workshop) as work:
            return await devices.reclaim_sessions(work.connection, gateway, now, will_due_at)


class DatabaseCommands:
    """Fills `Commands`: what devices were told to do, put into the words of their driver."""

    def __init__(self, workshop: Workshop, register: devices.DeviceRegister) -> None:
        self._workshop = workshop
        self._register = register
        self._appeared = asyncio.Event()
        self._references: dict[UUID, str | None] = {}

    def wake(self) -> None:
        """A new command may have appeared."""
        self._appeared.set()

    async def waiting(
        self, connection_ids: Collection[UUID], now: datetime
    ) -> Sequence[WaitingCommand]:
        """Return what is neither acknowledged nor expired, oldest first."""
        del now
        async with reaching(self._workshop) as work:
            outgoing = await devices.outgoing_commands(work, connection_ids)
            known = await devices.known_connections(
                work, {one.command.connection_id for one in outgoing}
            )
            waiting = [
                await self._written(work, one, known.get(one.command.connection_id))
                for one in outgoing
            ]
        return [command for command in waiting if command is not None]

    async def _written(
        self, work: Work, outgoing: OutgoingCommand, known: KnownConnection | None
    ) -> WaitingCommand | None:
        """The command as bytes; one the driver cannot say has failed, and says why."""
        command, device = outgoing.command, outgoing.device
        if known is None:
            return None
        to_send = CommandToSend(
            id=str(command.id),
            command=command.name,
            kind=known.kinds[device.kind],
            params=command.params,
            expires_at=command.expires_at,
            child=device.external_code,
        )
        driver = driver_of(known)
        try:
            topic, payload = driver.encode_command(to_send)
        except Unsendable as error:
            await devices.command_failed(work, command.id, error.words)
            return None
        self._references[command.id] = driver.acknowledged_as(to_send)
        return WaitingCommand(
            id=command.id,
            connection_id=command.connection_id,
            topic=topic,
            payload=payload,
            expires_at=command.expires_at,
            sent_as=SentAs(*outgoing.sent_as) if outgoing.sent_as else None,
        )

    async def sent(self, sendings: Sequence[Sending]) -> None:
        """Remember, before the bytes leave, under which packet ids commands go out."""
        async with reaching(self._workshop) as work:
            await devices.commands_sent(
                work,
                [
                    CommandSending(
                        command_id=one.command_id,
                        client_id=one.client_id,
                        packet_id=one.packet_id,
                        reference=self._references.get(one.command_id),
                        at=one.at,
                    )
                    for one in sendings
                ],
            )

    async def acknowledged(self, receipts: Sequence[CommandReceipt]) -> None:
        """Remember that the client has them, or refused them."""
        async with reaching(self._workshop) as work:
            await devices.commands_delivered(
                work, [one.command_id for one in receipts if not one.refusal]
            )
            for one in receipts:
                if one.refusal:
                    words = f"设备拒收指令（原因码 0x{one.refusal:02X}）"
                    await devices.command_failed(work, one.command_id, words, refused=True)

    async def arrivals(self) -> AsyncIterator[Collection[UUID]]:
        """Yield connections for which a new command may have appeared."""
        while True:
            await self._appeared.wait()
            self._appeared.clear()
            yield await self._with_waiting()

    async def _with_waiting(self) -> Collection[UUID]:
        async with reaching(self._workshop) as work:
            return await devices.connections_with_waiting(work)


class RegisterPresence:
    """Fills `Presence`: who is there, for the register and its pages."""

    def __init__(
        self,
        workshop: Workshop,
        register: devices.DeviceRegister,
        held: HeldClients | None = None,
    ) -> None:
        self._workshop = workshop
        self._register = register
        self._held = held or HeldClients()

    async def started(self, gateway: str, at: datetime) -> None:
        """Whoever was there through this gateway's last run is not any more."""
        self._held.gateway = gateway
        async with reaching(self._workshop) as work:
            await devices.gateway_started(work, gateway, at)

    async def report(self, gateway: str, notices: Sequence[Notice]) -> None:
        """Hear who came and went, in order."""
        async with reaching(self._workshop) as work:
            for notice in notices:
                if isinstance(notice, Arrived):
                    await devices.client_arrived(
                        work,
                        gateway=gateway,
                        connection_id=notice.connection_id,
                        client_id=notice.client_id,
                        address=notice.address,
                        at=notice.at,
                    )
                else:
                    await devices.client_left(
                        work,
                        gateway=gateway,
                        connection_id=notice.connection_id,
                        client_id=notice.client_id,
                        reason=notice.reason,
                        at=notice.at,
                    )
        # Only after the commit: until then the register may still name the gateway of before.
        for notice in notices:
            client = (notice.connection_id, notice.client_id)
            if isinstance(notice, Arrived):
                self._held.clients.add(client)
            else:
                self._held.clients.discard(client)
