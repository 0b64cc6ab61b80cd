"""How people are asked for: the keys under which a person lies, and what a word means. Pure.

Keys are compared from their beginning, character by character:

- `王晓明`, `晓明`: the name and the given name; `wangxiaoming`, `xiaoming`, `wxm`: their pinyin and
  the initials;
- `~wang xiaoming`: the pinyin, by which lists are ordered: all of one surname stand together;
- `@00003号楼00001单元00502`: the address, by which lists are ordered too;
- `3-1-502`, `3-502`, `502`: the address as people say it in short;
- `#…`: the last four digits of the phone, as a keyed hash;
- `!tag~wang xiaoming`, `!tag@address`: one of a group (a tag, owners, tenants).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

SEARCH_VERSION = 2
TAIL_DIGITS = 4
FEWEST_PHONE_DIGITS = 7
ID_DIGITS = 17
HASH_SHOWN = 20
PADDED = 5
LONGEST_KEY = 120

NAME = "~"
ADDRESS = "@"
GROUP = "!"
TAIL = "#"

# Surnames read otherwise than the character usually is; the second reading is findable too.
SURNAMES = {
    "曾": "zeng",
    "单": "shan",
    "仇": "qiu",
    "解": "xie",
    "查": "zha",
    "区": "ou",
    "朴": "piao",
    "任": "ren",
    "盖": "ge",
    "华": "hua",
    "翟": "zhai",
    "乐": "yue",
    "缪": "miao",
    "员": "yun",
    "召": "shao",
    "种": "chong",
    "重": "chong",
    "折": "she",
    "黑": "he",
    "秘": "bi",
    "冼": "xian",
    "尉迟": "yuchi",
    "万俟": "moqi",
    "长孙": "zhangsun",
}
COMPOUND = [
    "欧阳",
    "太史",
    "端木",
    "上官",
    "司马",
    "东方",
    "独孤",
    "南宫",
    "万俟",
    "闻人",
    "夏侯",
    "诸葛",
    "尉迟",
    "公羊",
    "赫连",
    "澹台",
    "皇甫",
    "宗政",
    "濮阳",
    "公冶",
    "太叔",
    "申屠",
    "公孙",
    "慕容",
    "仲孙",
    "钟离",
    "长孙",
    "宇文",
    "司徒",
    "鲜于",
    "司空",
    "闾丘",
    "子车",
    "亓官",
    "司寇",
    "令狐",
    "呼延",
    "拓跋",
]

_DIGITS = re.compile(r"[0-9]+")
_ADDRESS_WORD = re.compile(r"[0-9]+\s*(?:号楼|栋|幢|座|单元|室|号|层|-|—|–)|^[0-9]+[a-z]?$")


class Order(StrEnum):
    """By what a list of people is ordered."""

    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Range:
    """Keys from `low` until before `high`."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Word:
    """What one word asks for: any of these ranges; or a whole number, given as its digits."""

    ranges: tuple[Range, ...] = ()
    phone: str | None = None
    id_number: str | None = None
    tail: str | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """What the search needs of a person."""

    name: str
    tail_hash: bytes | None = None
    groups: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """Paths of the homes in one estate where the person is now."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a name is read."""

    surname: str
    given: tuple[str, ...]
    initials: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        return self.surname + "".join(self.given)

    @property
    def ordered(self) -> str:
        """As names are ordered: 陈 (chen) before 程 (cheng), whatever their given names."""
        return f"{self.surname} {''.join(self.given)}"


