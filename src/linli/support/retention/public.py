"""The door of retention: the terms that hold, and how they are enforced."""

from linli.support.retention.policy import terms_of
from linli.support.retention.service import enforce

__all__ = ["enforce", "terms_of"]
