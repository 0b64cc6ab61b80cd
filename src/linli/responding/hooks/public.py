"""The door of hooks, for the worker that delivers."""

from linli.responding.hooks.sending import Unreachable, send
from linli.responding.hooks.service import claim, record

__all__ = ["Unreachable", "claim", "record", "send"]
