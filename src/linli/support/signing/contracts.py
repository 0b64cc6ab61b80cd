"""What others may know of signing: signatures, public keys, and the refusal of what is not true."""

from dataclasses import dataclass

ALGORITHM = "Ed25519"


class BadSignature(Exception):
    """The bytes are not what was signed, or another key signed them."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key others check with. `id` is the beginning of the SHA-256 of its 32 bytes."""

    id: str
    algorithm: str
    raw: bytes
    current: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """64 bytes over the signed bytes, and which key made them."""

    key_id: str
    algorithm: str
    raw: bytes
