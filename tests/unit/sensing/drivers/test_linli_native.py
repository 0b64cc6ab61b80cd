from datetime import UTC, datetime

import msgspec
import pytest
from tests.unit.sensing.drivers.recorded import Register

from linli.sensing.devices.kinds import all_kinds
from linli.sensing.drivers.contracts import (
    AckStatus,
    CommandToSend,
    Reason,
    Report,
    Undecodable,
    Unsendable,
)
from linli.sensing.drivers.public import all_drivers

NATIVE = all_drivers()["linli_native"]
METER = Register(own="water_meter")
ALARM = Register(own="smoke_alarm")
BUTTON = Register(own="sos_button")
MANY_MOMENTS = b"[" + b'{"values":{}},' * 1000 + b'{"values":{}}]'
MOMENT = datetime(2025, 11, 22, 16, 0, 0, 123000, tzinfo=UTC)


def tell(register: Register, what: str, body: object, *, child: str | None = None) -> Report:
    prefix = "linli/v1" if child is None else f"linli/v1/child/{child}"
    payload = body if isinstance(body, bytes) else msgspec.json.encode(body)
    (report,) = NATIVE.decode(f"{prefix}/{what}", payload, register)
    return report


def refusal(register: Register, topic: str, payload: bytes) -> Undecodable:
    with pytest.raises(Undecodable) as refused:
        NATIVE.decode(topic, payload, register)
    assert refused.value.words
    return refused.value


def test_a_meter_says_how_much_water_was_used() -> None:
    report = tell(METER, "telemetry", {"ts": 1763827200123, "values": {"water_total": 12.345}})
    assert report == Report(observed_at=MOMENT, values=(("water_total", 12.345),))


def test_a_switch_may_be_said_as_true_or_as_one() -> None:
    said = tell(ALARM, "telemetry", {"values": {"smoke": True, "fault": 0, "tampered": 1}})
    assert said.values == (("smoke", 1.0), ("fault", 0.0), ("tampered", 1.0))
    assert said.observed_at is None
    assert not said.clock_unreadable


def test_a_backlog_is_many_moments() -> None:
    backlog = [{"ts": 1763827200123 + hour, "values": {"water_total": hour}} for hour in range(3)]
    reports = NATIVE.decode("linli/v1/telemetry", msgspec.json.encode(backlog), METER)
    assert [report.values for report in reports] == [
        (("water_total", 0.0),),
        (("water_total", 1.0),),
        (("water_total", 2.0),),
    ]


def test_one_impossible_value_does_not_cost_the_others() -> None:
    report = tell(
        ALARM,
        "telemetry",
        {"values": {"smoke": True, "temperature": 900, "battery": "full", "fault": 0.5}},
    )
    assert report.values == (("smoke", 1.0),)
    assert [(part.name, part.reason) for part in report.refused] == [
        ("temperature", Reason.OUT_OF_RANGE),
        ("battery", Reason.WRONG_TYPE),
        ("fault", Reason.OUT_OF_RANGE),
    ]
    assert report.refused[0].words == "“温度”应在 -40 到 150 °C之间"
    assert report.refused[0].value == "900.0" or report.refused[0].value == "900"


def test_true_is_no_temperature() -> None:
    report = tell(ALARM, "telemetry", {"values": {"temperature": True}})
    assert report.values == ()
    assert report.refused[0].reason is Reason.WRONG_TYPE


def test_litres_become_cubic_metres_and_kilograms_do_not() -> None:
    report = tell(
        METER,
        "telemetry",
        {
            "values": {"water_total": 12345, "flow": 2, "battery": 80},
            "units": {"water_total": "L", "flow": "kg", "battery": 7},
        },
    )
    assert report.values == (("water_total", 12.345),)
    assert [(part.name, part.reason) for part in report.refused] == [
        ("flow", Reason.WRONG_UNIT),
        ("battery", Reason.WRONG_UNIT),
    ]


def test_units_that_cannot_be_read_make_the_moment_unbelievable() -> None:
    body = b'{"values": {"water_total": 12345}, "units": "L"}'
    assert refusal(METER, "linli/v1/telemetry", body).reason is Reason.WRONG_UNIT


def test_what_the_kind_does_not_have_is_noted_and_passed_over() -> None:
    report = tell(METER, "telemetry", {"values": {"colour": 7, "water_total": 1}})
    assert report.values == (("water_total", 1.0),)
    assert report.unknown == ("colour",)
    assert report.refused == ()


@pytest.mark.parametrize("ts", [1e300, -1e300, 10**25, "2025-11-22T16:00:00Z", True, {}])
def test_a_clock_nobody_can_read_is_said_to_be_so(ts: object) -> None:
    report = tell(METER, "telemetry", {"ts": ts, "values": {"water_total": 1}})
    assert report.values == (("water_total", 1.0),)
    assert report.observed_at is None
    assert report.clock_unreadable


