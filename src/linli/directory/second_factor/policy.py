"""Time-based one-time passwords (RFC 6238, RFC 4226) and recovery codes. Pure."""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

SECRET_BYTES = 20  # as long as the digest of HMAC-SHA1 (RFC 4226, section 4)
STEP_SECONDS = 30
DIGITS = 6
# A clock may be one step off in either direction (RFC 6238, section 5.2).
DRIFT = 1
RECOVERY_CODES = 10
# Without 0, O, 1, I and L: they are copied by hand. 10 of 31 characters are 49 bits.
READABLE = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 10


def step_of(at: datetime) -> int:
    """The number of the half minute."""
    return int(at.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step: dynamic truncation of HMAC-SHA1 (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_matched(secret: bytes, code: str, at: datetime, *, after: int) -> int | None:
    """The step whose code this is, if it is near `at` and later than `after`; else None."""
    now = step_of(at)
    found: int | None = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        right = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if right and step > after:
            found = step
    return found


def plain_answer(text: str) -> str:
    """What somebody typed, without the spaces and dashes that make it readable."""
    return "".join(c for c in text.lower() if c.isalnum() and c.isascii())


def is_app_code(answer: str) -> bool:
    """Say whether a plain answer has the form of an app's code, rather than a recovery code's."""
    return len(answer) == DIGITS and answer.isdigit()


def recovery_code(below: Callable[[int], int]) -> str:
    """A new recovery code, in plain form; `below` draws a number below another."""
    return "".join(READABLE[below(len(READABLE))] for _ in range(CODE_LENGTH))


def readable(code: str) -> str:
    """`abcde23456` → `abcde-23456`."""
    half = CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def as_base32(secret: bytes) -> str:
    """The secret as apps take it when it is typed."""
    return base64.b32encode(secret).decode().rstrip("=")


def from_base32(text: str) -> bytes:
    """The bytes of a secret in base32."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def uri_of(secret: str, *, issuer: str, login: str) -> str:
    """What an app reads from the QR code (the `otpauth` key URI format)."""
    label = quote(f"{issuer}:{login}")
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
