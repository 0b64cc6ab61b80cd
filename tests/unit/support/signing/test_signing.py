"""Signatures: true ones pass, others do not, and old keys stay known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.support.signing.contracts import BadSignature
from linli.support.signing.public import Ed25519Signer, check, key_id

# RFC 8032, 7.1, test 2.
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNED = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_it_signs_as_the_standard_says() -> None:
    signer = Ed25519Signer({1: SEED}, current=1)
    assert signer.public_keys[0].raw == PUBLIC
    assert signer.sign(b"\x72").raw == SIGNED
    check(b"\x72", SIGNED, PUBLIC)


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_what_was_changed_does_not_pass(content: bytes, other: bytes) -> None:
    signer = Ed25519Signer({1: SEED}, current=1)
    signature = signer.sign(content)
    if other != content:
        with pytest.raises(BadSignature):
            check(other, signature.raw, PUBLIC)
    with pytest.raises(BadSignature):
        check(content, other, PUBLIC)


def test_a_new_key_signs_and_the_old_one_stays_published() -> None:
    signer = Ed25519Signer({1: SEED, 2: bytes(32)}, current=2)
    first, second = signer.public_keys
    assert (first.current, second.current) == (True, False)
    assert second.id == key_id(PUBLIC)
    assert signer.sign(b"x").key_id == first.id
