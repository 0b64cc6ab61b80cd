"""The door of signing: `Ed25519Signer` fills the port, `check` tells true from changed."""

from linli.support.signing.service import Ed25519Signer, check, key_id, public_key

__all__ = ["Ed25519Signer", "check", "key_id", "public_key"]
