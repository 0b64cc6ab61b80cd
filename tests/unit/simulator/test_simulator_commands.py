import math

import pytest

from linli_simulator import dialects
from linli_simulator.commands import OBEDIENCE, Reaction, react
from linli_simulator.deeds import Happen, Pause, Release, Show
from linli_simulator.packets import Message
from linli_simulator.registration import Kind
from linli_simulator.sayings import Command, Values

NOW = 1_795_363_200.0
READINGS: Values = {"open": False, "smoke": True, "floor": 3, "volume": 60, "people_trapped": False}


def told(kind: Kind, name: str, values: Values = READINGS, **params: object) -> Reaction:
    return react(kind, Command("c-1", name, params, None), values, NOW)


def test_a_gate_opens_and_shuts_by_itself() -> None:
    reaction = told(Kind.GATE_CONTROLLER, "open_gate", seconds=8)
    assert reaction.status == "done"
    opened, passed, pause, shut, _ = reaction.deeds
    assert opened == Show({"open": True})
    assert isinstance(passed, Happen)
    assert pause == Pause(8)
    assert shut == Show({"open": False})


def test_a_gate_that_is_locked_down_stays_shut_and_says_why() -> None:
    reaction = told(Kind.GATE_CONTROLLER, "open_gate", {"locked_down": True})
    assert (reaction.status, reaction.deeds) == ("refused", ())
    assert "锁闭" in reaction.words


def test_an_order_that_comes_too_late_is_refused() -> None:
    late = Command("c-1", "open_gate", {}, expires=NOW - 1)
    assert react(Kind.GATE_CONTROLLER, late, READINGS, NOW).status == "refused"
    in_time = Command("c-1", "open_gate", {}, expires=NOW + 1)
    assert react(Kind.GATE_CONTROLLER, in_time, READINGS, NOW).status == "done"


def test_an_order_for_another_kind_is_refused() -> None:
    assert told(Kind.MANHOLE_COVER, "open_gate").status == "refused"


def test_the_longer_the_words_the_longer_a_speaker_speaks() -> None:
    short = told(Kind.PUBLIC_SPEAKER, "speak", text="请注意")
    long = told(Kind.PUBLIC_SPEAKER, "speak", text="请注意" * 20, times=2)
    assert Pause(0.75) in short.deeds
    assert Pause(30.0) in long.deeds
    assert told(Kind.PUBLIC_SPEAKER, "speak").status == "refused"


def test_a_lift_goes_to_a_floor_and_then_its_own_way_again() -> None:
    reaction = told(Kind.LIFT_CONTROLLER, "go_to_floor", floor=12)
    assert Show({"floor": 12, "moving": False, "door_open": True}) in reaction.deeds
    assert isinstance(reaction.deeds[-1], Release)
    stuck = told(Kind.LIFT_CONTROLLER, "go_to_floor", {"people_trapped": True}, floor=1)
    assert stuck.status == "refused"


def test_a_self_test_is_an_event() -> None:
    assert told(Kind.SMOKE_ALARM, "self_test").deeds == (Happen("tested", {"passed": True}),)


@pytest.mark.parametrize(("kind", "name"), sorted(OBEDIENCE))
def test_every_order_is_answered_whatever_its_parameters(kind: Kind, name: str) -> None:
    wild: dict[str, object] = {"seconds": "x", "floor": None, "text": 5, "times": (), "volume": b""}
    endless: dict[str, object] = dict.fromkeys(("seconds", "floor", "times", "volume"), math.inf)
    for params in ({}, wild, endless):
        reaction = react(kind, Command("c-1", name, params, None), READINGS, NOW)
        assert reaction.status in {"done", "refused"}
        assert reaction.words


def test_orders_are_read_from_the_wire() -> None:
    body = b'{"id":"c-1","command":"speak","params":{"text":"x"},"expires":1795363260000}'
    own = dialects.understand(Message("linli/v1/command", body, qos=1, packet_id=1))
    child = dialects.understand(Message("linli/v1/child/a.b:1/command", body))
    assert own == Command("c-1", "speak", {"text": "x"}, NOW + 60)
    assert child is not None
    assert child.child == "a.b:1"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'{"id":1,"command":"x"}', b'{"id":"x"}', b"\xff"]
)
def test_what_is_no_order_is_passed_over(body: bytes) -> None:
    assert dialects.understand(Message("linli/v1/command", body)) is None
