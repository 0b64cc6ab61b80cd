"""What is sealed opens only whole, with its key and for its purpose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.support.sealing.contracts import BrokenSeal, Keys
from linli.support.sealing.public import AesGcmCipher, masked_phone

OLD, NEW = bytes(range(32)), bytes(range(100, 132))
PHONE, NUMBER = "directory_person.phone", "directory_person.id_number"


def cipher(key: bytes = OLD) -> AesGcmCipher:
    return AesGcmCipher(Keys.of(key))


@given(st.text())
def test_what_was_sealed_opens(text: str) -> None:
    sealed = cipher().seal(text, binding=PHONE)
    assert cipher().open(sealed, binding=PHONE) == text
    assert not text or text.encode() not in sealed[14:] or len(text.encode()) < 4


@given(st.text(min_size=1), st.data())
def test_one_changed_bit_breaks_the_seal(text: str, data: st.DataObject) -> None:
    sealed = bytearray(cipher().seal(text, binding=PHONE))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << (at % 8)
    with pytest.raises(BrokenSeal):
        cipher().open(bytes(sealed), binding=PHONE)


@given(st.binary(max_size=80))
def test_rubbish_is_a_broken_seal_and_nothing_else(rubbish: bytes) -> None:
    with pytest.raises(BrokenSeal):
        cipher().open(rubbish, binding=PHONE)


def test_a_seal_cannot_be_moved_to_another_column_or_key() -> None:
    sealed = cipher().seal("13812340001", binding=PHONE)
    with pytest.raises(BrokenSeal):
        cipher().open(sealed, binding=NUMBER)
    with pytest.raises(BrokenSeal):
        cipher(NEW).open(sealed, binding=PHONE)


def test_the_same_text_never_looks_the_same() -> None:
    assert len({cipher().seal("13812340001", binding=PHONE) for _ in range(50)}) == 50


def test_after_a_change_of_key_old_seals_open_and_hashes_still_find() -> None:
    sealed = cipher().seal("13812340001", binding=PHONE)
    changed = AesGcmCipher(Keys(current=2, keys={1: OLD, 2: NEW}, hashing=1))
    assert changed.open(sealed, binding=PHONE) == "13812340001"
    assert changed.seal("x", binding=PHONE)[1] == 2
    text = "13812340001"
    assert changed.keyed_hash(text, binding=PHONE) == cipher().keyed_hash(text, binding=PHONE)


@given(st.text(), st.text())
def test_hashes_tell_texts_purposes_and_keys_apart(one: str, other: str) -> None:
    digest = cipher().keyed_hash(one, binding=PHONE)
    assert len(digest) == 32
    assert (digest == cipher().keyed_hash(other, binding=PHONE)) == (one == other)
    assert digest != cipher().keyed_hash(one, binding=NUMBER)
    assert digest != cipher(NEW).keyed_hash(one, binding=PHONE)


def test_binding_and_text_cannot_flow_into_each_other() -> None:
    assert cipher().keyed_hash("bc", binding="a") != cipher().keyed_hash("c", binding="ab")


@pytest.mark.parametrize(
    ("current", "keys"),
    [(2, {1: OLD}), (1, {1: OLD[:16]}), (1, {1: OLD, 0: NEW}), (1, {1: OLD, 256: NEW})],
)
def test_keys_that_make_no_sense_are_refused(current: int, keys: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Keys(current=current, keys=keys)


def test_keys_are_not_printed() -> None:
    assert repr(OLD)[2:10] not in repr(Keys.of(OLD))


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812340001", "138****0001"),
        ("02887654321", "028****4321"),
        ("8765432", "*****32"),
        ("110", "*10"),
        ("7", "7"),
    ],
)
def test_a_phone_shows_no_more_than_it_must(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown


@given(st.text("0123456789", min_size=5, max_size=15))
def test_at_least_three_digits_stay_hidden(phone: str) -> None:
    shown = masked_phone(phone)
    assert len(shown) == len(phone)
    assert shown.count("*") >= 3
