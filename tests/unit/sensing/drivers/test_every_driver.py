"""What holds for every driver, for recorded messages, damaged ones and noise."""

from collections.abc import Iterator
from datetime import UTC
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sensing.drivers.recorded import Recorded, Register, recordings, register_for

from linli.sensing.devices.kinds import CommandKind, DeviceKind, Field, FieldForm, Scalar, all_kinds
from linli.sensing.drivers.contracts import CommandToSend, Reason, Report, Undecodable, Unsendable
from linli.sensing.drivers.ports import Driver
from linli.sensing.drivers.public import all_drivers, configured_driver

DRIVERS = list(all_drivers().values())
NAMES = [driver.manifest.code for driver in DRIVERS]
FOREIGN = [driver for driver in DRIVERS if driver.manifest.code != "linli_native"]
SETTINGS = {"base_topic": "zigbee2mqtt", "application_id": "app-1"}

every_driver = pytest.mark.parametrize("driver", DRIVERS, ids=NAMES)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
WORDS = """
ts values units id event data evidence online firmware battery signal status message device smoke
open contact action last_seen state water_total temperature sos_pressed success error deviceInfo
deviceProfileName tags fPort object rxInfo rssi time queueItemId acknowledged batteryLevel
ieee_address friendly_name definition exposes property type
"""
words = st.sampled_from(WORDS.split())
near_json = st.dictionaries(
    words,
    json_values | st.dictionaries(words, json_values, max_size=4),
    max_size=6,
)
TOPICS = (
    "linli/v1/telemetry",
    "linli/v1/event",
    "linli/v1/state",
    "linli/v1/command/ack",
    "linli/v1/child/a/telemetry",
    "linli/v1/child/a/event",
    "zigbee2mqtt/a",
    "zigbee2mqtt/a/availability",
    "zigbee2mqtt/bridge/state",
    "zigbee2mqtt/bridge/devices",
    "zigbee2mqtt/bridge/event",
    "v1/devices/me/telemetry",
    "v1/devices/me/attributes",
    "v1/devices/me/rpc/response/1",
    "v1/gateway/telemetry",
    "v1/gateway/attributes",
    "v1/gateway/connect",
    "v1/gateway/rpc",
    "application/x/device/0101010101010101/event/up",
    "application/x/device/0101010101010101/event/status",
    "application/x/device/0101010101010101/event/join",
    "application/x/device/0101010101010101/event/ack",
)
registers = st.sampled_from(sorted(all_kinds())).map(
    lambda kind: Register(own=kind, children={"a": kind, "0101010101010101": kind}),
)


def all_recordings() -> Iterator[tuple[Driver, Recorded]]:
    for driver in FOREIGN:
        for message in recordings(driver.manifest.code).values():
            if not message.topic.startswith("base/"):
                yield driver, message


def check(report: Report, register: Register) -> None:
    """What the gateway relies on: kinds admit the values, texts can be kept, times are UTC."""
    kind = register.kind_of(report.child)
    assert kind is not None
    for name, value in report.values:
        assert kind.properties[name].admits(value)
        assert type(value) is float
    names = [name for name, _ in report.values]
    assert len(names) == len(set(names))
    for event in report.events:
        assert event.code in kind.events
        assert event.id is None or 0 < len(event.id) <= 64
    if report.observed_at is not None:
        assert report.observed_at.tzinfo is UTC
        assert not report.clock_unreadable
    assert "\\u0000" not in msgspec.json.encode(report).decode()


def read(driver: Driver, topic: str, payload: bytes, register: Register) -> None:
    try:
        reports = driver.decode(topic, payload, register)
    except Undecodable as refusal:
        assert refusal.words  # noqa: PT017 - that it is refused in words is the point
        return
    for report in reports:
        check(report, register)


@every_driver
def test_a_driver_says_what_it_is(driver: Driver) -> None:
    manifest = driver.manifest
    assert all_drivers()[manifest.code] is driver
    assert manifest.title
    assert manifest.maker
    assert manifest.source
    assert manifest.topics
    for setting in manifest.settings:
        assert setting.title


def test_every_reason_tells_the_installer_what_to_do() -> None:
    for reason in Reason:
        assert reason.heading
        assert reason.remedy.endswith("。")


def test_an_unknown_driver_is_a_mistake_and_default_settings_are_shared() -> None:
    assert configured_driver("linli_native", {}) is all_drivers()["linli_native"]
    assert configured_driver("linli_native", {"x": "y"}).manifest.code == "linli_native"
    with pytest.raises(KeyError):
        configured_driver("nobody", {})


def test_every_recorded_message_may_be_published_and_is_read_or_refused() -> None:
    count = 0
    for driver, message in all_recordings():
        assert driver.may_publish(message.topic, "gw-1"), message.topic
        read(driver, message.topic, message.payload.encode(), register_for(message))
        count += 1
    assert count > 40


