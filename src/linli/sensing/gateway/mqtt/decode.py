"""Bytes in, packets out: an incremental decoder that does no I/O.

PUBLISH is decoded inside the loop because it is nearly all of the traffic; every other packet type
goes through a function of its own.
"""

from collections.abc import Callable
from typing import Final

from linli.sensing.gateway.mqtt import properties as props
from linli.sensing.gateway.mqtt.packets import (
    NO_PROPERTIES,
    V5,
    V311,
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    Properties,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
    WillMessage,
    Wish,
)
from linli.sensing.gateway.mqtt.properties import read_properties
from linli.sensing.gateway.mqtt.reasons import (
    AUTH_REASONS,
    CONNACK_REASONS,
    DISCONNECT_REASONS,
    PUBACK_REASONS,
    PUBREL_REASONS,
    SUBACK_REASONS,
    SUBACK_RETURN_CODES,
    UNSUBACK_REASONS,
    CodecError,
    MalformedPacket,
    ProtocolViolation,
    Reason,
    ReturnCode,
    UnsupportedVersion,
)
from linli.sensing.gateway.mqtt.topics import check_filter, check_shared, is_shared
from linli.sensing.gateway.mqtt.wire import Cursor, read_text

MAX_PACKET: Final = 268_435_455 + 5
CONNECT_HEAD: Final = 0x10
PUBLISH_TYPE: Final = 0x30
TYPE_BITS: Final = 0xF0
HEADER_MAX: Final = 5
TOPICS_REMEMBERED: Final = 256
SECTIONS_REMEMBERED: Final = 32
SECTION_REMEMBERED: Final = 100
OLD_PROTOCOL_NAME: Final = "MQIsdp"
OLD_LEVEL: Final = 3
PROTOCOL_NAME: Final = "MQTT"
MAX_QOS: Final = 2
MAX_RETAIN_HANDLING: Final = 2

RESERVED_FLAG: Final = 0x01
CLEAN_START: Final = 0x02
WILL_FLAG: Final = 0x04
WILL_RETAIN: Final = 0x20
WILL_BITS: Final = 0x38
PASSWORD_FLAG: Final = 0x40
USERNAME_FLAG: Final = 0x80


