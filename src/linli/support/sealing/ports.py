"""The port of sealing."""

from typing import Protocol


class Cipher(Protocol):
    """Seals text under the installation's key, and hashes it for searching."""

    def seal(self, text: str, *, binding: str) -> bytes:
        """Encrypt; only the same `binding` (a table and column) opens it again."""
        ...

    def open(self, sealed: bytes, *, binding: str) -> str:
        """Decrypt.

        Raises:
            BrokenSeal: another key or binding, or changed bytes.
        """
        ...

    def keyed_hash(self, text: str, *, binding: str) -> bytes:
        """32 bytes, equal for equal text and binding; worthless without the key."""
        ...
