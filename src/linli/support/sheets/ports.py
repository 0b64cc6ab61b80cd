"""What sheets ask of those above them."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from linli.kernel.scope import Scope
from linli.kernel.work import Work


class Estates(Protocol):
    """The estates a work sees, by every name people write for them (title and code)."""

    async def named(self, work: Work) -> Mapping[str, UUID]:
        """Every name of every estate in sight."""
        ...


class Scopes(Protocol):
    """What an account may do at this moment."""

    async def scope_of(self, work: Work, account_id: UUID) -> Scope:
        """The account's scope, as its sessions would have it."""
        ...


class Grounds(Protocol):
    """Estates and places in words."""

    async def said(self, work: Work, estate_ids: Sequence[UUID], place_id: UUID | None) -> str:
        """Where a list is of: a few estates by name, how many there are, and the place within."""
        ...
