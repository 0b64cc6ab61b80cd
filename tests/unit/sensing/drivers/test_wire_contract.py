"""The samples and schemas in `protocols/` are what the native driver really reads and writes."""

import json
from pathlib import Path
from typing import Protocol, cast
from uuid import UUID

import msgspec
import pytest
from jsonschema import Draft202012Validator
from tests.unit.sensing.drivers.recorded import Register
from tools import device_kinds

from linli.sensing.devices.kinds import Scalar, all_kinds
from linli.sensing.drivers.contracts import CommandToSend
from linli.sensing.drivers.public import all_drivers

PROTOCOLS = Path(__file__).parents[4] / "protocols"
NATIVE = all_drivers()["linli_native"]
BODIES = {
    "telemetry": "telemetry",
    "event": "event",
    "state": "state",
    "command/ack": "ack",
}


class Samples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    telemetry: list[object]
    event: list[dict[str, object]]
    state: list[object]
    command: list[dict[str, object]]
    ack: list[object]

    def of(self, body: str) -> list[object]:
        return cast("list[object]", getattr(self, body))


class Schema(Protocol):
    def is_valid(self, instance: object) -> bool: ...


def schema_of(name: str) -> Schema:
    schema = json.loads((PROTOCOLS / "schemas" / "native" / f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    return cast("Schema", Draft202012Validator(schema, format_checker=checker))


def samples(kind: str) -> Samples:
    path = PROTOCOLS / "samples" / "native" / f"{kind}.json"
    return msgspec.json.decode(path.read_bytes(), type=Samples)


KINDS = sorted(all_kinds())


def test_every_kind_has_samples_and_no_other() -> None:
    found = {path.stem for path in (PROTOCOLS / "samples" / "native").iterdir()}
    assert found == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("topic", sorted(BODIES))
def test_every_sample_fits_its_schema_and_is_read_without_a_doubt(kind: str, topic: str) -> None:
    schema = schema_of(topic.replace("/", "-"))
    for sample in samples(kind).of(BODIES[topic]):
        assert schema.is_valid(sample)
        body = msgspec.json.encode(sample)
        own = NATIVE.decode(f"linli/v1/{topic}", body, Register(own=kind))
        child = NATIVE.decode(
            f"linli/v1/child/c-1/{topic}",
            body,
            Register(children={"c-1": kind}),
        )
        for report in (*own, *child):
            assert report.refused == ()
            assert report.unknown == ()
            assert not report.clock_unreadable
        assert [report.values for report in own] == [report.values for report in child]
        assert {report.child for report in child} == {"c-1"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_show_everything_a_kind_tells_and_obeys(kind: str) -> None:
    shown = samples(kind)
    assert {event["event"] for event in shown.event} == set(all_kinds()[kind].events)
    assert {command["command"] for command in shown.command} == set(all_kinds()[kind].commands)


@pytest.mark.parametrize("kind", KINDS)
def test_commands_go_out_as_the_samples_show(kind: str) -> None:
    schema = schema_of("command")
    for sample in samples(kind).command:
        assert schema.is_valid(sample)
        command = CommandToSend(
            id=str(UUID(cast("str", sample["id"]))),
            command=cast("str", sample["command"]),
            kind=all_kinds()[kind],
            params=cast("dict[str, Scalar]", sample["params"]),
        )
        topic, payload = NATIVE.encode_command(command)
        assert topic == "linli/v1/command"
        assert msgspec.json.decode(payload) == {
            name: value for name, value in sample.items() if name != "expires"
        }


def test_the_page_about_kinds_is_in_step() -> None:
    assert device_kinds.PAGE.read_text("utf-8") == device_kinds.page()


@pytest.mark.parametrize(
    ("schema", "wrong"),
    [
        ("telemetry", {"ts": 1}),
        ("telemetry", {"values": {"smoke": "yes"}}),
        ("telemetry", {"ts": "now", "values": {}}),
        ("event", {"event": "sos_pressed"}),
        ("event", {"id": "", "event": "sos_pressed"}),
        ("event", {"id": "1", "event": "sos_pressed", "data": {"nested": {}}}),
        ("state", {"battery": 101}),
        ("command-ack", {"id": "1", "status": "perhaps"}),
        ("command", {"id": "1", "command": "go", "params": {}, "extra": 1}),
    ],
)
def test_the_schemas_refuse_what_is_wrong(schema: str, wrong: object) -> None:
    assert not schema_of(schema).is_valid(wrong)
