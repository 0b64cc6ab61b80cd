"""The door of messaging: `send(work, Message(...))`; the rest is for the worker that delivers."""

from linli.support.messaging.carriers import RecordingCarrier
from linli.support.messaging.service import claim, record_carried, record_failed, send
from linli.support.messaging.webhook import Webhook, WebhookCarrier, signature

__all__ = [
    "RecordingCarrier",
    "Webhook",
    "WebhookCarrier",
    "claim",
    "record_carried",
    "record_failed",
    "send",
    "signature",
]
