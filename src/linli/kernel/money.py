"""Money: whole fen inside, yuan as people write and read it. Pure."""

import re
import unicodedata

from linli.kernel.errors import BadInput

MOST_FEN = 10**13
_YUAN = re.compile(
    r"(?P<minus>-?)(?:[¥￥]|RMB|CNY)?(?P<yuan>\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(?P<part>\d{1,2})0*)?元?"
)


class BadMoney(BadInput):
    code = "bad_money"
    text = "金额写成元，最多两位小数，例如 1234.50；预存写成负数，例如 -200"


def fen_of(text: str) -> int:
    """An amount as people write it, in fen: `1,234.5`, `￥1234.50`, `-200元`, `(200.00)`.

    Brackets mean less than nothing, as bookkeepers write it.

    Raises:
        BadMoney: it is none, or finer than a fen.
    """
    bare = unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-").upper()
    bracketed = len(bare) > 1 and bare[0] == "(" and bare[-1] == ")"
    found = _YUAN.fullmatch(bare[1:-1] if bracketed else bare)
    if found is None or (bracketed and found["minus"]):
        raise BadMoney
    fen = int(found["yuan"].replace(",", "")) * 100 + int((found["part"] or "").ljust(2, "0"))
    if fen > MOST_FEN:
        raise BadMoney
    return -fen if bracketed or found["minus"] else fen


def yuan_said(fen: int) -> str:
    """`123450` is said ￥1,234.50, and less than nothing -￥1,234.50."""
    yuan, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}￥{yuan:,}.{part:02d}"
