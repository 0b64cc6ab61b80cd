"""Bytes the standards forbid, one case a statement: what linli answers and that it closes.

A case without a reason is closed in silence: MQTT 3.1.1 knows no other way, and neither version
says anything before CONNACK.
"""

from dataclasses import dataclass
from functools import partial

import pytest
from tests.support.mqtt_client import BareClient, connected, dial, hello
from tests.support.mqtt_door import Door

from linli.sensing.gateway.mqtt.packets import V5, V311, ConnAck, Disconnect
from linli.sensing.gateway.mqtt.reasons import Reason


@dataclass(frozen=True)
class Case:
    statements: str
    version: int
    raw: bytes
    reason: Reason | None = None
    what: str = ""

    def __str__(self) -> str:
        return f"v{self.version} {self.statements} {self.what}".strip()


def framed(head: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes((head, len(body))) + body


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2) + value


def connect(
    *,
    name: bytes = b"MQTT",
    level: int = 4,
    flags: int = 0x02,
    payload: bytes = b"\x00\x04cam3",
    properties: bytes = b"",
) -> bytes:
    return framed(0x10, text(name) + bytes((level, flags)) + b"\x00\x3c" + properties + payload)


ID = text(b"cam3")
connect5 = partial(connect, level=5, properties=b"\x00")
MALFORMED = Reason.MALFORMED_PACKET
PROTOCOL = Reason.PROTOCOL_ERROR

BEFORE_CONNECT = [
    Case("3.1.0-1", V311, b"\xc0\x00", what="PINGREQ first"),
    Case("3.1.0-1", V311, framed(0x32, text(b"t") + b"\x00\x01x"), what="PUBLISH first"),
    Case("3.1.0-1", V5, b"\xe0\x00", what="DISCONNECT first"),
    Case("3.1.0-1", V311, b"GET / HTTP/1.1\r\n\r\n", what="a web browser"),
    Case("3.1.2-1", V311, connect(name=b"MQTX"), what="protocol name"),
    Case("3.1.2-1", V5, connect5(name=b"mqtt"), what="protocol name in small letters"),
    Case("3.1.2-3", V311, connect(flags=0x03), what="reserved flag"),
    Case("3.1.2-3", V5, connect5(flags=0x03), what="reserved flag"),
    Case("3.1.2-9", V311, connect(flags=0x06), what="will announced and absent"),
    Case("3.1.2-9", V5, connect5(flags=0x06), what="will announced and absent"),
    Case("3.1.2-11 3.1.2-13", V311, connect(flags=0x0A), what="will QoS without a will"),
    Case("3.1.2-11", V5, connect5(flags=0x0A), what="will QoS without a will"),
    Case("3.1.2-15", V311, connect(flags=0x22), what="will retain without a will"),
    Case("3.1.2-13", V5, connect5(flags=0x22), what="will retain without a will"),
    Case(
        "3.1.2-14",
        V311,
        connect(flags=0x1E, payload=ID + text(b"t") + text(b"m")),
        what="will QoS 3",
    ),
    Case(
        "3.1.2-12",
        V5,
        connect5(flags=0x1E, payload=ID + b"\x00" + text(b"t") + text(b"m")),
        what="will QoS 3",
    ),
    Case("3.1.2-18", V311, connect(payload=ID + text(b"me")), what="user name unannounced"),
    Case("3.1.2-16", V5, connect5(payload=ID + text(b"me")), what="user name"),
    Case("3.1.2-19", V311, connect(flags=0x82), what="user name absent"),
    Case("3.1.2-17", V5, connect5(flags=0x82), what="user name absent"),
    Case(
        "3.1.2-20",
        V311,
        connect(flags=0x82, payload=ID + text(b"me") + text(b"pw")),
        what="password unannounced",
    ),
    Case(
        "3.1.2-18",
        V5,
        connect5(flags=0x82, payload=ID + text(b"me") + text(b"pw")),
        what="password unannounced",
    ),
    Case("3.1.2-21", V311, connect(flags=0xC2, payload=ID + text(b"me")), what="password absent"),
    Case(
        "3.1.2-19",
        V5,
        connect5(flags=0xC2, payload=ID + text(b"me")),
        what="password absent",
    ),
    Case("3.1.2-22", V311, connect(flags=0x42, payload=ID + text(b"pw")), what="no user name"),
    Case("3.1.3-3", V311, connect(payload=b""), what="no client id"),
    Case("3.1.3-3", V5, connect5(payload=b""), what="no client id"),
    Case("3.1.3-4 1.5.3-1", V311, connect(payload=text(b"\xff\xfe")), what="client id not UTF-8"),
    Case(
        "3.1.3-4 1.5.4-1",
        V5,
        connect5(payload=text(b"\xff\xfe")),
        what="client id not UTF-8",
    ),
    Case("1.5.3-1", V311, connect(payload=text(b"\xed\xa0\x80")), what="a surrogate"),
    Case("1.5.3-2", V311, connect(payload=text(b"a\x00b")), what="U+0000"),
    Case("1.5.4-2", V5, connect5(payload=text(b"a\x00b")), what="U+0000"),
    Case(
        "3.1.3-10",
        V311,
        connect(flags=0x06, payload=ID + text(b"\xff") + text(b"m")),
        what="will topic not UTF-8",
    ),
    Case(
        "3.1.3-11",
        V5,
        connect5(flags=0x06, payload=ID + b"\x00" + text(b"\xff") + text(b"m")),
        what="will topic not UTF-8",
    ),
    Case("3.1.3-11", V311, connect(flags=0x82, payload=ID + text(b"\xc0")), what="user name UTF-8"),
    Case(
        "3.1.3-12",
        V5,
        connect5(flags=0x82, payload=ID + text(b"\xc0")),
        what="user name UTF-8",
    ),
    Case("3.1.4-1", V311, framed(0x11, b""), what="header flags"),
    Case("3.1.4-1", V5, connect(level=5, properties=b"\x05\x11\x00"), what="properties cut"),
    Case("1.5.5-1", V5, b"\x10\x8d\x00" + connect5()[2:], what="length too long"),
    Case("2.2.2-1", V5, connect(level=5), what="no property length"),
    Case("3.1.2-1", V311, b"\x10\x02\x00\x04", what="name cut off"),
    Case("2.1.3-1 2.2.2-1", V311, b"\x1f\x00", what="CONNECT with flags"),
]

