"""What others may know of messaging: the message, its channels and how far it has come."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

QUEUED = "linli_message_queued"


class Channel(StrEnum):
    """By what a message travels."""

    IN_APP = "in_app"
    SMS = "sms"
    PHONE = "phone"
    WECHAT = "wechat"


CHANNEL_TITLES: Mapping[Channel, str] = {
    Channel.IN_APP: "站内消息",
    Channel.SMS: "短信",
    Channel.PHONE: "语音电话",
    Channel.WECHAT: "微信",
}


class DeliveryState(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


STATE_TITLES: Mapping[DeliveryState, str] = {
    DeliveryState.QUEUED: "等待发送",
    DeliveryState.SENT: "已发出",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.READ: "已读",
    DeliveryState.FAILED: "发送失败",
}


class Urgency(StrEnum):
    """How soon it is tried again when a channel fails."""

    NORMAL = "normal"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about. The same about, with a new `version`, may be told again.

    `subject_id` names what is neither an incident nor an order, such as a shift.
    """

    incident_id: UUID | None = None
    order_id: UUID | None = None
    estate_id: UUID | None = None
    version: int = 0
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to tell one receiver by one channel.

    `account_id` names the receiver (needed for `in_app`); `address` is his number or name in the
    channel (needed for the others; a masked one is fine where nothing really leaves the house).
    `template` is the code under which a carrier knows this kind of message; `title` and `words`
    are what the person reads.
    """

    channel: Channel
    template: str
    title: str
    words: str
    about: About
    account_id: UUID | None = None
    address: str = ""
    urgency: Urgency = Urgency.NORMAL


@dataclass(frozen=True, slots=True)
class InAppMessage:
    """A message as its receiver reads it."""

    id: UUID
    at: datetime
    template: str
    title: str
    words: str
    incident_id: UUID | None
    order_id: UUID | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message that left, or would leave, by another channel."""

    id: UUID
    at: datetime
    channel: Channel
    address_masked: str
    words: str
    state: DeliveryState
    incident_id: UUID | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way: what a carrier needs, and the how-manieth try this is.

    With an `account_id` the `address` is only what may be shown; a carrier that leaves the house
    asks its `AddressBook` for the number.
    """

    message_id: UUID
    channel: Channel
    address: str
    template: str
    words: str
    urgency: Urgency
    attempt: int
    title: str = ""
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a carrier answered: its own number for the message, and whether it has arrived."""

    reference: str
    arrived: bool


DEFAULT_TEMPLATE = (
    '{"id": "{id}", "channel": "{channel}", "to": "{to}", "template": "{template}",'
    ' "title": "{title}", "text": "{text}", "urgency": "{urgency}"}'
)
NAMES_IN_TEMPLATE = frozenset({"id", "channel", "to", "template", "title", "text", "urgency"})
NAME_IN_TEMPLATE = re.compile(r"\{([a-z_]+)\}")

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def parsed_template(text: str) -> Json:
    """The template as JSON, in whose texts `{to}`, `{text}` and so on stand for the message.

    Raises ValueError, with words for the operator, when it is no JSON or names what there is not.
    """
    try:
        template: Json = json.loads(text)
    except ValueError as error:
        raise ValueError(f"消息模板不是 JSON / the template is no JSON: {error}") from error
    unknown = sorted(set(NAME_IN_TEMPLATE.findall(text)) - NAMES_IN_TEMPLATE)
    if unknown:
        named = "、".join(f"{{{name}}}" for name in unknown)
        raise ValueError(f"消息模板里不认识 / the template names what there is not: {named}")
    if "{to}" not in text:
        raise ValueError("消息模板里要有 {to} / the template needs {to}")
    return template
