"""Who lives in an invented estate, household by household. Pure, the same for the same seed.

Phones begin with 154, which no carrier has been given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from linli.app.demo.county.contracts import Measure
from linli.directory.people.contracts import Relation, Tag

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英玉兰建国华红志文晓春梅海燕云辉鹏飞"
GIVEN_NAMES = (
    *GIVEN,
    *(one + other for one in GIVEN[::3] for other in GIVEN[1::4] if one != other),
)
"""As many share a name as in any county."""

VACANT, ALONE, OLD_COUPLE, LET = 0.04, 0.13, 0.10, 0.19
"""Parts of an estate's homes: empty, with one elder, with two, let; the others are families'."""
ELDER_YEARS = (80, 94)
CHILD_YEARS = (4, 14)
SECOND_PHONE = 0.6

OTHERS = ("disabled", "low_income", "special_support", "bedridden", "dementia", "mental")
WEIGHTS = (40, 26, 12, 10, 7, 5)
CHILDREN_OF_OTHERS = 0.08
TAGS = {
    "elder_alone": Tag.ELDER_ALONE,
    "elder_80": Tag.ELDER,
    "disabled": Tag.DISABLED,
    "bedridden": Tag.BEDRIDDEN,
    "child_alone": Tag.CHILD_ALONE,
    "low_income": Tag.LOW_INCOME,
}


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who lives at the home with this place in the estate's list.

    `member` counts through a household from 0. `category` is why they are a key person.
    """

    at: int
    home: int
    member: int
    name: str
    relation: Relation
    born: date
    phone: str | None
    category: str | None = None

    @property
    def tag(self) -> Tag | None:
        """What a list of people says of them."""
        return TAGS.get(self.category or "")


def residents(
    no: int, homes: int, measure: Measure, today: date, chance: Random
) -> tuple[Resident, ...]:
    """Everybody who lives in the estate; as many, and as many key people, as the measure says."""
    sizes = _sizes(homes, measure.residents, chance)
    living: list[Resident] = []
    for home, (kind, size) in enumerate(sizes):
        for member in range(size):
            at = len(living)
            has_phone = member == 0 or (member == 1 and chance.random() < SECOND_PHONE)
            living.append(
                Resident(
                    at=at,
                    home=home,
                    member=member,
                    name=_name(chance),
                    relation=_relation(kind, member),
                    born=_born(kind, member, today, chance),
                    phone=f"154{no:03d}{at:05d}" if has_phone else None,
                    category=_category(kind),
                )
            )
    return tuple(_cared(living, measure.cared, today, chance))


def _sizes(homes: int, many: int, chance: Random) -> list[tuple[str, int]]:
    """The kind of each household and how many it has, so many in all."""
    sizes: list[tuple[str, int]] = []
    for _ in range(homes):
        drawn = chance.random()
        for kind, part, size in (("", VACANT, 0), ("alone", ALONE, 1), ("couple", OLD_COUPLE, 2)):
            if drawn < part:
                sizes.append((kind, size))
                break
            drawn -= part
        else:
            kind = "let" if drawn < LET else "family"
            sizes.append((kind, chance.choices((1, 2, 3, 4, 5), (8, 26, 38, 20, 8))[0]))
    free = [at for at, (kind, _) in enumerate(sizes) if kind in {"let", "family"}]
    if not free:
        free = [0]
        sizes[0] = ("family", 1)
    chance.shuffle(free)
    missing = many - sum(size for _, size in sizes)
    turn = 0
    while missing:
        at = free[turn % len(free)]
        kind, size = sizes[at]
        step = 1 if missing > 0 else -1
        if size + step >= 0:
            sizes[at] = (kind, size + step)
            missing -= step
        turn += 1
        if turn > 50 * len(sizes):
            raise ValueError("so few people do not fill so many homes")
    return sizes


def _cared(living: list[Resident], many: int, today: date, chance: Random) -> Iterator[Resident]:
    """The residents with so many key people among them: the old first, then others by chance."""
    old = [one.at for one in living if one.category is not None]
    aged = set(old)
    for at in chance.sample(old, max(0, len(old) - many)):
        living[at] = replace(living[at], category=None)
    rest = [one.at for one in living if one.category is None and one.at not in aged]
    for at in chance.sample(rest, max(0, many - len(old))):
        one = living[at]
        if one.member >= 2 and chance.random() < CHILDREN_OF_OTHERS:  # noqa: PLR2004 (not a parent)
            born = _day(today.year, CHILD_YEARS, chance)
            living[at] = replace(one, category="child_alone", born=born)
        else:
            living[at] = replace(one, category=chance.choices(OTHERS, WEIGHTS)[0])
    yield from living


def _category(kind: str) -> str | None:
    return {"alone": "elder_alone", "couple": "elder_80"}.get(kind)


def _relation(kind: str, member: int) -> Relation:
    if kind == "let":
        return Relation.TENANT
    return Relation.FAMILY if member else Relation.OWNER


def _name(chance: Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(GIVEN_NAMES)


def _born(kind: str, member: int, today: date, chance: Random) -> date:
    if kind in {"alone", "couple"}:
        return _day(today.year, ELDER_YEARS, chance)
    return _day(today.year, ((26, 62), (24, 62), (3, 24))[min(member, 2)], chance)


def _day(year: int, ages: Sequence[int], chance: Random) -> date:
    return date(year - 1 - chance.randint(*ages), chance.randint(1, 12), chance.randint(1, 28))
