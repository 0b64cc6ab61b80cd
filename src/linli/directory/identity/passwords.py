"""Passwords: argon2id, computed beside the event loop and never in a crowd."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from linli.kernel.errors import TooMany

AT_ONCE = 2
MOST_WAITING = 40
RETRY_S = 5
NOBODYS = "nobody's password"


@dataclass(frozen=True, slots=True)
class HashCost:
    """Cost of one hash. The default is OWASP's first choice for argon2id (46 MiB, one pass)."""

    memory_kib: int = 47_104
    passes: int = 1


class Passwords:
    """Hashes and verifies in threads, two at a time; a crowd is refused, not queued."""

    def __init__(self, cost: HashCost | None = None) -> None:
        chosen = cost or HashCost()
        self._hasher = PasswordHasher(
            time_cost=chosen.passes, memory_cost=chosen.memory_kib, parallelism=1, type=Type.ID
        )
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        # Verified for unknown logins, so that they take as long as known ones.
        self._nobodys_hash = self._hasher.hash(NOBODYS)

    async def hashed(self, password: str) -> str:
        """A salted hash of the password, parameters included.

        Raises:
            TooMany: too many are waiting already.
        """
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def right(self, password_hash: str | None, password: str) -> bool:
        """Say whether the password is right; as slow without a hash (an unknown login) as with.

        Raises:
            TooMany: too many are waiting already.
        """
        async with self._turn():
            right = await asyncio.to_thread(
                self._verified, password_hash or self._nobodys_hash, password
            )
        return right and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Say whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        if self._waiting >= MOST_WAITING:
            raise TooMany(retry_after_s=RETRY_S)
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    def _verified(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False