@pytest.mark.parametrize("ts", [0, 2_145_916_800_000])
def test_a_wrong_clock_is_passed_on_as_said(ts: int) -> None:
    report = tell(METER, "telemetry", {"ts": ts, "values": {"water_total": 1}})
    assert report.observed_at == datetime.fromtimestamp(ts / 1000, UTC)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("linli/v1/telemetry", b"", Reason.BROKEN_JSON),
        ("linli/v1/telemetry", b'{"values": {"water_total": NaN}}', Reason.BROKEN_JSON),
        ("linli/v1/telemetry", b'{"values": {"water_total": 1e999}}', Reason.BROKEN_JSON),
        ("linli/v1/telemetry", b'{"values": {"water_total": 1}', Reason.BROKEN_JSON),
        ("linli/v1/telemetry", b"\xff\xfe", Reason.BROKEN_JSON),
        ("linli/v1/telemetry", b"[" * 100_000, Reason.BROKEN_JSON),
        ("linli/v1/telemetry", b"12", Reason.NOT_AN_OBJECT),
        ("linli/v1/telemetry", b"[[]]", Reason.NOT_AN_OBJECT),
        ("linli/v1/telemetry", b'{"values": [1]}', Reason.NOT_AN_OBJECT),
        ("linli/v1/telemetry", b'{"ts": 1}', Reason.MISSING_PART),
        ("linli/v1/telemetry", b'{"values": {}}' + b" " * 600_000, Reason.TOO_LARGE),
        (
            "linli/v1/telemetry",
            b"[" + b'{"values":{}},' * 1000 + b'{"values":{}}]',
            Reason.TOO_MANY,
        ),
        ("linli/v1/event", b'{"id": "1"}', Reason.MISSING_PART),
        ("linli/v1/event", b'{"id": "1", "event": "exploded"}', Reason.UNKNOWN_EVENT),
        ("linli/v1/event", b'{"id": "1", "event": ["tested"]}', Reason.UNKNOWN_EVENT),
        ("linli/v1/state", b"[]", Reason.NOT_AN_OBJECT),
        ("linli/v1/command/ack", b'{"status": "done"}', Reason.MISSING_PART),
        ("linli/v1/command/ack", b'{"id": "1", "status": "maybe"}', Reason.WRONG_TYPE),
        ("linli/v1/command", b"{}", Reason.UNKNOWN_TOPIC),
        ("linli/v1/child/a b/telemetry", b"{}", Reason.UNKNOWN_TOPIC),
        ("linli/v1/child/nobody/telemetry", b"{}", Reason.UNKNOWN_CHILD),
        ("linli/v2/telemetry", b"{}", Reason.UNSUPPORTED_VERSION),
        ("zigbee2mqtt/kitchen", b"{}", Reason.UNKNOWN_TOPIC),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(
    topic: str,
    payload: bytes,
    reason: Reason,
) -> None:
    assert refusal(METER, topic, payload).reason is reason


def test_a_moment_with_too_many_values_is_refused() -> None:
    body = msgspec.json.encode({"values": {f"p{number}": number for number in range(201)}})
    assert refusal(METER, "linli/v1/telemetry", body).reason is Reason.TOO_MANY


def test_a_connection_without_a_device_of_its_own_cannot_speak_for_itself() -> None:
    reason = refusal(Register(own=None), "linli/v1/telemetry", b'{"values":{}}').reason
    assert reason is Reason.UNKNOWN_CHILD


def test_an_elder_calls_for_help() -> None:
    report = tell(
        BUTTON,
        "event",
        {"id": "sos-7", "ts": 1763827200123, "event": "sos_pressed", "data": {"times": 2}},
    )
    (event,) = report.events
    assert (event.id, event.code, event.data) == ("sos-7", "sos_pressed", (("times", 2.0),))
    assert report.observed_at == MOMENT
    assert report.refused == ()


def test_a_call_for_help_is_never_lost_over_its_details() -> None:
    report = tell(
        BUTTON,
        "event",
        {
            "id": "x" * 65,
            "ts": "just now",
            "event": "sos_pressed",
            "data": {"times": -1, "button": "床头", "where": {"x": 1}, "extra": 5},
            "evidence": ["file-1", 7, "", "a\u0000b"],
        },
    )
    (event,) = report.events
    assert event.code == "sos_pressed"
    assert event.id is None
    assert event.data == (("button", "床头"), ("extra", 5.0))
    assert event.evidence == ("file-1",)
    assert report.clock_unreadable
    assert [part.name for part in report.refused] == [
        "id",
        "times",
        "where",
        "evidence",
        "evidence",
        "evidence",
    ]


