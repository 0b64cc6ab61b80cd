"""What the register does as time goes by."""

from datetime import timedelta

from linli.kernel.reactions import every
from linli.sensing.devices import service

CHORES = (
    every(timedelta(seconds=30), "devices.fall_silent")(service.fall_silent),
    every(timedelta(seconds=15), "devices.expire_commands")(service.expire_commands),
)
