"""Decisions about devices, credentials and commands. Pure: no clock, no store."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from linli.kernel.errors import BadInput
from linli.sensing.devices.contracts import (
    CommandMove,
    CommandState,
    ConnectionKind,
    Credential,
    Device,
    DeviceOrder,
    DeviceState,
    Doors,
    Params,
    Registration,
    Sign,
)
from linli.sensing.devices.kinds import CommandKind, DeviceKind

TOKEN_BYTES = 32
NO_TOKEN = b""
"""Stands for the hash of a token that was not made yet: no token has it."""
LONGEST_TITLE = 100
LONGEST_EXPIRY = timedelta(days=7)
USUAL_EXPIRY = timedelta(hours=24)
RISKY_EXPIRY = timedelta(minutes=5)
# How precise "last seen" is: a device that talks all the time is written once a minute.
SEEN_EVERY = timedelta(minutes=1)
NEVER_SEEN = datetime(1970, 1, 1, tzinfo=UTC)

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,47}")
_EXTERNAL_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

SITE_GATEWAY_KIND = "site_gateway"

COMMAND_MOVES: Mapping[tuple[CommandState, CommandMove], CommandState] = {
    (CommandState.WAITING, CommandMove.SEND): CommandState.SENT,
    (CommandState.WAITING, CommandMove.REFUSE): CommandState.REFUSED,
    (CommandState.WAITING, CommandMove.FAIL): CommandState.FAILED,
    (CommandState.WAITING, CommandMove.EXPIRE): CommandState.EXPIRED,
    # Sent again after the device did not say that it has it.
    (CommandState.SENT, CommandMove.SEND): CommandState.SENT,
    (CommandState.SENT, CommandMove.FINISH): CommandState.DONE,
    (CommandState.SENT, CommandMove.REFUSE): CommandState.REFUSED,
    (CommandState.SENT, CommandMove.FAIL): CommandState.FAILED,
    (CommandState.SENT, CommandMove.EXPIRE): CommandState.EXPIRED,
    # The device answers after all: what it did counts, not what we gave up.
    (CommandState.EXPIRED, CommandMove.FINISH): CommandState.DONE,
    (CommandState.EXPIRED, CommandMove.REFUSE): CommandState.REFUSED,
    (CommandState.EXPIRED, CommandMove.FAIL): CommandState.FAILED,
}


class UnknownKind(BadInput):
    code = "unknown_device_kind"
    text = "没有这种设备类型"


class UnknownDriver(BadInput):
    code = "unknown_driver"
    text = "没有这种接入协议"


class UnknownCommand(BadInput):
    code = "unknown_command"
    text = "这类设备没有这个指令"


def command_after(state: CommandState, move: CommandMove) -> CommandState | None:
    """The state after the move; None when the table does not allow it."""
    return COMMAND_MOVES.get((state, move))


def check_registration(draft: Registration, kinds: Mapping[str, DeviceKind]) -> None:
    """Refuse a registration that cannot be true; the field is named.

    Raises:
        BadInput: a code or title that does not fit, or a child without its external code.
        UnknownKind: no such device kind.
    """
    if draft.kind not in kinds:
        raise UnknownKind(field="kind")
    check_title(draft.title)
    if draft.code is not None and not _CODE.fullmatch(draft.code):
        raise BadInput("编号只能用字母、数字、点、横线和下划线，最长 48 个", field="code")
    if draft.connection_id is None:
        if draft.external_code is not None:
            raise BadInput("只有网关下挂的设备才填网关内编号", field="external_code")
        return
    if draft.kind == SITE_GATEWAY_KIND:
        raise BadInput("网关不能挂在另一个网关下", field="kind")
    if draft.external_code is None:
        raise BadInput("请填写设备在网关内的编号", field="external_code")
    if not _EXTERNAL_CODE.fullmatch(draft.external_code):
        raise BadInput("网关内编号只能用字母、数字和 _ . : -，最长 64 个", field="external_code")


def check_driver(driver: str, settings: Mapping[str, str], doors: Doors) -> None:
    """Refuse a driver that does not exist, or settings that it does not understand.

    Raises:
        UnknownDriver: there is none of this code.
        BadInput: a setting is unknown or wrong; the field is `settings.<code>`.
    """
    if doors.drivers and driver not in doors.drivers:
        raise UnknownDriver(field="driver")
    fault = doors.check(driver, settings)
    if fault is not None:
        raise BadInput(fault.words, field=f"settings.{fault.code}")


def check_title(title: str) -> None:
    """Refuse an empty or overlong title.

    Raises:
        BadInput: it does not fit.
    """
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise BadInput(f"请填写名称，最长 {LONGEST_TITLE} 个字", field="title")


def connection_kind(device_kind: str) -> ConnectionKind:
    """What kind of connection a device of this kind gets for itself."""
    if device_kind == SITE_GATEWAY_KIND:
        return ConnectionKind.SITE_GATEWAY
    return ConnectionKind.DEVICE


def connection_code(estate_code: str, device_code: str) -> str:
    """The user name of a device's own connection: its code, made unique by the estate's."""
    prefix = f"{estate_code}-".lower()
    code = device_code.lower()
    return code if code.startswith(prefix) else prefix + code


def device_code(estate_code: str, number: int) -> str:
    """A code for a device that was given none."""
    return f"{estate_code}-{number:05}".lower()


def hash_of(token: str) -> bytes:
    """The hash under which a token is kept: it has 256 random bits, so a fast one is enough."""
    return hashlib.sha256(token.encode()).digest()


def is_token(
    token: str, kept: bytes, previous: bytes | None, previous_until: datetime | None, now: datetime
) -> bool:
    """Whether this is the connection's token, or its last one within the grace of a rotation."""
    given = hash_of(token)
    if hmac.compare_digest(given, kept):
        return True
    return (
        previous is not None
        and previous_until is not None
        and now < previous_until
        and hmac.compare_digest(given, previous)
    )


