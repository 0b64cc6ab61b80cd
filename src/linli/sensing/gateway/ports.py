"""What the MQTT door needs from the rest of linli.

Every filling raises `Unavailable` when what it stands on (the database) is out of reach; the door
then refuses, retries or closes, and never acknowledges. Anything else raised is a bug: it is
logged, counted, and costs only the connection concerned.
"""

from asyncio import Future
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from linli.sensing.gateway.contracts import (
    Admission,
    CommandReceipt,
    Credentials,
    Dismissal,
    Inbound,
    Notice,
    Outcome,
    Refused,
    Sending,
    StoredSession,
    WaitingCommand,
)


class Unavailable(Exception):
    """What the port stands on cannot be reached now; the same call may succeed later."""


class Doorkeeper(Protocol):
    """Knows the register of connections."""

    async def authenticate(self, credentials: Credentials) -> Admission | Refused:
        """Say whose credentials these are, or why not."""
        ...

    def dismissals(self) -> AsyncIterator[Dismissal]:
        """Yield connections to be dropped (token revoked or rotated, taken over elsewhere).

        A client that comes to one gateway while its session names another should be dismissed
        there: `TAKEN_OVER` with its client id and the other gateway's name.
        """
        ...


class Ingest(Protocol):
    """Turns messages into committed readings, events and alerts."""

    def submit(self, messages: Sequence[Inbound]) -> "Future[Sequence[Outcome]]":
        """Take the messages of one read of one connection, in order.

        Returns at once. The future resolves, with one outcome per message in the same order, only
        after the transaction holding them has committed. An exception or a cancelled future counts
        as `Fate.FAILED` for all of them. Batches of many connections may share a transaction.
        A message may come twice (the client repeats what was not acknowledged); messages that are
        not `permitted` are to be quarantined.
        """
        ...


class SessionStore(Protocol):
    """Keeps sessions durable, keyed by (connection_id, client_id)."""

    async def load(self, connection_id: UUID, client_id: str) -> StoredSession | None:
        """Return the session, ended or not; None when there is none."""
        ...

    async def save(self, session: StoredSession) -> None:
        """Write the whole session, in place of the one with the same key."""
        ...

    async def remove(self, connection_id: UUID, client_id: str) -> None:
        """Forget the session; no error when there is none."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[StoredSession, Admission]]:
        """Return sessions with a will due or an end passed, of clients that are away.

        With several gateways a session is given to one of them only (for a minute or so).
        The admission is the connection's present one, so that its will can be published; a session
        whose connection is gone from the register is to be removed by the filling.
        """
        ...

    async def reclaim(self, gateway: str, now: datetime, will_due_at: datetime) -> int:
        """Mark as away, since `now`, every session still held by this gateway's last run.

        Sets `gateway` None, `ends_at` to now plus the session's expiry (but not before
        `will_due_at` when there is a will) and `will_due_at` to the later of `will_due_at` and
        now plus the will's delay. Returns how many.
        """
        ...


class Commands(Protocol):
    """Commands waiting for connections; a command waits until acknowledged or expired."""

    async def waiting(
        self, connection_ids: Collection[UUID], now: datetime
    ) -> Sequence[WaitingCommand]:
        """Return what is neither acknowledged nor expired, oldest first, with `sent_as` if sent.

        A command sent at QoS 0 (packet id 0) is not waiting any more.
        """
        ...

    async def sent(self, sendings: Sequence[Sending]) -> None:
        """Remember, before the bytes leave, under which packet ids commands go out."""
        ...

    async def acknowledged(self, receipts: Sequence[CommandReceipt]) -> None:
        """Remember that the client has them, or refused them."""
        ...

    def arrivals(self) -> AsyncIterator[Collection[UUID]]:
        """Yield connections for which a new command has appeared; may name too many."""
        ...


class Presence(Protocol):
    """Is told who is there."""

    async def started(self, gateway: str, at: datetime) -> None:
        """Hear that a gateway starts: whoever was there through its last run is not any more."""
        ...

    async def report(self, gateway: str, notices: Sequence[Notice]) -> None:
        """Hear who came and went, in order. A failed call is repeated with the same notices."""
        ...
