"""The HTTP door for devices without MQTT: `/device/v1/…` as `protocols/native.md` writes it down.

Each request is a message on the native topic of the same name, and goes the same way: 2xx only
after the commit of all it caused. No session and no cookie: a device shows its credential each
time.
"""

import asyncio
import hashlib
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, ConfigDict

from linli.kernel.errors import BadInput, Forbidden, NotSignedIn, Refusal, TooMany
from linli.sensing.gateway.contracts import (
    KIBIBYTE,
    Admission,
    Credentials,
    Fate,
    Inbound,
    Limits,
    Refused,
    Sending,
    Transport,
    WaitingCommand,
)
from linli.sensing.gateway.mqtt.limits import Throttle, ThrottleRule, TokenBucket
from linli.sensing.gateway.ports import Commands, Doorkeeper, Ingest, Unavailable

BODY_BYTES = 512 * KIBIBYTE
PHOTO_BYTES = 20_000_000
FILE_BYTES = 64 * KIBIBYTE * KIBIBYTE
HEAD_BYTES = 64
CLIENT = "http"
# A packet id: the command is out, and waits for the device's own answer.
OUT = 1
MOST_COMMANDS = 32
MOST_BUCKETS = 10_000
AGAIN_AFTER_S = 5

# Films come now and then and are large; what a connection may send of messages does not fit them.
FILE_LIMITS = Limits(
    messages_per_second=5.0,
    messages_burst=60.0,
    bytes_per_second=8_192.0 * KIBIBYTE,
    bytes_burst=256.0 * KIBIBYTE * KIBIBYTE,
)

GUESSES = ThrottleRule(free=5, first=1.0, longest=300.0, forget=900.0)


class DoorClosed(Refusal):
    """The database is away: nothing was taken in, the device is to send again."""

    status = 503
    code = "away"
    text = "系统正在恢复，请稍后重发"
    retry_after_s = AGAIN_AFTER_S


class NotTaken(Refusal):
    """The message was not kept, and sending it again would not help."""

    status = 422
    code = "not_taken"
    text = "这条消息没有被接受"


class TooLong(Refusal):
    """A message or file above the door's limit."""

    status = 413
    code = "too_large"
    text = "内容太大"


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file that came in whole and lies on this machine's disk; `head` is its beginning."""

    path: Path
    sha256: bytes
    size: int
    head: bytes


class EvidenceShelf(Protocol):
    """Keeps pictures, films and records that devices send."""

    async def keep_file(self, connection_id: UUID, file: ArrivedFile) -> UUID:
        """Keep a film or record and give its id, after the commit.

        Raises a Refusal when it is neither, or too large; Unavailable.
        """
        ...

    async def keep(self, connection_id: UUID, content: bytes) -> UUID:
        """Keep it and give its id, after the commit.

        Raises a Refusal when it is no picture or film, or too large; Unavailable.
        """
        ...


class Rates:
    """How much each connection sent lately; remembers a bounded number."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[UUID, tuple[TokenBucket, TokenBucket]] = OrderedDict()

    def allow(self, connection_id: UUID, limits: Limits, size: int, now: float) -> bool:
        """Whether a message of this size is within the connection's limits."""
        buckets = self._buckets.pop(connection_id, None)
        if buckets is None:
            buckets = (
                TokenBucket(limits.messages_per_second, limits.messages_burst, now),
                TokenBucket(limits.bytes_per_second, limits.bytes_burst, now),
            )
        self._buckets[connection_id] = buckets
        while len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        messages, weight = buckets
        return messages.take(1, now) and weight.take(size, now)


@dataclass(frozen=True, slots=True)
class HttpDoor:
    """What the door asks of the rest of linli; `clock` returns aware UTC."""

    doorkeeper: Doorkeeper
    ingest: Ingest
    commands: Commands
    shelf: EvidenceShelf
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    guesses: Throttle = field(default_factory=lambda: Throttle(GUESSES))
    rates: Rates = field(default_factory=Rates)
    file_rates: Rates = field(default_factory=Rates)


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class TakenShape(Shape):
    """Committed. `kept_aside` tells why the message, or part of it, could not be used."""

    committed: bool = True
    kept_aside: str | None = None


class CommandShape(Shape):
    """A command; `child` names the device behind a site gateway it is for."""

    id: str
    command: str
    params: dict[str, str | bool | float]
    expires: int | None
    child: str | None


class CommandsShape(Shape):
    """Commands waiting, oldest first, at most 32. Each comes again until it is answered."""

    commands: list[CommandShape]


class FileShape(Shape):
    """A kept file, to be named in an event's `evidence`."""

    id: UUID


class WrittenCommand(msgspec.Struct):
    """A command as the native driver writes it."""

    id: str
    command: str
    params: dict[str, str | bool | float] = {}
    expires: int | None = None


