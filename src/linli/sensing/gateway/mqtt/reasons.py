"""Reason codes of MQTT 5 (chapter 2.4) and return codes of MQTT 3.1.1 (3.2.2.3)."""

from enum import IntEnum


class Reason(IntEnum):
    """A reason code; 0x80 and above mean failure."""

    SUCCESS = 0x00
    GRANTED_QOS_1 = 0x01
    GRANTED_QOS_2 = 0x02
    DISCONNECT_WITH_WILL = 0x04
    NO_MATCHING_SUBSCRIBERS = 0x10
    NO_SUBSCRIPTION_EXISTED = 0x11
    CONTINUE_AUTHENTICATION = 0x18
    RE_AUTHENTICATE = 0x19
    UNSPECIFIED_ERROR = 0x80
    MALFORMED_PACKET = 0x81
    PROTOCOL_ERROR = 0x82
    IMPLEMENTATION_ERROR = 0x83
    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_IDENTIFIER_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SERVER_SHUTTING_DOWN = 0x8B
    BAD_AUTHENTICATION_METHOD = 0x8C
    KEEP_ALIVE_TIMEOUT = 0x8D
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_FILTER_INVALID = 0x8F
    TOPIC_NAME_INVALID = 0x90
    PACKET_IDENTIFIER_IN_USE = 0x91
    PACKET_IDENTIFIER_NOT_FOUND = 0x92
    RECEIVE_MAXIMUM_EXCEEDED = 0x93
    TOPIC_ALIAS_INVALID = 0x94
    PACKET_TOO_LARGE = 0x95
    MESSAGE_RATE_TOO_HIGH = 0x96
    QUOTA_EXCEEDED = 0x97
    ADMINISTRATIVE_ACTION = 0x98
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9E
    CONNECTION_RATE_EXCEEDED = 0x9F
    MAXIMUM_CONNECT_TIME = 0xA0
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xA1
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xA2


FAILURE = 0x80
"""The first reason code that means failure; also SUBACK's failure in 3.1.1."""


class ReturnCode(IntEnum):
    """CONNACK return codes of 3.1.1."""

    ACCEPTED = 0
    UNACCEPTABLE_PROTOCOL_VERSION = 1
    IDENTIFIER_REJECTED = 2
    SERVER_UNAVAILABLE = 3
    BAD_USER_NAME_OR_PASSWORD = 4
    NOT_AUTHORIZED = 5


RETURN_CODES = {
    Reason.SUCCESS: ReturnCode.ACCEPTED,
    Reason.UNSUPPORTED_PROTOCOL_VERSION: ReturnCode.UNACCEPTABLE_PROTOCOL_VERSION,
    Reason.CLIENT_IDENTIFIER_NOT_VALID: ReturnCode.IDENTIFIER_REJECTED,
    Reason.SERVER_UNAVAILABLE: ReturnCode.SERVER_UNAVAILABLE,
    Reason.SERVER_BUSY: ReturnCode.SERVER_UNAVAILABLE,
    Reason.CONNECTION_RATE_EXCEEDED: ReturnCode.SERVER_UNAVAILABLE,
    Reason.QUOTA_EXCEEDED: ReturnCode.SERVER_UNAVAILABLE,
    Reason.BAD_USER_NAME_OR_PASSWORD: ReturnCode.BAD_USER_NAME_OR_PASSWORD,
    Reason.NOT_AUTHORIZED: ReturnCode.NOT_AUTHORIZED,
    Reason.BANNED: ReturnCode.NOT_AUTHORIZED,
}
"""How a refusal of 5 is said to a client of 3.1.1; what is not here closes without a CONNACK."""

