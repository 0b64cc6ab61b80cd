"""Identifiers: UUIDv7 made by the application, so that ids sort by time and need no round trip."""

import secrets
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

RandomBits = Callable[[int], int]

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62
_RAND_A_BITS = 12
_RAND_B_BITS = 62


def new_id(now: datetime, randbits: RandomBits = secrets.randbits) -> UUID:
    """A UUIDv7 (RFC 9562 §5.7) for the moment `now`, its other 74 bits random.

    `randbits(n)` returns an integer of n random bits; tests pass a seeded one.
    """
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = milliseconds << 80
    value |= _VERSION_7
    value |= randbits(_RAND_A_BITS) << 64
    value |= _VARIANT
    value |= randbits(_RAND_B_BITS)
    return UUID(int=value)
