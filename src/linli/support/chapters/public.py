"""The door of chapters."""

from linli.support.chapters.policy import said

__all__ = ["said"]
