"""The property section of MQTT 5 packets (2.2.2), read and written."""

from enum import IntEnum
from struct import Struct

from linli.sensing.gateway.mqtt.packets import NO_PROPERTIES, Properties
from linli.sensing.gateway.mqtt.reasons import MalformedPacket, ProtocolViolation, Reason
from linli.sensing.gateway.mqtt.wire import Cursor, pack_binary, pack_text, pack_varint

U16 = Struct(">H")
U32 = Struct(">I")


class Id(IntEnum):
    """Property identifiers (table 2-4)."""

    PAYLOAD_FORMAT = 0x01
    MESSAGE_EXPIRY = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_ID = 0x0B
    SESSION_EXPIRY = 0x11
    ASSIGNED_CLIENT_ID = 0x12
    SERVER_KEEP_ALIVE = 0x13
    AUTHENTICATION_METHOD = 0x15
    AUTHENTICATION_DATA = 0x16
    REQUEST_PROBLEM_INFORMATION = 0x17
    WILL_DELAY = 0x18
    REQUEST_RESPONSE_INFORMATION = 0x19
    RESPONSE_INFORMATION = 0x1A
    SERVER_REFERENCE = 0x1C
    REASON_STRING = 0x1F
    RECEIVE_MAXIMUM = 0x21
    TOPIC_ALIAS_MAXIMUM = 0x22
    TOPIC_ALIAS = 0x23
    MAXIMUM_QOS = 0x24
    RETAIN_AVAILABLE = 0x25
    USER_PROPERTY = 0x26
    MAXIMUM_PACKET_SIZE = 0x27
    WILDCARD_SUBSCRIPTION_AVAILABLE = 0x28
    SUBSCRIPTION_IDS_AVAILABLE = 0x29
    SHARED_SUBSCRIPTION_AVAILABLE = 0x2A


FLAGS = frozenset(
    {
        Id.PAYLOAD_FORMAT,
        Id.REQUEST_PROBLEM_INFORMATION,
        Id.REQUEST_RESPONSE_INFORMATION,
        Id.MAXIMUM_QOS,
        Id.RETAIN_AVAILABLE,
        Id.WILDCARD_SUBSCRIPTION_AVAILABLE,
        Id.SUBSCRIPTION_IDS_AVAILABLE,
        Id.SHARED_SUBSCRIPTION_AVAILABLE,
    }
)
SHORTS = frozenset(
    {Id.SERVER_KEEP_ALIVE, Id.RECEIVE_MAXIMUM, Id.TOPIC_ALIAS_MAXIMUM, Id.TOPIC_ALIAS}
)
LONGS = frozenset({Id.MESSAGE_EXPIRY, Id.SESSION_EXPIRY, Id.WILL_DELAY, Id.MAXIMUM_PACKET_SIZE})
TEXTS = frozenset(
    {
        Id.CONTENT_TYPE,
        Id.RESPONSE_TOPIC,
        Id.ASSIGNED_CLIENT_ID,
        Id.AUTHENTICATION_METHOD,
        Id.RESPONSE_INFORMATION,
        Id.SERVER_REFERENCE,
        Id.REASON_STRING,
    }
)
BINARIES = frozenset({Id.CORRELATION_DATA, Id.AUTHENTICATION_DATA})
NEVER_ZERO = frozenset({Id.RECEIVE_MAXIMUM, Id.MAXIMUM_PACKET_SIZE})

