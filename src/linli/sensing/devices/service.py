"""Verbs on the register: devices and their credentials, commands, faults, signs of life."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from linli.directory.facilities.public import facilities_with
from linli.directory.places.public import estate_of, place_of
from linli.directory.sources.public import LaterWork, used_by
from linli.kernel.errors import BadInput, IllegalMove, NotFound, StaleVersion
from linli.kernel.work import Work
from linli.sensing.devices import policy, store
from linli.sensing.devices.contracts import (
    Command,
    CommandAnswer,
    CommandMove,
    CommandSending,
    CommandState,
    Connection,
    ConnectionKind,
    Credential,
    Device,
    DeviceCounts,
    DeviceFault,
    DeviceFilter,
    DeviceOrder,
    DevicePage,
    DeviceState,
    Issued,
    KnownConnection,
    OutgoingCommand,
    Params,
    Registered,
    Registration,
    Sign,
)
from linli.sensing.devices.events import (
    CommandMoved,
    ConnectionRevoked,
    DeviceChanged,
    DeviceCommanded,
)
from linli.sensing.devices.kinds import all_kinds
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

REGISTER_CHANGED = "linli_register_changed"
"""NOTIFY channel, without words: a connection or one of its devices changed."""
CLIENT_MOVED = "linli_client_moved"
"""NOTIFY channel, without words: a client came to a gateway that was at one already."""
COMMAND_WAITING = "linli_command_waiting"
"""NOTIFY channel, without words: a command was written down."""

LONGEST_WORDS = 500
MOST_EXPIRED = 500
MANAGE = "manage_devices"


class CodeTaken(BadInput):
    code = "code_taken"
    text = "这个编号已经被使用"


# Reading


async def device_of(work: Work, device_id: UUID) -> Device:
    """The device. Raises NotFound when it is absent or not to be seen."""
    found = await store.device_by_id(work.connection, device_id)
    if found is None:
        raise NotFound
    return found


async def devices_named(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Device]:
    """Devices by id; absent and unseen ones are left out."""
    if not ids:
        return {}
    return {device.id: device for device in await store.devices_by_id(work.connection, ids)}


async def devices_coded(
    work: Work, estate_id: UUID, codes: Collection[str]
) -> Mapping[str, Device]:
    """Devices of an estate by their code."""
    if not codes:
        return {}
    found = await store.devices_by_code(work.connection, estate_id, codes)
    return {device.code: device for device in found}


async def devices_of_kinds(work: Work, kinds: Collection[str]) -> Sequence[Device]:
    """Every device of these kinds the session may see."""
    return await store.devices_of_kinds(work.connection, kinds) if kinds else ()


async def list_devices(
    work: Work,
    wanted: DeviceFilter,
    *,
    order: DeviceOrder = DeviceOrder.CODE,
    after: str | None = None,
    most: int = 50,
) -> DevicePage:
    """Devices in an order. `after` is `next_after` of the page before.

    Raises:
        BadInput: `after` is of no page in this order.
    """
    place = None if after is None else _place(after, order)
    found = await store.page_of_devices(work.connection, wanted, order, place, most + 1)
    page = tuple(found[:most])
    return DevicePage(
        devices=page,
        next_after=policy.place_of(page[-1], order) if len(found) > most else None,
        total=await store.count_matching(work.connection, wanted),
    )


def _place(after: str, order: DeviceOrder) -> tuple[str | datetime, UUID]:
    first, _, value = after.partition(" ")
    try:
        seen = order.removeprefix("-") == DeviceOrder.SEEN
        return (datetime.fromisoformat(value) if seen else value), UUID(first)
    except ValueError as error:
        raise BadInput(field="cursor") from error


async def count_devices(work: Work, wanted: DeviceFilter) -> DeviceCounts:
    """How many devices stand how."""
    return await store.count_devices(work.connection, wanted)


async def connection_of(work: Work, connection_id: UUID) -> Connection:
    """The connection. Raises NotFound."""
    found = await store.connection_by_id(work.connection, connection_id)
    if found is None:
        raise NotFound
    return found


async def connections_named(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Connection]:
    """Connections by id; absent and unseen ones are left out."""
    if not ids:
        return {}
    found = await store.connections_by_id(work.connection, ids)
    return {connection.id: connection for connection in found}


async def connections_in(work: Work, estate_id: UUID | None = None) -> Sequence[Connection]:
    """Connections by code, of one estate or of all that the session may see."""
    return await store.connections_in(work.connection, estate_id)


async def devices_per_connection(work: Work, ids: Collection[UUID]) -> Mapping[UUID, int]:
    """How many devices speak through each of these connections."""
    return await store.devices_per_connection(work.connection, ids) if ids else {}


async def known_connections(work: Work, ids: Collection[UUID]) -> Mapping[UUID, KnownConnection]:
    """Connections with their devices, as the doors hold them in memory."""
    if not ids:
        return {}
    connections = await store.connections_by_id(work.connection, ids)
    own: dict[UUID, Device] = {}
    children: dict[UUID, dict[str, Device]] = {}
    for device in await store.devices_on(work.connection, ids):
        if device.connection_id is None:
            continue
        if device.external_code is None:
            own[device.connection_id] = device
        else:
            children.setdefault(device.connection_id, {})[device.external_code] = device
    kinds = all_kinds()
    return {
        connection.id: KnownConnection(
            connection=connection,
            own=own.get(connection.id),
            children=children.get(connection.id, {}),
            kinds=kinds,
        )
        for connection in connections
    }


async def connection_versions(work: Work, ids: Collection[UUID]) -> Mapping[UUID, int]:
    """The present versions of connections: what has another one in memory must be loaded again."""
    return await store.versions(work.connection, ids) if ids else {}


async def ended_credentials(
    work: Work, since: Collection[tuple[UUID, datetime]]
) -> frozenset[tuple[UUID, datetime]]:
    """Of (connection, since when its credential holds), those that hold no longer.

    Revoked or rotated since, or gone: what they send must not be taken.
    """
    return await store.ended_credentials(work.connection, since) if since else frozenset()


async def sign_in(work: Work, code: str, token: str) -> Connection | None:
    """The connection whose credential this is; None when it is nobody's, or revoked."""
    found = await store.connection_with_tokens(work.connection, code)
    if found is None:
        return None
    connection, kept, previous, until = found
    if connection.revoked_at is not None:
        return None
    return connection if policy.is_token(token, kept, previous, until, work.now) else None


