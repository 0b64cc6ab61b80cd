"""The door of hooks, for the worker that delivers and the doctor who looks at them."""

from linli.responding.hooks.sending import Unreachable, send
from linli.responding.hooks.service import claim, record
from linli.responding.hooks.store import standing

__all__ = ["Unreachable", "claim", "record", "send", "standing"]
