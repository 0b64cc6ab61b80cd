"""The door of opening balances."""

from linli.directory.balances.service import enter

__all__ = ["enter"]