async def sign_in_by_token(work: Work, token: str) -> Connection | None:
    """The connection of a token given without a name, as some makers' devices do it.

    A token is 256 random bits, so it alone says whose it is. A token within the grace of a
    rotation is not found this way.
    """
    return await store.connection_with_hash(work.connection, policy.hash_of(token))


# Registering


async def register_device(work: Work, draft: Registration, *, issue: bool = True) -> Registered:
    """Register a device: with a connection and credential of its own, or behind a site gateway.

    Without `issue` no credential is made yet: `issue_credentials` does, when somebody fetches it.

    Raises:
        BadInput: a field does not fit; CodeTaken: the code, or the place behind the gateway.
        NotFound: no such estate, place or site gateway there.
    """
    policy.check_registration(draft, all_kinds())
    estate = await estate_of(work, draft.estate_id)
    if draft.place_id is not None:
        await _check_place(work, draft.place_id, draft.estate_id)
    code = draft.code
    if code is None:
        number = await store.next_device_number(work.connection)
        code = policy.device_code(estate.code, number)
    connection_id = draft.connection_id
    driver = draft.driver
    credential: Credential | None = None
    if connection_id is None:
        connection_id, credential = await _new_connection(
            work, draft, policy.connection_code(estate.code, code), issue=issue
        )
    else:
        gateway = await store.connection_by_id(work.connection, connection_id, lock=True)
        if gateway is None or gateway.estate_id != draft.estate_id:
            raise NotFound(field="parent_connection_id")
        if gateway.kind is not ConnectionKind.SITE_GATEWAY:
            raise BadInput("只能挂在网关下", field="parent_connection_id")
        driver = gateway.driver
        await store.touch_connection(work.connection, connection_id)
    device = Device(
        id=work.new_id(),
        estate_id=draft.estate_id,
        place_id=draft.place_id,
        code=code,
        title=draft.title.strip(),
        kind=draft.kind,
        driver=driver,
        connection_id=connection_id,
        external_code=draft.external_code,
        state=DeviceState.NEVER,
        version=1,
        state_since=work.now,
    )
    if not await store.insert_device(work.connection, device):
        raise CodeTaken(field="code" if draft.external_code is None else "external_code")
    await _register_changed(work)
    work.outbox.add(_changed(work, device))
    await record(
        work,
        action=Action.DEVICE_REGISTERED,
        subject_kind="device",
        subject_id=device.id,
        subject_title=f"{device.title}（{device.code}）",
        estate_id=device.estate_id,
    )
    return Registered(device=device, credential=credential)


