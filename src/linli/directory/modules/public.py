"""The door of modules: what is off where, and switching."""

from linli.directory.modules.policy import ModuleOff
from linli.directory.modules.service import (
    is_on,
    off,
    require_on,
    serial,
    switch_off,
    switch_on,
    switches_of,
)
from linli.directory.modules.store import on_in

__all__ = [
    "ModuleOff",
    "is_on",
    "off",
    "on_in",
    "require_on",
    "serial",
    "switch_off",
    "switch_on",
    "switches_of",
]
