from datetime import UTC, datetime

import msgspec
import pytest
from tests.unit.sensing.drivers.recorded import Register, heard, recordings

from linli.sensing.devices.kinds import all_kinds
from linli.sensing.drivers.contracts import (
    AckStatus,
    ChildSeen,
    CommandAck,
    CommandToSend,
    EventReport,
    Reason,
    StateReport,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.public import all_drivers, configured_driver

BOARD = all_drivers()["thingsboard"]
SAID = recordings("thingsboard")
COMMAND_ID = "0199e0c2-7f3a-7cc1-9d5e-2f60b1a7c001"
NUMBER = str(0xB1A7C001 & 0x7FFFFFFF)


def test_telemetry_comes_with_and_without_its_time() -> None:
    (now,) = heard(BOARD, SAID["telemetry at the time of receipt"])
    assert now.values == (("temperature", 42.0),)
    assert now.observed_at is None
    assert now.unknown == ("humidity",)
    (then,) = heard(BOARD, SAID["telemetry with its time"])
    assert then.observed_at == datetime(2016, 1, 1, 12, 0, 0, 512000, tzinfo=UTC)


def test_one_message_may_hold_several_moments() -> None:
    reports = heard(BOARD, SAID["telemetry of two moments"])
    assert [report.values for report in reports] == [
        (("temperature", 22.5),),
        (("temperature", 22.7),),
    ]
    unknown = heard(BOARD, SAID["telemetry as a list without times"])
    assert [report.unknown for report in unknown] == [("key1",), ("key2",)]


def test_a_gateway_speaks_for_its_children_and_strangers_go_to_quarantine() -> None:
    first, second, strangers = heard(BOARD, SAID["telemetry of a gateway"])
    assert (first.child, first.values) == ("Device A", (("temperature", 42.0),))
    assert second.observed_at == datetime(2017, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert [(part.reason, part.name) for part in strangers.refused] == [
        (Reason.UNKNOWN_CHILD, "Device B"),
    ]


def test_a_message_of_strangers_only_is_refused_whole() -> None:
    message = SAID["telemetry of a gateway"]
    with pytest.raises(Undecodable) as refused:
        BOARD.decode(message.topic, message.payload.encode(), Register())
    assert refused.value.reason is Reason.UNKNOWN_CHILD


def test_attributes_tell_firmware_and_battery() -> None:
    report, strangers = heard(BOARD, SAID["attributes of a gateway"])
    assert report.state == StateReport(firmware="1.0")
    assert report.values == (("battery", 87.0),)
    assert report.unknown == ()
    assert strangers.refused[0].name == "Device B"
    payload = b'{"currentFirmwareVersion": "v1.2.2", "colour": "red"}'
    own = BOARD.decode("v1/devices/me/attributes", payload, Register(own="smoke_alarm"))
    assert own[0].state == StateReport(firmware="v1.2.2")
    assert own[0].unknown == ("colour",)


def test_children_come_and_go() -> None:
    (here,) = heard(BOARD, SAID["child connected"])
    assert (here.child, here.state) == ("Device A", StateReport(online=True))
    (gone,) = heard(BOARD, SAID["child gone"])
    assert gone.state == StateReport(online=False)
    payload = b'{"device":"Device C","type":"Smoke Alarm"}'
    (stranger,) = BOARD.decode("v1/gateway/connect", payload, Register())
    assert stranger.seen == (ChildSeen(("Device C",), model="Smoke Alarm"),)


@pytest.mark.parametrize(
    ("said", "events"),
    [
        (b'{"sos_pressed": true}', (EventReport("sos_pressed"),)),
        (b'{"sos_pressed": 1}', (EventReport("sos_pressed"),)),
        (b'{"sos_pressed": {"times": 2}}', (EventReport("sos_pressed", data=(("times", 2.0),)),)),
        (b'{"sos_pressed": "help"}', (EventReport("sos_pressed"),)),
        (b'{"sos_pressed": false}', ()),
        (b'{"sos_pressed": 0}', ()),
        (b'{"sos_pressed": null}', ()),
    ],
)
def test_a_key_named_as_an_event_is_one(said: bytes, events: tuple[EventReport, ...]) -> None:
    (report,) = BOARD.decode("v1/devices/me/telemetry", said, Register(own="sos_button"))
    assert report.events == events


def test_an_installer_says_what_a_key_means() -> None:
    driver = configured_driver("thingsboard", {"names": "pulseCounter = water_total L"})
    payload = b'{"pulseCounter": "12345", "batteryLevel": 3}'
    (report,) = driver.decode("v1/devices/me/telemetry", payload, Register(own="water_meter"))
    assert report.values == (("water_total", 12.345),)
    assert report.unknown == ("batteryLevel",)


def test_a_value_that_cannot_be_is_refused_and_the_rest_kept() -> None:
    payload = b'{"temperature": 4200, "smoke": "nan", "battery": {"a": 1}, "fault": "true"}'
    (report,) = BOARD.decode("v1/devices/me/telemetry", payload, Register(own="smoke_alarm"))
    assert report.values == ()
    assert [(part.name, part.reason) for part in report.refused] == [
        ("temperature", Reason.OUT_OF_RANGE),
        ("smoke", Reason.WRONG_TYPE),
        ("battery", Reason.WRONG_TYPE),
        ("fault", Reason.WRONG_TYPE),
    ]


def command(child: str | None = None, **params: float) -> CommandToSend:
    kind = all_kinds()["gate_controller"]
    return CommandToSend(COMMAND_ID, "open_gate", kind, params, child=child)


def test_a_command_is_a_call_and_its_answer_finds_back() -> None:
    topic, payload = BOARD.encode_command(command(seconds=5))
    assert topic == f"v1/devices/me/rpc/request/{NUMBER}"
    assert msgspec.json.decode(payload) == {"method": "open_gate", "params": {"seconds": 5}}
    answer = topic.replace("request", "response")
    (report,) = BOARD.decode(answer, b'{"success":true}', Register(own="gate_controller"))
    assert report.acks == (CommandAck(NUMBER, AckStatus.DONE),)
    assert BOARD.acknowledged_as(command()) == NUMBER


def test_a_command_for_a_child_goes_through_its_gateway() -> None:
    topic, payload = BOARD.encode_command(command(child="Gate 1"))
    assert topic == "v1/gateway/rpc"
    assert msgspec.json.decode(payload) == {
        "device": "Gate 1",
        "data": {"id": int(NUMBER), "method": "open_gate", "params": {}},
    }
    reply = {"device": "Gate 1", "id": int(NUMBER), "data": {"success": False, "message": "卡住"}}
    register = Register(children={"Gate 1": "gate_controller"})
    (report,) = BOARD.decode("v1/gateway/rpc", msgspec.json.encode(reply), register)
    assert report.child == "Gate 1"
    assert report.acks == (CommandAck(NUMBER, AckStatus.FAILED, "卡住"),)


def test_a_command_without_a_proper_id_is_not_sent() -> None:
    kind = all_kinds()["gate_controller"]
    with pytest.raises(Unsendable):
        BOARD.encode_command(CommandToSend("c-1", "open_gate", kind, {}))


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (b"null", AckStatus.DONE),
        (b'"ok"', AckStatus.DONE),
        (b"[]", AckStatus.DONE),
        (b'{"error":"busy"}', AckStatus.FAILED),
        (b'{"success":false}', AckStatus.FAILED),
        (b'{"pin":4,"value":1}', AckStatus.DONE),
    ],
)
def test_any_answer_is_an_answer(result: bytes, status: AckStatus) -> None:
    (report,) = BOARD.decode("v1/devices/me/rpc/response/7", result, Register())
    assert report.acks[0].status is status