async def _new_connection(
    work: Work, draft: Registration, code: str, *, issue: bool
) -> tuple[UUID, Credential | None]:
    connection = Connection(
        id=work.new_id(),
        estate_id=draft.estate_id,
        code=code,
        kind=policy.connection_kind(draft.kind),
        driver=draft.driver,
        settings=draft.settings,
        version=0,
        created_at=work.now,
        rotated_at=work.now,
    )
    token = _fresh_token()
    token_hash = policy.hash_of(token) if issue else policy.NO_TOKEN
    if not await store.insert_connection(work.connection, connection, token_hash):
        raise CodeTaken(field="code")
    if not issue:
        return connection.id, None
    return connection.id, Credential(
        connection_id=connection.id, username=connection.code, token=token
    )


def _fresh_token() -> str:
    """A new token. It begins with a letter or digit: in a spreadsheet a dash begins a formula."""
    while True:
        token = secrets.token_urlsafe(policy.TOKEN_BYTES)
        if token[0].isalnum():
            return token


async def _check_place(work: Work, place_id: UUID, estate_id: UUID) -> None:
    place = await place_of(work, place_id)
    if place.estate_id != estate_id:
        raise BadInput("这个位置不在该小区", field="place_id")


async def change_device(
    work: Work, device_id: UUID, *, title: str, place_id: UUID | None, expected_version: int
) -> Device:
    """Give a device another title or place.

    Raises NotFound, StaleVersion, BadInput.
    """
    policy.check_title(title)
    device = await store.device_by_id(work.connection, device_id, lock=True)
    if device is None:
        raise NotFound
    if device.version != expected_version:
        raise StaleVersion
    if place_id is not None:
        await _check_place(work, place_id, device.estate_id)
    await store.change_device(work.connection, device_id, title=title.strip(), place_id=place_id)
    if device.connection_id is not None:
        await store.touch_connection(work.connection, device.connection_id)
    await _register_changed(work)
    changed = replace(device, title=title.strip(), place_id=place_id, version=device.version + 1)
    work.outbox.add(_changed(work, changed))
    await record(
        work,
        action=Action.DEVICE_CHANGED,
        subject_kind="device",
        subject_id=device.id,
        subject_title=f"{changed.title}（{device.code}）",
        estate_id=device.estate_id,
    )
    return changed


