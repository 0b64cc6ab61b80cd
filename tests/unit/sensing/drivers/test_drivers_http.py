"""What the page that registers a device is told of drivers, and which settings are refused."""

import re

import pytest
from tests.unit.directory.town import Offices, Town
from tests.unit.sensing.pages import page_of

from linli.sensing.drivers import http
from linli.sensing.drivers.public import DRIVERS, all_drivers, remedy_of, setting_fault

FILLED = {"host", "port", "username", "token", "mqtt_url", "http_url"}


async def test_every_driver_says_what_it_is_for_and_how_to_set_it_up(
    desks: Offices, town: Town
) -> None:
    async with page_of(desks, town, "wuye") as page:
        page.app.include_router(http.api)
        told = (await page.get("/api/drivers")).json()
    assert [sheet["code"] for sheet in told] == list(DRIVERS)
    for sheet in told:
        assert sheet["purpose"]
        assert sheet["guide"]
        known = FILLED | {setting["code"] for setting in sheet["settings"]}
        named = set(re.findall(r"\{([a-z_]+)\}", "".join(sheet["guide"])))
        assert named <= known, sheet["code"]
        assert {"username"} <= named
        for setting in sheet["settings"]:
            assert setting["title"]
            assert setting["help"]


@pytest.mark.parametrize(
    ("driver", "settings", "wrong"),
    [
        ("chirpstack", {"port": "10", "application_id": "a1"}, None),
        ("chirpstack", {"application_id": "a1", "port": "300"}, "port"),
        ("chirpstack", {"codecs": "meter = none_such"}, "codecs"),
        ("zigbee2mqtt", {"names": "no equals sign"}, "names"),
        ("zigbee2mqtt", {"names": "x" * 9000}, "names"),
        ("thingsboard", {"base_topic": "x"}, "base_topic"),
        ("linli_native", {}, None),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    driver: str, settings: dict[str, str], wrong: str | None
) -> None:
    fault = setting_fault(driver, settings)
    assert (fault.code if fault else None) == wrong


def test_default_settings_are_fine() -> None:
    for code, driver in all_drivers().items():
        usual = {one.code: one.default for one in driver.manifest.settings if one.default}
        assert setting_fault(code, usual) is None


def test_every_reason_has_its_remedy_and_a_strange_one_has_none() -> None:
    assert "UTF-8" in (remedy_of("broken_json") or "")
    assert remedy_of("made_up") is None
