"""The primitive types of the wire (chapter 1.5): integers, strings, binary."""

from struct import Struct

from linli.sensing.gateway.mqtt.reasons import MalformedPacket

MAX_TEXT = 65_535
VARINT_BYTES = 4
VARINT_MAX = 268_435_455
MORE = 0x80
LOW_BITS = 0x7F

_U16 = Struct(">H")


def read_text(raw: bytes) -> str:
    """Decode a UTF-8 string strictly: no surrogates, no U+0000, a BOM stays."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise MalformedPacket("ill-formed UTF-8 [MQTT-1.5.4-1]") from wrong
    if "\x00" in text:
        raise MalformedPacket("U+0000 in a string [MQTT-1.5.4-2]")
    return text


class Cursor:
    """Reads one packet's body; running over its end is a malformed packet."""

    __slots__ = ("position", "raw", "stop")

    def __init__(self, raw: bytes, position: int, stop: int) -> None:
        self.raw = raw
        self.position = position
        self.stop = stop

    def _advance(self, count: int) -> int:
        start = self.position
        position = start + count
        if position > self.stop:
            raise MalformedPacket("the packet ends too early")
        self.position = position
        return start

    def byte(self) -> int:
        return self.raw[self._advance(1)]

    def short(self) -> int:
        start = self._advance(2)
        return int.from_bytes(self.raw[start : start + 2])

    def long(self) -> int:
        start = self._advance(4)
        return int.from_bytes(self.raw[start : start + 4])

    def varint(self) -> int:
        value = 0
        for shift in range(0, 7 * VARINT_BYTES, 7):
            byte = self.byte()
            value |= (byte & LOW_BITS) << shift
            if byte < MORE:
                if shift and not byte:
                    raise MalformedPacket("integer longer than needed [MQTT-1.5.5-1]")
                return value
        raise MalformedPacket("variable byte integer of more than four bytes")

    def binary(self) -> bytes:
        count = self.short()
        start = self._advance(count)
        return self.raw[start : start + count]

    def text(self) -> str:
        return read_text(self.binary())

    def section(self, length: int) -> "Cursor":
        start = self._advance(length)
        return Cursor(self.raw, start, start + length)

    def rest(self) -> bytes:
        start, self.position = self.position, self.stop
        return self.raw[start : self.stop]

    def at_end(self) -> bool:
        return self.position >= self.stop

    def finish(self) -> None:
        if self.position != self.stop:
            raise MalformedPacket("bytes left over at the end of the packet")


def pack_varint(value: int) -> bytes:
    """Write a variable byte integer; ValueError past 268,435,455."""
    if not 0 <= value <= VARINT_MAX:
        raise ValueError("does not fit a variable byte integer")
    encoded = bytearray()
    while value >= MORE:
        encoded.append(value & LOW_BITS | MORE)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def pack_binary(value: bytes) -> bytes:
    """Write binary with its length; ValueError past 65,535 bytes."""
    if len(value) > MAX_TEXT:
        raise ValueError("longer than 65,535 bytes")
    return _U16.pack(len(value)) + value


def pack_text(value: str) -> bytes:
    """Write a string with its length; ValueError past 65,535 bytes or with U+0000."""
    if "\x00" in value:
        raise ValueError("U+0000 in a string")
    return pack_binary(value.encode())