async def put_behind(work: Work, device_id: UUID, connection_id: UUID) -> Device:
    """Put a device behind another site gateway of its estate, under the name it has.

    Raises:
        NotFound: no such device, or no such gateway in its estate.
        BadInput: the connection is no site gateway; IllegalMove: the device has its own connection.
    """
    device = await store.device_by_id(work.connection, device_id, lock=True)
    gateway = await store.connection_by_id(work.connection, connection_id)
    if device is None or gateway is None or gateway.estate_id != device.estate_id:
        raise NotFound
    if gateway.kind is not ConnectionKind.SITE_GATEWAY:
        raise BadInput("只能挂在网关下", field="connection_id")
    if device.external_code is None:
        raise IllegalMove("这台设备有自己的接入凭证，不挂在网关下")
    await store.put_behind(work.connection, device_id, connection_id)
    if device.connection_id is not None:
        await store.touch_connection(work.connection, device.connection_id)
    await store.touch_connection(work.connection, connection_id)
    await _register_changed(work)
    moved = replace(device, connection_id=connection_id, version=device.version + 1)
    work.outbox.add(_changed(work, moved))
    await record(
        work,
        action=Action.DEVICE_CHANGED,
        subject_kind="device",
        subject_id=device.id,
        subject_title=f"{device.title}（{device.code}）改挂 {gateway.code}",
        estate_id=device.estate_id,
    )
    return moved


async def rotate(work: Work, connection_id: UUID, *, grace: timedelta = timedelta(0)) -> Credential:
    """Give a connection a new token; the old one ends now, or after `grace`.

    A revoked connection may sign in again afterwards. Raises NotFound.
    """
    connection = await store.connection_by_id(work.connection, connection_id, lock=True)
    if connection is None:
        raise NotFound
    token = _fresh_token()
    await store.replace_token(
        work.connection,
        connection_id,
        policy.hash_of(token),
        now=work.now,
        previous_until=work.now + grace if grace else None,
    )
    await _register_changed(work)
    work.outbox.add(
        ConnectionRevoked(
            estate_id=connection.estate_id,
            happened_at=work.now,
            connection_id=connection_id,
            revoked=False,
        )
    )
    await _audit(work, Action.CREDENTIAL_ROTATED, connection)
    return Credential(connection_id=connection_id, username=connection.code, token=token)


async def count_unissued(work: Work, estate_id: UUID | None = None) -> int:
    """How many connections wait for their first credential, where the session manages devices."""
    return await store.count_unissued(work.connection, _managed(work, estate_id))


async def issue_credentials(
    work: Work, estate_id: UUID | None = None, *, most: int
) -> Sequence[Issued]:
    """Make the first credentials of connections that have none yet, `most` of them, by code.

    Each is made once: who asks at the same time gets others, or none. Only where the session
    manages devices.
    """
    estate_ids = _managed(work, estate_id)
    waiting = await store.lock_unissued(work.connection, estate_ids, most)
    own = {
        device.connection_id: device
        for device in await store.devices_on(work.connection, [one.id for one in waiting])
        if device.external_code is None
    }
    return [
        Issued(one, await rotate(work, one.id), own[one.id]) for one in waiting if one.id in own
    ]


def _managed(work: Work, estate_id: UUID | None) -> Collection[UUID]:
    managed = work.scope.estates_for(MANAGE)
    return managed if estate_id is None else managed & {estate_id}


async def withdraw(work: Work, ids: Collection[UUID]) -> int:
    """Take devices back that were registered by mistake, with their connections; returns how many.

    Raises:
        LaterWork: one of them spoke, was changed or told something, or something leans on it.
    """
    found = await store.devices_by_id(work.connection, ids, lock=True)
    later = [one for one in found if one.state is not DeviceState.NEVER or one.version != 1]
    if later:
        raise LaterWork(f"有 {len(later)} 台设备在导入以后上报过或被修改过，不能整批撤销")
    for one in found:
        if await facilities_with(work, one.id):
            raise LaterWork(f"设备“{one.title}”已经关联到设施，请先在设施里取消关联，再撤销导入")
    gone = {one.id for one in found}
    own = {one.connection_id for one in found if one.connection_id and one.external_code is None}
    stay = [one for one in await store.devices_on(work.connection, own) if one.id not in gone]
    if stay:
        raise LaterWork(f"后来又有 {len(stay)} 台设备挂到这次导入的网关下，不能整批撤销")
    try:
        async with work.connection.begin_nested():
            await store.delete_devices(work.connection, gone)
            await store.delete_connections(work.connection, own)
    except IntegrityError as error:
        raise used_by(error, "设备") from error
    for one in found:
        if one.connection_id is not None and one.connection_id not in own:
            await store.touch_connection(work.connection, one.connection_id)
    await _register_changed(work)
    return len(found)


