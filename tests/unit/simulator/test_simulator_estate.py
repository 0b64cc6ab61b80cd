import json
import re
from collections import Counter
from pathlib import Path

from linli_simulator.estate import PLAN_FILE, SITE, as_text, default_estate, demo_plan, homes

SEED_FILE = Path(__file__).parents[3] / "src" / "linli" / "app" / "demo" / "estate_yg.json"


def test_the_committed_plan_is_the_one_the_code_makes() -> None:
    assert PLAN_FILE.read_text() == as_text()
    assert json.loads(PLAN_FILE.read_text()) == default_estate()


def test_linli_seeds_the_same_estate() -> None:
    assert SEED_FILE.read_bytes() == PLAN_FILE.read_bytes()


def test_six_buildings_about_three_hundred_homes_and_eighty_terminals_of_all_kinds() -> None:
    estate = demo_plan().estate
    terminals = [device for device in estate.devices if device.kind != "site_gateway"]
    assert [building.title for building in SITE.buildings] == [f"{n}号楼" for n in range(1, 7)]
    assert 290 <= len(set(homes(SITE))) <= 310
    assert 75 <= len(terminals) <= 85
    assert len({device.kind for device in terminals}) == 11
    assert SITE.buildings[2].entrances[1].lifts == ("3号电梯",)
    assert len([lift for entrance in SITE.buildings[2].entrances for lift in entrance.lifts]) == 3


def test_no_two_devices_share_a_code_or_a_name_on_their_gateway() -> None:
    devices = demo_plan().estate.devices
    assert max(Counter(device.code for device in devices).values()) == 1
    assert max(Counter((device.parent, device.external_code) for device in devices).values()) == 1


def test_every_parent_is_a_gateway_that_speaks_the_same_dialect() -> None:
    devices = demo_plan().estate.devices
    gateways = {device.code: device for device in devices if device.kind == "site_gateway"}
    children = [device for device in devices if device.parent]
    assert children
    for child in children:
        assert gateways[child.parent or ""].driver == child.driver


def test_every_place_is_on_the_plan() -> None:
    buildings = {building.no: building for building in SITE.buildings}
    known_homes = set(homes(SITE))
    for device in demo_plan().estate.devices:
        place = device.place
        assert place.gate in {None, *(gate.title for gate in SITE.gates)}
        assert place.ground in {None, *(spot.title for spot in SITE.open_ground)}
        assert place.room in {None, *SITE.rooms}
        if place.lift is not None:
            entrances = {one.title: one for one in buildings[place.building or 0].entrances}
            assert place.lift in entrances[place.entrance or ""].lifts
        if place.home is not None:
            assert f"{place.building}号楼{place.entrance}{place.home}" in known_homes


def test_buildings_gates_and_ground_lie_inside_the_estate_and_houses_do_not_overlap() -> None:
    for building in SITE.buildings:
        assert 0 <= building.x < building.x + building.w <= SITE.width_m
        assert 0 <= building.y < building.y + building.h <= SITE.height_m
    for spot in (*SITE.gates, *SITE.open_ground):
        assert 0 <= spot.x <= SITE.width_m
        assert 0 <= spot.y <= SITE.height_m
        assert not any(
            house.x < spot.x < house.x + house.w and house.y < spot.y < house.y + house.h
            for house in SITE.buildings
        )
    for one in SITE.buildings:
        for other in SITE.buildings:
            apart = one.x + one.w <= other.x or one.y + one.h <= other.y
            assert (
                one.no >= other.no
                or apart
                or other.x + other.w <= one.x
                or (other.y + other.h <= one.y)
            )


def test_people_live_in_homes_that_exist_and_have_made_up_numbers_of_their_own() -> None:
    estate = demo_plan().estate
    known = set(homes(SITE))
    assert {person.home for person in estate.people} | {elder.home for elder in estate.elders} == (
        known
    )
    phones = [
        *(person.phone for person in estate.people),
        *(elder.phone for elder in estate.elders),
        *(elder.contact.phone for elder in estate.elders),
    ]
    assert len(set(phones)) == len(phones)
    assert all(re.fullmatch(r"1380000\d{4}", phone) for phone in phones)
    assert estate.elders[0].home == "6号楼1单元502"
    assert "elder_alone" in estate.elders[0].tags