CONNECT = frozenset(
    {
        Id.SESSION_EXPIRY,
        Id.AUTHENTICATION_METHOD,
        Id.AUTHENTICATION_DATA,
        Id.REQUEST_PROBLEM_INFORMATION,
        Id.REQUEST_RESPONSE_INFORMATION,
        Id.RECEIVE_MAXIMUM,
        Id.TOPIC_ALIAS_MAXIMUM,
        Id.USER_PROPERTY,
        Id.MAXIMUM_PACKET_SIZE,
    }
)
WILL = frozenset(
    {
        Id.PAYLOAD_FORMAT,
        Id.MESSAGE_EXPIRY,
        Id.CONTENT_TYPE,
        Id.RESPONSE_TOPIC,
        Id.CORRELATION_DATA,
        Id.WILL_DELAY,
        Id.USER_PROPERTY,
    }
)
CONNACK = frozenset(
    {
        Id.SESSION_EXPIRY,
        Id.ASSIGNED_CLIENT_ID,
        Id.SERVER_KEEP_ALIVE,
        Id.AUTHENTICATION_METHOD,
        Id.AUTHENTICATION_DATA,
        Id.RESPONSE_INFORMATION,
        Id.SERVER_REFERENCE,
        Id.REASON_STRING,
        Id.RECEIVE_MAXIMUM,
        Id.TOPIC_ALIAS_MAXIMUM,
        Id.MAXIMUM_QOS,
        Id.RETAIN_AVAILABLE,
        Id.USER_PROPERTY,
        Id.MAXIMUM_PACKET_SIZE,
        Id.WILDCARD_SUBSCRIPTION_AVAILABLE,
        Id.SUBSCRIPTION_IDS_AVAILABLE,
        Id.SHARED_SUBSCRIPTION_AVAILABLE,
    }
)
PUBLISH = frozenset(
    {
        Id.PAYLOAD_FORMAT,
        Id.MESSAGE_EXPIRY,
        Id.CONTENT_TYPE,
        Id.RESPONSE_TOPIC,
        Id.CORRELATION_DATA,
        Id.SUBSCRIPTION_ID,
        Id.TOPIC_ALIAS,
        Id.USER_PROPERTY,
    }
)
ACK = frozenset({Id.REASON_STRING, Id.USER_PROPERTY})
SUBSCRIBE = frozenset({Id.SUBSCRIPTION_ID, Id.USER_PROPERTY})
UNSUBSCRIBE = frozenset({Id.USER_PROPERTY})
DISCONNECT = frozenset({Id.SESSION_EXPIRY, Id.SERVER_REFERENCE, Id.REASON_STRING, Id.USER_PROPERTY})
AUTH = frozenset(
    {
        Id.AUTHENTICATION_METHOD,
        Id.AUTHENTICATION_DATA,
        Id.REASON_STRING,
        Id.USER_PROPERTY,
    }
)


def read_properties(cursor: Cursor, allowed: frozenset[Id]) -> Properties:
    """Read the length and the properties that follow; leaves the cursor behind them."""
    length = cursor.varint()
    if not length:
        return NO_PROPERTIES
    section = cursor.section(length)
    numbers: dict[int, int] = {}
    texts: dict[int, str] = {}
    binaries: dict[int, bytes] = {}
    pairs: list[tuple[str, str]] = []
    subscription_ids: list[int] = []
    while section.position < section.stop:
        key = section.varint()
        if key not in allowed:
            raise MalformedPacket(f"property {key:#04x} not allowed in this packet")
        if key == Id.USER_PROPERTY:
            pairs.append((section.text(), section.text()))
            continue
        if key == Id.SUBSCRIPTION_ID:
            number = section.varint()
            if not number:
                raise ProtocolViolation("subscription identifier 0")
            subscription_ids.append(number)
            continue
        if key in numbers or key in texts or key in binaries:
            raise ProtocolViolation(f"property {key:#04x} twice")
        if key in FLAGS:
            numbers[key] = section.byte()
            if numbers[key] > 1:
                raise ProtocolViolation(f"property {key:#04x} is neither 0 nor 1")
        elif key in SHORTS:
            numbers[key] = section.short()
        elif key in LONGS:
            numbers[key] = section.long()
        elif key in TEXTS:
            texts[key] = section.text()
        else:
            binaries[key] = section.binary()
    for key in NEVER_ZERO:
        if numbers.get(key) == 0:
            raise ProtocolViolation(f"property {key:#04x} is 0")
    if numbers.get(Id.TOPIC_ALIAS) == 0:
        raise ProtocolViolation("topic alias 0 [MQTT-3.3.2-8]", Reason.TOPIC_ALIAS_INVALID)
    if Id.AUTHENTICATION_DATA in binaries and Id.AUTHENTICATION_METHOD not in texts:
        raise ProtocolViolation("authentication data without a method")
    return Properties(
        payload_format=numbers.get(Id.PAYLOAD_FORMAT),
        message_expiry=numbers.get(Id.MESSAGE_EXPIRY),
        content_type=texts.get(Id.CONTENT_TYPE),
        response_topic=texts.get(Id.RESPONSE_TOPIC),
        correlation_data=binaries.get(Id.CORRELATION_DATA),
        subscription_ids=tuple(subscription_ids),
        session_expiry=numbers.get(Id.SESSION_EXPIRY),
        assigned_client_id=texts.get(Id.ASSIGNED_CLIENT_ID),
        server_keep_alive=numbers.get(Id.SERVER_KEEP_ALIVE),
        authentication_method=texts.get(Id.AUTHENTICATION_METHOD),
        authentication_data=binaries.get(Id.AUTHENTICATION_DATA),
        request_problem_information=numbers.get(Id.REQUEST_PROBLEM_INFORMATION),
        will_delay=numbers.get(Id.WILL_DELAY),
        request_response_information=numbers.get(Id.REQUEST_RESPONSE_INFORMATION),
        response_information=texts.get(Id.RESPONSE_INFORMATION),
        server_reference=texts.get(Id.SERVER_REFERENCE),
        reason_string=texts.get(Id.REASON_STRING),
        receive_maximum=numbers.get(Id.RECEIVE_MAXIMUM),
        topic_alias_maximum=numbers.get(Id.TOPIC_ALIAS_MAXIMUM),
        topic_alias=numbers.get(Id.TOPIC_ALIAS),
        maximum_qos=numbers.get(Id.MAXIMUM_QOS),
        retain_available=numbers.get(Id.RETAIN_AVAILABLE),
        user_properties=tuple(pairs),
        maximum_packet_size=numbers.get(Id.MAXIMUM_PACKET_SIZE),
        wildcard_subscription_available=numbers.get(Id.WILDCARD_SUBSCRIPTION_AVAILABLE),
        subscription_ids_available=numbers.get(Id.SUBSCRIPTION_IDS_AVAILABLE),
        shared_subscription_available=numbers.get(Id.SHARED_SUBSCRIPTION_AVAILABLE),
    )


