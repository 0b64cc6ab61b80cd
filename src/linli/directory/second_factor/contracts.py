"""What others may know of an account's second factor."""

from dataclasses import dataclass, field
from enum import StrEnum


class Proof(StrEnum):
    """By what somebody proved to be who they are, beyond the password."""

    APP = "app"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether an account asks for a second factor, and how many recovery codes are unused."""

    enrolled: bool
    codes_left: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret in base32, and a URI for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
