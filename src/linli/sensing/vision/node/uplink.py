"""The platform over MQTT: what cameras saw and how they are, and the commands that come back."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import msgspec
import structlog

from linli.sensing.vision.node.outbox import Enclosed, Letter, Outbox
from linli.sensing.vision.node.platform import NotTaken, Platform, PlatformAway
from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.node.working import run_together

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A send the platform has not committed in this time is sent again.
COMMIT_S = 20.0
KEEP_ALIVE_S = 20
RETRY_S = 2.0
LATE_EVENT = "{event}_clip"

STATE = "linli/v1/state"
TELEMETRY = "linli/v1/telemetry"
COMMAND = "linli/v1/command"
CHILD_COMMANDS = "linli/v1/child/+/command"

log = structlog.get_logger()

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the platform; `child` None: for the node itself."""

    id: str
    command: str
    child: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer: `done`, `refused` or `failed`, with words for people."""

    status: str
    message: str


class _Written(msgspec.Struct):
    id: str
    command: str
    expires: int | None = None


class Uplink:
    """Keeps a connection up, sends letters until they are taken, answers commands.

    `greeting` gives what is said after every connecting: topic → body.
    """

    def __init__(
        self,
        settings: NodeSettings,
        platform: Platform,
        outbox: Outbox,
        *,
        greeting: Callable[[], Mapping[str, Json]],
        obey: Callable[[Command], Awaitable[Reply]],
    ) -> None:
        self._settings = settings
        self._platform = platform
        self._outbox = outbox
        self._greeting = greeting
        self._obey = obey
        self._client: aiomqtt.Client | None = None
        self._up = asyncio.Event()
        # Alarms and films go separate ways: an alarm never waits behind an upload.
        self._more = {films: asyncio.Event() for films in (False, True)}
        self._done_commands: dict[str, Reply] = {}
        self.taken = 0
        self.demo_ahead_ms = 0
        """Added to the times that are told, where a demonstration has moved its time ahead."""

    @property
    def connected(self) -> bool:
        """Whether the platform's device door is open to us now."""
        return self._up.is_set()

    def put(self, letter: Letter) -> None:
        """Keep a letter on disk and send it as soon as possible."""
        try:
            self._outbox.put(letter)
        except OSError as error:
            log.error("letter_not_kept", told=letter.event, error=str(error))  # noqa: TRY400 (the disk, no bug)
        self._wake()

    async def say(self, topic: str, body: Json) -> bool:
        """Send what is only of interest now; False when it could not be sent."""
        client = self._client
        if client is None or not self._up.is_set():
            return False
        try:
            told = self._in_platform_time(body)
            await client.publish(topic, msgspec.json.encode(told), qos=1, timeout=COMMIT_S)
        except aiomqtt.MqttError as error:
            log.warning("not_said", topic=topic, error=str(error))
            return False
        return True

    def _in_platform_time(self, body: Json) -> Json:
        at = body.get("ts")
        if not self.demo_ahead_ms or not isinstance(at, int):
            return body
        return {**body, "ts": at + self.demo_ahead_ms}

    async def run(self) -> None:
        """Hold the connection and deliver, until cancelled."""
        delivering = (self._deliver(films=films) for films in self._more)
        await run_together(self._hold(), *delivering, until=asyncio.Event())

    def _wake(self) -> None:
        for more in self._more.values():
            more.set()

    async def _hold(self) -> None:
        host, port, secure = self._settings.broker
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with aiomqtt.Client(
                    host,
                    port,
                    username=self._settings.connection,
                    password=self._settings.token,
                    identifier=f"linli-vision-{self._settings.connection}",
                    tls_context=ssl.create_default_context() if secure else None,
                    will=aiomqtt.Will(STATE, b'{"online":false}', qos=1),
                    keepalive=KEEP_ALIVE_S,
                    timeout=COMMIT_S,
                ) as client:
                    pause = FIRST_PAUSE_S
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                log.warning("platform_away", error=str(error), again_in_s=pause)
            finally:
                self._up.clear()
                self._client = None
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _serve(self, client: aiomqtt.Client) -> None:
        await client.subscribe(COMMAND, qos=1)
        await client.subscribe(CHILD_COMMANDS, qos=1)
        self._client = client
        self._up.set()
        log.info("platform_connected", connection=self._settings.connection)
        for topic, body in self._greeting().items():
            await client.publish(topic, msgspec.json.encode(body), qos=1, timeout=COMMIT_S)
        self._wake()
        async for message in client.messages:
            await self._command(client, str(message.topic), message.payload)

    async def _command(self, client: aiomqtt.Client, topic: str, payload: bytes) -> None:
        try:
            written = msgspec.json.decode(payload, type=_Written)
        except msgspec.MsgspecError as error:
            log.warning("command_unreadable", error=str(error))
            return
        parts = topic.split("/")
        child = parts[3] if parts[2:3] == ["child"] else None
        if written.expires is not None and written.expires < time.time() * 1000:
            return
        reply = self._done_commands.get(written.id)
        if reply is None:
            reply = await self._obey(Command(written.id, written.command, child))
            self._done_commands[written.id] = reply
            while len(self._done_commands) > 200:  # noqa: PLR2004 (the platform asks again soon, or never)
                self._done_commands.pop(next(iter(self._done_commands)))
        body = {"id": written.id, "status": reply.status, "message": reply.message[:80]}
        await client.publish(f"{topic}/ack", msgspec.json.encode(body), qos=1, timeout=COMMIT_S)

    async def _deliver(self, *, films: bool) -> None:
        more = self._more[films]
        while True:
            await self._up.wait()
            more.clear()
            letters = await asyncio.to_thread(self._outbox.waiting)
            left = 0
            for letter in letters:
                if _has_film(letter) is films and self._up.is_set():
                    left += not await self._send(letter)
            if left:
                await asyncio.sleep(RETRY_S)
            else:
                await more.wait()

    async def _send(self, letter: Letter) -> bool:
        """Hand over the evidence, then the event; False: later again."""
        letter, complete = await self._with_evidence(letter)
        if not complete and letter.event.endswith("_clip"):
            return False
        late = tuple(one for one in letter.files if one.file_id is None)
        ids = [one.file_id for one in letter.files if one.file_id is not None]
        body = {
            "id": letter.id,
            "ts": letter.at_ms,
            "event": letter.event,
            "data": letter.fields,
            "evidence": ids,
        }
        if not await self.say(f"linli/v1/child/{letter.camera}/event", body):
            return False
        self.taken += 1
        if late:
            # The alarm is told; what proves it follows as soon as it can be handed over.
            self._outbox.put(
                Letter(
                    id=f"{letter.id}-late",
                    camera=letter.camera,
                    event=LATE_EVENT.format(event=letter.event),
                    at_ms=letter.at_ms,
                    fields={"of": letter.id},
                    files=late,
                )
            )
            self._wake()
        taken = tuple(one for one in letter.files if one.file_id is not None)
        self._outbox.done(msgspec.structs.replace(letter, files=taken))
        return True

    async def _with_evidence(self, letter: Letter) -> tuple[Letter, bool]:
        """Hand over the files that were not yet; what is refused for good is noted and left."""
        for index, one in enumerate(letter.files):
            if one.file_id is not None:
                continue
            try:
                file_id = await self._platform.keep(Path(one.path), one.media_type)
                files = (*letter.files[:index], _taken(one, file_id), *letter.files[index + 1 :])
                letter = msgspec.structs.replace(letter, files=files)
                await asyncio.to_thread(self._outbox.put, letter)
            except PlatformAway as error:
                log.warning("evidence_waits", told=letter.event, error=str(error))
                return letter, False
            except NotTaken as error:
                log.error("evidence_refused", told=letter.event, error=str(error))  # noqa: TRY400 (theirs to say)
                files = tuple(other for other in letter.files if other is not one)
                letter = msgspec.structs.replace(letter, files=files)
                return await self._with_evidence(letter)
            except OSError as error:
                log.warning("letter_not_kept", told=letter.event, error=str(error))
        return letter, True


def _has_film(letter: Letter) -> bool:
    return any(one.media_type.startswith("video/") for one in letter.files)


def _taken(one: Enclosed, file_id: str) -> Enclosed:
    return msgspec.structs.replace(one, file_id=file_id)