def pack_properties(properties: Properties, allowed: frozenset[Id]) -> bytes:
    """Write the length and the properties; those not allowed here are an error of ours."""
    if properties is NO_PROPERTIES:
        return b"\x00"
    parts: list[bytes] = []
    for key, value in _present(properties):
        if key not in allowed:
            raise ValueError(f"property {key.name} does not belong in this packet")
        parts.append(pack_varint(key))
        if isinstance(value, str):
            parts.append(pack_text(value))
        elif isinstance(value, bytes):
            parts.append(pack_binary(value))
        elif key in FLAGS:
            parts.append(bytes((value,)))
        elif key in SHORTS:
            parts.append(U16.pack(value))
        elif key in LONGS:
            parts.append(U32.pack(value))
        else:
            parts.append(pack_varint(value))
    for name, text in properties.user_properties:
        parts.extend((bytes((Id.USER_PROPERTY,)), pack_text(name), pack_text(text)))
    body = b"".join(parts)
    return pack_varint(len(body)) + body


def _present(properties: Properties) -> list[tuple[Id, int | str | bytes]]:
    every: tuple[tuple[Id, int | str | bytes | None], ...] = (
        (Id.PAYLOAD_FORMAT, properties.payload_format),
        (Id.MESSAGE_EXPIRY, properties.message_expiry),
        (Id.CONTENT_TYPE, properties.content_type),
        (Id.RESPONSE_TOPIC, properties.response_topic),
        (Id.CORRELATION_DATA, properties.correlation_data),
        *((Id.SUBSCRIPTION_ID, number) for number in properties.subscription_ids),
        (Id.SESSION_EXPIRY, properties.session_expiry),
        (Id.ASSIGNED_CLIENT_ID, properties.assigned_client_id),
        (Id.SERVER_KEEP_ALIVE, properties.server_keep_alive),
        (Id.AUTHENTICATION_METHOD, properties.authentication_method),
        (Id.AUTHENTICATION_DATA, properties.authentication_data),
        (Id.REQUEST_PROBLEM_INFORMATION, properties.request_problem_information),
        (Id.WILL_DELAY, properties.will_delay),
        (Id.REQUEST_RESPONSE_INFORMATION, properties.request_response_information),
        (Id.RESPONSE_INFORMATION, properties.response_information),
        (Id.SERVER_REFERENCE, properties.server_reference),
        (Id.REASON_STRING, properties.reason_string),
        (Id.RECEIVE_MAXIMUM, properties.receive_maximum),
        (Id.TOPIC_ALIAS_MAXIMUM, properties.topic_alias_maximum),
        (Id.TOPIC_ALIAS, properties.topic_alias),
        (Id.MAXIMUM_QOS, properties.maximum_qos),
        (Id.RETAIN_AVAILABLE, properties.retain_available),
        (Id.MAXIMUM_PACKET_SIZE, properties.maximum_packet_size),
        (Id.WILDCARD_SUBSCRIPTION_AVAILABLE, properties.wildcard_subscription_available),
        (Id.SUBSCRIPTION_IDS_AVAILABLE, properties.subscription_ids_available),
        (Id.SHARED_SUBSCRIPTION_AVAILABLE, properties.shared_subscription_available),
    )
    return [(key, value) for key, value in every if value is not None]
