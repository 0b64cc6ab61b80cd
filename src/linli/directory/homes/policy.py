"""Decisions about homes: shares, transfers, households, plates. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from operator import itemgetter

from linli.directory.homes.contracts import (
    Held,
    HomeFilter,
    HomeLine,
    HomeUse,
    HouseholdRole,
    Member,
    Party,
    Share,
)
from linli.kernel.errors import BadInput

WHOLE = Fraction(1)
HUNDREDTHS = 100
LARGEST_DENOMINATOR = 10_000
LARGEST_AREA = 10_000_000

# GA 36-2018: a province, a letter of the office, and five characters (six for new energy).
_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,5}[A-Z0-9挂学警港澳领使]")
_E_BIKE = re.compile(r"[\u4e00-\u9fffA-Z0-9]{4,12}")


class MoreThanWhole(BadInput):
    code = "more_than_whole"
    text = "同一时间的产权份额合计超过了整套房屋"


class NotTheWhole(BadInput):
    code = "not_the_whole"
    text = "转移后的份额合计应与转移前相同"


class BadPlate(BadInput):
    code = "bad_plate"
    text = "车牌号码不正确"


class BadHousehold(BadInput):
    code = "bad_household"
    text = "一户应有且只有一位户主，每人只出现一次"


class BadArea(BadInput):
    code = "bad_area"
    text = "面积写成平方米，最多两位小数，例如 90.50"


def area_of(text: str) -> int:
    """An area in square metres as hundredths: `90.5` is 9050.

    Raises:
        BadArea: it is none, or finer than hundredths.
    """
    try:
        hundredths = Decimal(text.strip()) * HUNDREDTHS
    except InvalidOperation:
        raise BadArea(field="area") from None
    if hundredths != hundredths.to_integral_value() or not 0 < hundredths <= LARGEST_AREA:
        raise BadArea(field="area")
    return int(hundredths)


def area_said(area: int) -> str:
    """`9050` is said 90.50."""
    return f"{area // HUNDREDTHS}.{area % HUNDREDTHS:02d}"


def part_of(numerator: int, denominator: int) -> Fraction:
    """A share as a fraction.

    Raises:
        BadInput: it is none between 0 and the whole.
    """
    if not 0 < numerator <= denominator <= LARGEST_DENOMINATOR:
        raise BadInput("份额写成几分之几，例如 1/2", field="part")
    return Fraction(numerator, denominator)


def one_party(party: Party) -> Party:
    """The party, when it is exactly one.

    Raises:
        BadInput: nobody, or both.
    """
    if (party.person_id is None) == (party.enterprise_id is None):
        raise BadInput("请选择一位人员或一家单位", field="party")
    return party


def held_on(shares: Iterable[Share], day: date) -> Fraction:
    """How much of a home is owned on a day."""
    return sum((share.part for share in shares if holds(share, day)), Fraction(0))


def holds(share: Share, day: date) -> bool:
    return share.valid_from <= day and (share.valid_to is None or day < share.valid_to)


def within_the_whole(shares: Sequence[Share]) -> None:
    """Refuse shares that come to more than the whole on any day.

    Raises:
        MoreThanWhole: they do. It is enough to look at days on which a share begins.
        BadInput: a share ends before it begins.
    """
    for share in shares:
        if share.valid_to is not None and share.valid_to <= share.valid_from:
            raise BadInput("结束日期应晚于开始日期", field="valid_to")
    if any(held_on(shares, share.valid_from) > WHOLE for share in shares):
        raise MoreThanWhole(field="part")


def transferred(
    shares: Sequence[Share], givers: frozenset[Party], takers: Sequence[Share], day: date
) -> tuple[Share, ...]:
    """The shares after the givers' were handed over on a day: no gap, nothing lost, nothing won.

    Raises:
        BadInput: the givers own nothing on that day, or a taker starts on another day.
        NotTheWhole: the takers get more or less than was given.
    """
    given = [share for share in shares if share.party in givers and holds(share, day)]
    if not given or any(share.valid_from >= day for share in given):
        raise BadInput("转出方在这一天没有产权份额", field="givers")
    if any(taker.valid_from != day for taker in takers):
        raise BadInput("转入应从转移当天开始", field="valid_from")
    if sum((share.part for share in given), Fraction(0)) != sum(
        (taker.part for taker in takers), Fraction(0)
    ):
        raise NotTheWhole(field="part")
    kept = [replace(share, valid_to=day) if share in given else share for share in shares]
    # What was noted to end later now ends with the taker, so that no day is left to nobody.
    ends = {share.valid_to for share in given}
    end = ends.pop() if len(ends) == 1 else None
    after = (*kept, *(replace(taker, valid_to=end) for taker in takers))
    within_the_whole(after)
    return after


def household_holds(members: Sequence[Member]) -> None:
    """Refuse a household without exactly one head, or with somebody twice at a time.

    Raises:
        BadHousehold: it is so on some day on which a membership begins.
    """
    for day in {member.valid_from for member in members}:
        present = [
            member
            for member in members
            if member.valid_from <= day and (member.valid_to is None or day < member.valid_to)
        ]
        heads = sum(1 for member in present if member.role is HouseholdRole.HEAD)
        twice = any(many > 1 for many in Counter(member.person_id for member in present).values())
        if heads != 1 or twice:
            raise BadHousehold(field="members")


def plate_of(text: str, *, e_bike: bool = False) -> str:
    """A plate as it is stored: `川a·12345` is 川A12345.

    Raises:
        BadPlate: it is none.
    """
    folded = unicodedata.normalize("NFKC", text).upper()
    plate = "".join(one for one in folded if one.isalnum())
    if not (_E_BIKE if e_bike else _PLATE).fullmatch(plate):
        raise BadPlate(field="plate")
    return plate


def masked_plate(plate: str) -> str:
    """`川A12345` is shown as 川A1***5."""
    return plate[:3] + "*" * max(len(plate) - 4, 1) + plate[-1:]


def held_as(part: Fraction) -> Held:
    """Nothing, a part or the whole of a home."""
    return Held.NOTHING if part == 0 else Held.PART if part < 1 else Held.WHOLE


def chosen(homes: Iterable[HomeLine], wanted: HomeFilter) -> list[HomeLine]:
    """The homes that were asked for, in the order asked for; those of unknown size last.

    They are given, and otherwise stay, in the order of their numbers.
    """
    found = [one for one in homes if _fits(one, wanted)]
    backwards = wanted.sort.startswith("-")
    if wanted.sort.removeprefix("-") != "area":
        return found[::-1] if backwards else found
    known = [(one.facts.area, one) for one in found if one.facts and one.facts.area is not None]
    known.sort(key=itemgetter(0), reverse=backwards)
    there = {one.home_id for _, one in known}
    return [*(one for _, one in known), *(one for one in found if one.home_id not in there)]


def _fits(home: HomeLine, wanted: HomeFilter) -> bool:
    facts = home.facts
    return (
        (wanted.place_id is None or wanted.place_id in home.within)
        and (not wanted.words or _bare(wanted.words) in _bare(home.path))
        and (wanted.use is None or (facts.use if facts else HomeUse.DWELLING) is wanted.use)
        and (wanted.state is None or (facts is not None and facts.state is wanted.state))
        and (wanted.held is None or home.held is wanted.held)
    )


def _bare(path: str) -> str:
    return "".join(one for one in path if one.isalnum())