async def revoke(work: Work, connection_id: UUID) -> Connection:
    """End a connection's credential at once. Raises NotFound, IllegalMove when it ended before."""
    connection = await store.connection_by_id(work.connection, connection_id, lock=True)
    if connection is None:
        raise NotFound
    if connection.revoked_at is not None:
        raise IllegalMove("这个接入凭证已经吊销")
    await store.set_revoked(work.connection, connection_id, work.now)
    await _register_changed(work)
    work.outbox.add(
        ConnectionRevoked(
            estate_id=connection.estate_id,
            happened_at=work.now,
            connection_id=connection_id,
            revoked=True,
        )
    )
    await _audit(work, Action.CREDENTIAL_REVOKED, connection)
    return replace(connection, revoked_at=work.now)


async def _audit(work: Work, action: Action, connection: Connection) -> None:
    await record(
        work,
        action=action,
        subject_kind="connection",
        subject_id=connection.id,
        subject_title=connection.code,
        estate_id=connection.estate_id,
    )


async def _register_changed(work: Work) -> None:
    await work.connection.execute(text(f"NOTIFY {REGISTER_CHANGED}"))


def _changed(work: Work, device: Device) -> DeviceChanged:
    return DeviceChanged(
        estate_id=device.estate_id,
        happened_at=work.now,
        device_id=device.id,
        version=device.version,
        state=device.state,
    )


# Signs of life


class SignsOfLife:
    """Notes when devices were heard, and remembers it so that most signs cost no statement.

    One per process.
    """

    def __init__(self) -> None:
        self._noted: dict[UUID, datetime] = {}

    async def heard(self, work: Work, signs: Sequence[Sign]) -> None:
        """As `heard`, without those that would change nothing."""
        due = [sign for sign in signs if self._is_due(sign)]
        if due:
            await heard(work, due)
            for sign in due:
                if sign.online is False:
                    self._noted.pop(sign.device_id, None)
                else:
                    self._noted[sign.device_id] = sign.received_at

    def forget(self) -> None:
        """What was noted lately may have been rolled back: note it again."""
        self._noted.clear()

    def _is_due(self, sign: Sign) -> bool:
        if sign.online is not None or sign.firmware is not None:
            return True
        noted = self._noted.get(sign.device_id)
        return noted is None or sign.received_at - noted >= policy.SEEN_EVERY


async def heard(work: Work, signs: Sequence[Sign]) -> None:
    """Devices gave signs of life: note when, to the minute, and bring back who was offline.

    At most one sign a device.
    """
    if not signs:
        return
    for device_id, estate_id, version, state in await store.note_signs(work.connection, signs):
        work.outbox.add(
            DeviceChanged(
                estate_id=estate_id,
                happened_at=work.now,
                device_id=device_id,
                version=version,
                state=state,
            )
        )


async def fall_silent(work: Work) -> int:
    """Mark devices offline that said nothing for longer than their kind may; returns how many."""
    spans = {kind.code: kind.offline_after for kind in all_kinds().values()}
    silent = await store.note_silence(work.connection, spans, work.now)
    for device_id, estate_id, version in silent:
        work.outbox.add(
            DeviceChanged(
                estate_id=estate_id,
                happened_at=work.now,
                device_id=device_id,
                version=version,
                state=DeviceState.OFFLINE,
            )
        )
    return len(silent)


