"""The door to the drivers. A new driver is a new folder and one line in `DRIVERS`."""

from collections.abc import Mapping
from types import MappingProxyType

from linli.sensing.drivers.linli_native.driver import LinliNative
from linli.sensing.drivers.ports import Driver

DRIVERS: tuple[Driver, ...] = (LinliNative(),)


def all_drivers() -> Mapping[str, Driver]:
    """Every driver with its default settings, by its code; the native protocol comes first."""
    return MappingProxyType({driver.manifest.code: driver for driver in DRIVERS})