PUBLISH_1 = 0x32
SUBSCRIBE = 0x82
UNSUBSCRIBE = 0xA2
ONE = b"\x00\x01"
FILTER = text(b"linli/v1/command")


def both(
    old: str, new: str, head: int, before: bytes, after: bytes, reason: Reason, what: str
) -> list[Case]:
    """The same mistake in both versions; MQTT 5 has an empty property section in between."""
    return [
        Case(old, V311, framed(head, before + after), None, what),
        Case(new, V5, framed(head, before + b"\x00" + after), reason, what),
    ]


AFTER_CONNECT = [
    Case("3.1.0-2", V311, connect(), None, "second CONNECT"),
    Case("3.1.0-2", V5, connect5(), PROTOCOL, "second CONNECT"),
    Case("2.2.2-2", V311, b"\xc1\x00", None, "PINGREQ with flags"),
    Case("2.1.3-1", V5, b"\xc1\x00", MALFORMED, "PINGREQ with flags"),
    Case("2.2.2-2", V311, b"\x00\x00", None, "packet type 0"),
    Case("2.1.3-1", V5, b"\x00\x00", MALFORMED, "packet type 0"),
    Case("2.2.2-2", V311, b"\xf0\x00", None, "packet type 15"),
    Case("4.12.0-7", V5, b"\xf0\x00", PROTOCOL, "AUTH without a method"),
    Case("3.15.1-1", V5, b"\xf1\x00", MALFORMED, "AUTH with flags"),
    Case("3.3.1-4", V311, framed(0x36, text(b"t") + ONE + b"x"), None, "QoS 3"),
    Case("3.3.1-4", V5, framed(0x36, text(b"t") + ONE + b"\x00x"), MALFORMED, "QoS 3"),
    Case("3.3.1-2", V311, framed(0x38, text(b"t") + b"x"), None, "DUP with QoS 0"),
    Case("3.3.1-2", V5, framed(0x38, text(b"t") + b"\x00x"), MALFORMED, "DUP with QoS 0"),
    Case("2.3.1-1", V311, framed(PUBLISH_1, text(b"t") + b"\x00\x00x"), None, "packet id 0"),
    Case("2.2.1-3", V5, framed(PUBLISH_1, text(b"t") + b"\x00\x00\x00x"), MALFORMED, "id 0"),
    Case("3.3.2-1", V311, framed(0x30, b"\x00"), None, "no topic"),
    Case("3.3.2-1", V5, framed(0x30, b"\x00\x09t"), MALFORMED, "topic cut off"),
    Case("3.3.2-1", V311, framed(0x30, text(b"\xff") + b"x"), None, "topic not UTF-8"),
    Case("3.3.2-1", V5, framed(0x30, text(b"\xff") + b"\x00x"), MALFORMED, "topic not UTF-8"),
    Case("3.3.2-2 4.7.1-1", V311, framed(0x30, text(b"a/+") + b"x"), None, "wildcard"),
    Case("3.3.2-2 4.7.0-1", V5, framed(0x30, text(b"a/#") + b"\x00"), MALFORMED, "wildcard"),
    Case("4.7.3-1", V311, framed(0x30, text(b"") + b"x"), None, "empty topic"),
    Case("4.7.3-1", V5, framed(0x30, text(b"") + b"\x00x"), PROTOCOL, "no topic, no alias"),
    Case("4.7.3-2", V311, framed(0x30, text(b"a\x00") + b"x"), None, "null character"),
    Case("4.7.3-2", V5, framed(0x30, text(b"a\x00") + b"\x00x"), MALFORMED, "null character"),
    Case(
        "3.3.2-8",
        V5,
        framed(0x30, text(b"t") + b"\x03\x23\x00\x00x"),
        Reason.TOPIC_ALIAS_INVALID,
        "alias 0",
    ),
    Case(
        "3.3.2-9 3.2.2-17",
        V5,
        framed(0x30, text(b"t") + b"\x03\x23\xff\xff"),
        Reason.TOPIC_ALIAS_INVALID,
        "alias above the maximum",
    ),
    Case("3.3.2-13", V5, framed(0x30, text(b"t") + b"\x04\x08\x00\x01\xff"), MALFORMED, "UTF-8"),
    Case("3.3.2-14", V5, framed(0x30, text(b"t") + b"\x04\x08\x00\x01#"), PROTOCOL, "wildcard"),
    Case("3.3.2-19", V5, framed(0x30, text(b"t") + b"\x04\x03\x00\x01\xff"), MALFORMED, "UTF-8"),
    Case("3.3.4-6", V5, framed(0x30, text(b"t") + b"\x02\x0b\x01x"), PROTOCOL, "identifier"),
    Case(
        "3.2.2-14",
        V5,
        framed(0x31, text(b"t") + b"\x00x"),
        Reason.RETAIN_NOT_SUPPORTED,
        "RETAIN not available",
    ),
    Case("1.5.7-1", V5, framed(0x30, text(b"t") + b"\x07\x26\x00\x01k\x00\x01\xff"), MALFORMED),
    Case("3.6.1-1", V311, framed(0x60, ONE), None, "PUBREL flags"),
    Case("3.6.1-1", V5, framed(0x60, ONE), MALFORMED, "PUBREL flags"),
    Case("3.4.2-1", V5, framed(0x40, ONE + b"\x42"), PROTOCOL, "reason of PUBACK"),
    Case("3.5.2-1", V5, framed(0x50, ONE + b"\x42"), PROTOCOL, "reason of PUBREC"),
    Case("3.6.2-1", V5, framed(0x62, ONE + b"\x80"), PROTOCOL, "reason of PUBREL"),
    Case("3.7.2-1", V5, framed(0x70, ONE + b"\x80"), PROTOCOL, "reason of PUBCOMP"),
    Case("3.8.1-1", V311, framed(0x80, ONE + FILTER + b"\x00"), None, "SUBSCRIBE flags"),
    Case("3.8.1-1", V5, framed(0x80, ONE + b"\x00" + FILTER + b"\x00"), MALFORMED, "flags"),
    *both("2.3.1-1", "2.2.1-3", SUBSCRIBE, b"\x00\x00", FILTER + b"\x00", MALFORMED, "id 0"),
    *both("3.8.3-1", "3.8.3-1", SUBSCRIBE, ONE, text(b"\xff") + b"\x00", MALFORMED, "UTF-8"),
    *both("3.8.3-3", "3.8.3-2", SUBSCRIBE, ONE, b"", PROTOCOL, "no filter"),
    *both("3.8.3-4", "3.8.3-5", SUBSCRIBE, ONE, FILTER + b"\x40", MALFORMED, "reserved bits"),
    *both("3.8.3-4", "3.8.4-1", SUBSCRIBE, ONE, FILTER + b"\x03", MALFORMED, "QoS 3"),
    *both("4.7.1-2", "4.7.1-1", SUBSCRIBE, ONE, text(b"a/#/b") + b"\x00", MALFORMED, "# inside"),
    *both("4.7.1-2", "4.7.1-1", SUBSCRIBE, ONE, text(b"a#") + b"\x00", MALFORMED, "# in a level"),
    *both("4.7.1-3", "4.7.1-2", SUBSCRIBE, ONE, text(b"a+/b") + b"\x00", MALFORMED, "+ in a level"),
    *both("4.7.3-1", "4.7.3-1", SUBSCRIBE, ONE, text(b"") + b"\x00", MALFORMED, "empty filter"),
    Case("3.8.3-4", V5, framed(SUBSCRIBE, ONE + b"\x00" + text(b"$share/g/t") + b"\x05"), PROTOCOL),
    Case(
        "4.8.2-1",
        V5,
        framed(SUBSCRIBE, ONE + b"\x00" + text(b"$share//t") + b"\x00"),
        MALFORMED,
        "no share name",
    ),
    Case(
        "4.8.2-2",
        V5,
        framed(SUBSCRIBE, ONE + b"\x00" + text(b"$share/a+/t") + b"\x00"),
        MALFORMED,
        "wildcard in the share name",
    ),
    Case(
        "4.8.2-2",
        V5,
        framed(SUBSCRIBE, ONE + b"\x00" + text(b"$share/a") + b"\x00"),
        MALFORMED,
        "no filter behind the share name",
    ),
    Case("3.8.2", V5, framed(SUBSCRIBE, ONE + b"\x02\x0b\x00" + FILTER + b"\x00"), PROTOCOL, "0"),
    Case("3.8.3-5", V5, framed(SUBSCRIBE, ONE + b"\x00" + FILTER + b"\x30"), PROTOCOL, "handling"),
    Case("3.10.1-1", V311, framed(0xA0, ONE + FILTER), None, "UNSUBSCRIBE flags"),
    Case("3.10.1-1", V5, framed(0xA0, ONE + b"\x00" + FILTER), MALFORMED, "UNSUBSCRIBE flags"),
    *both("2.3.1-1", "2.2.1-3", UNSUBSCRIBE, b"\x00\x00", FILTER, MALFORMED, "id 0"),
    *both("3.10.3-1", "3.10.3-1", UNSUBSCRIBE, ONE, text(b"\xff"), MALFORMED, "UTF-8"),
    *both("3.10.3-2", "3.10.3-2", UNSUBSCRIBE, ONE, b"", PROTOCOL, "no filter"),
    Case("3.14.1-1", V311, b"\xe1\x00", None, "DISCONNECT flags"),
    Case("3.14.1-1", V5, b"\xe1\x00", MALFORMED, "DISCONNECT flags"),
    Case("3.14.2-1", V5, b"\xe0\x01\x42", PROTOCOL, "reason of DISCONNECT"),
    Case("3.14.2-1", V5, b"\xe0\x01\x8b", PROTOCOL, "a server's reason"),
    Case("4.8.0-1", V311, framed(0x20, b"\x00\x00"), None, "CONNACK from a client"),
    Case("4.13.1-1", V5, framed(0x20, b"\x00\x00\x00"), PROTOCOL, "CONNACK from a client"),
    Case("4.13.1-1", V5, framed(0x90, ONE + b"\x00\x00"), PROTOCOL, "SUBACK from a client"),
    Case("4.13.1-1", V5, framed(0xB0, ONE + b"\x00\x00"), PROTOCOL, "UNSUBACK from a client"),
    Case("4.13.1-1", V5, b"\xd0\x00", PROTOCOL, "PINGRESP from a client"),
    Case("1.5.5-1", V5, b"\xc0\x80\x00", MALFORMED, "length longer than needed"),
    Case("2.2.3", V311, b"\xc0\xff\xff\xff\xff\x01", None, "length of five bytes"),
    Case("1.5.5", V5, b"\xc0\xff\xff\xff\xff\x01", MALFORMED, "length of five bytes"),
    Case("3.2.2-15", V5, b"\x30\xff\xff\x7f", Reason.PACKET_TOO_LARGE, "over the maximum size"),
    Case("4.8.0-1", V311, b"\x30\xff\xff\x7f", None, "over the maximum size"),
    Case("2.2.2", V5, framed(0x30, text(b"t") + b"\x02\x11\x00"), MALFORMED, "foreign property"),
    Case("2.2.2", V5, framed(0x30, text(b"t") + b"\x04\x01\x00\x01\x00"), PROTOCOL, "twice"),
    Case("2.2.2", V5, framed(0x30, text(b"t") + b"\x02\x01\x02"), PROTOCOL, "flag is 2"),
]


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("case", BEFORE_CONNECT, ids=str)
async def test_bytes_before_connack_close_in_silence(door: Door, case: Case) -> None:
    async with door.open(), dial(door, case.version) as client:
        client.write(case.raw)
        await client.ended()
    assert not door.doorkeeper.asked


