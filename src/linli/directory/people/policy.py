"""Decisions about people: what others see of a name or a number. Pure."""

import re

from linli.directory.people.contracts import Contact, Person
from linli.kernel.errors import BadInput
from linli.support.sealing.public import masked_phone

SHORT_NAME = 2
TAIL_DIGITS = 4
ID_HEAD = 4
SHORTEST_REASON = 4

_NOT_DIGITS = re.compile(r"[^0-9]")
_PHONE = re.compile(r"[0-9]{5,15}")
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


class BadPhone(BadInput):
    code = "bad_phone"
    text = "电话号码应为 5 到 15 位数字"


class BadIdNumber(BadInput):
    code = "bad_id_number"
    text = "身份证号码不正确"


class ReasonNeeded(BadInput):
    code = "reason_needed"
    text = "请写明查看的原因（至少 4 个字）"


def masked_name(name: str) -> str:
    """`王晓明` → `王*明`, `王明` → `王*`, `欧阳晓明` → `欧**明`."""
    if len(name) <= SHORT_NAME:
        return name[:1] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def masked_id_number(number: str) -> str:
    """`51018419491231002X` → `5101************2X`: the date of birth stays hidden."""
    return number[:ID_HEAD] + "*" * (len(number) - ID_HEAD - 2) + number[-2:]


def phone_digits(phone: str) -> str:
    """The digits of a phone number as people write it (`+86 138-1234-0001`).

    Raises:
        BadPhone: it is none.
    """
    digits = _NOT_DIGITS.sub("", phone.strip().removeprefix("+86"))
    if not _PHONE.fullmatch(digits):
        raise BadPhone(field="phone")
    return digits


def id_number(text: str) -> str:
    """A resident identity number (GB 11643-1999), its check character verified.

    Raises:
        BadIdNumber: it is none.
    """
    number = text.strip().upper()
    if not _ID_NUMBER.fullmatch(number):
        raise BadIdNumber(field="id_number")
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number[:-1], strict=True))
    if number[-1] != _ID_CHECKS[total % 11]:
        raise BadIdNumber(field="id_number")
    return number


def reason_given(reason: str) -> str:
    """The reason for a full look, trimmed.

    Raises:
        ReasonNeeded: there is none worth the name.
    """
    trimmed = reason.strip()
    if len(trimmed) < SHORTEST_REASON:
        raise ReasonNeeded(field="reason")
    return trimmed


def masked(person: Person) -> Person:
    """The person as those see them who gave no reason."""
    return Person(
        id=person.id,
        estate_id=person.estate_id,
        name=masked_name(person.name),
        phone=masked_phone(person.phone) if person.phone else None,
        id_number=masked_id_number(person.id_number) if person.id_number else None,
        tags=person.tags,
        residences=person.residences,
        contacts=tuple(
            Contact(
                id=contact.id,
                name=masked_name(contact.name),
                relation=contact.relation,
                phone=masked_phone(contact.phone),
            )
            for contact in person.contacts
        ),
    )