@pytest.mark.parametrize("part", [{"data": "none"}, {"evidence": "file-1"}, {"id": None}, {}])
def test_an_event_needs_no_more_than_its_name(part: dict[str, object]) -> None:
    report = tell(BUTTON, "event", {"event": "sos_pressed", **part})
    assert [event.code for event in report.events] == ["sos_pressed"]


def test_evidence_is_bounded() -> None:
    many = [f"file-{number}" for number in range(25)]
    report = tell(BUTTON, "event", {"id": "1", "event": "sos_pressed", "evidence": many})
    assert len(report.events[0].evidence) == 20
    assert report.refused[0].reason is Reason.TOO_MANY


def test_a_state_tells_of_the_device() -> None:
    report = tell(
        ALARM,
        "state",
        {"online": True, "firmware": "1.2.0", "battery": 88, "signal": -71, "mood": "good"},
    )
    assert report.state is not None
    assert (report.state.online, report.state.firmware) == (True, "1.2.0")
    assert (report.state.battery, report.state.signal) == (88.0, -71.0)
    assert report.unknown == ("mood",)


def test_the_last_will_says_offline() -> None:
    report = tell(ALARM, "state", b'{"online":false}')
    assert report.state is not None
    assert report.state.online is False
    assert report.values == ()


def test_a_state_keeps_what_is_right_in_it() -> None:
    report = tell(ALARM, "state", {"online": "yes", "firmware": 7, "battery": 140, "signal": "ok"})
    assert report.state is not None
    assert (report.state.online, report.state.firmware) == (None, None)
    assert (report.state.battery, report.state.signal) == (None, None)
    assert [part.name for part in report.refused] == ["online", "firmware", "battery", "signal"]


def test_a_child_speaks_through_its_site_gateway() -> None:
    site = Register(children={"smoke.5-202": "smoke_alarm"})
    report = tell(site, "telemetry", {"values": {"smoke": True}}, child="smoke.5-202")
    assert report.child == "smoke.5-202"
    assert report.values == (("smoke", 1.0),)


def test_a_device_says_what_became_of_a_command() -> None:
    report = tell(ALARM, "command/ack", {"id": "c-1", "status": "refused", "message": "没有鸣响"})
    (ack,) = report.acks
    assert (ack.reference, ack.status, ack.message) == ("c-1", AckStatus.REFUSED, "没有鸣响")


def command(name: str, child: str | None = None, **params: str | float | bool) -> CommandToSend:
    return CommandToSend(
        id="0199e0c2-7f3a-7cc1-9d5e-2f60b1a7c001",
        command=name,
        kind=all_kinds()["gate_controller"],
        params=params,
        expires_at=MOMENT,
        child=child,
    )


def test_a_command_goes_out_with_its_time_of_expiry() -> None:
    topic, payload = NATIVE.encode_command(command("open_gate", seconds=5))
    assert topic == "linli/v1/command"
    assert msgspec.json.decode(payload) == {
        "id": "0199e0c2-7f3a-7cc1-9d5e-2f60b1a7c001",
        "command": "open_gate",
        "params": {"seconds": 5},
        "expires": 1763827200123,
    }
    assert NATIVE.encode_command(command("lock_down", child="g-1"))[0] == (
        "linli/v1/child/g-1/command"
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (command("fly"), Reason.UNKNOWN_COMMAND),
        (command("open_gate", seconds=100_000), Reason.OUT_OF_RANGE),
        (command("open_gate", child="a/b"), Reason.UNKNOWN_CHILD),
    ],
)
def test_a_command_that_cannot_be_is_not_sent(wrong: CommandToSend, reason: Reason) -> None:
    with pytest.raises(Unsendable) as refused:
        NATIVE.encode_command(wrong)
    assert refused.value.reason is reason
    assert refused.value.words


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("linli/v1/telemetry", True),
        ("linli/v1/command/ack", True),
        ("linli/v1/child/a-1/command/ack", True),
        ("linli/v1/child/a-1/command", False),
        ("linli/v1/command", False),
        ("linli/v1/child/a/b/telemetry", False),
        ("linli/v1/child//telemetry", False),
        (f"linli/v1/child/{'x' * 65}/telemetry", False),
        ("linli/v1/telemetry\n", False),
        ("zigbee2mqtt/kitchen", False),
        ("$SYS/uptime", False),
    ],
)
def test_a_device_publishes_on_its_own_topics_only(topic: str, *, allowed: bool) -> None:
    assert NATIVE.may_publish(topic, "dev-1") is allowed


def test_a_device_hears_its_own_commands_and_a_gateway_those_of_its_children() -> None:
    assert NATIVE.command_topics("dev-1", ()) == ("linli/v1/command",)
    assert "linli/v1/child/+/command" in NATIVE.command_topics("gw-1", ("c-1",))
