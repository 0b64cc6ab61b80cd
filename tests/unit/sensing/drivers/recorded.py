"""What makers' devices said, and a register in which those devices stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

import msgspec

from linli.sensing.devices.kinds import DeviceKind, all_kinds
from linli.sensing.drivers.contracts import Report
from linli.sensing.drivers.ports import Driver


class Recorded(msgspec.Struct, frozen=True):
    """A message as it was published, and how its device is registered."""

    name: str
    topic: str
    payload: str
    child: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Register:
    """The devices of one connection by their kinds' codes."""

    own: str | None = "site_gateway"
    children: Mapping[str, str] = field(default_factory=dict[str, str])

    def kind_of(self, child: str | None) -> DeviceKind | None:
        code = self.own if child is None else self.children.get(child)
        return all_kinds()[code] if code else None


def recordings(driver: str) -> Mapping[str, Recorded]:
    folder = files("linli.sensing.drivers").joinpath(driver, "samples", "recorded.json")
    return {
        message.name: message
        for message in msgspec.json.decode(folder.read_bytes(), type=list[Recorded])
    }


def register_for(message: Recorded) -> Register:
    """The register in which the message's device stands as the recording says."""
    if message.kind is None:
        return Register()
    if message.child is None:
        return Register(own=message.kind)
    return Register(children={message.child: message.kind})


def heard(driver: Driver, message: Recorded) -> tuple[Report, ...]:
    return driver.decode(message.topic, message.payload.encode(), register_for(message))