def qr_text(credential: Credential, doors: Doors) -> str:
    """What a device's installer scans: where to connect, and as whom."""
    return (
        f"linli:device?u={quote(credential.username)}&t={quote(credential.token)}"
        f"&m={quote(doors.mqtt_url)}&h={quote(doors.http_url)}"
    )


def check_command(kind: DeviceKind, name: str, params: Params) -> CommandKind:
    """The command, when the kind has it and the parameters fit.

    Raises:
        UnknownCommand: the kind has no such command.
        BadInput: a parameter does not fit.
    """
    command = kind.commands.get(name)
    if command is None:
        raise UnknownCommand(field="command")
    problem = command.problem(params)
    if problem:
        raise BadInput(problem, field="params")
    return command


def expiry_of(command: CommandKind, asked: timedelta | None) -> timedelta:
    """How long a command waits: what opens or closes something must not happen hours later.

    Raises:
        BadInput: no time at all, or more than a week.
    """
    if asked is None:
        return RISKY_EXPIRY if command.risky else USUAL_EXPIRY
    if not timedelta(0) < asked <= LONGEST_EXPIRY:
        raise BadInput("指令有效期最长 7 天", field="expires_in_s")
    return asked


def state_after(sign: Sign) -> DeviceState:
    """What a sign of life says: a device that says it goes is gone, any other is there."""
    return DeviceState.OFFLINE if sign.online is False else DeviceState.ONLINE


def place_of(device: Device, order: DeviceOrder) -> str:
    """Where a list in that order goes on after the device: its id and what it is ordered by."""
    value: str = {
        "code": device.code,
        "title": device.title,
        "kind": device.kind,
        "state": device.state.value,
        "seen": (device.last_seen_at or NEVER_SEEN).isoformat(),
    }[order.removeprefix("-")]
    return f"{device.id} {value}"
