"""SQL of connections, devices, commands and faults; nothing else."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from linli.kernel.database import Id
from linli.sensing.devices.contracts import (
    Command,
    CommandSending,
    CommandState,
    Connection,
    ConnectionKind,
    Device,
    DeviceCounts,
    DeviceFault,
    DeviceFilter,
    DeviceOrder,
    DeviceState,
    Sign,
)
from linli.sensing.devices.models import (
    command_table,
    connection_table,
    device_number,
    device_table,
    fault_table,
    presence_table,
    register_version,
)
from linli.sensing.devices.policy import NEVER_SEEN, NO_TOKEN, SEEN_EVERY, state_after

_c = connection_table.c
_d = device_table.c
_o = command_table.c
_f = fault_table.c

OPEN = (CommandState.WAITING.value, CommandState.SENT.value)


def _ids(column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:  # noqa: ANN401 - any column of ids
    return cast("ColumnElement[bool]", column == func.any(bindparam(None, list(ids), ARRAY(Id))))


def _connection(row: Row[Any]) -> Connection:
    return Connection(
        id=row.id,
        estate_id=row.estate_id,
        code=row.code,
        kind=ConnectionKind(row.kind),
        driver=row.driver,
        settings=row.settings,
        version=row.version,
        created_at=row.created_at,
        rotated_at=row.rotated_at,
        revoked_at=row.revoked_at,
        connected_since=row.connected_since,
        last_disconnected_at=row.last_disconnected_at,
        last_reason=row.last_reason,
        address=row.address,
    )


def _device(row: Row[Any]) -> Device:
    return Device(
        id=row.id,
        estate_id=row.estate_id,
        place_id=row.place_id,
        code=row.code,
        title=row.title,
        kind=row.kind,
        driver=row.driver,
        connection_id=row.connection_id,
        external_code=row.external_code,
        state=DeviceState(row.state),
        version=row.version,
        state_since=row.state_since,
        last_seen_at=row.last_seen_at,
        firmware=row.firmware,
    )


def _command(row: Row[Any]) -> Command:
    return Command(
        id=row.id,
        device_id=row.device_id,
        estate_id=row.estate_id,
        connection_id=row.connection_id,
        name=row.name,
        params=row.params,
        state=CommandState(row.state),
        asked_by=row.asked_by,
        asked_by_name=row.asked_by_name,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        version=row.version,
        sent_at=row.sent_at,
        finished_at=row.finished_at,
        words=row.words,
    )


# Connections


async def next_device_number(connection: AsyncConnection) -> int:
    return int(await connection.scalar(select(device_number.next_value())) or 0)


async def insert_connection(
    connection: AsyncConnection, new: Connection, token_hash: bytes
) -> bool:
    """Insert it; False when its code is taken anywhere."""
    inserted = await connection.execute(
        insert(connection_table)
        .values(
            id=new.id,
            estate_id=new.estate_id,
            code=new.code,
            kind=new.kind,
            driver=new.driver,
            settings=dict(new.settings),
            token_hash=token_hash,
            created_at=new.created_at,
            rotated_at=new.rotated_at,
        )
        .on_conflict_do_nothing(index_elements=["code"])
    )
    return inserted.rowcount == 1


async def connection_by_id(
    connection: AsyncConnection, connection_id: UUID, *, lock: bool = False
) -> Connection | None:
    query = select(connection_table).where(_c.id == connection_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _connection(row)


async def connections_by_id(connection: AsyncConnection, ids: Collection[UUID]) -> list[Connection]:
    rows = await connection.execute(select(connection_table).where(_ids(_c.id, ids)))
    return [_connection(row) for row in rows]


async def versions(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, int]:
    rows = await connection.execute(select(_c.id, _c.version).where(_ids(_c.id, ids)))
    return {row.id: row.version for row in rows}


_ENDED = text(
    """
    SELECT s.id, s.since
    FROM unnest(CAST(:ids AS uuid[]), CAST(:since AS timestamptz[])) AS s (id, since)
    LEFT JOIN sensing_connection AS c
        ON c.id = s.id AND c.revoked_at IS NULL AND c.rotated_at = s.since
    WHERE c.id IS NULL
    """
)


async def ended_credentials(
    connection: AsyncConnection, since: Collection[tuple[UUID, datetime]]
) -> frozenset[tuple[UUID, datetime]]:
    """Those of (connection, since when its credential holds) that do not hold any more."""
    ids, moments = zip(*since, strict=True)
    rows = await connection.execute(_ENDED, {"ids": list(ids), "since": list(moments)})
    return frozenset((row[0], row[1]) for row in rows)


async def connection_with_tokens(
    connection: AsyncConnection, code: str
) -> tuple[Connection, bytes, bytes | None, datetime | None] | None:
    """The connection of this code with the hashes of its tokens."""
    row = (await connection.execute(select(connection_table).where(_c.code == code))).first()
    if row is None:
        return None
    return _connection(row), row.token_hash, row.token_previous_hash, row.previous_valid_until


async def connection_with_hash(connection: AsyncConnection, token_hash: bytes) -> Connection | None:
    """The connection whose present token has this hash."""
    query = select(connection_table).where(_c.token_hash == token_hash, _c.revoked_at.is_(None))
    row = (await connection.execute(query)).first()
    return None if row is None else _connection(row)


async def connections_in(connection: AsyncConnection, estate_id: UUID | None) -> list[Connection]:
    query = select(connection_table).order_by(_c.code)
    if estate_id is not None:
        query = query.where(_c.estate_id == estate_id)
    return [_connection(row) for row in await connection.execute(query)]


async def count_unissued(connection: AsyncConnection, estate_ids: Collection[UUID]) -> int:
    """How many of these estates' connections have no credential yet."""
    query = select(func.count()).select_from(connection_table).where(*_unissued(estate_ids))
    return await connection.scalar(query) or 0


