"""Decisions about opening balances. Pure."""

from collections.abc import Iterable
from datetime import date

from linli.directory.balances.contracts import OpeningBalance, OpeningEntry, Side
from linli.kernel.errors import BadInput
from linli.kernel.money import MOST_FEN, BadMoney

LONGEST_ITEM = 40
LONGEST_NOTE = 200
SHORTEST_REASON = 4
EARLIEST = date(1990, 1, 1)

Key = tuple[object, ...]


def check_entry(entry: OpeningEntry, today: date) -> None:
    """A line says what it is for, how much, and no day that cannot be.

    Raises:
        BadInput: names the field.
    """
    if not entry.item.strip():
        raise BadInput("请写明是什么费用，例如 物业费", field="item")
    check_amount(entry.fen)
    if not EARLIEST <= entry.as_of <= today:
        raise BadInput("截止日期应在今天或以前", field="as_of")
    if entry.since and entry.until and entry.until < entry.since:
        raise BadInput("账期的结束日期在开始日期之前", field="until")


def check_amount(fen: int) -> None:
    """Raises BadInput for nothing, and for more than can be."""
    if fen == 0 or abs(fen) > MOST_FEN:
        raise BadInput("金额不能是 0；没有欠费也没有预存的，不用填这一行", field="amount")


def key_of(entry: OpeningEntry) -> Key:
    """Two lines with the same key are the same line."""
    return (entry.home_id, entry.item.strip(), entry.since, entry.until, entry.as_of)


def side_of(fen: int) -> Side:
    """Above zero a home owes, below it has paid ahead."""
    return Side.OWED if fen > 0 else Side.PREPAID


def correction(line: OpeningBalance, right: int, reason: str) -> int:
    """How much a line that makes it come to the right amount is about.

    Raises:
        BadInput: it is a correction itself, comes to that already, or no reason is given.
    """
    if line.corrects is not None:
        raise BadInput("更正的行不能再更正，请更正原来那一行", field="amount")
    if len(reason.strip()) < SHORTEST_REASON:
        raise BadInput("请写明更正的原因", field="reason")
    if right == line.comes_to:
        raise BadInput("现在就是这个金额", field="amount")
    if abs(right) > MOST_FEN:
        raise BadMoney(field="amount")
    return right - line.comes_to


def summed(amounts: Iterable[int]) -> tuple[int, int]:
    """What is owed and what is paid ahead."""
    owed = prepaid = 0
    for fen in amounts:
        owed += max(fen, 0)
        prepaid += min(fen, 0)
    return owed, prepaid
