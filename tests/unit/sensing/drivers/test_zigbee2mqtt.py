from datetime import UTC, datetime

import msgspec
import pytest
from tests.unit.sensing.drivers.recorded import Register, heard, recordings

from linli.sensing.devices.kinds import Scalar, all_kinds
from linli.sensing.drivers.contracts import (
    ChildSeen,
    CommandToSend,
    Reason,
    StateReport,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.public import BrokenSetting, all_drivers, configured_driver

BRIDGE = all_drivers()["zigbee2mqtt"]
SAID = recordings("zigbee2mqtt")
MAY_2024 = datetime(2024, 1, 1, 18, 10, 38, tzinfo=UTC)


def values(name: str) -> dict[str, float]:
    (report,) = heard(BRIDGE, SAID[name])
    return dict(report.values)


def test_smoke_is_found_by_a_clock_in_milliseconds() -> None:
    (report,) = heard(BRIDGE, SAID["smoke found"])
    assert dict(report.values) == {"smoke": 1.0, "battery": 100.0, "voltage": 3.195}
    assert report.observed_at == datetime(2019, 11, 10, 13, 43, 9, 829000, tzinfo=UTC)
    assert report.state == StateReport(online=True)
    assert report.refused == report.unknown == ()


def test_a_smoke_alarm_under_test_is_no_fire() -> None:
    (report,) = heard(BRIDGE, SAID["smoke alarm under test"])
    assert [event.code for event in report.events] == ["tested"]
    assert dict(report.values)["smoke"] == 0.0
    assert dict(report.values)["fault"] == 0.0
    assert report.observed_at is None


def test_a_device_may_be_registered_by_its_radio_address() -> None:
    (report,) = heard(BRIDGE, SAID["smoke alarm registered by its address"])
    assert report.child == "0x00158d0001d64498"


def test_an_emergency_button_calls_and_at_rest_does_not() -> None:
    (call,) = heard(BRIDGE, SAID["call for help"])
    assert [(event.code, event.data) for event in call.events] == [
        ("sos_pressed", (("button", "emergency"),)),
    ]
    assert call.observed_at == datetime(2026, 4, 17, 15, 33, 22, tzinfo=UTC)
    (rest,) = heard(BRIDGE, SAID["button at rest"])
    assert rest.events == ()


@pytest.mark.parametrize(
    ("action", "calls"),
    [
        ('"single"', 1),
        ('"hold"', 1),
        ('"hold_release"', 0),
        ('""', 0),
        ("null", 0),
        ("[1]", 1),
        (f'"{"x" * 100}"', 1),
    ],
)
def test_every_press_of_an_sos_button_is_a_call(action: str, calls: int) -> None:
    register = Register(children={"sos": "sos_button"})
    (report,) = BRIDGE.decode("zigbee2mqtt/sos", f'{{"action":{action}}}'.encode(), register)
    assert len(report.events) == calls


def test_contact_true_means_the_door_is_shut() -> None:
    assert values("door opened")["open"] == 1.0
    assert values("door shut")["open"] == 0.0
    assert values("door shut")["voltage"] == 3.135


def test_a_name_may_hold_slashes_and_a_number_may_be_text() -> None:
    driver = configured_driver("zigbee2mqtt", {"base_topic": "base/"})
    (report,) = heard(driver, SAID["name with a slash, number as text, other base topic"])
    assert report.child == "livingroom/door"
    assert dict(report.values) == {"battery": 100.0, "voltage": 3.035}
    assert not BRIDGE.may_publish("base/livingroom/door", "gw")


def test_a_socket_speaks_in_volts_and_a_battery_in_millivolts() -> None:
    (report,) = heard(BRIDGE, SAID["socket in use"])
    assert dict(report.values) == {
        "power": 5.0,
        "energy_total": 73.75,
        "current": 0.0,
        "voltage": 0.0,
        "output_on": 1.0,
    }
    assert report.observed_at == MAY_2024


def test_a_valve_shows_its_position_and_its_own_words_are_noted() -> None:
    (report,) = heard(BRIDGE, SAID["valve shut"])
    assert dict(report.values) == {"battery": 80.0, "valve_open": 0.0}
    assert "water_consumed" in report.unknown


def test_an_installer_says_what_a_name_means() -> None:
    driver = configured_driver(
        "zigbee2mqtt",
        {"names": "water_consumed = water_total L\n\n"},
    )
    register = Register(children={"valve": "water_meter"})
    payload = b'{"water_consumed": "2500.0", "state": "ON"}'
    (report,) = driver.decode("zigbee2mqtt/valve", payload, register)
    assert dict(report.values) == {"water_total": 2.5, "valve_open": 1.0}


@pytest.mark.parametrize("line", ["water_consumed", "= water_total", "a = b c d"])
def test_an_installer_hears_which_line_is_wrong(line: str) -> None:
    with pytest.raises(BrokenSetting, match="第 2 行"):
        configured_driver("zigbee2mqtt", {"names": f"x = y\n{line}"})


def test_the_bridge_tells_when_it_and_its_devices_come_and_go() -> None:
    (online,) = heard(BRIDGE, SAID["bridge online"])
    assert (online.child, online.state) == (None, StateReport(online=True))
    (offline,) = heard(BRIDGE, SAID["bridge offline, before version 2"])
    assert offline.state == StateReport(online=False)
    (lost,) = heard(BRIDGE, SAID["device lost"])
    assert (lost.child, lost.state) == ("window-a", StateReport(online=False))


def test_devices_found_are_shown_to_the_installer() -> None:
    (joined,) = heard(BRIDGE, SAID["device joined"])
    assert joined.seen == (ChildSeen(("0x90fd9ffffe6494fc",)),)
    (interviewed,) = heard(BRIDGE, SAID["button interviewed"])
    assert interviewed.seen == (
        ChildSeen(("0xb4e3f9fffe907daf",), "SOS button", "TuYa TS0215A_sos", "sos_button"),
    )
    (listed,) = heard(BRIDGE, SAID["devices of the bridge"])
    assert [child.names for child in listed.seen] == [
        ("0x00158d00018255df", "my_plug"),
        ("0x00169a00022256da", "my_sensor"),
    ]


@pytest.mark.parametrize(
    ("exposed", "kind"),
    [
        ('[{"property":"smoke"}]', "smoke_alarm"),
        ('[{"property":"battery"},{"property":"contact"}]', "door_contact"),
        ('[{"property":"power"},{"property":"energy"}]', "charging_pile"),
        ('[{"property":"action","values":["single"]}]', None),
        ('[{"features":[]}, 7]', None),
        ("null", None),
    ],
)
def test_a_guess_at_the_kind_comes_from_what_a_device_exposes(
    exposed: str,
    kind: str | None,
) -> None:
    about = f'[{{"ieee_address":"0x1","definition":{{"exposes":{exposed}}}}}]'
    (report,) = BRIDGE.decode("zigbee2mqtt/bridge/devices", about.encode(), Register())
    assert report.seen[0].kind == kind


@pytest.mark.parametrize("name", ["log of the bridge", "answer to a request", "device left"])
def test_what_is_not_about_a_device_is_understood_and_leaves_no_trace(name: str) -> None:
    assert heard(BRIDGE, SAID[name]) == ()


@pytest.mark.parametrize("topic", ["zigbee2mqtt/sos/set", "zigbee2mqtt/bridge/request/restart"])
def test_what_others_at_the_site_tell_devices_leaves_no_trace(topic: str) -> None:
    assert BRIDGE.decode(topic, b"ON", Register()) == ()


def test_clearing_a_retained_message_says_nothing() -> None:
    assert BRIDGE.decode("zigbee2mqtt/window-a", b"", Register()) == ()


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("zigbee2mqtt/stranger", b"{}", Reason.UNKNOWN_CHILD),
        ("zigbee2mqtt/stranger", b'{"device":{"ieeeAddr":"0x1"}}', Reason.UNKNOWN_CHILD),
        ("zigbee2mqtt/stranger/availability", b"online", Reason.UNKNOWN_CHILD),
        ("zigbee2mqtt/sos", b"ON", Reason.BROKEN_JSON),
        ("zigbee2mqtt/sos", b"[]", Reason.NOT_AN_OBJECT),
        ("zigbee2mqtt/sos/availability", b'{"state":"asleep"}', Reason.WRONG_TYPE),
        ("zigbee2mqtt/bridge/state", b"7", Reason.NOT_AN_OBJECT),
        ("zigbee2mqtt/bridge/devices", b"{}", Reason.NOT_AN_OBJECT),
        ("linli/v1/telemetry", b"{}", Reason.UNKNOWN_TOPIC),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    topic: str,
    payload: bytes,
    reason: Reason,
) -> None:
    with pytest.raises(Undecodable) as refused:
        BRIDGE.decode(topic, payload, Register(children={"sos": "sos_button"}))
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("said", "unreadable"),
    [('"yesterday"', True), ('"2026-04-17T23:33:22"', True), ("[]", True), ("null", False)],
)
def test_a_last_seen_nobody_can_read_is_said_to_be_so(said: str, *, unreadable: bool) -> None:
    register = Register(children={"sos": "sos_button"})
    payload = f'{{"battery":5,"last_seen":{said}}}'.encode()
    (report,) = BRIDGE.decode("zigbee2mqtt/sos", payload, register)
    assert report.observed_at is None
    assert report.clock_unreadable is unreadable


