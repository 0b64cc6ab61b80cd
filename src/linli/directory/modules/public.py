"""The door of modules: what is off where, and switching."""

from linli.directory.modules.policy import ModuleOff
from linli.directory.modules.service import (
    off,
    require_on,
    serial,
    switch_off,
    switch_on,
    switches_of,
)

__all__ = ["ModuleOff", "off", "require_on", "serial", "switch_off", "switch_on", "switches_of"]