def door_of(request: Request) -> HttpDoor:
    """The door that `app.state.http_door` holds. Raises DoorClosed where this process has none."""
    door: object = getattr(request.app.state, "http_door", None)
    if isinstance(door, HttpDoor):
        return door
    raise DoorClosed


async def admitted(
    request: Request, authorization: Annotated[str | None, Header()] = None
) -> Admission:
    """Whose credential the request shows. Raises NotSignedIn, TooMany, DoorClosed."""
    return await _admit(door_of(request), request, authorization)


Who = Annotated[Admission, Depends(admitted)]

api = APIRouter(prefix="/device/v1", tags=["device door"])

# The bodies are read as messages are, not by the web framework: the document is told of them here,
# and `protocols/schemas/native/` says the same in full.
Schema = dict[str, Any]
_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
_SCALAR: Schema = {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}]}
_WHEN: Schema = {"type": "integer", "description": "Milliseconds since 1970-01-01 UTC"}
_MOMENT: Schema = {
    "type": "object",
    "required": ["values"],
    "properties": {
        "ts": _WHEN,
        "values": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "boolean"}]},
        },
    },
}
_TELEMETRY: Schema = {
    "oneOf": [_MOMENT, {"type": "array", "items": _MOMENT, "minItems": 1, "maxItems": 1000}]
}
_EVENT: Schema = {
    "type": "object",
    "required": ["id", "event"],
    "properties": {
        "id": _TEXT,
        "ts": _WHEN,
        "event": _TEXT,
        "data": {"type": "object", "additionalProperties": _SCALAR},
        "evidence": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    },
}
_STATE: Schema = {
    "type": "object",
    "properties": {
        "ts": _WHEN,
        "online": {"type": "boolean"},
        "firmware": _TEXT,
        "battery": {"type": "number", "minimum": 0, "maximum": 100},
        "signal": {"type": "number", "description": "dBm"},
    },
}
_ANSWER: Schema = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": _TEXT,
        "status": {"enum": ["done", "refused", "failed"]},
        "message": {"type": "string"},
    },
}


def _body_of(schema: Schema, kind: str = "application/json") -> Schema:
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


@api.post("/telemetry", openapi_extra=_body_of(_TELEMETRY))
async def telemetry(who: Who, request: Request) -> TakenShape:
    """Readings, as the topic `linli/v1/telemetry`."""
    return await _take(request, who, "linli/v1/telemetry")


@api.post("/event", openapi_extra=_body_of(_EVENT))
async def event(who: Who, request: Request) -> TakenShape:
    """An event, as the topic `linli/v1/event`."""
    return await _take(request, who, "linli/v1/event")


@api.post("/state", openapi_extra=_body_of(_STATE))
async def state(who: Who, request: Request) -> TakenShape:
    """A state, as the topic `linli/v1/state`."""
    return await _take(request, who, "linli/v1/state")


@api.post(
    "/child/{code}/{subject}",
    openapi_extra=_body_of({"oneOf": [_TELEMETRY, _EVENT, _STATE]}),
)
async def child(who: Who, code: str, subject: str, request: Request) -> TakenShape:
    """Telemetry, event or state of a child of a site gateway."""
    return await _take(request, who, f"linli/v1/child/{code}/{subject}")


@api.get("/command")
async def commands(who: Who, request: Request) -> CommandsShape:
    """Commands that wait for this connection, oldest first; each comes until it is answered."""
    return CommandsShape(commands=await _waiting(door_of(request), who))


@api.post("/command/ack", openapi_extra=_body_of(_ANSWER))
async def answer(who: Who, request: Request) -> TakenShape:
    """The device's answer to a command."""
    return await _take(request, who, "linli/v1/command/ack")


@api.post("/child/{code}/command/ack", openapi_extra=_body_of(_ANSWER))
async def answer_of_child(who: Who, code: str, request: Request) -> TakenShape:
    """A child's answer to a command."""
    return await _take(request, who, f"linli/v1/child/{code}/command/ack")


@api.post(
    "/file",
    status_code=201,
    openapi_extra=_body_of(
        {"type": "string", "contentMediaType": "application/octet-stream"},
        "application/octet-stream",
    ),
)
async def file(who: Who, request: Request) -> FileShape:
    """Keep a picture (20 MB), film (MP4, 64 MB) or record (JSON object, 4 MB): the body is it."""
    door = door_of(request)
    with tempfile.TemporaryDirectory(prefix="linli-file-") as folder:
        arrived = await _arrived(request, Path(folder) / "body")
        allowed = door.file_rates.allow(
            who.connection_id, FILE_LIMITS, arrived.size, door.monotonic()
        )
        if not allowed:
            raise TooMany(retry_after_s=AGAIN_AFTER_S)
        try:
            if _is_film(arrived.head) or _is_record(arrived.head):
                return FileShape(id=await door.shelf.keep_file(who.connection_id, arrived))
            if arrived.size > PHOTO_BYTES:
                raise TooLong
            content = await asyncio.to_thread(arrived.path.read_bytes)
            return FileShape(id=await door.shelf.keep(who.connection_id, content))
        except Unavailable as error:
            raise DoorClosed from error