def told(kind: str, name: str, child: str | None = "dev", **params: Scalar) -> CommandToSend:
    return CommandToSend("c-1", name, all_kinds()[kind], params, child=child)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (told("water_meter", "close_valve"), {"state": "OFF"}),
        (told("water_meter", "open_valve"), {"state": "ON"}),
        (told("charging_pile", "stop_charging"), {"state": "OFF"}),
        (told("charging_pile", "start_charging"), {"state": "ON"}),
        (
            told("charging_pile", "start_charging", minutes=30),
            {"state": "ON", "on_time": 1800},
        ),
        (told("gate_controller", "open_gate", seconds=5), {"state": "ON", "on_time": 5}),
        (told("smoke_alarm", "self_test"), {"selftest": ""}),
    ],
)
def test_a_command_becomes_what_the_bridge_knows(
    command: CommandToSend,
    body: dict[str, object],
) -> None:
    topic, payload = BRIDGE.encode_command(command)
    assert topic == "zigbee2mqtt/dev/set"
    assert msgspec.json.decode(payload) == body
    assert BRIDGE.acknowledged_as(command) is None
    assert not BRIDGE.manifest.acknowledges


def test_the_siren_falls_silent() -> None:
    _, payload = BRIDGE.encode_command(told("smoke_alarm", "silence"))
    assert msgspec.json.decode(payload)["warning"]["mode"] == "stop"


@pytest.mark.parametrize(
    "command",
    [
        told("public_speaker", "stop"),
        told("site_gateway", "restart", child=None),
        told("water_meter", "open_valve", child="all/#"),
        told("water_meter", "explode"),
    ],
)
def test_what_the_bridge_cannot_do_is_not_sent(command: CommandToSend) -> None:
    with pytest.raises(Unsendable):
        BRIDGE.encode_command(command)


def test_the_bridge_listens_to_all_of_its_base_topic() -> None:
    assert BRIDGE.command_topics("gw", ("a",)) == ("zigbee2mqtt/#",)


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("zigbee2mqtt/kitchen/door", True),
        ("zigbee2mqtt/bridge/info", True),
        ("zigbee2mqtt/kitchen/door/set", True),
        ("zigbee2mqtt/", False),
        ("zigbee2mqtt", False),
        ("zigbee2mqtt2/kitchen", False),
        ("homeassistant/sensor/x/config", False),
    ],
)
def test_a_bridge_publishes_under_its_base_topic_only(topic: str, *, allowed: bool) -> None:
    assert BRIDGE.may_publish(topic, "gw") is allowed
