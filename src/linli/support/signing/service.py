"""Signing with Ed25519 (RFC 8032)."""

import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from linli.support.signing.contracts import ALGORITHM, BadSignature, PublicKey, Signature

ID_CHARACTERS = 16


class Ed25519Signer:
    """Fills the `Signer` port with seeds of 32 bytes by number; `current` signs."""

    def __init__(self, seeds: Mapping[int, bytes], *, current: int) -> None:
        keys = {
            number: Ed25519PrivateKey.from_private_bytes(seed) for number, seed in seeds.items()
        }
        self._key = keys[current]
        order = sorted(keys, key=lambda number: (number != current, -number))
        self._public = tuple(
            public_key(keys[number].public_key().public_bytes_raw(), current=number == current)
            for number in order
        )

    def sign(self, content: bytes) -> Signature:
        return Signature(
            key_id=self._public[0].id, algorithm=ALGORITHM, raw=self._key.sign(content)
        )

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        return self._public


def key_id(raw: bytes) -> str:
    """The name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(raw).hexdigest()[:ID_CHARACTERS]


def public_key(raw: bytes, *, current: bool = False) -> PublicKey:
    """A public key of 32 bytes with its name."""
    return PublicKey(id=key_id(raw), algorithm=ALGORITHM, raw=raw, current=current)


def check(content: bytes, signature: bytes, key: bytes) -> None:
    """Check a signature with a public key.

    Raises:
        BadSignature: the content was changed, or another key signed it.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature from error
