"""Decisions about devices: codes, credentials, commands and their lifecycle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.errors import BadInput
from linli.sensing.devices.addresses import doors_at
from linli.sensing.devices.contracts import (
    CommandMove,
    CommandState,
    ConnectionKind,
    Credential,
    DeviceState,
    Doors,
    Registration,
    Sign,
)
from linli.sensing.devices.kinds import all_kinds
from linli.sensing.devices.policy import (
    UnknownCommand,
    UnknownDriver,
    UnknownKind,
    check_command,
    check_driver,
    check_registration,
    command_after,
    connection_code,
    connection_kind,
    device_code,
    expiry_of,
    hash_of,
    is_token,
    qr_text,
    state_after,
)

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
DOORS = Doors("mqtt://linli.example:1883", "https://linli.example", frozenset({"linli_native"}))
ANSWERED = {CommandState.DONE, CommandState.REFUSED, CommandState.FAILED}


@given(moves=st.lists(st.sampled_from(CommandMove), max_size=12))
def test_an_answered_command_never_changes_again(moves: list[CommandMove]) -> None:
    state = CommandState.WAITING
    for move in moves:
        after = command_after(state, move)
        if state in ANSWERED:
            assert after is None
        state = after or state


def test_a_device_that_was_given_up_and_answers_after_all_is_believed() -> None:
    assert command_after(CommandState.EXPIRED, CommandMove.FINISH) is CommandState.DONE
    assert command_after(CommandState.EXPIRED, CommandMove.SEND) is None


def test_nothing_is_done_before_it_was_sent() -> None:
    assert command_after(CommandState.WAITING, CommandMove.FINISH) is None


def draft(**changes: object) -> Registration:
    given_fields: dict[str, object] = {
        "estate_id": uuid4(),
        "place_id": None,
        "kind": "water_meter",
        "title": "水表",
        "driver": "linli_native",
    }
    return Registration(**(given_fields | changes))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "toaster"}, "kind"),
        ({"title": "  "}, "title"),
        ({"title": "长" * 101}, "title"),
        ({"code": "有中文"}, "code"),
        ({"code": "-first"}, "code"),
        ({"external_code": "a"}, "external_code"),
        ({"connection_id": uuid4()}, "external_code"),
        ({"connection_id": uuid4(), "external_code": "a b"}, "external_code"),
        ({"connection_id": uuid4(), "external_code": "a", "kind": "site_gateway"}, "kind"),
    ],
)
def test_a_registration_that_cannot_be_true_names_its_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        check_registration(draft(**changes), all_kinds())
    assert refused.value.field == field


def test_a_child_and_a_device_of_its_own_can_be_registered() -> None:
    check_registration(draft(code="3-lift3-cam"), all_kinds())
    check_registration(draft(connection_id=uuid4(), external_code="0x00124b:1"), all_kinds())


def test_an_unknown_kind_is_told_as_such() -> None:
    with pytest.raises(UnknownKind):
        check_registration(draft(kind="toaster"), all_kinds())


def test_codes_are_short_and_unique_by_their_estate() -> None:
    assert device_code("YG", 7) == "yg-00007"
    assert connection_code("YG", "3-Lift3-Cam") == "yg-3-lift3-cam"
    assert connection_code("YG", "yg-00007") == "yg-00007"


def test_a_gateway_gets_a_gateways_connection() -> None:
    assert connection_kind("site_gateway") is ConnectionKind.SITE_GATEWAY
    assert connection_kind("water_meter") is ConnectionKind.DEVICE


def test_an_old_token_counts_only_within_its_grace() -> None:
    new, old = hash_of("new"), hash_of("old")
    until = NOON + timedelta(hours=1)
    assert is_token("new", new, old, until, NOON)
    assert is_token("old", new, old, until, NOON)
    assert not is_token("old", new, old, until, until)
    assert not is_token("old", new, None, None, NOON)
    assert not is_token("", new, old, until, NOON)


def test_the_code_an_installer_scans_says_where_and_as_whom() -> None:
    text = qr_text(Credential(uuid4(), "yg-00007", "se+cr/et&="), DOORS)
    assert text.startswith("linli:device?")
    assert parse_qs(text.partition("?")[2]) == {
        "u": ["yg-00007"],
        "t": ["se+cr/et&="],
        "m": [DOORS.mqtt_url],
        "h": [DOORS.http_url],
    }


def test_a_token_shows_in_no_log() -> None:
    assert "secret" not in repr(Credential(uuid4(), "yg-00007", "secret"))


def test_only_drivers_that_exist_can_be_named() -> None:
    check_driver("linli_native", {}, DOORS)
    with pytest.raises(UnknownDriver):
        check_driver("made_up", {}, DOORS)


def test_the_addresses_are_those_of_the_installation_else_of_the_page() -> None:
    class State:
        doors = DOORS

    class AnyHost:
        doors = replace(DOORS, mqtt_url="mqtt://{host}:2883")

    assert doors_at(State(), "10.0.0.5") == DOORS
    assert doors_at(AnyHost(), "10.0.0.5").mqtt_url == "mqtt://10.0.0.5:2883"
    assert doors_at(object(), "10.0.0.5").mqtt_url == "mqtt://10.0.0.5:1883"


def test_a_command_fits_its_kind_or_is_refused() -> None:
    gate = all_kinds()["gate_controller"]
    assert check_command(gate, "open_gate", {}).code == "open_gate"
    with pytest.raises(UnknownCommand):
        check_command(gate, "sing", {})
    with pytest.raises(BadInput) as refused:
        check_command(gate, "open_gate", {"volume": 3.0})
    assert refused.value.field == "params"


def test_what_moves_something_does_not_wait_for_hours() -> None:
    meter = all_kinds()["water_meter"].commands["close_valve"]
    speaker = all_kinds()["public_speaker"].commands["stop"]
    assert meter.risky
    assert expiry_of(meter, None) == timedelta(minutes=5)
    assert expiry_of(speaker, None) == timedelta(hours=24)
    assert expiry_of(meter, timedelta(hours=1)) == timedelta(hours=1)
    for wrong in (timedelta(0), timedelta(days=8)):
        with pytest.raises(BadInput):
            expiry_of(meter, wrong)


def test_a_device_that_says_it_goes_is_gone_and_any_other_is_there() -> None:
    assert state_after(Sign(uuid4(), NOON, online=False)) is DeviceState.OFFLINE
    assert state_after(Sign(uuid4(), NOON)) is DeviceState.ONLINE
    assert state_after(Sign(uuid4(), NOON, online=True)) is DeviceState.ONLINE
