"""The few MQTT 3.1.1 packets that a terminal needs, without input or output.

Source: OASIS MQTT Version 3.1.1, chapters 2 and 3. QoS 2 is left out: no terminal here uses it.
"""

from dataclasses import dataclass
from enum import IntEnum

PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
LONGEST = 1 << 20
SHORT_MASK = 0x7F
CONTINUES = 0x80
LENGTH_BYTES = 4


class Sort(IntEnum):
    """Packet types, the upper half of the first byte (2.2.1)."""

    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBACK = 9
    PINGRESP = 13


class BrokenWire(Exception):
    """The other side sent bytes that are not MQTT; the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Welcome:
    """CONNACK; `code` 0 is accepted, 4 and 5 are a wrong or forbidden account (3.2.2.3)."""

    code: int
    session_present: bool


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """PUBACK."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """SUBACK; a code of 128 is a refused filter."""

    packet_id: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pong:
    pass


Incoming = Welcome | Message | Accepted | Subscribed | Pong


def text(words: str) -> bytes:
    """A string as MQTT writes it: two bytes of length, then UTF-8 (1.5.3)."""
    raw = words.encode()
    return len(raw).to_bytes(2, "big") + raw


def framed(first: int, body: bytes) -> bytes:
    """Put the fixed header before a packet's body (2.2)."""
    remaining = len(body)
    header = bytearray((first,))
    while True:
        remaining, low = divmod(remaining, CONTINUES)
        header.append(low | CONTINUES if remaining else low)
        if not remaining:
            return bytes(header) + body


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a connection says of itself in CONNECT."""

    client_id: str
    username: str
    password: str
    keep_alive: int = 60
    clean: bool = True
    will: Will | None = None


def connect(greeting: Greeting) -> bytes:
    flags = 0b1100_0000 | (0b10 if greeting.clean else 0)
    payload = text(greeting.client_id)
    if greeting.will is not None:
        flags |= 0b0000_1100  # a will, at QoS 1, not retained
        payload += text(greeting.will.topic)
        payload += len(greeting.will.payload).to_bytes(2, "big") + greeting.will.payload
    payload += text(greeting.username) + text(greeting.password)
    head = text("MQTT") + bytes((4, flags)) + greeting.keep_alive.to_bytes(2, "big")
    return framed(0x10, head + payload)


def publish(message: Message, *, again: bool = False) -> bytes:
    """A PUBLISH; `again` sets DUP for one that was sent before the connection broke."""
    first = 0x30 | (message.qos << 1) | (0x08 if again else 0) | (1 if message.retain else 0)
    packet_id = message.packet_id.to_bytes(2, "big") if message.qos else b""
    return framed(first, text(message.topic) + packet_id + message.payload)


def puback(packet_id: int) -> bytes:
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def subscribe(packet_id: int, topics: tuple[str, ...]) -> bytes:
    """Ask for topics at QoS 1."""
    wishes = b"".join(text(topic) + b"\x01" for topic in topics)
    return framed(0x82, packet_id.to_bytes(2, "big") + wishes)


class Unpacker:
    """Cut a stream of bytes into packets, whatever pieces it arrives in."""

    def __init__(self) -> None:
        self._rest = bytearray()

    @property
    def is_empty(self) -> bool:
        """Nothing half read is left."""
        return not self._rest

    def feed(self, piece: bytes) -> list[Incoming]:
        """Take what arrived and give the packets that are now whole.

        Raises:
            BrokenWire: what arrived is not MQTT, or not for a client.
        """
        self._rest += piece
        whole: list[Incoming] = []
        while (cut := self._next()) is not None:
            first, start, end = cut
            whole.append(_parsed(first, bytes(self._rest[start:end])))
            del self._rest[:end]
        return whole

    def _next(self) -> tuple[int, int, int] | None:
        length = 0
        for position in range(1, LENGTH_BYTES + 1):
            if position >= len(self._rest):
                return None
            byte = self._rest[position]
            length |= (byte & SHORT_MASK) << (7 * (position - 1))
            if not byte & CONTINUES:
                break
        else:
            raise BrokenWire("a length of more than four bytes")
        if length > LONGEST:
            raise BrokenWire(f"a packet of {length} bytes")
        end = position + 1 + length
        return (self._rest[0], position + 1, end) if end <= len(self._rest) else None


def _parsed(first: int, body: bytes) -> Incoming:
    try:
        match Sort(first >> 4):
            case Sort.CONNACK:
                return Welcome(code=body[1], session_present=bool(body[0] & 1))
            case Sort.PUBLISH:
                return _message(first, body)
            case Sort.PUBACK:
                return Accepted(_number(body, 0))
            case Sort.SUBACK:
                return Subscribed(_number(body, 0), tuple(body[2:]))
            case Sort.PINGRESP:
                return Pong()
    except (ValueError, IndexError) as broken:  # UnicodeDecodeError is a ValueError
        raise BrokenWire(f"packet {first:#04x} of {len(body)} bytes") from broken


def _message(first: int, body: bytes) -> Message:
    qos = (first >> 1) & 0b11
    start = 2 + _number(body, 0)
    if start > len(body):
        raise BrokenWire("a topic longer than its packet")
    topic = body[2:start].decode()
    packet_id = _number(body, start) if qos else 0
    payload = body[start + 2 :] if qos else body[start:]
    return Message(topic, payload, qos, packet_id, retain=bool(first & 1))


def _number(body: bytes, at: int) -> int:
    return body[at] << 8 | body[at + 1]
