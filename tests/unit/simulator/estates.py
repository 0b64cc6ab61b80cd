"""The demo estate in the shape that linli hands to the simulator."""

import json
from collections.abc import Callable

from linli_simulator.estate import DevicePlan, demo_plan


def everything(_device: DevicePlan) -> bool:
    return True


def place_in_words(device: DevicePlan) -> str:
    place = device.place
    building = f"{place.building}号楼" if place.building else None
    parts = (
        building,
        place.entrance,
        place.lift,
        place.home,
        place.gate,
        place.ground,
        place.room,
    )
    return " ".join(part for part in parts if part)


def estate_file(port: int, http: str, wanted: Callable[[DevicePlan], bool] = everything) -> str:
    """`estate.json` as linli's demo seed writes it, for the devices wanted."""
    devices = [
        {
            "code": device.code,
            "kind": device.kind,
            "driver": device.driver,
            "title": device.title,
            "place": place_in_words(device),
            "building": device.place.building,
            "username": device.parent or device.code,
            "token": None if device.parent else f"secret of {device.code}",
            "parent": device.parent,
            "external_code": device.external_code,
        }
        for device in demo_plan().estate.devices
        if wanted(device)
    ]
    return json.dumps(
        {
            "mqtt": {"host": "127.0.0.1", "port": port},
            "http": http,
            "estates": [{"code": "YG", "title": "阳光花园", "devices": devices}],
            "control": {"username": "simulator", "token": "secret of the simulator"},
        },
        ensure_ascii=False,
    )