def test_every_recorded_message_cut_short_is_read_or_refused() -> None:
    for driver, message in all_recordings():
        whole = message.payload.encode()
        for length in range(0, len(whole), max(1, len(whole) // 40)):
            read(driver, message.topic, whole[:length], register_for(message))


@every_driver
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_any_topic_and_any_bytes_are_read_or_refused(driver: Driver, data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(TOPICS) | st.text(max_size=40))
    read(driver, topic, data.draw(st.binary(max_size=200)), data.draw(registers))


@every_driver
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_any_json_is_read_or_refused(driver: Driver, data: st.DataObject) -> None:
    own = [topic for topic in TOPICS if driver.may_publish(topic, "gw-1")]
    topic = data.draw(st.sampled_from(own))
    body = data.draw(near_json | st.lists(near_json, max_size=3) | json_values)
    read(driver, topic, msgspec.json.encode(body), data.draw(registers))


@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_recorded_message_with_one_part_spoilt_is_read_or_refused(data: st.DataObject) -> None:
    driver, message = data.draw(st.sampled_from(list(all_recordings())))
    try:
        body = msgspec.json.decode(message.payload)
    except msgspec.DecodeError:
        return
    if isinstance(body, dict) and body:
        spoilt = data.draw(st.sampled_from(sorted(body)))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - any JSON object
        body[spoilt] = data.draw(json_values)
        read(driver, message.topic, msgspec.json.encode(body), register_for(message))


@given(
    values=st.dictionaries(
        st.sampled_from(sorted(all_kinds()["charging_pile"].properties)),
        st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.text(max_size=5),
        max_size=8,
    ),
)
def test_a_native_value_is_either_kept_or_refused_never_lost(
    values: dict[str, float | bool | str],
) -> None:
    register = Register(own="charging_pile")
    payload = msgspec.json.encode({"values": values})
    (report,) = all_drivers()["linli_native"].decode("linli/v1/telemetry", payload, register)
    kept = {name for name, _ in report.values}
    refused = {part.name for part in report.refused}
    assert kept | refused == set(values)
    assert not kept & refused
    check(report, register)


def scalars(field: Field) -> st.SearchStrategy[Scalar]:
    match field.form:
        case FieldForm.SWITCH:
            return st.booleans()
        case FieldForm.TEXT:
            return st.sampled_from(field.choices) if field.choices else st.text(max_size=20)
        case FieldForm.NUMBER:
            low = field.low if field.low is not None else -1e6
            high = field.high if field.high is not None else 1e6
            return st.floats(low, high)


@st.composite
def commands(draw: st.DrawFn) -> CommandToSend:
    able: list[tuple[DeviceKind, CommandKind]] = [
        (kind, command) for kind in all_kinds().values() for command in kind.commands.values()
    ]
    kind, command = draw(st.sampled_from(able))
    params = {
        code: draw(scalars(field))
        for code, field in command.params.items()
        if field.required or draw(st.booleans())
    }
    return CommandToSend(
        id=str(draw(st.uuids(version=4))),
        command=command.code,
        kind=kind,
        params=params,
        child=draw(st.none() | st.sampled_from(["a-1", "0101010101010101"])),
    )


@every_driver
@given(command=commands())
@settings(max_examples=60, deadline=None)
def test_a_command_goes_out_on_a_topic_its_device_hears(
    driver: Driver,
    command: CommandToSend,
) -> None:
    configured = configured_driver(driver.manifest.code, SETTINGS)
    try:
        topic, payload = configured.encode_command(command)
    except Unsendable as refusal:
        assert refusal.words  # noqa: PT017 - that it is refused in words is the point
        assert driver.manifest.code != "linli_native"
        return
    assert msgspec.json.decode(payload)
    heard = configured.command_topics("gw-1", ("a-1", "0101010101010101"))
    assert any(_covers(pattern, topic) for pattern in heard)
    if configured.may_publish(topic, "gw-1") and driver.manifest.code != "thingsboard":
        # A site's broker may send it back; then it must leave no trace.
        register = Register(children={"a-1": command.kind.code})
        assert configured.decode(topic, payload, register) == ()


@given(command=commands())
def test_the_native_answer_finds_its_command(command: CommandToSend) -> None:
    native = all_drivers()["linli_native"]
    topic, payload = native.encode_command(command)
    sent = msgspec.json.decode(payload)
    assert UUID(sent["id"]) == UUID(command.id)
    assert sent["params"] == dict(command.params)
    answer = msgspec.json.encode({"id": sent["id"], "status": "done"})
    register = Register(own=command.kind.code, children={command.child or "": command.kind.code})
    (report,) = native.decode(f"{topic}/ack", answer, register)
    assert report.child == command.child
    assert report.acks[0].reference == native.acknowledged_as(command)


def _covers(pattern: str, topic: str) -> bool:
    wanted, given = pattern.split("/"), topic.split("/")
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(given) or level not in {"+", given[place]}:
            return False
    return len(wanted) == len(given)
