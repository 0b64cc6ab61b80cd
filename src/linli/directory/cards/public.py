"""The door of door cards."""

from linli.directory.cards.service import enter

__all__ = ["enter"]
