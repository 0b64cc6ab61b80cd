"""A carrier anybody can use: each message is sent to one web address, signed.

An SMS, voice or WeChat provider's own interface, or a small gateway before it, stands at that
address. What is sent is JSON after a template of the installation.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from linli.support.messaging.contracts import NAME_IN_TEMPLATE, Json, Parcel, Receipt
from linli.support.messaging.ports import AddressBook, ParcelRefused

TIMEOUT_S = 15.0
LONGEST_REFERENCE = 120
# Answers that are not about the message itself: trying again may help (RFC 9110, RFC 6585).
TRY_AGAIN = frozenset({408, 425, 429})
OK, BAD_REQUEST, SERVER_ERROR = 200, 400, 500
REDIRECT = 300


def filled(template: Json, values: Mapping[str, str]) -> Json:
    """The template with the values in its texts; a value is never read as a template itself."""
    if isinstance(template, str):
        return NAME_IN_TEMPLATE.sub(lambda name: values[name[1]], template)
    if isinstance(template, list):
        return [filled(each, values) for each in template]
    if isinstance(template, dict):
        return {key: filled(each, values) for key, each in template.items()}
    return template


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256, keyed with the secret, of timestamp, a dot, and the body."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages are sent, how they are signed, and what is sent."""

    url: str
    secret: str = field(repr=False)
    template: Json


class WebhookCarrier:
    """Sends each parcel as one signed POST; 2xx means taken.

    The number is asked for at that moment and kept nowhere. The same parcel may be sent again
    after a cut: its id is the `Idempotency-Key`.
    """

    def __init__(self, hook: Webhook, book: AddressBook, now: Callable[[], datetime]) -> None:
        self._hook = hook
        self._book = book
        self._now = now

    async def carry(self, parcel: Parcel) -> Receipt:
        to = await self._address(parcel)
        values = {
            "id": str(parcel.message_id),
            "channel": parcel.channel.value,
            "to": to,
            "template": parcel.template,
            "title": parcel.title,
            "text": parcel.words,
            "urgency": parcel.urgency.value,
        }
        body = json.dumps(filled(self._hook.template, values), ensure_ascii=False).encode()
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": str(parcel.message_id),
            "X-Linli-Timestamp": timestamp,
            "X-Linli-Signature": signature(self._hook.secret, timestamp, body),
        }
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as client:
                answer = await client.post(self._hook.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise OSError(f"{type(error).__name__}: {self._hook.url}") from error
        return _receipt(answer)

    async def _address(self, parcel: Parcel) -> str:
        if parcel.account_id is None:
            return parcel.address
        number = await self._book.number_of(parcel.account_id)
        if number is None:
            raise ParcelRefused("这个账号没有登记电话 / the account has no number")
        return number


def _receipt(answer: httpx.Response) -> Receipt:
    status = answer.status_code
    if OK <= status < REDIRECT:
        return Receipt(reference=_reference(answer), arrived=False)
    if status >= SERVER_ERROR or status in TRY_AGAIN:
        raise OSError(f"HTTP {status}")
    raise ParcelRefused(f"HTTP {status}")


def _reference(answer: httpx.Response) -> str:
    """The provider's own number for the message, when it tells one as `id` in its JSON."""
    try:
        said: Json = answer.json()
    except ValueError:
        return ""
    number = said.get("id") if isinstance(said, dict) else None
    return str(number)[:LONGEST_REFERENCE] if isinstance(number, str | int) else ""