class Decoder:
    """Turns a byte stream into packets, however the stream is cut.

    A server's decoder starts with `version` None: the first packet has to be a CONNECT and sets
    the version for what follows. `max_packet` bounds a whole packet, header included.
    """

    __slots__ = ("_buffer", "_needed", "_sections", "_topics", "max_packet", "version")

    def __init__(self, version: int | None = None, max_packet: int = MAX_PACKET) -> None:
        self.version = version
        self.max_packet = max_packet
        self._buffer = bytearray()
        self._needed = 0
        self._topics: dict[bytes, str] = {}
        self._sections: dict[bytes, Properties] = {}

    def feed(self, received: bytes, packets: list[Packet]) -> None:
        """Append the packets completed by these bytes to `packets`.

        Raises CodecError (MalformedPacket, ProtocolViolation) at the first packet that is wrong;
        those before it are in the list. After that the decoder is not to be fed again.
        """
        buffer = self._buffer
        if buffer:
            buffer += received
            if len(buffer) < self._needed:
                return
            raw = bytes(buffer)
            buffer.clear()
        else:
            raw = received
        used = self._decode(raw, packets)
        if used < len(raw):
            buffer += raw[used:]

    def _decode(self, raw: bytes, packets: list[Packet]) -> int:
        position = 0
        end = len(raw)
        known_topics = self._topics
        max_packet = self.max_packet
        add = packets.append
        while end - position > 1:
            head = raw[position]
            length = raw[position + 1]
            start = position + 2
            if self.version is None and head != CONNECT_HEAD:
                raise _not_a_connect(head)
            if length > 127:  # noqa: PLR2004 - the continuation bit, on the hot path
                read = self._read_length(raw, position, end)
                if read is None:
                    self._needed = 0
                    return position
                length, start = read
            stop = start + length
            if stop - position > max_packet:
                raise ProtocolViolation(
                    f"packet of {stop - position} bytes", Reason.PACKET_TOO_LARGE
                )
            if stop > end:
                self._needed = stop - position
                return position
            if head & TYPE_BITS != PUBLISH_TYPE:
                packet = self._other(head, Cursor(raw, start, stop))
                add(packet)
                position = stop
                continue

            # PUBLISH: type and flags, topic, packet id if QoS > 0, properties if MQTT 5, payload.
            if length < 2:  # noqa: PLR2004 - the topic's length field
                raise MalformedPacket("PUBLISH without a topic [MQTT-3.3.2-1]")
            at = start + 2
            behind = at + (raw[start] << 8) + raw[start + 1]
            name = raw[at:behind]
            topic = known_topics.get(name)
            if topic is None:
                if behind > stop:
                    raise MalformedPacket("the topic runs over the packet's end")
                topic = self._learn(name)
            qos = (head >> 1) & 3
            if qos:
                at = behind + 2
                if at > stop:
                    raise MalformedPacket("PUBLISH without a packet identifier")
                packet_id = (raw[behind] << 8) + raw[behind + 1]
                if not packet_id:
                    raise MalformedPacket("packet identifier 0 [MQTT-2.2.1-3]")
                if qos > MAX_QOS:
                    raise MalformedPacket("QoS 3 [MQTT-3.3.1-4]")
            else:
                at = behind
                if at > stop:
                    raise MalformedPacket("the topic runs over the packet's end")
                packet_id = 0
                if head & 0x08:
                    raise MalformedPacket("DUP with QoS 0 [MQTT-3.3.1-2]")
            properties = NO_PROPERTIES
            if self.version == V5:
                if at >= stop:
                    raise MalformedPacket("PUBLISH without a property length")
                if raw[at]:
                    properties, at = self._publish_properties(raw, at, stop)
                else:
                    at += 1
                if not topic and properties.topic_alias is None:
                    raise ProtocolViolation("neither a topic nor an alias")
            elif not topic:
                raise MalformedPacket("empty topic [MQTT-4.7.3-1]")
            add(
                Publish(
                    topic,
                    raw[at:stop],
                    qos,
                    packet_id,
                    head & 0x08 != 0,
                    head & 0x01 != 0,
                    properties,
                )
            )
            position = stop
        if end - position == 1 and self.version is None and raw[position] != CONNECT_HEAD:
            raise _not_a_connect(raw[position])
        self._needed = 0
        return position

    def _read_length(self, raw: bytes, position: int, end: int) -> tuple[int, int] | None:
        """Read a remaining length of several bytes; None when its end has not come yet."""
        length = 0
        shift = 0
        for at in range(position + 1, min(position + HEADER_MAX, end)):
            byte = raw[at]
            length |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the continuation bit
                if not byte and self.version != V311:
                    raise MalformedPacket("length longer than needed [MQTT-1.5.5-1]")
                return length, at + 1
            shift += 7
        if end - position >= HEADER_MAX:
            raise MalformedPacket("remaining length of more than four bytes")
        return None

    def _learn(self, name: bytes) -> str:
        topic = read_text(name)
        if "+" in topic or "#" in topic:
            raise MalformedPacket("wildcard in a topic name [MQTT-3.3.2-2]")
        if len(self._topics) >= TOPICS_REMEMBERED:
            self._topics.clear()
        self._topics[name] = topic
        return topic

    def _publish_properties(self, raw: bytes, at: int, stop: int) -> tuple[Properties, int]:
        # A client tends to send the same properties with every message.
        behind = at + 1 + raw[at]
        section = raw[at:behind]
        if behind <= stop and (known := self._sections.get(section)) is not None:
            return known, behind
        cursor = Cursor(raw, at, stop)
        properties = read_properties(cursor, props.PUBLISH)
        _check_response_topic(properties)
        if len(section) <= SECTION_REMEMBERED and cursor.position == behind:
            if len(self._sections) >= SECTIONS_REMEMBERED:
                self._sections.clear()
            self._sections[section] = properties
        return properties, cursor.position

    def _other(self, head: int, cursor: Cursor) -> Packet:
        if head == CONNECT_HEAD:
            connect = decode_connect(cursor)
            if self.version is None:
                self.version = connect.version
            return connect
        decode = _BY_HEAD.get(head)
        version = self.version or V311
        if decode is None or (version != V5 and head == AUTH_HEAD):
            raise MalformedPacket(f"first byte {head:#04x} [MQTT-2.1.3-1]")
        packet = decode(cursor, version)
        cursor.finish()
        return packet


def _not_a_connect(head: int) -> CodecError:
    return ProtocolViolation(f"first byte {head:#04x} where a CONNECT is due [MQTT-3.1.0-1]")


def _check_response_topic(properties: Properties) -> None:
    topic = properties.response_topic
    if topic is not None and (not topic or "+" in topic or "#" in topic):
        raise ProtocolViolation("response topic is no topic name [MQTT-3.3.2-14]")