async def lock_unissued(
    connection: AsyncConnection, estate_ids: Collection[UUID], most: int
) -> list[Connection]:
    """Connections of these estates without a credential, by code, locked."""
    rows = await connection.execute(
        select(connection_table)
        .where(*_unissued(estate_ids))
        .order_by(_c.code)
        .limit(most)
        .with_for_update()
    )
    return [_connection(row) for row in rows]


def _unissued(estate_ids: Collection[UUID]) -> list[ColumnElement[bool]]:
    return [
        _c.token_hash == NO_TOKEN,
        _c.revoked_at.is_(None),
        _ids(_c.estate_id, estate_ids),
    ]


async def replace_token(
    connection: AsyncConnection,
    connection_id: UUID,
    token_hash: bytes,
    *,
    now: datetime,
    previous_until: datetime | None,
) -> None:
    await connection.execute(
        update(connection_table)
        .where(_c.id == connection_id)
        .values(
            token_previous_hash=None if previous_until is None else _c.token_hash,
            previous_valid_until=previous_until,
            token_hash=token_hash,
            rotated_at=now,
            revoked_at=None,
            version=register_version.next_value(),
        )
    )


async def set_revoked(connection: AsyncConnection, connection_id: UUID, now: datetime) -> None:
    await connection.execute(
        update(connection_table)
        .where(_c.id == connection_id)
        .values(
            revoked_at=now,
            token_previous_hash=None,
            previous_valid_until=None,
            version=register_version.next_value(),
        )
    )


async def touch_connection(connection: AsyncConnection, connection_id: UUID) -> None:
    """Give it a new version, because one of its devices changed."""
    await connection.execute(
        update(connection_table)
        .where(_c.id == connection_id)
        .values(version=register_version.next_value())
    )


async def delete_connections(connection: AsyncConnection, ids: Collection[UUID]) -> None:
    await connection.execute(connection_table.delete().where(_ids(_c.id, ids)))


# Devices


async def insert_device(connection: AsyncConnection, new: Device) -> bool:
    """Insert it; False when its code is taken in the estate, or its place on the connection is."""
    inserted = await connection.execute(
        insert(device_table)
        .values(
            id=new.id,
            estate_id=new.estate_id,
            place_id=new.place_id,
            code=new.code,
            title=new.title,
            kind=new.kind,
            driver=new.driver,
            connection_id=new.connection_id,
            external_code=new.external_code,
            state=new.state,
            state_since=new.state_since,
            version=new.version,
        )
        .on_conflict_do_nothing()
    )
    return inserted.rowcount == 1


