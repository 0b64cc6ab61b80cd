"""Sealing with AES-256-GCM (NIST SP 800-38D) and HMAC-SHA256 under derived keys.

Sealed bytes: format (1), key number (1), nonce (12), ciphertext with its tag (16).
"""

import hmac
import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from linli.support.sealing.contracts import KEY_BYTES, BrokenSeal, Keys

FORMAT = 1
NONCE_BYTES = 12
HEAD_BYTES = 2
TAG_BYTES = 16


class AesGcmCipher:
    """Fills the `Cipher` port with the installation's keys."""

    def __init__(self, keys: Keys, nonce: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._current = keys.current
        self._nonce = nonce
        self._sealers = {
            number: AESGCM(_derive(key, b"linli seal")) for number, key in keys.keys.items()
        }
        self._hash_key = _derive(keys.keys[keys.hashing], b"linli search")

    def seal(self, text: str, *, binding: str) -> bytes:
        head = bytes((FORMAT, self._current))
        nonce = self._nonce(NONCE_BYTES)
        sealer = self._sealers[self._current]
        return head + nonce + sealer.encrypt(nonce, text.encode(), head + binding.encode())

    def open(self, sealed: bytes, *, binding: str) -> str:
        if len(sealed) < HEAD_BYTES + NONCE_BYTES + TAG_BYTES or sealed[0] != FORMAT:
            raise BrokenSeal(binding)
        sealer = self._sealers.get(sealed[1])
        if sealer is None:
            raise BrokenSeal(binding)
        head = sealed[:HEAD_BYTES]
        nonce = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES]
        rest = sealed[HEAD_BYTES + NONCE_BYTES :]
        try:
            return sealer.decrypt(nonce, rest, head + binding.encode()).decode()
        except InvalidTag as fault:
            raise BrokenSeal(binding) from fault

    def keyed_hash(self, text: str, *, binding: str) -> bytes:
        # The length in front keeps (binding, text) pairs apart.
        bound = binding.encode()
        message = len(bound).to_bytes(4) + bound + text.encode()
        return hmac.digest(self._hash_key, message, "sha256")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key)
