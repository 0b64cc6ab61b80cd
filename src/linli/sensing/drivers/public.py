"""The door to the drivers. A new driver is a new folder and one line in `DRIVERS`."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from linli.sensing.devices.contracts import SettingFault
from linli.sensing.drivers.chirpstack.driver import from_settings as chirpstack
from linli.sensing.drivers.contracts import Reason
from linli.sensing.drivers.linli_native.driver import from_settings as linli_native
from linli.sensing.drivers.naming import BrokenSetting
from linli.sensing.drivers.ports import Driver
from linli.sensing.drivers.thingsboard.driver import from_settings as thingsboard
from linli.sensing.drivers.zigbee2mqtt.driver import from_settings as zigbee2mqtt

__all__ = ["BrokenSetting", "all_drivers", "configured_driver", "remedy_of", "setting_fault"]

DRIVERS: Mapping[str, Callable[[Mapping[str, str]], Driver]] = {
    "linli_native": linli_native,
    "zigbee2mqtt": zigbee2mqtt,
    "thingsboard": thingsboard,
    "chirpstack": chirpstack,
}


@cache
def all_drivers() -> Mapping[str, Driver]:
    """Every driver with its default settings, by its code; the native protocol comes first."""
    return MappingProxyType({code: from_settings({}) for code, from_settings in DRIVERS.items()})


def remedy_of(reason: str) -> str | None:
    """What to do about messages held for this reason, in Chinese; None for one of others."""
    return Reason(reason).remedy if reason in set(Reason) else None


def setting_fault(code: str, settings: Mapping[str, str]) -> SettingFault | None:
    """The first of the settings that this driver does not understand, None when all are fine.

    Raises:
        KeyError: no driver has this code.
    """
    known = {setting.code: setting for setting in all_drivers()[code].manifest.settings}
    for name, value in settings.items():
        setting = known.get(name)
        if setting is None:
            return SettingFault(name, "这种接入方式没有这项设置")
        if len(value) > setting.longest:
            return SettingFault(name, f"最多 {setting.longest} 个字符")
        try:
            DRIVERS[code]({name: value})
        except BrokenSetting as broken:
            return SettingFault(name, str(broken))
    return None


def configured_driver(code: str, settings: Mapping[str, str]) -> Driver:
    """The driver of a connection as its installer set it; unknown settings mean nothing.

    Raises:
        KeyError: no driver has this code.
        BrokenSetting: a setting cannot be understood; its text is for the installer.
    """
    return DRIVERS[code](settings) if settings else all_drivers()[code]
