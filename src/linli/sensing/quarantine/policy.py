"""Decisions about held messages. Pure."""

import hashlib
from collections.abc import Mapping

from linli.sensing.quarantine.contracts import HeldMove, HeldState, Unusable

OTHER_REMEDY = "请把消息内容和具体问题发给设备厂家核对。"
LONGEST_PAYLOAD = 256 * 1024
LONGEST_TOPIC = 1024
LONGEST_WORDS = 500
MOST_HELD = 1000
"""Rows kept of one connection; older ones give way, but stay counted."""
MOST_CUT = 3  # the bytes of a character of UTF-8 without its last

HELD_MOVES: Mapping[tuple[HeldState, HeldMove], HeldState] = {
    (HeldState.WAITING, HeldMove.ASK): HeldState.ASKED,
    (HeldState.WAITING, HeldMove.DROP): HeldState.DROPPED,
    (HeldState.ASKED, HeldMove.ACCEPT): HeldState.REPLAYED,
    (HeldState.ASKED, HeldMove.FAIL): HeldState.WAITING,
    (HeldState.DROPPED, HeldMove.ASK): HeldState.ASKED,
    # The same message came again after it was dealt with: it waits again.
    (HeldState.WAITING, HeldMove.REPEAT): HeldState.WAITING,
    (HeldState.ASKED, HeldMove.REPEAT): HeldState.ASKED,
    (HeldState.REPLAYED, HeldMove.REPEAT): HeldState.WAITING,
    (HeldState.DROPPED, HeldMove.REPEAT): HeldState.DROPPED,
}


def state_after(state: HeldState, move: HeldMove) -> HeldState | None:
    """The state after the move; None when the table does not allow it."""
    return HELD_MOVES.get((state, move))


def digest_of(message: Unusable) -> bytes:
    """What tells held messages of one connection and reason apart: topic and payload."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(message.topic.encode("utf-8", "surrogatepass"))
    digest.update(b"\0")
    digest.update(message.payload)
    return digest.digest()


def storable(text: str, longest: int) -> str:
    """The text as PostgreSQL takes it, no longer than allowed."""
    return (
        text.encode("utf-8", "replace")
        .decode()
        .replace("\0", "\N{REPLACEMENT CHARACTER}")[:longest]
    )


def preview(payload: bytes, longest: int) -> str:
    """The beginning of a payload for people: as text when it is text, else in hexadecimal."""
    start = payload[:longest]
    text = start.decode("utf-8", "ignore")
    # Cutting may break the last character of a text; more loss than that means it is none.
    if len(start) - len(text.encode()) <= MOST_CUT and text.replace("\n", " ").isprintable():
        return text
    return start[: longest // 3].hex(" ")
