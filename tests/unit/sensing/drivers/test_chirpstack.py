from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.sensing.drivers.recorded import Register, heard, recordings

from linli.sensing.devices.kinds import all_kinds
from linli.sensing.drivers.chirpstack.codecs import CODECS, BrokenFrame, Frame
from linli.sensing.drivers.contracts import (
    AckStatus,
    ChildSeen,
    CommandToSend,
    Reason,
    Report,
    StateReport,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.public import BrokenSetting, all_drivers, configured_driver

NETWORK = all_drivers()["chirpstack"]
SAID = recordings("chirpstack")
EUI = "0101010101010101"
UP = f"application/a/device/{EUI}/event/up"
ALARM = Register(children={EUI: "smoke_alarm"})
METER = Register(children={EUI: "water_meter"})
HEARD_AT = datetime(2022, 7, 18, 9, 34, 15, 775023, tzinfo=UTC)


def one(name: str) -> Report:
    (report,) = heard(NETWORK, SAID[name])
    return report


def uplink(**parts: object) -> bytes:
    about = {"deviceProfileName": "GS524N"}
    return msgspec.json.encode({"deviceInfo": about, "fPort": 85, **parts})


def test_a_smoke_alarm_sends_six_bytes() -> None:
    fire = one("smoke found")
    assert dict(fire.values) == {
        "smoke": 1.0,
        "silenced": 0.0,
        "smoke_density": 42.0,
        "temperature": 28.0,
        "battery": 100.0,
        "signal": -36.0,
    }
    assert fire.observed_at == HEARD_AT
    assert dict(one("smoke alarm at rest").values)["smoke"] == 0.0


def test_a_test_of_the_alarm_counts_once_however_often_it_is_sent() -> None:
    (event,) = one("smoke alarm under test").events
    assert event.code == "tested"
    assert event.id == "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"


def test_a_frame_with_a_wrong_sum_is_no_smoke() -> None:
    payload = uplink(data=b64encode(bytes.fromhex("221164001C4C")).decode())
    with pytest.raises(Undecodable) as refused:
        NETWORK.decode(UP, payload, ALARM)
    assert refused.value.reason is Reason.BROKEN_FRAME


def test_a_cold_kitchen_is_below_zero() -> None:
    content = bytes.fromhex("22176400F6")
    content += bytes([-sum(content) % 256])
    (report,) = NETWORK.decode(UP, uplink(data=b64encode(content).decode()), ALARM)
    assert dict(report.values)["temperature"] == -10.0


def test_a_meter_tells_its_leak_and_its_last_hours() -> None:
    *past, now = heard(NETWORK, SAID["water meter with a leak"])
    assert dict(now.values)["water_total"] == 13.609
    assert dict(now.values)["leak"] == 1.0
    assert dict(now.values)["burst"] == 0.0
    assert now.observed_at == datetime(2019, 7, 22, 11, 37, 50, tzinfo=UTC)
    assert past[0].values == (("water_total", 10.727),)
    assert past[-1].values == (("water_total", 13.492),)
    totals = [dict(report.values)["water_total"] for report in (*past, now)]
    assert totals == sorted(totals)
    times = [report.observed_at for report in past if report.observed_at]
    assert {later - earlier for earlier, later in pairwise(times)} == {
        timedelta(hours=1),
    }
    assert all(report.state is None for report in past)


def test_past_hours_cannot_be_placed_when_the_meters_clock_is_wrong() -> None:
    report = one("water meter with a leak, network's clock elsewhere")
    assert dict(report.values)["water_total"] == 13.609
    assert report.observed_at == datetime(2019, 7, 22, 11, 37, 50, tzinfo=UTC)


def test_a_meter_with_a_thermometer_is_told_from_one_without() -> None:
    *past, now = heard(NETWORK, SAID["water meter with temperature"])
    assert dict(now.values)["water_total"] == 302.578
    assert dict(now.values)["temperature"] == 25.78
    assert (dict(now.values)["reverse_flow"], dict(now.values)["battery_low"]) == (1.0, 1.0)
    assert len(past) == 15


def test_a_meter_in_the_field_never_runs_backwards() -> None:
    reports = heard(NETWORK, SAID["water meter in the field"])
    totals = [dict(report.values)["water_total"] for report in reports]
    assert totals == sorted(totals)
    assert totals[-1] == 7057.531


def test_a_meter_calls_at_once_when_something_is_wrong() -> None:
    report = one("water meter calls at once")
    assert dict(report.values)["fault"] == 1.0
    assert "water_total" not in dict(report.values)


def test_the_network_server_may_decode_itself() -> None:
    report = one("decoded by the network server")
    assert dict(report.values) == {"water_total": 12.5, "valve_open": 1.0, "signal": -36.0}


def test_a_device_knows_its_own_signal_best() -> None:
    payload = b'{"object":{"signal":-99},"rxInfo":[{"rssi":-36},{"rssi":"?"},{"rssi":-40}]}'
    (report,) = NETWORK.decode(UP, payload, METER)
    assert report.values == (("signal", -99.0),)
    (heard,) = NETWORK.decode(UP, payload.replace(b"signal", b"colour"), METER)
    assert heard.values == (("signal", -36.0),)


def test_without_codec_and_object_nobody_knows_what_it_means() -> None:
    with pytest.raises(Undecodable) as refused:
        heard(NETWORK, SAID["up, as documented"])
    assert refused.value.reason is Reason.NO_CODEC


def test_a_tag_chooses_the_codec() -> None:
    message = SAID["smoke found"]
    body = msgspec.json.decode(message.payload)
    body["deviceInfo"] |= {"deviceProfileName": "烟感", "tags": {"linli_codec": "milesight_gs524n"}}
    (report,) = NETWORK.decode(message.topic, msgspec.json.encode(body), ALARM)
    assert dict(report.values)["smoke"] == 1.0
    body["deviceInfo"]["tags"]["linli_codec"] = "nobody"
    with pytest.raises(Undecodable) as refused:
        NETWORK.decode(message.topic, msgspec.json.encode(body), ALARM)
    assert refused.value.reason is Reason.NO_CODEC


def test_an_installer_chooses_the_codec_for_a_profile() -> None:
    driver = configured_driver("chirpstack", {"codecs": "烟感 = milesight_gs524n\n"})
    body = msgspec.json.decode(SAID["smoke found"].payload)
    body["deviceInfo"]["deviceProfileName"] = "烟感"
    (report,) = driver.decode(UP, msgspec.json.encode(body), ALARM)
    assert dict(report.values)["smoke"] == 1.0


@pytest.mark.parametrize(
    "settings",
    [
        {"codecs": "烟感 = nobody"},
        {"port": "0"},
        {"port": "ten"},
        {"application_id": "a/b"},
        {"names": "a"},
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(BrokenSetting):
        configured_driver("chirpstack", settings)


def test_a_status_tells_the_battery() -> None:
    report = one("status")
    assert report.state == StateReport(online=True, battery=88.3)


@pytest.mark.parametrize(
    "said",
    ['"batteryLevelUnavailable":true', '"externalPowerSource":true', '"margin":10'],
)
def test_a_status_may_know_no_battery(said: str) -> None:
    payload = f'{{"batteryLevel":0,{said}}}' if "margin" not in said else f"{{{said}}}"
    topic = UP.replace("/up", "/status")
    (report,) = NETWORK.decode(topic, payload.encode(), ALARM)
    assert report.state == StateReport(online=True)


def test_a_battery_of_two_hundred_percent_is_refused() -> None:
    topic = UP.replace("/up", "/status")
    (report,) = NETWORK.decode(topic, b'{"batteryLevel":200}', ALARM)
    assert report.state == StateReport(online=True)
    assert report.refused[0].reason is Reason.OUT_OF_RANGE


def test_a_device_that_joins_is_shown_even_when_unknown() -> None:
    known = one("join")
    assert (known.child, known.state) == (EUI, StateReport(online=True))
    message = SAID["join"]
    (stranger,) = NETWORK.decode(message.topic, message.payload.encode(), Register())
    assert stranger.child is None
    assert stranger.seen == (ChildSeen((EUI,), "Test device", "Test device-profile"),)


def test_a_device_may_be_registered_in_capitals() -> None:
    register = Register(children={"24E124AABBCCDD01": "smoke_alarm"})
    payload = uplink(data=b64encode(bytes.fromhex("221E64001C40")).decode())
    topic = "application/a/device/24e124aabbccdd01/event/up"
    (report,) = NETWORK.decode(topic, payload, register)
    assert report.child == "24E124AABBCCDD01"


def test_an_acknowledged_downlink_is_done_and_another_failed() -> None:
    (ack,) = one("ack").acks
    assert (ack.reference, ack.status) == ("1bbcab1d-6ec6-4136-b3f5-d63be1dc08de", AckStatus.DONE)
    topic = UP.replace("/up", "/ack")
    (report,) = NETWORK.decode(topic, b'{"queueItemId":"q-1"}', ALARM)
    assert report.acks[0].status is AckStatus.FAILED


@pytest.mark.parametrize("name", ["log", "txack"])
def test_what_is_not_about_the_device_leaves_no_trace(name: str) -> None:
    assert heard(NETWORK, SAID[name]) == ()


def test_what_others_at_the_site_tell_devices_leaves_no_trace() -> None:
    topic = f"application/a/device/{EUI}/command/down"
    assert NETWORK.may_publish(topic, "gw")
    assert NETWORK.decode(topic, b"{}", ALARM) == ()
    assert not NETWORK.may_publish("gateway/0016c001f153a14c/command/down", "gw")


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (UP, b"{", Reason.BROKEN_JSON),
        (UP, b"[]", Reason.NOT_AN_OBJECT),
        (UP, uplink(), Reason.MISSING_PART),
        (UP, uplink(data="§"), Reason.BROKEN_FRAME),
        (UP, uplink(data="A" * 600), Reason.BROKEN_FRAME),
        (UP, uplink(data=""), Reason.BROKEN_FRAME),
        (UP, b"{}" + b" " * 200_000, Reason.TOO_LARGE),
        (UP.replace(EUI, "0202020202020202"), b"{}", Reason.UNKNOWN_CHILD),
        (UP.replace("/up", "/ack"), b"{}", Reason.MISSING_PART),
        (UP.replace("/up", "/down"), b"{}", Reason.UNKNOWN_TOPIC),
        ("gateway/0016c001f153a14c/event/up", b"{}", Reason.UNKNOWN_TOPIC),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    topic: str,
    payload: bytes,
    reason: Reason,
) -> None:
    with pytest.raises(Undecodable) as refused:
        NETWORK.decode(topic, payload, ALARM)
    assert refused.value.reason is reason


@given(content=st.binary(max_size=64), port=st.integers(0, 255))
def test_any_bytes_by_radio_are_read_or_refused(content: bytes, port: int) -> None:
    for codec in CODECS:
        try:
            moments = codec.decode(Frame(port, content, HEARD_AT))
        except BrokenFrame as error:
            assert str(error)  # noqa: PT017 - that it is refused in words is the point
        else:
            assert moments


def command(name: str = "close_valve", child: str | None = EUI.upper()) -> CommandToSend:
    return CommandToSend("0199e0c2-7f3a", name, all_kinds()["water_meter"], {}, child=child)


def test_a_command_is_queued_as_a_confirmed_downlink() -> None:
    driver = configured_driver("chirpstack", {"application_id": "app-1", "port": "15"})
    topic, payload = driver.encode_command(command())
    assert topic == f"application/app-1/device/{EUI}/command/down"
    assert msgspec.json.decode(payload) == {
        "id": "0199e0c2-7f3a",
        "devEui": EUI,
        "confirmed": True,
        "fPort": 15,
        "object": {"command": "close_valve", "params": {}},
    }
    assert driver.acknowledged_as(command()) == "0199e0c2-7f3a"


@pytest.mark.parametrize("wrong", [command(child=None), command(), command(name="fly")])
def test_a_command_that_cannot_go_out_is_not_sent(wrong: CommandToSend) -> None:
    with pytest.raises(Unsendable) as refused:
        NETWORK.encode_command(wrong)
    assert refused.value.words
