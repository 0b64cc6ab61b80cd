"""Decisions about people: what others see of a name or a number. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from linli.directory.people.contracts import (
    Contact,
    CorrectionState,
    Person,
    PersonField,
    Relation,
)
from linli.kernel.errors import BadInput, IllegalMove
from linli.support.sealing.public import masked_phone

SHORT_NAME = 2
TAIL_DIGITS = 4
ID_HEAD = 4

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


class Erased(BadInput):
    code = "person_erased"
    text = "这位人员的资料已经删除，不能再修改"


class NameTaken(BadInput):
    code = "name_kept_for_the_erased"
    text = "这个名称留给已删除的人员，请填写真实姓名"


TOMBSTONE = "已删除的人员"
"""The name of a row whose person was erased."""


def entered_name(name: str) -> str:
    """The name as it is stored.

    Raises:
        NameTaken: it is the one that erased rows carry; nobody could change such a person again.
    """
    name = name.strip()
    if name == TOMBSTONE:
        raise NameTaken(field="name")
    return name


def masked_name(name: str) -> str:
    """`王晓明` → `王*明`, `王明` → `王*`, `欧阳晓明` → `欧**明`."""
    if name == TOMBSTONE:
        return name
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


def masked(person: Person) -> Person:
    """The person as those see them who gave no reason."""
    return replace(
        person,
        name=masked_name(person.name),
        phone=masked_phone(person.phone) if person.phone else None,
        id_number=masked_id_number(person.id_number) if person.id_number else None,
        birth_date=None,
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


def masked_value(field: PersonField, value: str) -> str:
    """A value somebody asked for, as a list shows it."""
    match field:
        case PersonField.NAME:
            return masked_name(value)
        case PersonField.PHONE:
            return masked_phone(value)
        case PersonField.ID_NUMBER:
            return masked_id_number(value)
        case PersonField.BIRTH_DATE:
            return value[:4] + "-**-**"
        case PersonField.OTHER:
            return value


def born_on(number: str) -> date | None:
    """The date of birth in an identity number; None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def checked_value(field: PersonField, value: str | None) -> str | None:
    """The value in the form in which it is stored.

    Raises:
        BadInput: it is none, or is missing where the field needs one.
    """
    given = value.strip() if value else ""
    if field is PersonField.OTHER:
        return given or None
    if not given:
        raise BadInput("请填写正确的内容", field="value")
    match field:
        case PersonField.NAME:
            if given == TOMBSTONE:
                raise NameTaken(field="value")
            return given
        case PersonField.PHONE:
            return phone_digits(given)
        case PersonField.ID_NUMBER:
            return id_number(given)
        case PersonField.BIRTH_DATE:
            try:
                return date.fromisoformat(given).isoformat()
            except ValueError:
                raise BadInput("日期写成 1949-12-31 这样", field="value") from None


# ── corrections ──

CORRECTION_MOVES: Mapping[CorrectionState, frozenset[CorrectionState]] = {
    CorrectionState.WAITING: frozenset({CorrectionState.ACCEPTED, CorrectionState.REFUSED}),
    CorrectionState.ACCEPTED: frozenset(),
    CorrectionState.REFUSED: frozenset(),
}


def decided(state: CorrectionState, into: CorrectionState) -> CorrectionState:
    """The state after a decision.

    Raises:
        IllegalMove: it was decided already.
    """
    if into not in CORRECTION_MOVES[state]:
        raise IllegalMove("这条更正已经处理过了")
    return into


# ── who lived where, when ──


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in a home: from `begin` until before `end`, or still."""

    home_id: UUID
    relation: Relation
    begin: datetime
    end: datetime | None = None


class StayOverlaps(BadInput):
    code = "stay_overlaps"
    text = "这个人在同一套房屋的登记时间重叠了"


class MoveTooEarly(BadInput):
    code = "move_too_early"
    text = "搬离时间应晚于搬入时间"


def overlap(one: Stay, other: Stay) -> bool:
    """Whether both hold at some moment in the same home."""
    return (
        one.home_id == other.home_id
        and (other.end is None or one.begin < other.end)
        and (one.end is None or other.begin < one.end)
    )


def stayed(history: Sequence[Stay], new: Stay) -> tuple[Stay, ...]:
    """The history with one more stay; nobody is in the same home twice at a time.

    Raises:
        StayOverlaps: the person is registered there in that time already.
        MoveTooEarly: it ends before it begins.
    """
    if new.end is not None and new.end <= new.begin:
        raise MoveTooEarly(field="valid_to")
    if any(overlap(old, new) for old in history):
        raise StayOverlaps(field="home_id")
    return (*history, new)


def moved_out(history: Sequence[Stay], home_id: UUID, moment: datetime) -> tuple[Stay, ...]:
    """The history after the person left a home at `moment`; nothing before it changes.

    Raises:
        MoveTooEarly: the stay began at that moment or later.
    """
    after: list[Stay] = []
    for stay in history:
        running = stay.end is None or stay.end > moment
        if stay.home_id == home_id and running:
            if stay.begin >= moment:
                raise MoveTooEarly(field="moved_at")
            after.append(replace(stay, end=moment))
        else:
            after.append(stay)
    return tuple(after)


def moved(history: Sequence[Stay], from_home: UUID, into: Stay) -> tuple[Stay, ...]:
    """The history after a move: the old stay ends in the moment in which the new one begins."""
    return stayed(moved_out(history, from_home, into.begin), into)


def day(text: str) -> date:
    """A day written `1949-12-31`."""
    return date.fromisoformat(text)


def years_before(day: date, years: int) -> date:
    """The same day so many years ago; 28 February stands for a leap day that was not."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
