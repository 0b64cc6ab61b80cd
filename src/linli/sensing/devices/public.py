"""The door to devices: kinds, register, credentials, commands, faults, presence."""

from linli.sensing.devices.kinds import (
    CommandKind,
    DeviceKind,
    EventKind,
    Form,
    Property,
    Scalar,
    all_kinds,
)
from linli.sensing.devices.units import WrongUnit, convert

__all__ = [
    "CommandKind",
    "DeviceKind",
    "EventKind",
    "Form",
    "Property",
    "Scalar",
    "WrongUnit",
    "all_kinds",
    "convert",
]
