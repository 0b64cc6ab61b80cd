from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.devices.kinds import (
    BrokenSheet,
    FieldForm,
    Form,
    all_kinds,
    read_sheet,
)

LIFT_SHEET = """
code = "lift"
title = "电梯"
group = "电梯"
offline_after_minutes = 10
"""

EXPECTED = {
    "smoke_alarm",
    "water_meter",
    "sos_button",
    "lift_camera",
    "lift_controller",
    "falling_object_camera",
    "gate_controller",
    "door_contact",
    "manhole_cover",
    "camera",
    "charging_pile",
    "public_speaker",
    "site_gateway",
    "simulator",
}


def test_every_kind_the_estate_needs_has_a_sheet() -> None:
    assert set(all_kinds()) == EXPECTED


def test_a_caretaker_can_read_every_title() -> None:
    for kind in all_kinds().values():
        titles = [kind.title, kind.group]
        titles += [held.title for held in kind.properties.values()]
        titles += [event.title for event in kind.events.values()]
        titles += [command.title for command in kind.commands.values()]
        for title in titles:
            assert any("\u4e00" <= sign <= "\u9fff" for sign in title), (kind.code, title)


def test_a_smoke_alarm_says_what_it_saw_in_words() -> None:
    alarm = all_kinds()["smoke_alarm"]
    assert alarm.properties["smoke"].words(1.0) == "有烟"
    assert alarm.properties["temperature"].words(23.45) == "23.4 °C"
    assert alarm.offline_after == timedelta(hours=26)


@pytest.mark.parametrize(
    ("kind", "code", "value", "possible"),
    [
        ("smoke_alarm", "smoke", 1.0, True),
        ("smoke_alarm", "smoke", 0.5, False),
        ("smoke_alarm", "temperature", 150.0, True),
        ("smoke_alarm", "temperature", 150.1, False),
        ("smoke_alarm", "temperature", float("nan"), False),
        ("water_meter", "water_total", -0.001, False),
        ("water_meter", "water_total", float("inf"), False),
        ("lift_controller", "floor", -2.0, True),
        ("lift_controller", "floor", 3.5, False),
        ("lift_controller", "direction", -1.0, True),
        ("lift_controller", "direction", 2.0, False),
    ],
)
def test_what_cannot_be_is_no_reading(
    kind: str,
    code: str,
    value: float,
    *,
    possible: bool,
) -> None:
    assert all_kinds()[kind].properties[code].admits(value) is possible


@given(value=st.floats())
def test_a_switch_is_nothing_but_on_or_off(value: float) -> None:
    smoke = all_kinds()["smoke_alarm"].properties["smoke"]
    assert smoke.admits(value) == (value in {0.0, 1.0})


def test_a_command_says_in_chinese_why_it_cannot_be_given() -> None:
    go = all_kinds()["lift_controller"].commands["go_to_floor"]
    assert go.problem({"floor": 3}) is None
    assert go.problem({}) == "指令“前往楼层”缺少参数“楼层”"
    assert go.problem({"floor": 999}) == "楼层应在 -10 到 200 之间"
    assert go.problem({"floor": "三"}) == "楼层应为数字"
    assert go.problem({"floor": True}) == "楼层应为数字"
    assert go.problem({"floor": 3, "speed": 2}) == "指令“前往楼层”没有参数 speed"


def test_a_text_field_knows_its_length_and_choices() -> None:
    passage = all_kinds()["gate_controller"].events["passage"]
    assert passage.fields["direction"].problem("in") is None
    assert passage.fields["direction"].problem("sideways") == "方向只能是：in、out"
    assert passage.fields["credential"].problem("x" * 65) == "凭证编号最多 64 个字"
    assert passage.fields["allowed"].problem(1.0) == "放行应为是或否"
    assert passage.fields["allowed"].form is FieldForm.SWITCH


def test_commands_that_move_something_are_confirmed_by_a_person() -> None:
    commands = {
        f"{kind.code}.{command.code}": command.risky
        for kind in all_kinds().values()
        for command in kind.commands.values()
    }
    assert commands["water_meter.close_valve"]
    assert commands["gate_controller.open_gate"]
    assert not commands["lift_camera.snapshot"]


def test_a_new_sheet_is_a_new_kind() -> None:
    sheet = (
        LIFT_SHEET
        + """
[properties.mode]
title = "模式"
form = "enumeration"
labels = { 0 = "自动", 2 = "检修" }
[properties.trips]
title = "次数"
form = "counter"
high = 10
whole = true
"""
    )
    kind = read_sheet(sheet)
    assert kind.properties["mode"].form is Form.ENUMERATION
    assert [value for value in (0.0, 1.0, 2.0) if kind.properties["mode"].admits(value)] == [0, 2]
    assert kind.properties["trips"].low == 0


@pytest.mark.parametrize(
    "wrong",
    [
        '[properties.speed]\ntitle = "速度"\nform = "number"\nunit = "furlong"\nlow = 0\nhigh = 1',
        '[properties.speed]\ntitle = "速度"\nform = "number"\nlow = 5\nhigh = 1',
        '[properties.speed]\ntitle = "速度"\nform = "number"\nlow = 5',
        '[properties.open]\ntitle = "门"\nform = "switch"\nlabels = { 0 = "关" }',
        '[properties.open]\ntitle = "门"\nform = "switch"\nlow = 0',
        '[properties.mode]\ntitle = "模式"\nform = "enumeration"',
        '[properties.Mode]\ntitle = "模式"\nform = "number"\nlow = 0\nhigh = 1',
        '[properties.mode]\ntitle = "模式"\nform = "colour"',
        '[events.fault]\ntitle = "故障"\ncolour = "red"',
        '[events.fault]\ntitle = "故障"\nfields.code = { title = "码", form = "number", low = 1 }',
        '[commands.g]\ntitle = "走"\nparams.a = { title = "到", form = "switch", choices = ["a"] }',
        "offline_after_minutes = 0",
        "= no toml",
    ],
)
def test_a_sheet_that_cannot_be_true_is_refused(wrong: str) -> None:
    with pytest.raises(BrokenSheet):
        read_sheet(LIFT_SHEET + wrong)
