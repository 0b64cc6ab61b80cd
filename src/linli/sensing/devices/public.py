"""The door to devices: kinds, register, credentials, commands, faults, presence."""

from linli.sensing.devices.kinds import DeviceKind, all_kinds

__all__ = ["DeviceKind", "all_kinds"]