def plain(text: str) -> str:
    """Full-width letters and digits as usual ones, small letters, no blanks, no dots in names."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(one for one in folded if not one.isspace() and one not in "·•・.")


def surname_of(name: str) -> str:
    """The surname: two characters where it is one of the compound surnames."""
    return name[:2] if name[:2] in COMPOUND else name[:1]


@lru_cache(maxsize=20_000)
def read_name(name: str) -> Reading:
    """The pinyin of a name, without tones: `王晓明` is wang + (xiao, ming).

    Characters with several readings are read as in a surname where that is one.
    """
    # Its tables take half a second and 57 MB; most processes never read a name.
    from pypinyin import Style, lazy_pinyin, pinyin  # noqa: PLC0415

    bare = plain(name)
    surname = surname_of(bare)
    usual = "".join(lazy_pinyin(surname))
    chosen = SURNAMES.get(surname, usual)
    others: list[str] = []
    if len(surname) == 1:
        [readings] = pinyin(surname, style=Style.NORMAL, heteronym=True) or [[usual]]
        others = [one for one in dict.fromkeys(readings) if one != chosen]
    given = tuple(lazy_pinyin(bare[len(surname) :]))
    ends = "".join(one[:1] for one in given)
    # 欧阳娜 is found as oyn and as on.
    begins = ("".join(lazy_pinyin(surname, style=Style.FIRST_LETTER)), chosen[:1])
    initials = tuple(dict.fromkeys(begin + ends for begin in begins)) if given else ()
    return Reading(chosen, given, initials, tuple(others))


def starting_with(text: str) -> Range:
    """All keys that begin with a text."""
    return Range(text, text + "\U0010ffff")


def tail_key(tail_hash: bytes) -> str:
    return TAIL + tail_hash.hex()[:HASH_SHOWN]


def group_range(group: str, order: Order) -> Range:
    """All people of a group, in an order."""
    return starting_with(f"{GROUP}{group}{NAME if order is Order.NAME else ADDRESS}")


def list_range(order: Order) -> Range:
    """All people, in an order; those without an address stand in the one by name only."""
    return starting_with(NAME if order is Order.NAME else ADDRESS)


@lru_cache(maxsize=20_000)
def padded(path: str) -> str:
    """A path in which numbers sort as numbers: `3号楼 1单元 502` → `00003号楼00001单元00502`."""
    bare = plain(path).replace("室", "")
    bare = re.sub(r"(?<=[0-9])(?:栋|幢|座)", "号楼", bare)
    return _DIGITS.sub(lambda found: found.group().zfill(PADDED), bare)


def keys_of(person: Keyed) -> frozenset[str]:
    """Every key under which a person lies in one estate."""
    bare = plain(person.name)
    surname = surname_of(bare)
    reading = read_name(person.name)
    keys = {bare, reading.whole, NAME + reading.ordered}
    given = bare[len(surname) :]
    if given:
        keys |= {given, "".join(reading.given), *reading.initials}
    keys |= {other + "".join(reading.given) for other in reading.others}
    if person.tail_hash is not None:
        keys.add(tail_key(person.tail_hash))
    for path in person.addresses:
        numbers = [str(int(one)) for one in _DIGITS.findall(plain(path))]
        keys.add(ADDRESS + padded(path))
        if numbers:
            keys |= {"-".join(numbers), f"{numbers[0]}-{numbers[-1]}", numbers[-1]}
    for group in person.groups:
        keys.add(f"{GROUP}{group}{NAME}{reading.ordered}")
        keys |= {f"{GROUP}{group}{ADDRESS}{padded(path)}" for path in person.addresses}
    return frozenset(key[:LONGEST_KEY] for key in keys if key)


def meaning(word: str) -> Word:
    """What a word of a search box asks for.

    `王晓`, `wangx`, `wxm`, `0001` (the end of a phone, or a home), a whole phone, a whole identity
    number, `3号楼`, `3-1-502`, `3栋502`.
    """
    bare = plain(word)
    if not bare:
        return Word()
    digits = bare.replace("-", "")
    if digits[:ID_DIGITS].isdigit() and len(digits) == ID_DIGITS + 1:
        return Word(id_number=digits.upper())
    if digits.isascii() and digits.isdigit():
        if len(digits) >= FEWEST_PHONE_DIGITS and bare == digits:
            return Word(phone=digits)
        tail = digits if len(digits) == TAIL_DIGITS and bare == digits else None
        said = "-".join(str(int(one)) for one in _DIGITS.findall(bare))
        return Word(ranges=(starting_with(said),), tail=tail)
    if _ADDRESS_WORD.search(bare):
        numbers = [str(int(one)) for one in _DIGITS.findall(bare)]
        ranges = [starting_with(ADDRESS + padded(bare))]
        if len(numbers) > 1 and not bare.endswith(("楼", "元", "层")):
            ranges += [
                starting_with("-".join(numbers)),
                starting_with(f"{numbers[0]}-{numbers[-1]}"),
            ]
        elif re.fullmatch(r"[0-9]+(?:室|号)", bare):
            ranges = [starting_with(numbers[0])]
        return Word(ranges=tuple(dict.fromkeys(ranges)))
    if bare.isascii():
        return Word(ranges=(starting_with(bare),))
    return Word(ranges=(starting_with(bare), starting_with(ADDRESS + padded(bare))))


def merged(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The ranges without those that lie inside another."""
    kept: list[Range] = []
    for one in sorted(set(ranges), key=lambda r: (r.low, r.high)):
        if kept and one.high <= kept[-1].high:
            continue
        kept.append(one)
    return tuple(kept)
