"""The port of signing: Ed25519 now; SM2 may fill it where the law asks for it."""

from typing import Protocol

from linli.support.signing.contracts import PublicKey, Signature


class Signer(Protocol):
    """Signs with the installation's current key, and knows all its public keys."""

    def sign(self, content: bytes) -> Signature:
        """Sign these bytes."""
        ...

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """Every key that ever signed here, the current one first."""
        ...
