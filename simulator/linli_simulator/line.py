"""One MQTT connection that stays up: it reconnects, keeps what is unsaid, knows what arrived."""

import asyncio
import random
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from linli_simulator import packets
from linli_simulator.packets import Accepted, BrokenWire, Greeting, Message, Subscribed, Welcome

KEEP_ALIVE = 60
POLITE_WINDOW = 20
MOST_WAITING = 2_000
CROWDED = 500
LAST_PACKET_ID = 65_535
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
PATIENCE = 10.0
FAREWELL = 1.0
ROUNDS = 3
PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Door:
    host: str
    port: int


@dataclass(slots=True)
class Tally:
    """What happened on a connection since the start."""

    connected: int = 0
    refused: int = 0
    sent: int = 0
    acknowledged: int = 0
    forgotten: int = 0
    refused_topics: int = 0


@dataclass(frozen=True, slots=True)
class _Parcel:
    message: Message
    arrived: asyncio.Future[bool]


class Line:
    """A terminal's connection to linli.

    `greet` runs after every connecting and says what a device says first; `hear` gets every
    message that linli sends. Both must not block.
    """

    def __init__(
        self,
        door: Door,
        greeting: Greeting,
        *,
        topics: tuple[str, ...] = (),
        greet: Callable[[], None] = lambda: None,
        hear: Callable[[Message], None] = lambda _: None,
    ) -> None:
        self.tally = Tally()
        self.up = asyncio.Event()
        self.window = POLITE_WINDOW
        self._door = door
        self._greeting = replace(greeting, keep_alive=KEEP_ALIVE)
        self._topics = topics
        self._greet = greet
        self._hear = hear
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._waiting: deque[_Parcel] = deque()
        self._in_flight: OrderedDict[int, _Parcel] = OrderedDict()
        self._last_id = 0
        self._writer: asyncio.StreamWriter | None = None
        self._dice = random.Random(greeting.client_id)

    async def hold(self) -> None:
        """Keep the connection up until cancelled; then say good-bye."""
        pause = FIRST_PAUSE
        while True:
            await self._wanted.wait()
            if await self._once():
                pause = FIRST_PAUSE
            await asyncio.sleep(pause * self._dice.uniform(0.5, 1.5))
            pause = min(2 * pause, LONGEST_PAUSE)

    def send(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False
    ) -> asyncio.Future[bool]:
        """Say something now, or as soon as the connection is back.

        The future becomes true at PUBACK (for QoS 0: when written), false when it was given up:
        the buffer holds 2,000 messages and drops the oldest.
        """
        arrived: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        parcel = _Parcel(Message(topic, payload, qos, 0, retain), arrived)
        if qos == 0:
            if self.up.is_set():
                self._write(packets.publish(parcel.message))
            self._settle(parcel, arrived=self.up.is_set())
            return arrived
        if len(self._waiting) >= MOST_WAITING:
            self._settle(self._waiting.popleft(), arrived=False)
        self._waiting.append(parcel)
        self._pump()
        return arrived

    async def room(self) -> None:
        """Wait while linli takes things more slowly than they are said; not while it is away."""
        while self.up.is_set() and len(self._waiting) > CROWDED:
            await asyncio.wait([self._waiting[0].arrived], timeout=PATIENCE)

    async def said(self) -> bool:
        """Wait until all that was said has arrived; False when it takes too long.

        A line that is down has nothing to wait for: it keeps what is unsaid until it is back.
        """
        patience = ROUNDS
        while self.up.is_set() and patience > 0:
            unsaid = [*self._in_flight.values(), *self._waiting]
            if not unsaid:
                return True
            patience -= 1
            await asyncio.wait([unsaid[-1].arrived], timeout=PATIENCE)
        return not self.up.is_set()

    def cut(self) -> None:
        """Fail as a terminal without power does: no good-bye, and down until `mend`."""
        self._wanted.clear()
        if self._writer is not None:
            self._writer.transport.abort()

    def mend(self) -> None:
        self._wanted.set()

    def forget(self) -> None:
        """Give up everything that was not acknowledged."""
        while self._waiting:
            self._settle(self._waiting.popleft(), arrived=False)
        while self._in_flight:
            self._settle(self._in_flight.popitem()[1], arrived=False)

    async def _once(self) -> bool:
        """Connect and serve until the connection ends; tells whether linli ever welcomed us."""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, self._writer = await asyncio.open_connection(
                    self._door.host, self._door.port
                )
        except OSError:  # TimeoutError is one
            return False
        try:
            await self._serve(reader)
        except (OSError, BrokenWire):
            pass  # nothing to do but to connect again
        except asyncio.CancelledError:
            if self.up.is_set():
                self._write(packets.DISCONNECT)  # so that no last will is sent
            raise
        finally:
            welcomed = self.up.is_set()
            self.up.clear()
            writer, self._writer = self._writer, None
            await _closed(writer)
        return welcomed

    async def _serve(self, reader: asyncio.StreamReader) -> None:
        unpacker = packets.Unpacker()
        self._write(packets.connect(self._greeting))
        pinged = False
        while True:
            try:
                async with asyncio.timeout(PATIENCE if pinged else KEEP_ALIVE / 2):
                    piece = await reader.read(PIECE)
            except TimeoutError:
                if pinged or not self.up.is_set():
                    return
                self._write(packets.PING)
                pinged = True
                continue
            if not piece:
                return
            pinged = False
            for packet in unpacker.feed(piece):
                match packet:
                    case Welcome(code=0):
                        self._begin()
                    case Welcome():
                        self.tally.refused += 1
                        return
                    case Accepted(packet_id):
                        self._accepted(packet_id)
                    case Message():
                        if packet.qos:
                            self._write(packets.puback(packet.packet_id))
                        self._hear(packet)
                    case Subscribed(codes=codes):
                        self.tally.refused_topics += sum(
                            code >= packets.CONTINUES for code in codes
                        )
                    case _:
                        pass

    def _begin(self) -> None:
        self.tally.connected += 1
        self.up.set()
        if self._topics:
            self._write(packets.subscribe(self._next_id(), self._topics))
        for packet_id, parcel in self._in_flight.items():
            self._write(packets.publish(replace(parcel.message, packet_id=packet_id), again=True))
        self._greet()
        self._pump()

    def _pump(self) -> None:
        while self.up.is_set() and self._waiting and len(self._in_flight) < self.window:
            parcel = self._waiting.popleft()
            packet_id = self._next_id()
            self._in_flight[packet_id] = parcel
            self.tally.sent += 1
            self._write(packets.publish(replace(parcel.message, packet_id=packet_id)))

    def _accepted(self, packet_id: int) -> None:
        parcel = self._in_flight.pop(packet_id, None)
        if parcel is not None:
            self._settle(parcel, arrived=True)
        self._pump()

    def _settle(self, parcel: _Parcel, *, arrived: bool) -> None:
        if arrived:
            self.tally.acknowledged += 1
        else:
            self.tally.forgotten += 1
        if not parcel.arrived.done():
            parcel.arrived.set_result(arrived)

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % LAST_PACKET_ID + 1
            if self._last_id not in self._in_flight:
                return self._last_id

    def _write(self, raw: bytes) -> None:
        if self._writer is not None:
            self._writer.write(raw)


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close, but wait only so long for the other side to take what was written."""
    writer.close()
    try:
        async with asyncio.timeout(FAREWELL):
            await writer.wait_closed()
    except OSError:  # it broke while closing, or TimeoutError
        writer.transport.abort()