def _packet_id(cursor: Cursor) -> int:
    packet_id = cursor.short()
    if not packet_id:
        raise MalformedPacket("packet identifier 0 [MQTT-2.2.1-3]")
    return packet_id


def decode_connect(cursor: Cursor) -> Connect:
    """Read the body of a CONNECT; raises UnsupportedVersion before looking at what follows."""
    name = cursor.text()
    if name == OLD_PROTOCOL_NAME:
        raise UnsupportedVersion(OLD_LEVEL)
    if name != PROTOCOL_NAME:
        raise ProtocolViolation("protocol name [MQTT-3.1.2-1]", Reason.UNSUPPORTED_PROTOCOL_VERSION)
    version = cursor.byte()
    if version not in {V311, V5}:
        raise UnsupportedVersion(version)
    flags = cursor.byte()
    if flags & RESERVED_FLAG:
        raise MalformedPacket("reserved connect flag [MQTT-3.1.2-3]")
    if not flags & WILL_FLAG and flags & WILL_BITS:
        raise MalformedPacket("will QoS or retain without a will [MQTT-3.1.2-11]")
    if version == V311 and flags & PASSWORD_FLAG and not flags & USERNAME_FLAG:
        raise MalformedPacket("password without a user name [MQTT-3.1.2-22]")
    keep_alive = cursor.short()
    properties = read_properties(cursor, props.CONNECT) if version == V5 else NO_PROPERTIES
    client_id = cursor.text()
    will = _read_will(cursor, version, flags) if flags & WILL_FLAG else None
    username = cursor.text() if flags & USERNAME_FLAG else None
    password = cursor.binary() if flags & PASSWORD_FLAG else None
    cursor.finish()
    return Connect(
        version=version,
        client_id=client_id,
        clean_start=bool(flags & CLEAN_START),
        keep_alive=keep_alive,
        will=will,
        username=username,
        password=password,
        properties=properties,
    )


def _read_will(cursor: Cursor, version: int, flags: int) -> WillMessage:
    qos = (flags >> 3) & 3
    if qos > MAX_QOS:
        raise MalformedPacket("will QoS 3 [MQTT-3.1.2-12]")
    properties = read_properties(cursor, props.WILL) if version == V5 else NO_PROPERTIES
    _check_response_topic(properties)
    topic = cursor.text()
    if not topic or "+" in topic or "#" in topic:
        raise MalformedPacket("the will's topic is no topic name [MQTT-4.7.3-1]")
    return WillMessage(topic, cursor.binary(), qos, bool(flags & WILL_RETAIN), properties)


def _connack(cursor: Cursor, version: int) -> ConnAck:
    flags = cursor.byte()
    if flags > 1:
        raise MalformedPacket("connect acknowledge flags [MQTT-3.2.2-1]")
    reason = cursor.byte()
    if version == V5:
        _check_reason(reason, CONNACK_REASONS)
        return ConnAck(flags == 1, reason, read_properties(cursor, props.CONNACK))
    if reason > ReturnCode.NOT_AUTHORIZED:
        raise MalformedPacket("return code")
    return ConnAck(flags == 1, reason)


def _check_reason(reason: int, allowed: frozenset[Reason]) -> None:
    if reason not in allowed:
        raise ProtocolViolation(f"reason code {reason:#04x} in this packet")


def _acknowledgement(
    cursor: Cursor, version: int, allowed: frozenset[Reason]
) -> tuple[int, int, Properties]:
    packet_id = _packet_id(cursor)
    if version != V5 or cursor.at_end():
        return packet_id, 0, NO_PROPERTIES
    reason = cursor.byte()
    _check_reason(reason, allowed)
    properties = NO_PROPERTIES if cursor.at_end() else read_properties(cursor, props.ACK)
    return packet_id, reason, properties


def _puback(cursor: Cursor, version: int) -> PubAck:
    return PubAck(*_acknowledgement(cursor, version, PUBACK_REASONS))


def _pubrec(cursor: Cursor, version: int) -> PubRec:
    return PubRec(*_acknowledgement(cursor, version, PUBACK_REASONS))


def _pubrel(cursor: Cursor, version: int) -> PubRel:
    return PubRel(*_acknowledgement(cursor, version, PUBREL_REASONS))


def _pubcomp(cursor: Cursor, version: int) -> PubComp:
    return PubComp(*_acknowledgement(cursor, version, PUBREL_REASONS))


