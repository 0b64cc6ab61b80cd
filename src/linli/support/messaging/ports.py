"""Carriers: what takes messages out of the house."""

from typing import Protocol
from uuid import UUID

from linli.support.messaging.contracts import Parcel, Receipt


class ParcelRefused(Exception):
    """The carrier will never take this parcel (a wrong number, an unknown template)."""


class Carrier(Protocol):
    """Carries the messages of one channel."""

    async def carry(self, parcel: Parcel) -> Receipt:
        """Hand the message over. It may be called again for a parcel that was already taken.

        Raises ParcelRefused when trying again is of no use, OSError or TimeoutError when it is.
        """
        ...


class AddressBook(Protocol):
    """Where a carrier finds a receiver's real number, at the moment of sending only."""

    async def number_of(self, account_id: UUID) -> str | None:
        """The account's phone number; None when it has none."""
        ...