async def client_arrived(
    work: Work, *, gateway: str, connection_id: UUID, client_id: str, address: str, at: datetime
) -> None:
    """A client of a connection is there now, through this gateway; another lets go of it."""
    there = await store.arrive(
        work.connection,
        gateway=gateway,
        connection_id=connection_id,
        client_id=client_id,
        address=address,
        at=at,
    )
    if there:
        await work.connection.execute(text(f"NOTIFY {CLIENT_MOVED}"))


async def clients_elsewhere(
    work: Work, gateway: str, clients: Collection[tuple[UUID, str]]
) -> frozenset[tuple[UUID, str]]:
    """Of the clients (connection, client id) of this gateway, those that came to another since."""
    return await store.elsewhere(work.connection, gateway, clients) if clients else frozenset()


async def client_left(
    work: Work, *, gateway: str, connection_id: UUID, client_id: str, reason: str, at: datetime
) -> None:
    """A client is gone from this gateway. What its devices are, their silence will tell."""
    await store.leave(
        work.connection,
        gateway=gateway,
        connection_id=connection_id,
        client_id=client_id,
        reason=reason,
        at=at,
    )


async def gateway_started(work: Work, gateway: str, at: datetime) -> int:
    """Whoever was there through this gateway's last run is not any more; returns how many."""
    return await store.leave_all(work.connection, gateway=gateway, reason="lost", at=at)


# Commands


async def command_device(
    work: Work,
    device_id: UUID,
    name: str,
    params: Params,
    *,
    expires_in: timedelta | None = None,
) -> Command:
    """Write a command down for a device; it waits until the device is there or time is over.

    Raises:
        NotFound: no such device; UnknownCommand, BadInput: its kind cannot be told this.
        IllegalMove: nothing connects the device to linli.
    """
    device = await device_of(work, device_id)
    kind = all_kinds()[device.kind]
    known = policy.check_command(kind, name, params)
    if device.connection_id is None:
        raise IllegalMove("这台设备没有接入，无法下发指令")
    command = Command(
        id=work.new_id(),
        device_id=device.id,
        estate_id=device.estate_id,
        connection_id=device.connection_id,
        name=name,
        params=params,
        state=CommandState.WAITING,
        asked_by=work.actor.account_id,
        asked_by_name=work.actor.name,
        asked_at=work.now,
        expires_at=work.now + policy.expiry_of(known, expires_in),
        version=1,
    )
    await store.insert_command(work.connection, command)
    await work.connection.execute(text(f"NOTIFY {COMMAND_WAITING}"))
    work.outbox.add(
        DeviceCommanded(
            estate_id=device.estate_id,
            happened_at=work.now,
            device_id=device.id,
            connection_id=device.connection_id,
            command_id=command.id,
        )
    )
    await record(
        work,
        action=Action.COMMAND_SENT,
        subject_kind="device",
        subject_id=device.id,
        subject_title=f"{device.title}：{known.title}",
        estate_id=device.estate_id,
    )
    return command


async def commands_of(work: Work, device_id: UUID, *, most: int = 50) -> Sequence[Command]:
    """What a device was told to do, newest first."""
    return await store.commands_of(work.connection, device_id, most)


async def connections_with_waiting(work: Work) -> set[UUID]:
    """The connections for which a command waits that was not sent yet."""
    return await store.connections_waited_for(work.connection, work.now)


async def outgoing_commands(
    work: Work, connection_ids: Collection[UUID]
) -> Sequence[OutgoingCommand]:
    """What these connections have not confirmed to have, oldest first, without what expired."""
    if not connection_ids:
        return ()
    found = await store.undelivered(work.connection, connection_ids, work.now)
    devices = await devices_named(work, {command.device_id for command, _ in found})
    return [
        OutgoingCommand(command=command, device=devices[command.device_id], sent_as=sent_as)
        for command, sent_as in found
    ]