async def device_by_id(
    connection: AsyncConnection, device_id: UUID, *, lock: bool = False
) -> Device | None:
    query = select(device_table).where(_d.id == device_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _device(row)


async def devices_by_id(
    connection: AsyncConnection, ids: Collection[UUID], *, lock: bool = False
) -> list[Device]:
    query = select(device_table).where(_ids(_d.id, ids)).order_by(_d.id)
    rows = await connection.execute(query.with_for_update() if lock else query)
    return [_device(row) for row in rows]


async def delete_devices(connection: AsyncConnection, ids: Collection[UUID]) -> None:
    await connection.execute(device_table.delete().where(_ids(_d.id, ids)))


async def devices_by_code(
    connection: AsyncConnection, estate_id: UUID, codes: Collection[str]
) -> list[Device]:
    rows = await connection.execute(
        select(device_table).where(_d.estate_id == estate_id, _d.code.in_(codes))
    )
    return [_device(row) for row in rows]


async def devices_of_kinds(connection: AsyncConnection, kinds: Collection[str]) -> list[Device]:
    rows = await connection.execute(select(device_table).where(_d.kind.in_(kinds)).order_by(_d.id))
    return [_device(row) for row in rows]


async def devices_on(connection: AsyncConnection, connection_ids: Collection[UUID]) -> list[Device]:
    rows = await connection.execute(
        select(device_table).where(_ids(_d.connection_id, connection_ids))
    )
    return [_device(row) for row in rows]


async def devices_per_connection(
    connection: AsyncConnection, ids: Collection[UUID]
) -> dict[UUID, int]:
    rows = await connection.execute(
        select(_d.connection_id, func.count())
        .where(_ids(_d.connection_id, ids))
        .group_by(_d.connection_id)
    )
    return {row[0]: row[1] for row in rows}


_HAS_FAULT = exists().where(_f.device_id == _d.id)


def _matching(wanted: DeviceFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.estate_id is not None:
        conditions.append(_d.estate_id == wanted.estate_id)
    if wanted.place_ids:
        conditions.append(_ids(_d.place_id, wanted.place_ids))
    if wanted.kind is not None:
        conditions.append(_d.kind == wanted.kind)
    if wanted.ids:
        conditions.append(_ids(_d.id, wanted.ids))
    if wanted.connection_id is not None:
        conditions.append(_d.connection_id == wanted.connection_id)
    if wanted.state == "fault":
        conditions.append(_HAS_FAULT)
    elif wanted.state is not None:
        conditions.append(_d.state == wanted.state)
    if wanted.words:
        words = f"%{_escaped(wanted.words)}%"
        conditions.append(or_(_d.code.ilike(words), _d.title.ilike(words)))
    return conditions


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def page_of_devices(
    connection: AsyncConnection,
    wanted: DeviceFilter,
    order: DeviceOrder,
    after: tuple[str | datetime, UUID] | None,
    most: int,
) -> list[Device]:
    """Devices in an order and by id, after the given pair."""
    column, down = _ORDERS[order.removeprefix("-")], order.startswith("-")
    query = select(device_table).where(*_matching(wanted)).limit(most)
    if after is not None:
        place, given = tuple_(column, _d.id), tuple_(*after)
        query = query.where(place < given if down else place > given)
    query = query.order_by(*((column.desc(), _d.id.desc()) if down else (column, _d.id)))
    return [_device(row) for row in await connection.execute(query)]


_ORDERS: Mapping[str, ColumnElement[Any]] = {
    "code": _d.code,
    "title": _d.title,
    "kind": _d.kind,
    "state": _d.state,
    "seen": func.coalesce(_d.last_seen_at, NEVER_SEEN),
}


async def count_matching(connection: AsyncConnection, wanted: DeviceFilter) -> int:
    query = select(func.count()).select_from(device_table).where(*_matching(wanted))
    return await connection.scalar(query) or 0


async def count_devices(connection: AsyncConnection, wanted: DeviceFilter) -> DeviceCounts:
    matching = _matching(wanted)
    by_state = await connection.execute(
        select(_d.state, func.count()).where(*matching).group_by(_d.state)
    )
    states: dict[str, int] = {row[0]: row[1] for row in by_state}
    kinds = await connection.execute(
        select(_d.kind, func.count()).where(*matching).group_by(_d.kind).order_by(_d.kind)
    )
    faults = await connection.scalar(
        select(func.count()).select_from(device_table).where(*matching, _HAS_FAULT)
    )
    return DeviceCounts(
        total=sum(states.values()),
        online=states.get(DeviceState.ONLINE, 0),
        offline=states.get(DeviceState.OFFLINE, 0),
        never=states.get(DeviceState.NEVER, 0),
        fault=faults or 0,
        by_kind={row[0]: row[1] for row in kinds},
    )


async def change_device(
    connection: AsyncConnection, device_id: UUID, *, title: str, place_id: UUID | None
) -> None:
    await connection.execute(
        update(device_table)
        .where(_d.id == device_id)
        .values(title=title, place_id=place_id, version=_d.version + 1)
    )


async def put_behind(connection: AsyncConnection, device_id: UUID, connection_id: UUID) -> None:
    await connection.execute(
        update(device_table)
        .where(_d.id == device_id)
        .values(connection_id=connection_id, version=_d.version + 1)
    )


_HEARD = text(
    """
    WITH heard AS (
        SELECT * FROM unnest(CAST(:devices AS uuid[]), CAST(:times AS timestamptz[]),
                             CAST(:states AS text[]), CAST(:firmwares AS text[]))
                      AS n (id, at, state, firmware)
    ), before AS (
        SELECT d.id, d.state FROM sensing_device AS d JOIN heard AS n ON n.id = d.id
        WHERE d.state <> n.state
           OR n.firmware IS DISTINCT FROM d.firmware AND n.firmware IS NOT NULL
           OR d.last_seen_at IS NULL OR d.last_seen_at < n.at - CAST(:every AS interval)
        ORDER BY d.id FOR NO KEY UPDATE OF d
    )
    UPDATE sensing_device AS d
    SET last_seen_at = greatest(d.last_seen_at, n.at),
        state = n.state,
        state_since = CASE WHEN d.state = n.state THEN d.state_since ELSE n.at END,
        firmware = coalesce(n.firmware, d.firmware)
    FROM heard AS n JOIN before AS b ON b.id = n.id
    WHERE d.id = n.id
    RETURNING d.id, d.estate_id, d.version, d.state, b.state AS state_before
    """
)


async def note_signs(
    connection: AsyncConnection, signs: Sequence[Sign]
) -> list[tuple[UUID, UUID, int, DeviceState]]:
    """Remember when devices were last heard, at most once a minute each.

    Returns (device, estate, version, state) of those whose state changed.
    """
    rows = await connection.execute(
        _HEARD,
        {
            "devices": [sign.device_id for sign in signs],
            "times": [sign.received_at for sign in signs],
            "states": [state_after(sign).value for sign in signs],
            "firmwares": [sign.firmware for sign in signs],
            "every": SEEN_EVERY,
        },
    )
    return [
        (row.id, row.estate_id, row.version, DeviceState(row.state))
        for row in rows
        if row.state != row.state_before
    ]


_SILENT = text(
    """
    WITH silent AS (
        SELECT d.id FROM sensing_device AS d
        JOIN unnest(CAST(:kinds AS text[]), CAST(:spans AS interval[])) AS k (kind, span)
          ON k.kind = d.kind
        WHERE d.state = 'online' AND d.last_seen_at < CAST(:now AS timestamptz) - k.span
        ORDER BY d.id FOR NO KEY UPDATE OF d
    )
    UPDATE sensing_device AS d SET state = 'offline', state_since = :now
    FROM silent WHERE d.id = silent.id
    RETURNING d.id, d.estate_id, d.version
    """
)


async def note_silence(
    connection: AsyncConnection, spans: Mapping[str, timedelta], now: datetime
) -> list[tuple[UUID, UUID, int]]:
    """Mark devices offline that were silent for longer than the span of their kind."""
    rows = await connection.execute(
        _SILENT, {"kinds": list(spans), "spans": list(spans.values()), "now": now}
    )
    return [(row.id, row.estate_id, row.version) for row in rows]


# Commands


async def insert_command(connection: AsyncConnection, new: Command) -> None:
    await connection.execute(
        insert(command_table).values(
            id=new.id,
            device_id=new.device_id,
            estate_id=new.estate_id,
            connection_id=new.connection_id,
            name=new.name,
            params=dict(new.params),
            state=new.state,
            asked_by=new.asked_by,
            asked_by_name=new.asked_by_name,
            asked_at=new.asked_at,
            expires_at=new.expires_at,
            version=new.version,
        )
    )


async def commands_of(connection: AsyncConnection, device_id: UUID, most: int) -> list[Command]:
    rows = await connection.execute(
        select(command_table)
        .where(_o.device_id == device_id)
        .order_by(_o.asked_at.desc(), _o.id.desc())
        .limit(most)
    )
    return [_command(row) for row in rows]


async def commands_locked(
    connection: AsyncConnection, ids: Collection[UUID]
) -> dict[UUID, Command]:
    rows = await connection.execute(
        select(command_table).where(_ids(_o.id, ids)).order_by(_o.id).with_for_update()
    )
    return {row.id: _command(row) for row in rows}


async def command_by_reference(
    connection: AsyncConnection, device_id: UUID, reference: str
) -> Command | None:
    row = (
        await connection.execute(
            select(command_table)
            .where(_o.device_id == device_id, _o.reference == reference)
            .order_by(_o.asked_at.desc())
            .limit(1)
            .with_for_update()
        )
    ).first()
    return None if row is None else _command(row)


async def connections_waited_for(connection: AsyncConnection, now: datetime) -> set[UUID]:
    rows = await connection.execute(
        select(_o.connection_id)
        .distinct()
        .where(_o.state == CommandState.WAITING, _o.expires_at > now)
    )
    return set(rows.scalars())


async def undelivered(
    connection: AsyncConnection, connection_ids: Collection[UUID], now: datetime
) -> list[tuple[Command, tuple[str, int] | None]]:
    """Commands these connections have not confirmed to have, oldest first."""
    rows = await connection.execute(
        select(command_table)
        .where(
            _ids(_o.connection_id, connection_ids),
            _o.state.in_(OPEN),
            _o.delivered_at.is_(None),
            _o.expires_at > now,
        )
        .order_by(_o.asked_at, _o.id)
    )
    return [
        (_command(row), None if row.sent_client is None else (row.sent_client, row.sent_packet))
        for row in rows
    ]


async def move_command(connection: AsyncConnection, command: Command, after: Command) -> None:
    """Write what a move changed of a command that is locked."""
    await connection.execute(
        update(command_table)
        .where(_o.id == command.id)
        .values(
            state=after.state,
            sent_at=after.sent_at,
            finished_at=after.finished_at,
            words=after.words,
            version=_o.version + 1,
        )
    )


async def note_sending(connection: AsyncConnection, sending: CommandSending) -> None:
    await connection.execute(
        update(command_table)
        .where(_o.id == sending.command_id)
        .values(
            sent_client=sending.client_id,
            sent_packet=sending.packet_id,
            # A command sent again keeps the reference its answer will carry.
            reference=func.coalesce(sending.reference, _o.reference),
            # QoS 0: no acknowledgement will follow.
            delivered_at=None if sending.packet_id else sending.at,
        )
    )


async def note_delivered(connection: AsyncConnection, ids: Collection[UUID], at: datetime) -> None:
    await connection.execute(
        update(command_table)
        .where(_ids(_o.id, ids), _o.delivered_at.is_(None))
        .values(delivered_at=at)
    )


async def overdue_commands(connection: AsyncConnection, now: datetime, most: int) -> list[Command]:
    """Open commands whose time is over, locked.

    One that was delivered by a protocol without answers stays sent: nothing more will be known.
    """
    rows = await connection.execute(
        select(command_table)
        .where(
            _o.state.in_(OPEN),
            _o.expires_at <= now,
            or_(_o.delivered_at.is_(None), _o.reference.is_not(None)),
        )
        .order_by(_o.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [_command(row) for row in rows]


# Faults


async def insert_fault(connection: AsyncConnection, fault: DeviceFault, estate_id: UUID) -> bool:
    """Note a fault; False when it stood already (its sentence is renewed)."""
    statement = insert(fault_table).values(
        device_id=fault.device_id,
        code=fault.code,
        estate_id=estate_id,
        since=fault.since,
        sentence=fault.sentence,
    )
    inserted = await connection.scalar(
        statement.on_conflict_do_update(
            index_elements=["device_id", "code"], set_={"sentence": statement.excluded.sentence}
        ).returning(text("xmax = 0"))
    )
    return bool(inserted)


async def delete_fault(connection: AsyncConnection, device_id: UUID, code: str) -> bool:
    gone = await connection.execute(
        fault_table.delete().where(_f.device_id == device_id, _f.code == code)
    )
    return gone.rowcount == 1


async def faults_of(connection: AsyncConnection, device_ids: Collection[UUID]) -> list[DeviceFault]:
    rows = await connection.execute(
        select(fault_table).where(_ids(_f.device_id, device_ids)).order_by(_f.since)
    )
    return [
        DeviceFault(device_id=row.device_id, code=row.code, since=row.since, sentence=row.sentence)
        for row in rows
    ]


# Presence


async def arrive(
    connection: AsyncConnection,
    *,
    gateway: str,
    connection_id: UUID,
    client_id: str,
    address: str,
    at: datetime,
) -> bool:
    """Note that the client is there; whether it was there before, perhaps through another door."""
    statement = insert(presence_table).values(
        connection_id=connection_id, client_id=client_id, gateway=gateway, address=address, since=at
    )
    there = await connection.scalar(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "client_id"],
            set_={
                "gateway": statement.excluded.gateway,
                "address": statement.excluded.address,
                "since": statement.excluded.since,
            },
            # Of a row just inserted, no transaction has ended the version before.
        ).returning(literal_column("xmax <> 0"))
    )
    await connection.execute(
        update(connection_table)
        .where(_c.id == connection_id)
        .values(connected_since=func.coalesce(_c.connected_since, at), address=address)
    )
    return bool(there)


_ELSEWHERE = text(
    """
    SELECT p.connection_id, p.client_id
    FROM unnest(CAST(:connections AS uuid[]), CAST(:clients AS text[])) AS c (connection, client)
    JOIN sensing_presence AS p ON p.connection_id = c.connection AND p.client_id = c.client
    WHERE p.gateway <> :gateway
    """
)


async def elsewhere(
    connection: AsyncConnection, gateway: str, clients: Collection[tuple[UUID, str]]
) -> frozenset[tuple[UUID, str]]:
    """Those of the clients (connection, client id) that another gateway has now."""
    connections, names = zip(*clients, strict=True)
    rows = await connection.execute(
        _ELSEWHERE,
        {"connections": list(connections), "clients": list(names), "gateway": gateway},
    )
    return frozenset((row[0], row[1]) for row in rows)


async def leave(
    connection: AsyncConnection,
    *,
    gateway: str,
    connection_id: UUID,
    client_id: str,
    reason: str,
    at: datetime,
) -> None:
    """A client is gone from this gateway; another may have taken it over meanwhile."""
    p = presence_table.c
    await connection.execute(
        presence_table.delete().where(
            p.connection_id == connection_id, p.client_id == client_id, p.gateway == gateway
        )
    )
    await _without_clients(connection, [connection_id], reason, at)


async def leave_all(connection: AsyncConnection, *, gateway: str, reason: str, at: datetime) -> int:
    """Everybody who was there through this gateway is gone; returns how many connections."""
    p = presence_table.c
    gone = await connection.execute(
        presence_table.delete().where(p.gateway == gateway).returning(p.connection_id)
    )
    ids = sorted(set(gone.scalars()))
    if ids:
        await _without_clients(connection, ids, reason, at)
    return len(ids)


async def _without_clients(
    connection: AsyncConnection, ids: Collection[UUID], reason: str, at: datetime
) -> None:
    still_there = exists().where(presence_table.c.connection_id == _c.id)
    await connection.execute(
        update(connection_table)
        .where(_ids(_c.id, ids), ~still_there)
        .values(connected_since=None, last_disconnected_at=at, last_reason=reason)
    )
