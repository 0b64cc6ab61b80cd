"""Decisions about enterprises. Pure."""

import re

from linli.kernel.errors import BadInput

# GB 32100-2015: letters that look like figures are not used; the last of 18 is a check.
_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(f"[{_LETTERS}]{{18}}")
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_PHONE = re.compile(r"[0-9]{5,15}")
MODULUS = 31


class BadCreditCode(BadInput):
    code = "bad_credit_code"
    text = "统一社会信用代码应为 18 位，请核对"


def credit_code(text: str) -> str:
    """A unified social credit code, its check verified.

    Raises:
        BadCreditCode: it is none.
    """
    code = text.strip().upper()
    if not _CREDIT_CODE.fullmatch(code):
        raise BadCreditCode(field="credit_code")
    if code[-1] != check_of(code[:-1]):
        raise BadCreditCode(field="credit_code")
    return code


def check_of(first: str) -> str:
    """The check character after the first 17."""
    total = sum(weight * _LETTERS.index(one) for weight, one in zip(_WEIGHTS, first, strict=True))
    return _LETTERS[(MODULUS - total % MODULUS) % MODULUS]


def phone_digits(text: str) -> str:
    """The digits of a phone number.

    Raises:
        BadInput: it is none.
    """
    digits = re.sub(r"[^0-9]", "", text.strip().removeprefix("+86"))
    if not _PHONE.fullmatch(digits):
        raise BadInput("电话号码应为 5 到 15 位数字", field="phone")
    return digits
