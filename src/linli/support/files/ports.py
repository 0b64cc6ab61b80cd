"""Where bytes are kept: a folder of this machine, or an S3-compatible store."""

from pathlib import Path
from typing import Protocol


class Vault(Protocol):
    """Keeps bytes under a name. Names are ours (hashes), never a user's."""

    async def put(self, name: str, content: bytes) -> None:
        """Keep the content; keeping the same name again is fine.

        Raises OSError when the store cannot be reached or is full.
        """
        ...

    async def put_file(self, name: str, file: Path) -> None:
        """Keep what a file of this machine holds, without loading it whole.

        Raises OSError as `put` does.
        """
        ...

    async def get_part(self, name: str, first: int, length: int) -> bytes | None:
        """`length` bytes from `first` on, or None when nothing is kept under this name."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The content, or None when nothing is kept under this name."""
        ...

    async def delete(self, name: str) -> None:
        """Forget the content; a name that is not there is fine."""
        ...
