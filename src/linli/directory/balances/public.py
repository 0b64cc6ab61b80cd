"""The door of opening balances."""

from linli.directory.balances.service import SEE, find

__all__ = ["SEE", "find"]
