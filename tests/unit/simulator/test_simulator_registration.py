import json
from pathlib import Path

import pytest
from tests.unit.simulator.estates import estate_file

from linli_simulator import registration
from linli_simulator.registration import Account, Dialect, Kind, UnreadableEstate


def written(folder: Path, text: str) -> Path:
    (folder / "estate.json").write_text(text)
    return folder


def test_children_speak_on_their_gateways_connection(tmp_path: Path) -> None:
    register = registration.read(written(tmp_path, estate_file(1883, "http://127.0.0.1:8000/")))
    devices = {device.code: device for device in register.devices}
    alarm = devices["yg-6-1-502-smoke"]
    assert (alarm.connection, alarm.is_child) == ("yg-z2m-1", True)
    assert (alarm.dialect, alarm.external_code) == (Dialect.ZIGBEE2MQTT, "6_1_502_smoke")
    camera = devices["yg-3-lift3-cam"]
    assert (camera.connection, camera.is_child, camera.building) == ("yg-3-lift3-cam", False, 3)
    assert register.accounts["yg-z2m-1"] == Account("yg-z2m-1", "secret of yg-z2m-1")
    assert register.http == "http://127.0.0.1:8000"
    assert register.control == Account("simulator", "secret of the simulator")


def test_what_the_simulator_cannot_play_is_left_out(tmp_path: Path) -> None:
    estate = json.loads(estate_file(1883, "http://127.0.0.1:8000"))
    devices = estate["estates"][0]["devices"]
    devices[5]["kind"] = "weather_station"
    devices[6]["driver"] = "chirpstack"
    devices[7]["kind"] = "simulator"
    register = registration.read(written(tmp_path, json.dumps(estate)))
    assert len(register.devices) == len(devices) - 3
    assert {device.kind for device in register.devices} <= set(Kind)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot read"),
        ("[]", "the file should be an object"),
        ('{"mqtt": {"host": "h", "port": "1883"}, "http": "", "estates": []}', "port"),
        ('{"mqtt": {"host": "h", "port": 1883}, "http": "", "estates": {}}', "estates"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableEstate, match=words):
        registration.read(written(tmp_path, text))


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableEstate, match=r"estate\.json"):
        registration.read(tmp_path)


def test_a_device_without_any_token_is_named(tmp_path: Path) -> None:
    text = estate_file(1883, "http://127.0.0.1:8000").replace('"secret of yg-z2m-1"', "null")
    with pytest.raises(UnreadableEstate, match="no token for connection yg-z2m-1"):
        registration.read(written(tmp_path, text))