@pytest.mark.parametrize("case", AFTER_CONNECT, ids=str)
async def test_bytes_after_connack_close_with_the_reason(door: Door, case: Case) -> None:
    async with door.open(), connected(door, hello(case.version)) as client:
        client.write(case.raw)
        await _closes(client, case.reason)


async def _closes(client: BareClient, reason: Reason | None) -> None:
    if reason is not None:
        goodbye = await client.expect(Disconnect)
        assert Reason(goodbye.reason) is reason, goodbye
        assert goodbye.properties.session_expiry is None  # [MQTT-3.14.2-2]
    await client.ended()


@pytest.mark.parametrize("level", [3, 0, 2])
async def test_older_levels_are_told_the_return_code_of_3_1_1(door: Door, level: int) -> None:
    """[MQTT-3.1.2-2] of 3.1.1."""
    async with door.open(), dial(door, V311) as client:
        client.write(connect(level=level))
        assert (await client.expect(ConnAck)).reason == 1
        await client.ended()


async def test_the_protocol_of_before_3_1_1_is_told_so(door: Door) -> None:
    """[MQTT-3.1.2-2] of 3.1.1: MQIsdp is version 3.1."""
    async with door.open(), dial(door, V311) as client:
        client.write(connect(name=b"MQIsdp", level=3))
        assert (await client.expect(ConnAck)).reason == 1
        await client.ended()


async def test_newer_levels_are_told_the_reason_of_5(door: Door) -> None:
    """[MQTT-3.1.2-2] of 5."""
    async with door.open(), dial(door, V5) as client:
        client.write(connect(level=6))
        connack = await client.expect(ConnAck)
        assert connack.reason == Reason.UNSUPPORTED_PROTOCOL_VERSION
        assert not connack.session_present  # [MQTT-3.2.2-6]
        await client.ended()


async def test_one_clients_mistake_is_not_felt_by_another(door: Door) -> None:
    async with door.open(), connected(door, hello(client_id="good")) as good:
        async with connected(door, hello(client_id="bad")) as bad:
            bad.write(b"\x00\x00")
            await bad.expect(Disconnect)
        await good.alive()