async def commands_sent(work: Work, sendings: Sequence[CommandSending]) -> None:
    """Remember how commands go out, before they do."""
    ids = {sending.command_id for sending in sendings}
    commands = await store.commands_locked(work.connection, ids)
    for sending in sendings:
        command = commands.get(sending.command_id)
        if command is None:
            continue
        await store.note_sending(work.connection, sending)
        await _move(work, command, CommandMove.SEND, at=sending.at, words=None)


async def commands_delivered(work: Work, ids: Collection[UUID]) -> None:
    """Remember that devices confirmed to have these commands."""
    if ids:
        await store.note_delivered(work.connection, ids, work.now)


async def command_failed(
    work: Work, command_id: UUID, words: str, *, refused: bool = False
) -> None:
    """A command could not be put on the wire, or the other side turned it away."""
    commands = await store.commands_locked(work.connection, [command_id])
    move = CommandMove.REFUSE if refused else CommandMove.FAIL
    for command in commands.values():
        await _move(work, command, move, at=work.now, words=words)


async def answered(work: Work, answer: CommandAnswer) -> bool:
    """A device answered a command; False when no command of its was sent under that reference.

    An answer that comes twice changes nothing.
    """
    command = await store.command_by_reference(work.connection, answer.device_id, answer.reference)
    if command is None:
        return False
    await store.note_delivered(work.connection, [command.id], answer.at)
    if answer.move is not None:
        await _move(work, command, answer.move, at=answer.at, words=answer.words or None)
    return True


async def expire_commands(work: Work) -> int:
    """Give up commands whose time is over; returns how many."""
    overdue = await store.overdue_commands(work.connection, work.now, MOST_EXPIRED)
    for command in overdue:
        await _move(work, command, CommandMove.EXPIRE, at=work.now, words=None)
    return len(overdue)


async def _move(
    work: Work, command: Command, move: CommandMove, *, at: datetime, words: str | None
) -> None:
    """Move a locked command on; a move its table does not know is too late and changes nothing."""
    state = policy.command_after(command.state, move)
    if state is None:
        return
    sent = move is CommandMove.SEND
    after = replace(
        command,
        state=state,
        sent_at=at if sent else command.sent_at,
        finished_at=None if sent else at,
        words=command.words if words is None else words[:LONGEST_WORDS],
    )
    await store.move_command(work.connection, command, after)
    if state is not command.state:
        work.outbox.add(
            CommandMoved(
                estate_id=command.estate_id,
                happened_at=work.now,
                device_id=command.device_id,
                command_id=command.id,
                state=state,
            )
        )


# Faults


async def note_fault(work: Work, fault: DeviceFault) -> bool:
    """Note what is wrong with a device; False when it was noted before (or the device is gone)."""
    device = await store.device_by_id(work.connection, fault.device_id)
    if device is None:
        return False
    new = await store.insert_fault(
        work.connection,
        replace(fault, sentence=fault.sentence[:LONGEST_WORDS]),
        device.estate_id,
    )
    if new:
        work.outbox.add(_changed(work, device))
    return new


async def clear_fault(work: Work, device_id: UUID, code: str) -> bool:
    """What was wrong is mended; False when it was not noted."""
    if not await store.delete_fault(work.connection, device_id, code):
        return False
    device = await store.device_by_id(work.connection, device_id)
    if device is not None:
        work.outbox.add(_changed(work, device))
    return True


async def faults_of(
    work: Work, device_ids: Collection[UUID]
) -> Mapping[UUID, tuple[DeviceFault, ...]]:
    """What is wrong with these devices, by device, the oldest first."""
    found: dict[UUID, list[DeviceFault]] = {}
    if device_ids:
        for fault in await store.faults_of(work.connection, device_ids):
            found.setdefault(fault.device_id, []).append(fault)
    return {device_id: tuple(faults) for device_id, faults in found.items()}
