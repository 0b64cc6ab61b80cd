"""A bare MQTT client for tests: writes any bytes, reads packets, notices the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeVar

from tests.support.mqtt_door import PASSWORD, PATIENCE, TELEMETRY, USERNAME, Door

from linli.sensing.gateway.mqtt.decode import Decoder
from linli.sensing.gateway.mqtt.encode import encode
from linli.sensing.gateway.mqtt.packets import (
    V5,
    ConnAck,
    Connect,
    Packet,
    PingReq,
    PingResp,
    Properties,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    WillMessage,
    Wish,
)

P = TypeVar("P")


class BareClient:
    """One network connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: int
    ) -> None:
        self.version = version
        self.reader = reader
        self.writer = writer
        self._decoder = Decoder(version)
        self._packets: list[Packet] = []

    def write(self, raw: bytes) -> None:
        self.writer.write(raw)

    def send(self, *packets: Packet) -> None:
        self.writer.write(b"".join(encode(packet, self.version) for packet in packets))

    async def read(self) -> Packet | None:
        """Return the next packet, None at the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            while not self._packets:
                try:
                    raw = await self.reader.read(65_536)
                except ConnectionError:
                    return None
                if not raw:
                    return None
                self._decoder.feed(raw, self._packets)
        return self._packets.pop(0)

    async def expect(self, kind: type[P]) -> P:
        packet = await self.read()
        assert isinstance(packet, kind), packet
        return packet

    async def ended(self) -> None:
        """The server closes, and says nothing more."""
        packet = await self.read()
        assert packet is None, packet

    async def end(self) -> list[Packet]:
        """Return what still comes before the server closes."""
        rest: list[Packet] = []
        while (packet := await self.read()) is not None:
            rest.append(packet)
        return rest

    async def alive(self) -> None:
        """The server still answers, and nothing else was waiting."""
        self.send(PingReq())
        await self.expect(PingResp)

    async def subscribe(self, topic_filter: str, qos: int = 1, packet_id: int = 10) -> SubAck:
        self.send(Subscribe(packet_id, (Wish(topic_filter, qos),)))
        return await self.expect(SubAck)

    async def publish(self, payload: bytes, packet_id: int = 1, topic: str = TELEMETRY) -> PubAck:
        self.send(Publish(topic, payload, 1, packet_id))
        return await self.expect(PubAck)

    def abort(self) -> None:
        """Vanish without a goodbye."""
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.writer.wait_closed()
        except ConnectionError:
            pass


def hello(
    version: int = V5,
    client_id: str = "lift-3",
    *,
    clean: bool = True,
    keep_alive: int = 60,
    expiry: int | None = None,
    will: WillMessage | None = None,
    username: str | None = USERNAME,
    password: bytes | None = PASSWORD,
    properties: Properties | None = None,
) -> Connect:
    """Build a CONNECT of the registered connection."""
    return Connect(
        version=version,
        client_id=client_id,
        clean_start=clean,
        keep_alive=keep_alive,
        will=will,
        username=username,
        password=password,
        properties=properties or Properties(session_expiry=expiry),
    )


@asynccontextmanager
async def dial(door: Door, version: int = V5) -> AsyncGenerator[BareClient]:
    """Open a network connection and say nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    client = BareClient(reader, writer, version)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def connected(door: Door, connect: Connect | None = None) -> AsyncGenerator[BareClient]:
    """Open a network connection and be let in."""
    greeting = connect or hello()
    async with dial(door, greeting.version) as client:
        client.send(greeting)
        connack = await client.expect(ConnAck)
        assert connack.reason == 0, connack
        yield client
