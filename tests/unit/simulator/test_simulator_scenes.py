from pathlib import Path

import pytest
from tests.unit.simulator.estates import estate_file

from linli_simulator import registration
from linli_simulator.registration import Device
from linli_simulator.scenes import BY_CODE, SCENES, TIMETABLE, cast_for


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Device, ...]:
    folder = tmp_path_factory.mktemp("estate")
    (folder / "estate.json").write_text(estate_file(1883, "http://127.0.0.1:8000"))
    return registration.read(Path(folder)).devices


@pytest.mark.parametrize(
    ("scene", "code"),
    [
        ("e_bike", "yg-3-lift3-cam"),
        ("sos", "yg-6-1-502-sos"),
        ("smoke", "yg-5-1-202-smoke"),
        ("water_unused", "yg-6-1-502-water"),
        ("falling_object", "yg-4-sky-cam"),
        ("forced_gate", "yg-north-gate"),
        ("trapped_lift", "yg-6-lift1-ctl"),
        ("flood", "yg-cover-5"),
        ("offline", "yg-north-speaker"),
        ("low_battery", "yg-2-3-301-sos"),
        ("clock_wrong", "yg-4-1-702-water"),
        ("stuck", "yg-pump-smoke"),
        ("cover_tilted", "yg-cover-4"),
        ("charging_overheat", "yg-shed1-pile-2"),
    ],
)
def test_every_scene_has_its_own_place(devices: tuple[Device, ...], scene: str, code: str) -> None:
    device = cast_for(BY_CODE[scene], devices)
    assert device is not None
    assert device.code == code


def test_no_two_scenes_share_a_device_so_any_of_them_may_run_together(
    devices: tuple[Device, ...],
) -> None:
    players = [device.code for scene in SCENES if (device := cast_for(scene, devices))]
    assert len(set(players)) == len(SCENES)


def test_a_scene_is_played_elsewhere_when_its_own_place_is_missing(
    devices: tuple[Device, ...],
) -> None:
    others = [device for device in devices if device.code != "yg-3-lift3-cam"]
    device = cast_for(BY_CODE["e_bike"], others)
    assert device is not None
    assert device.place.startswith("3号楼")


def test_a_device_can_be_asked_for_by_name_if_it_is_able(devices: tuple[Device, ...]) -> None:
    wanted = cast_for(BY_CODE["e_bike"], devices, "yg-5-lift2-cam")
    assert wanted is not None
    assert wanted.code == "yg-5-lift2-cam"
    assert cast_for(BY_CODE["e_bike"], devices, "yg-cover-1") is None


def test_without_a_device_of_the_kind_there_is_no_scene(devices: tuple[Device, ...]) -> None:
    nobody = [device for device in devices if "cam" not in device.code]
    assert cast_for(BY_CODE["e_bike"], nobody) is None


def test_the_faults_of_an_ordinary_day_are_scenes_in_order() -> None:
    assert [code for _, code in TIMETABLE] == ["low_battery", "stuck", "clock_wrong", "offline"]
    assert list(TIMETABLE) == sorted(TIMETABLE)
    assert all(code in BY_CODE for _, code in TIMETABLE)