CONNACK_REASONS = frozenset(
    {
        Reason.SUCCESS,
        Reason.UNSPECIFIED_ERROR,
        Reason.MALFORMED_PACKET,
        Reason.PROTOCOL_ERROR,
        Reason.IMPLEMENTATION_ERROR,
        Reason.UNSUPPORTED_PROTOCOL_VERSION,
        Reason.CLIENT_IDENTIFIER_NOT_VALID,
        Reason.BAD_USER_NAME_OR_PASSWORD,
        Reason.NOT_AUTHORIZED,
        Reason.SERVER_UNAVAILABLE,
        Reason.SERVER_BUSY,
        Reason.BANNED,
        Reason.BAD_AUTHENTICATION_METHOD,
        Reason.TOPIC_NAME_INVALID,
        Reason.PACKET_TOO_LARGE,
        Reason.QUOTA_EXCEEDED,
        Reason.PAYLOAD_FORMAT_INVALID,
        Reason.RETAIN_NOT_SUPPORTED,
        Reason.QOS_NOT_SUPPORTED,
        Reason.USE_ANOTHER_SERVER,
        Reason.SERVER_MOVED,
        Reason.CONNECTION_RATE_EXCEEDED,
    }
)
PUBACK_REASONS = frozenset(
    {
        Reason.SUCCESS,
        Reason.NO_MATCHING_SUBSCRIBERS,
        Reason.UNSPECIFIED_ERROR,
        Reason.IMPLEMENTATION_ERROR,
        Reason.NOT_AUTHORIZED,
        Reason.TOPIC_NAME_INVALID,
        Reason.PACKET_IDENTIFIER_IN_USE,
        Reason.QUOTA_EXCEEDED,
        Reason.PAYLOAD_FORMAT_INVALID,
    }
)
PUBREL_REASONS = frozenset({Reason.SUCCESS, Reason.PACKET_IDENTIFIER_NOT_FOUND})
SUBACK_REASONS = frozenset(
    {
        Reason.SUCCESS,
        Reason.GRANTED_QOS_1,
        Reason.GRANTED_QOS_2,
        Reason.UNSPECIFIED_ERROR,
        Reason.IMPLEMENTATION_ERROR,
        Reason.NOT_AUTHORIZED,
        Reason.TOPIC_FILTER_INVALID,
        Reason.PACKET_IDENTIFIER_IN_USE,
        Reason.QUOTA_EXCEEDED,
        Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
        Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
        Reason.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
    }
)
SUBACK_RETURN_CODES = frozenset({0x00, 0x01, 0x02, FAILURE})
UNSUBACK_REASONS = frozenset(
    {
        Reason.SUCCESS,
        Reason.NO_SUBSCRIPTION_EXISTED,
        Reason.UNSPECIFIED_ERROR,
        Reason.IMPLEMENTATION_ERROR,
        Reason.NOT_AUTHORIZED,
        Reason.TOPIC_FILTER_INVALID,
        Reason.PACKET_IDENTIFIER_IN_USE,
    }
)
CLIENT_DISCONNECT_REASONS = frozenset(
    {
        Reason.SUCCESS,
        Reason.DISCONNECT_WITH_WILL,
        Reason.UNSPECIFIED_ERROR,
        Reason.MALFORMED_PACKET,
        Reason.PROTOCOL_ERROR,
        Reason.IMPLEMENTATION_ERROR,
        Reason.TOPIC_NAME_INVALID,
        Reason.RECEIVE_MAXIMUM_EXCEEDED,
        Reason.TOPIC_ALIAS_INVALID,
        Reason.PACKET_TOO_LARGE,
        Reason.MESSAGE_RATE_TOO_HIGH,
        Reason.QUOTA_EXCEEDED,
        Reason.ADMINISTRATIVE_ACTION,
        Reason.PAYLOAD_FORMAT_INVALID,
    }
)
DISCONNECT_REASONS = CLIENT_DISCONNECT_REASONS | {
    Reason.NOT_AUTHORIZED,
    Reason.SERVER_BUSY,
    Reason.SERVER_SHUTTING_DOWN,
    Reason.KEEP_ALIVE_TIMEOUT,
    Reason.SESSION_TAKEN_OVER,
    Reason.TOPIC_FILTER_INVALID,
    Reason.RETAIN_NOT_SUPPORTED,
    Reason.QOS_NOT_SUPPORTED,
    Reason.USE_ANOTHER_SERVER,
    Reason.SERVER_MOVED,
    Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
    Reason.CONNECTION_RATE_EXCEEDED,
    Reason.MAXIMUM_CONNECT_TIME,
    Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
    Reason.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
}
AUTH_REASONS = frozenset({Reason.SUCCESS, Reason.CONTINUE_AUTHENTICATION, Reason.RE_AUTHENTICATE})


class CodecError(Exception):
    """The peer broke the standard; the network connection has to be closed with `reason`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.name}: {detail}")
        self.reason = reason
        self.detail = detail


class MalformedPacket(CodecError):
    """The bytes cannot be read as the standard demands."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.MALFORMED_PACKET, detail)


class ProtocolViolation(CodecError):
    """The packet can be read, and is not allowed: here, now, with this content."""

    def __init__(self, detail: str, reason: Reason = Reason.PROTOCOL_ERROR) -> None:
        super().__init__(reason, detail)


class UnsupportedVersion(ProtocolViolation):
    """A CONNECT of a protocol level that is neither 4 nor 5."""

    def __init__(self, level: int) -> None:
        super().__init__(f"protocol level {level}", Reason.UNSUPPORTED_PROTOCOL_VERSION)
        self.level = level
