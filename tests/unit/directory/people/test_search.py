"""A person is found by every way in which people ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.directory.people.search import (
    Keyed,
    Order,
    Range,
    group_range,
    keys_of,
    list_range,
    meaning,
    merged,
    padded,
    read_name,
    tail_key,
)

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4)
NUMBER = st.integers(1, 60)


def found_by(word: str, person: Keyed) -> bool:
    keys = keys_of(person)
    return any(r.low <= key < r.high for r in meaning(word).ranges for key in keys)


@pytest.mark.parametrize(
    "word",
    [
        "王晓明", "王晓", "王", "晓明", "wangxiaoming", "wangx", "xiaoming", "wxm", "WangXiaoMing",
        "3号楼", "3栋", "3号楼1单元", "3号楼1单元502", "3-1-502", "3-502", "3栋502", "502",
        "502室", "１号",
    ],
)  # fmt: skip
def test_one_person_by_many_words(word: str) -> None:
    home = "1号楼 1单元 502" if word == "１号" else "3号楼 1单元 502"
    assert found_by(word, Keyed("王晓明", addresses=(home,)))


@pytest.mark.parametrize("word", ["王明", "xm", "30号楼", "3号楼2单元", "1-502", "5020", "张"])
def test_words_that_mean_somebody_else(word: str) -> None:
    assert not found_by(word, Keyed("王晓明", addresses=("3号楼 1单元 502",)))


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("曾小红", "zengxiaohong"),
        ("单田芳", "shantianfang"),
        ("欧阳娜", "ouyangna"),
        ("吕布", "lvbu"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, read: str) -> None:
    assert read_name(name).whole == read


def test_both_initials_of_a_compound_surname_are_known() -> None:
    assert {"oyn", "on"} <= keys_of(Keyed("欧阳娜"))


@given(HAN, st.data())
def test_every_beginning_of_a_name_and_its_pinyin_finds_it(name: str, data: st.DataObject) -> None:
    person = Keyed(name)
    begin = data.draw(st.integers(1, len(name)))
    assert found_by(name[:begin], person)
    read = read_name(name).whole
    if read.isascii() and read.isalpha():
        assert found_by(read[: data.draw(st.integers(1, len(read)))], person)


@given(NUMBER, NUMBER, NUMBER)
def test_every_address_is_found_in_short(building: int, entrance: int, door: int) -> None:
    person = Keyed("王明", addresses=(f"{building}号楼 {entrance}单元 {door}",))
    assert found_by(f"{building}-{entrance}-{door}", person)
    assert found_by(f"{building}号楼", person)
    assert not found_by(f"{building}0号楼", person)


@given(NUMBER, NUMBER)
def test_addresses_sort_as_people_count(one: int, other: int) -> None:
    assert (padded(f"{one}号楼") < padded(f"{other}号楼")) == (one < other)


def test_a_number_may_be_a_phone_or_a_person() -> None:
    assert meaning("13812340001").phone == "13812340001"
    assert meaning("51018419491231002x").id_number == "51018419491231002X"
    assert meaning("0001").tail == "0001"
    assert tail_key(b"\x01\x02") in keys_of(Keyed("王明", tail_hash=b"\x01\x02"))


def test_groups_are_listed_by_name_and_by_address() -> None:
    keys = keys_of(Keyed("王明", groups=("elder_alone",), addresses=("3号楼 502",)))
    for wanted in (
        group_range("elder_alone", Order.NAME),
        group_range("elder_alone", Order.ADDRESS),
        list_range(Order.NAME),
        list_range(Order.ADDRESS),
    ):
        assert any(wanted.low <= key < wanted.high for key in keys)


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=6))
def test_merged_ranges_hold_the_same_keys(bounds: list[tuple[str, str]]) -> None:
    ranges = [Range(min(pair), max(pair)) for pair in bounds]
    kept = merged(ranges)
    for word in {text for pair in bounds for text in pair}:
        inside = any(one.low <= word < one.high for one in ranges)
        assert inside == any(one.low <= word < one.high for one in kept)