def _is_film(head: bytes) -> bool:
    """ISO base media files name their brand at the fifth byte (ISO/IEC 14496-12, 4.3)."""
    return head[4:8] == b"ftyp"


def _is_record(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{"


async def _arrived(request: Request, path: Path) -> ArrivedFile:
    """The body, written to disk as it comes; read no further than the largest film."""
    digest = hashlib.sha256()
    head = b""
    size = 0
    with path.open("wb") as spool:
        async for part in request.stream():
            size += len(part)
            if size > FILE_BYTES:
                raise TooLong
            if len(head) < HEAD_BYTES:
                head += part[: HEAD_BYTES - len(head)]
            digest.update(part)
            await asyncio.to_thread(spool.write, part)
    return ArrivedFile(path=path, sha256=digest.digest(), size=size, head=head)


async def _admit(door: HttpDoor, request: Request, authorization: str | None) -> Admission:
    """Whose credential this is: `Bearer <connection code>:<token>`."""
    scheme, _, given = (authorization or "").partition(" ")
    code, colon, token = given.strip().partition(":")
    if scheme.lower() != "bearer" or not colon or not token.isascii():
        raise NotSignedIn("请带上接入凭证：Authorization: Bearer 接入编号:令牌")
    address = request.client.host if request.client else ""
    guesser = f"{address} {code}"
    if door.guesses.blocked(guesser, door.monotonic()):
        raise TooMany(retry_after_s=AGAIN_AFTER_S)
    secure = request.url.scheme == "https"
    credentials = Credentials(
        username=code,
        password=token.encode(),
        client_id=CLIENT,
        address=address,
        transport=Transport.TLS if secure else Transport.TCP,
    )
    try:
        answer = await door.doorkeeper.authenticate(credentials)
    except Unavailable as error:
        raise DoorClosed from error
    if isinstance(answer, Refused):
        door.guesses.failed(guesser, door.monotonic())
        raise NotSignedIn("接入凭证不对，或已吊销")
    door.guesses.succeeded(guesser)
    return answer


async def _body(request: Request, most: int) -> bytes:
    """The body, read no further than `most` bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise TooLong
        parts.append(part)
    return b"".join(parts)


def _pay(door: HttpDoor, who: Admission, size: int) -> None:
    if not door.rates.allow(who.connection_id, who.limits, size, door.monotonic()):
        raise TooMany(retry_after_s=AGAIN_AFTER_S)


async def _take(request: Request, who: Admission, topic: str) -> TakenShape:
    """Hand the body to the intake as a message on this topic, and wait for its commit."""
    door = door_of(request)
    payload = await _body(request, BODY_BYTES)
    _pay(door, who, len(payload))
    permitted = who.topics.may_publish(topic)
    message = Inbound(
        admission=who,
        client_id=CLIENT,
        topic=topic,
        payload=payload,
        received_at=door.clock(),
        permitted=permitted,
    )
    [outcome] = await door.ingest.submit([message])
    if not permitted:
        raise Forbidden("这个接入没有这样的设备，或不用这种协议")
    if outcome.fate is Fate.FAILED:
        raise DoorClosed
    if outcome.fate is Fate.REFUSED:
        raise NotTaken(outcome.reason or None)
    aside = outcome.reason if outcome.fate is Fate.QUARANTINED else None
    return TakenShape(kept_aside=aside)


async def _waiting(door: HttpDoor, who: Admission) -> list[CommandShape]:
    now = door.clock()
    try:
        found = await door.commands.waiting([who.connection_id], now)
        waiting = found[:MOST_COMMANDS]
        if waiting:
            await door.commands.sent(
                [
                    Sending(
                        command_id=command.id,
                        connection_id=who.connection_id,
                        client_id=CLIENT,
                        packet_id=OUT,
                        at=now,
                    )
                    for command in waiting
                ]
            )
    except Unavailable as error:
        raise DoorClosed from error
    return [_shape(command) for command in waiting]


def _shape(command: WaitingCommand) -> CommandShape:
    try:
        written = msgspec.json.decode(command.payload, type=WrittenCommand)
    except msgspec.DecodeError as error:
        raise BadInput("这个接入不用 linli 的协议，请用它自己的方式取指令") from error
    parts = command.topic.split("/")
    child = parts[3] if parts[2:3] == ["child"] else None
    return CommandShape(
        id=written.id,
        command=written.command,
        params=written.params,
        expires=written.expires,
        child=child,
    )
