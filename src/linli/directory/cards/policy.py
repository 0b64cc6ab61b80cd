"""Decisions about door cards. Pure."""

import re
from collections.abc import Mapping

from linli.directory.cards.contracts import (
    MOVE_TITLES,
    STATE_TITLES,
    CardEntry,
    CardMove,
    CardState,
)
from linli.kernel.errors import BadInput, IllegalMove

S = CardState
M = CardMove

MOVES: Mapping[tuple[CardState, CardMove], CardState] = {
    (S.ACTIVE, M.REPORT_LOST): S.LOST,
    (S.ACTIVE, M.BLOCK): S.BLOCKED,
    (S.ACTIVE, M.TAKE_BACK): S.RETURNED,
    (S.LOST, M.FOUND): S.ACTIVE,
    (S.LOST, M.BLOCK): S.BLOCKED,
    (S.BLOCKED, M.UNBLOCK): S.ACTIVE,
    (S.BLOCKED, M.TAKE_BACK): S.RETURNED,
    (S.RETURNED, M.HAND_OUT): S.ACTIVE,
}
TAIL = 4
LONGEST_HOLDER = 60
LONGEST_NOTE = 200
SHORTEST_REASON = 2
LONGEST_REASON = 200
_BETWEEN = re.compile(r"[\s:\-.]")
_NUMBER = re.compile(r"[0-9A-Z]{4,24}", re.ASCII)


class BadNumber(BadInput):
    code = "bad_card_number"
    text = "卡号由 4 到 24 位数字或字母组成"


def number_of(text: str) -> str:
    """A card's number as it is kept: capitals and digits, nothing between them.

    Leading zeros stay: they are part of it. Hexadecimal and decimal writings of one chip are two
    numbers, because nobody can tell them apart.

    Raises:
        BadNumber: too short, too long, or something that is on no card.
    """
    number = _BETWEEN.sub("", text).upper()
    if not _NUMBER.fullmatch(number):
        remedy = "照卡面或原系统里的卡号填写，空格、冒号和短横可以有"
        raise BadNumber(field="number", remedy=remedy)
    return number


def masked(tail: str) -> str:
    """How a number is shown: `****1234`."""
    return f"****{tail}"


def check_entry(entry: CardEntry) -> None:
    """Days in order, words not too long.

    Raises:
        BadInput: names the field.
    """
    if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
        raise BadInput("有效期的结束在开始之前", field="valid_to")
    if len(entry.holder) > LONGEST_HOLDER:
        raise BadInput(f"持卡人最多 {LONGEST_HOLDER} 字", field="holder")
    if len(entry.note) > LONGEST_NOTE:
        raise BadInput(f"备注最多 {LONGEST_NOTE} 字", field="note")


def allowed(state: CardState) -> tuple[CardMove, ...]:
    """What can be done with a card that stands so."""
    return tuple(move for (before, move) in MOVES if before is state)


def moved(state: CardState, move: CardMove, reason: str) -> CardState:
    """The state after the move.

    Raises:
        IllegalMove: a card that stands so cannot be moved so.
        BadInput: no reason is given, or a very long one.
    """
    after = MOVES.get((state, move))
    if after is None:
        raise IllegalMove(f"门卡{STATE_TITLES[state]}，不能“{MOVE_TITLES[move]}”")
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise BadInput("请写明原因", field="reason", remedy="例如：业主来电挂失")
    return after