def test_questions_to_a_platform_are_understood_and_leave_no_trace() -> None:
    assert heard(BOARD, SAID["question for attributes"]) == ()
    assert BOARD.decode("v1/devices/me/attributes/request/1", b"{}", Register()) == ()


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("v1/devices/me/telemetry", b"7", Reason.NOT_AN_OBJECT),
        ("v1/devices/me/telemetry", b"[7]", Reason.NOT_AN_OBJECT),
        ("v1/devices/me/telemetry", b"{", Reason.BROKEN_JSON),
        ("v1/devices/me/telemetry", b"[" + b"{}," * 1000 + b"{}]", Reason.TOO_MANY),
        ("v1/gateway/connect", b"{}", Reason.MISSING_PART),
        ("v1/gateway/rpc", b'{"device":"nobody","id":1}', Reason.UNKNOWN_CHILD),
        ("v1/gateway/rpc", b'{"device":"A","id":"one"}', Reason.MISSING_PART),
        ("v1/devices/me/rpc/response/x", b"{}", Reason.UNKNOWN_TOPIC),
        ("v2/t", b"{}", Reason.UNKNOWN_TOPIC),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    topic: str,
    payload: bytes,
    reason: Reason,
) -> None:
    register = Register(own="smoke_alarm", children={"A": "smoke_alarm"})
    with pytest.raises(Undecodable) as refused:
        BOARD.decode(topic, payload, register)
    assert refused.value.reason is reason


def test_a_device_publishes_its_own_topics_only() -> None:
    assert BOARD.may_publish("v1/devices/me/rpc/response/12", "dev")
    assert not BOARD.may_publish("v1/devices/other/telemetry", "dev")
    assert not BOARD.may_publish("v1/devices/me/rpc/response/12/x", "dev")
    assert "v1/devices/me/rpc/request/+" in BOARD.command_topics("dev", ())
