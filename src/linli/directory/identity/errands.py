"""What a browser went to the provider of identities for, sealed into a cookie of its own.

The session's cookie does not come along when another site sends the browser back
(`SameSite=Strict`); this one does, holds for minutes, and opens nothing by itself.
"""

import base64
import binascii
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from linli.directory.openid.contracts import Identity, Question
from linli.support.sealing.contracts import BrokenSeal
from linli.support.sealing.ports import Cipher

COOKIE = "linli_openid"
PATH = "/api/session/openid"
LONGEST = timedelta(minutes=10)
BINDING = "cookie.openid"


class Wish(StrEnum):
    """What for: to sign in, to link an identity, or (proven already) to show the second factor."""

    SIGN_IN = "sign_in"
    LINK = "link"
    CODE = "code"


class Errand(msgspec.Struct, frozen=True):
    """One errand. `back` is where the person wanted to go; `account_id` who links."""

    wish: Wish
    until: datetime
    back: str = "/"
    question: Question | None = None
    account_id: UUID | None = None
    identity: Identity | None = None


def local_path(wanted: str) -> str:
    """The path if it is one of our own pages, else `/`: nobody is sent elsewhere. Pure."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain else "/"


def sealed(cipher: Cipher, errand: Errand) -> str:
    """The errand as a cookie's value."""
    text = msgspec.json.encode(errand).decode()
    return base64.urlsafe_b64encode(cipher.seal(text, binding=BINDING)).decode()


def opened(cipher: Cipher, value: str | None, now: datetime) -> Errand | None:
    """The errand of a cookie; None without one, and when it is late or not ours."""
    if not value:
        return None
    try:
        text = cipher.open(base64.urlsafe_b64decode(value), binding=BINDING)
        errand = msgspec.json.decode(text, type=Errand)
    except (BrokenSeal, binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return errand if now < errand.until else None
