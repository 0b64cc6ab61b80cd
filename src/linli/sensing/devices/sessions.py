"""SQL of MQTT sessions: what outlives a network connection, and a gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.sensing.devices.models import session_table

_s = session_table.c

CLAIMED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KeptWill:
    """The message to be published when a client is lost."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    delay_seconds: int


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as kept. `subscriptions` are (filter, QoS, identifier)."""

    connection_id: UUID
    client_id: str
    expiry_seconds: int
    subscriptions: tuple[tuple[str, int, int], ...]
    received: frozenset[int]
    will: KeptWill | None
    gateway: str | None
    ends_at: datetime | None
    will_due_at: datetime | None


def _session(row: Row[Any]) -> KeptSession:
    will = None
    if row.will_topic is not None:
        will = KeptWill(
            topic=row.will_topic,
            payload=row.will_payload,
            qos=row.will_qos,
            retained=row.will_retained,
            delay_seconds=row.will_delay_seconds,
        )
    return KeptSession(
        connection_id=row.connection_id,
        client_id=row.client_id,
        expiry_seconds=row.expiry_seconds,
        subscriptions=tuple((one[0], one[1], one[2]) for one in row.subscriptions),
        received=frozenset(row.received),
        will=will,
        gateway=row.gateway,
        ends_at=row.ends_at,
        will_due_at=row.will_due_at,
    )


async def load_session(
    connection: AsyncConnection, connection_id: UUID, client_id: str
) -> KeptSession | None:
    """The session of this client; None when there is none."""
    row = (
        await connection.execute(
            select(session_table).where(
                _s.connection_id == connection_id, _s.client_id == client_id
            )
        )
    ).first()
    return None if row is None else _session(row)


async def save_session(connection: AsyncConnection, session: KeptSession) -> None:
    """Write the whole session, in place of the one of the same client."""
    will = session.will
    values = {
        "connection_id": session.connection_id,
        "client_id": session.client_id,
        "expiry_seconds": session.expiry_seconds,
        "subscriptions": [list(one) for one in session.subscriptions],
        "received": sorted(session.received),
        "will_topic": will and will.topic,
        "will_payload": will and will.payload,
        "will_qos": will and will.qos,
        "will_retained": will and will.retained,
        "will_delay_seconds": will and will.delay_seconds,
        "gateway": session.gateway,
        "ends_at": session.ends_at,
        "will_due_at": session.will_due_at,
        "claimed_until": None,
    }
    await connection.execute(
        insert(session_table)
        .values(values)
        .on_conflict_do_update(index_elements=["connection_id", "client_id"], set_=values)
    )


async def remove_session(connection: AsyncConnection, connection_id: UUID, client_id: str) -> None:
    """Forget the session; no error when there is none."""
    await connection.execute(
        session_table.delete().where(_s.connection_id == connection_id, _s.client_id == client_id)
    )


async def due_sessions(
    connection: AsyncConnection, now: datetime, most: int
) -> Sequence[KeptSession]:
    """Sessions of clients that are away with a will due or an end passed.

    Each is given to one caller only, for a minute.
    """
    chosen = (
        select(_s.connection_id, _s.client_id)
        .where(
            _s.gateway.is_(None),
            func.least(_s.ends_at, _s.will_due_at) <= now,
            or_(_s.claimed_until.is_(None), _s.claimed_until <= now),
        )
        .order_by(func.least(_s.ends_at, _s.will_due_at))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = await connection.execute(
        update(session_table)
        .where(tuple_(_s.connection_id, _s.client_id).in_(chosen))
        .values(claimed_until=now + CLAIMED_FOR)
        .returning(*session_table.c)
    )
    return [_session(row) for row in rows]


_RECLAIM = text(
    """
    UPDATE sensing_mqtt_session SET
        gateway = NULL,
        ends_at = greatest(
            CAST(:now AS timestamptz) + expiry_seconds * interval '1 second',
            CASE WHEN will_topic IS NOT NULL THEN CAST(:due AS timestamptz) END),
        will_due_at = CASE WHEN will_topic IS NOT NULL THEN greatest(
            CAST(:now AS timestamptz) + will_delay_seconds * interval '1 second',
            CAST(:due AS timestamptz)) END
    WHERE gateway = :gateway
    """
)


async def reclaim_sessions(
    connection: AsyncConnection, gateway: str, now: datetime, will_due_at: datetime
) -> int:
    """Mark as away every session this gateway's last run still held; returns how many."""
    marked = await connection.execute(
        _RECLAIM, {"gateway": gateway, "now": now, "due": will_due_at}
    )
    return marked.rowcount
