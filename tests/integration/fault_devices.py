"""Devices that lose nothing: what was not acknowledged is sent again after every cut."""

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from linli_simulator import packets
from linli_simulator.packets import Accepted, Greeting, Message, Welcome

TICK_S = 0.02
AGAIN_AFTER_S = 0.2
ANSWERS_WITHIN_S = 10.0
WINDOW = 200
PIECE = 65_536


@dataclass(slots=True)
class Waiting:
    """A message that left and was not acknowledged yet."""

    topic: str
    payload: bytes
    key: str


@dataclass(slots=True)
class Terminal:
    """One device with its own connection; `sent` and `acknowledged` are by the message's key.

    A telemetry message has one reading; its key is the time stamp, which is never used twice. An
    event's key is its id.
    """

    address: tuple[str, int]
    username: str
    token: str
    says: str
    a_second: float
    is_event: bool = False
    confidence: float | None = None
    sent: dict[str, float] = field(default_factory=dict[str, float])
    acknowledged: set[str] = field(default_factory=set[str])
    waiting: dict[int, Waiting] = field(default_factory=dict[int, Waiting])
    connections: int = 0
    resent: int = 0
    stopping: bool = False
    _packet_id: int = 0
    _stamp: int = 0
    _due: float = 0.0

    async def run(self) -> None:
        """Speak until told to stop, and then until the last message is acknowledged."""
        while not (self.stopping and not self.waiting):
            try:
                await self._connection()
            except (OSError, packets.BrokenWire, asyncio.IncompleteReadError):
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _connection(self) -> None:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            reader, writer = await asyncio.open_connection(*self.address)
        try:
            unpacker = packets.Unpacker()
            greeting = Greeting(f"{self.username}-faults", self.username, self.token)
            writer.write(packets.connect(greeting))
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                answers = unpacker.feed(await reader.read(PIECE))
            match answers:
                case [Welcome(code=0), *_]:
                    self.connections += 1
                case _:
                    raise ConnectionResetError("no CONNACK")
            again = [
                packets.publish(Message(one.topic, one.payload, 1, packet_id), again=True)
                for packet_id, one in self.waiting.items()
            ]
            self.resent += len(again)
            writer.write(b"".join(again))
            async with asyncio.TaskGroup() as tasks:
                hearing = tasks.create_task(self._hear(reader, unpacker))
                speaking = tasks.create_task(self._speak(writer))
                await asyncio.wait((hearing, speaking), return_when=asyncio.FIRST_COMPLETED)
                hearing.cancel()
                speaking.cancel()
        except* (OSError, packets.BrokenWire) as group:
            raise ConnectionResetError("the connection broke") from group
        finally:
            writer.close()

    async def _hear(self, reader: asyncio.StreamReader, unpacker: packets.Unpacker) -> None:
        while not (self.stopping and not self.waiting):
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                piece = await reader.read(PIECE)
            if not piece:
                raise ConnectionResetError("closed")
            for packet in unpacker.feed(piece):
                if isinstance(packet, Accepted):
                    self._acknowledge(packet.packet_id)

    def _acknowledge(self, packet_id: int) -> None:
        done = self.waiting.pop(packet_id)
        self.acknowledged.add(done.key)

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._due = min(self._due + self.a_second * TICK_S, 2 + self.a_second * TICK_S)
            while self._due >= 1 and not self.stopping and len(self.waiting) < WINDOW:
                self._due -= 1
                packet_id, one = self._next()
                writer.write(packets.publish(Message(one.topic, one.payload, 1, packet_id)))
            await writer.drain()
            await asyncio.sleep(TICK_S)

    def _next(self) -> tuple[int, Waiting]:
        self._stamp = max(self._stamp + 1, time.time_ns() // 1_000_000)
        self._packet_id = self._packet_id % 0xFFFF + 1
        while self._packet_id in self.waiting:
            self._packet_id = self._packet_id % 0xFFFF + 1
        number = len(self.sent)
        if self.is_event:
            key = f"{self.username}-{number}"
            value = 0.0
            said: dict[str, object] = {"id": key, "ts": self._stamp, "event": self.says}
            if self.confidence is not None:
                said["data"] = {"confidence": self.confidence}
            topic = "linli/v1/event"
        else:
            key = str(self._stamp)
            value = 20 + number % 100 / 10
            said = {"ts": self._stamp, "values": {self.says: value}}
            topic = "linli/v1/telemetry"
        self.sent[key] = value
        one = Waiting(topic, json.dumps(said).encode(), key)
        self.waiting[self._packet_id] = one
        return self._packet_id, one


def total(terminals: Iterable[Terminal]) -> int:
    """How many messages they sent in all."""
    return sum(len(terminal.sent) for terminal in terminals)
