"""What others may know of sealing: keys and the refusal of what does not open."""

from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_BYTES = 32


class BrokenSeal(Exception):
    """The sealed bytes do not open: another key, another binding, or somebody changed them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Master keys of 32 random bytes by number (1–255). New seals use `current`.

    An old key stays until everything was sealed anew. Hashes always use `hashing`, so that what
    was stored under it is still found.
    """

    current: int
    keys: Mapping[int, bytes] = field(repr=False)
    hashing: int = 1

    @staticmethod
    def of(key: bytes) -> "Keys":
        """The keys of an installation that never changed its key.

        Raises:
            ValueError: the key is not 32 bytes long.
        """
        return Keys(current=1, keys={1: key})

    def __post_init__(self) -> None:
        if {self.current, self.hashing} - self.keys.keys():
            raise ValueError("the current key and the hashing key must be given")
        for number, key in self.keys.items():
            if not 0 < number < 1 << 8 or len(key) != KEY_BYTES:
                raise ValueError(f"key {number}: 32 bytes and a number from 1 to 255 are needed")
