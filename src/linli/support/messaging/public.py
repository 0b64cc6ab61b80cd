"""The door of messaging: `send(work, Message(...))`; the rest is for the worker that delivers."""

from linli.support.messaging.carriers import RecordingCarrier
from linli.support.messaging.service import claim, record_carried, record_failed, send
from linli.support.messaging.webhook import (
    DEFAULT_TEMPLATE,
    Webhook,
    WebhookCarrier,
    parsed_template,
)

__all__ = [
    "DEFAULT_TEMPLATE",
    "RecordingCarrier",
    "Webhook",
    "WebhookCarrier",
    "claim",
    "parsed_template",
    "record_carried",
    "record_failed",
    "send",
]
