"""Packets in, bytes out. Values that do not fit the wire raise ValueError: an error of ours."""

from collections.abc import Callable
from struct import Struct
from typing import Final, assert_never

from linli.sensing.gateway.mqtt import properties as props
from linli.sensing.gateway.mqtt.decode import (
    CLEAN_START,
    PASSWORD_FLAG,
    PROTOCOL_NAME,
    USERNAME_FLAG,
    WILL_FLAG,
    WILL_RETAIN,
)
from linli.sensing.gateway.mqtt.packets import (
    NO_PROPERTIES,
    V5,
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    Wish,
)
from linli.sensing.gateway.mqtt.properties import Id, pack_properties
from linli.sensing.gateway.mqtt.wire import pack_binary, pack_text, pack_varint

_U16: Final = Struct(">H")

pack_short_ack: Final[Callable[[int, int, int], bytes]] = Struct(">BBH").pack
"""Pack (first byte, 2, packet id): an acknowledgement of success in either version."""

PUBACK_HEAD: Final = 0x40
PUBREC_HEAD: Final = 0x50
PUBREL_HEAD: Final = 0x62
PUBCOMP_HEAD: Final = 0x70
PINGRESP: Final = b"\xd0\x00"


def encode(packet: Packet, version: int) -> bytes:
    """Write one packet for the given protocol version (4 or 5)."""
    match packet:
        case Publish():
            return encode_publish(packet, version)
        case PubAck():
            return _acknowledgement(PUBACK_HEAD, packet, version)
        case PubRec():
            return _acknowledgement(PUBREC_HEAD, packet, version)
        case PubRel():
            return _acknowledgement(PUBREL_HEAD, packet, version)
        case PubComp():
            return _acknowledgement(PUBCOMP_HEAD, packet, version)
        case PingReq():
            return b"\xc0\x00"
        case PingResp():
            return PINGRESP
        case Connect():
            return _frame(0x10, _connect(packet))
        case ConnAck():
            return _frame(0x20, _connack(packet, version))
        case Subscribe():
            return _frame(0x82, _subscribe(packet, version))
        case SubAck():
            return _frame(0x90, _suback(packet, version))
        case Unsubscribe():
            return _frame(0xA2, _unsubscribe(packet, version))
        case UnsubAck():
            return _frame(0xB0, _unsuback(packet, version))
        case Disconnect():
            return _frame(0xE0, _closing(packet, version, props.DISCONNECT))
        case Auth():
            return _frame(0xF0, _closing(packet, version, props.AUTH))
        case _ as never:  # pyright: ignore[reportUnnecessaryComparison] - proves completeness
            assert_never(never)


def encode_publish(packet: Publish, version: int) -> bytes:
    """Write a PUBLISH."""
    head = 0x30 | packet.qos << 1 | (0x08 if packet.dup else 0) | (1 if packet.retain else 0)
    parts = [pack_text(packet.topic)]
    if packet.qos:
        parts.append(_U16.pack(packet.packet_id))
    if version == V5:
        parts.append(pack_properties(packet.properties, props.PUBLISH))
    parts.append(packet.payload)
    return _frame(head, b"".join(parts))


def _frame(head: int, body: bytes) -> bytes:
    return bytes((head,)) + pack_varint(len(body)) + body


def _acknowledgement(head: int, packet: PubAck | PubRec | PubRel | PubComp, version: int) -> bytes:
    if version != V5 or (not packet.reason and packet.properties is NO_PROPERTIES):
        return pack_short_ack(head, 2, packet.packet_id)
    body = _U16.pack(packet.packet_id) + bytes((packet.reason,))
    if packet.properties is not NO_PROPERTIES:
        body += pack_properties(packet.properties, props.ACK)
    return _frame(head, body)


def _connect(packet: Connect) -> bytes:
    flags = CLEAN_START if packet.clean_start else 0
    will = packet.will
    if will is not None:
        flags |= WILL_FLAG | will.qos << 3 | (WILL_RETAIN if will.retain else 0)
    flags |= USERNAME_FLAG if packet.username is not None else 0
    flags |= PASSWORD_FLAG if packet.password is not None else 0
    five = packet.version == V5
    parts = [
        pack_text(PROTOCOL_NAME),
        bytes((packet.version, flags)),
        _U16.pack(packet.keep_alive),
        pack_properties(packet.properties, props.CONNECT) if five else b"",
        pack_text(packet.client_id),
    ]
    if will is not None:
        if five:
            parts.append(pack_properties(will.properties, props.WILL))
        parts.extend((pack_text(will.topic), pack_binary(will.payload)))
    if packet.username is not None:
        parts.append(pack_text(packet.username))
    if packet.password is not None:
        parts.append(pack_binary(packet.password))
    return b"".join(parts)


def _connack(packet: ConnAck, version: int) -> bytes:
    body = bytes((int(packet.session_present), packet.reason))
    if version == V5:
        body += pack_properties(packet.properties, props.CONNACK)
    return body


def _options(wish: Wish, version: int) -> bytes:
    if version != V5:
        return bytes((wish.qos,))
    return bytes(
        (
            wish.qos
            | (0x04 if wish.no_local else 0)
            | (0x08 if wish.retain_as_published else 0)
            | wish.retain_handling << 4,
        )
    )


def _subscribe(packet: Subscribe, version: int) -> bytes:
    parts = [_U16.pack(packet.packet_id)]
    if version == V5:
        parts.append(pack_properties(packet.properties, props.SUBSCRIBE))
    for wish in packet.wishes:
        parts.extend((pack_text(wish.topic_filter), _options(wish, version)))
    return b"".join(parts)


def _suback(packet: SubAck, version: int) -> bytes:
    middle = pack_properties(packet.properties, props.ACK) if version == V5 else b""
    return _U16.pack(packet.packet_id) + middle + bytes(packet.reasons)


def _unsubscribe(packet: Unsubscribe, version: int) -> bytes:
    parts = [_U16.pack(packet.packet_id)]
    if version == V5:
        parts.append(pack_properties(packet.properties, props.UNSUBSCRIBE))
    parts.extend(pack_text(topic_filter) for topic_filter in packet.topic_filters)
    return b"".join(parts)


def _unsuback(packet: UnsubAck, version: int) -> bytes:
    if version != V5:
        return _U16.pack(packet.packet_id)
    head = _U16.pack(packet.packet_id) + pack_properties(packet.properties, props.ACK)
    return head + bytes(packet.reasons)


def _closing(packet: Disconnect | Auth, version: int, allowed: frozenset[Id]) -> bytes:
    if version != V5 or (not packet.reason and packet.properties is NO_PROPERTIES):
        return b""
    head = bytes((packet.reason,))
    if packet.properties is NO_PROPERTIES and isinstance(packet, Disconnect):
        return head
    return head + pack_properties(packet.properties, allowed)
