"""Decisions of shared terminals: which codes are taken, and who may have one. Pure."""

from datetime import timedelta
from itertools import pairwise

from linli.kernel.errors import BadInput

DIGITS = 6
MOST_WRONG = 5
# A terminal nobody used for so long is none any more.
UNUSED = timedelta(days=180)
# Whose tiles a terminal shows; sessions are kept no longer than this either.
LATELY = timedelta(days=30)
# The room is full of people: a session left alone locks soon.
IDLE = timedelta(minutes=10)
LAST_MONTH = 12
LAST_DAY = 31


class PlainPin(BadInput):
    code = "plain_pin"
    text = "这组数字太容易被猜到：不要用连号、重复的数字或生日"


class NotSixDigits(BadInput):
    code = "not_six_digits"
    text = "六位口令是六个数字"


def acceptable_pin(pin: str) -> None:
    """Refuse a code that somebody beside the desk would try first.

    Raises:
        NotSixDigits: it is something else. PlainPin: a run, a repetition, or a date of birth.
    """
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdigit()):
        raise NotSixDigits(field="pin")
    if _runs(pin) or _repeats(pin) or _is_birthday(pin):
        raise PlainPin(field="pin")


def _runs(pin: str) -> bool:
    """123456, 987654, 135790: the same step all along."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return len(steps) == 1


def _repeats(pin: str) -> bool:
    """121212, 123123, 112233, or two different digits only."""
    half = DIGITS // 2
    pairs = all(pin[i] == pin[i + 1] for i in range(0, DIGITS, 2))
    return pin[:half] == pin[half:] or pairs or len(set(pin)) <= 2  # noqa: PLR2004 - two digits


def _is_birthday(pin: str) -> bool:
    """19xxxx and 20xxxx, a year and a month, and 900315: year, month and day in two digits each."""
    as_year = pin[:2] in {"19", "20"}
    month, day = int(pin[2:4]), int(pin[4:6])
    return as_year or (1 <= month <= LAST_MONTH and 1 <= day <= LAST_DAY)


def why_no_pin(*, governs: bool, factor: bool) -> str | None:
    """Why an account cannot have a short code, in plain words; None when it may.

    A code of six digits, said in a room of colleagues, is worth less than a password: whoever
    decides about others' rights or proves themselves twice does not sign in with it.
    """
    if governs:
        return "您的岗位可以管理账号、跨小区的工作或系统数据，不能用六位口令，请用密码登录"
    if factor:
        return "您的账号使用动态验证码，不能用六位口令，请用密码和验证码登录"
    return None
