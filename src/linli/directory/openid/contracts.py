"""What others may know of OpenID Connect. Times are aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the provider: where the browser goes, and what its answer has to match."""

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as the provider knows them.

    Only issuer and subject together tell who it is (OpenID Connect Core 1.0, section 5.7); `title`
    is what people would call it.
    """

    issuer: str
    subject: str
    title: str


@dataclass(frozen=True, slots=True)
class Link:
    """An identity with which an account signs in."""

    id: UUID
    account_id: UUID
    title: str
    linked_at: datetime
    last_used_at: datetime | None