def _subscribe(cursor: Cursor, version: int) -> Subscribe:
    packet_id = _packet_id(cursor)
    properties = NO_PROPERTIES
    if version == V5:
        properties = read_properties(cursor, props.SUBSCRIBE)
        if len(properties.subscription_ids) > 1:
            raise ProtocolViolation("two subscription identifiers")
    wishes: list[Wish] = []
    while not cursor.at_end():
        wishes.append(_wish(cursor, version))
    if not wishes:
        raise ProtocolViolation("SUBSCRIBE without a topic filter [MQTT-3.8.3-2]")
    return Subscribe(packet_id, tuple(wishes), properties)


def _wish(cursor: Cursor, version: int) -> Wish:
    topic_filter = cursor.text()
    check_filter(topic_filter)
    options = cursor.byte()
    qos = options & 3
    if qos > MAX_QOS:
        raise MalformedPacket("requested QoS 3")
    if version != V5:
        if options > MAX_QOS:
            raise MalformedPacket("reserved bits of the requested QoS [MQTT-3.8.3-4]")
        return Wish(topic_filter, qos)
    if options & 0xC0:
        raise MalformedPacket("reserved subscription options [MQTT-3.8.3-5]")
    handling = (options >> 4) & 3
    if handling > MAX_RETAIN_HANDLING:
        raise ProtocolViolation("retain handling 3")
    no_local = bool(options & 0x04)
    if is_shared(topic_filter):
        check_shared(topic_filter)
        if no_local:
            raise ProtocolViolation("no local on a shared subscription [MQTT-3.8.3-4]")
    return Wish(topic_filter, qos, no_local, bool(options & 0x08), handling)


def _suback(cursor: Cursor, version: int) -> SubAck:
    packet_id = _packet_id(cursor)
    properties = read_properties(cursor, props.ACK) if version == V5 else NO_PROPERTIES
    reasons = tuple(cursor.rest())
    if not reasons:
        raise ProtocolViolation("SUBACK without a reason code")
    allowed = SUBACK_REASONS if version == V5 else SUBACK_RETURN_CODES
    if not allowed.issuperset(reasons):
        raise ProtocolViolation("reason code in SUBACK")
    return SubAck(packet_id, reasons, properties)


def _unsubscribe(cursor: Cursor, version: int) -> Unsubscribe:
    packet_id = _packet_id(cursor)
    properties = read_properties(cursor, props.UNSUBSCRIBE) if version == V5 else NO_PROPERTIES
    filters: list[str] = []
    while not cursor.at_end():
        topic_filter = cursor.text()
        check_filter(topic_filter)
        if version == V5 and is_shared(topic_filter):
            check_shared(topic_filter)
        filters.append(topic_filter)
    if not filters:
        raise ProtocolViolation("UNSUBSCRIBE without a topic filter [MQTT-3.10.3-2]")
    return Unsubscribe(packet_id, tuple(filters), properties)


def _unsuback(cursor: Cursor, version: int) -> UnsubAck:
    packet_id = _packet_id(cursor)
    if version != V5:
        return UnsubAck(packet_id)
    properties = read_properties(cursor, props.ACK)
    reasons = tuple(cursor.rest())
    if not reasons:
        raise ProtocolViolation("UNSUBACK without a reason code")
    if not UNSUBACK_REASONS.issuperset(reasons):
        raise ProtocolViolation("reason code in UNSUBACK")
    return UnsubAck(packet_id, reasons, properties)


def _pingreq(_cursor: Cursor, _version: int) -> PingReq:
    return PingReq()


def _pingresp(_cursor: Cursor, _version: int) -> PingResp:
    return PingResp()


def _disconnect(cursor: Cursor, version: int) -> Disconnect:
    if version != V5 or cursor.at_end():
        return Disconnect()
    reason = cursor.byte()
    _check_reason(reason, DISCONNECT_REASONS)
    if cursor.at_end():
        return Disconnect(reason)
    return Disconnect(reason, read_properties(cursor, props.DISCONNECT))


def _auth(cursor: Cursor, _version: int) -> Auth:
    if cursor.at_end():
        return Auth()
    reason = cursor.byte()
    _check_reason(reason, AUTH_REASONS)
    properties = read_properties(cursor, props.AUTH)
    return Auth(reason, properties)


AUTH_HEAD: Final = 0xF0
_BY_HEAD: Final[dict[int, Callable[[Cursor, int], Packet]]] = {
    0x20: _connack,
    0x40: _puback,
    0x50: _pubrec,
    0x62: _pubrel,
    0x70: _pubcomp,
    0x82: _subscribe,
    0x90: _suback,
    0xA2: _unsubscribe,
    0xB0: _unsuback,
    0xC0: _pingreq,
    0xD0: _pingresp,
    0xE0: _disconnect,
    AUTH_HEAD: _auth,
}
