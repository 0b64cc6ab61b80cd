"""Tickets: how the platform lets somebody look through a node for a moment.

A ticket is `base64url(json) + "." + base64url(HMAC-SHA256(view key, base64url(json)))`, without
padding. Whoever holds it may do one thing with one camera until it ends; the node asks nobody.
"""

import base64
import binascii
import hashlib
import hmac
from enum import StrEnum

import msgspec


class View(StrEnum):
    """What a ticket lets its holder see."""

    LIVE = "live"
    STILL = "still"
    RECORDINGS = "recordings"
    CLIP = "clip"


class Ticket(msgspec.Struct, frozen=True):
    """One permission; `until_ms` is milliseconds since 1970 UTC."""

    camera: str
    what: View
    until_ms: int


def signed(ticket: Ticket, key: bytes) -> str:
    """The ticket as text for an `Authorization: Bearer` header."""
    body = _text(msgspec.json.encode(ticket))
    return f"{body}.{_text(_seal(body, key))}"


def admits(text: str, key: bytes, wanted: Ticket) -> bool:
    """Whether this ticket is genuine, for this camera and purpose, and not over.

    `wanted.until_ms` is the present moment.
    """
    body, dot, seal = text.partition(".")
    if not dot or not hmac.compare_digest(seal.encode(), _text(_seal(body, key)).encode()):
        return False
    try:
        ticket = msgspec.json.decode(_bytes(body), type=Ticket)
    except (binascii.Error, ValueError):  # msgspec's errors are ValueErrors
        return False
    return (
        ticket.camera == wanted.camera
        and ticket.what is wanted.what
        and ticket.until_ms > wanted.until_ms
    )


def _seal(body: str, key: bytes) -> bytes:
    return hmac.digest(key, body.encode(), hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
