"""What rules find, when they fall silent, and that they say why."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.responding.findings import AT, DEVICE, ESTATE

from linli.kernel.errors import BadInput
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules import policy
from linli.responding.rules.contracts import (
    ClockOff,
    Comparison,
    Condition,
    EventSeen,
    FlowWithoutPause,
    Phase,
    Rule,
    RuleDraft,
    RuleState,
    SensedClock,
    SensedDevice,
    SensedEvent,
    SensedValue,
    Silence,
    Stuck,
    Switched,
    Threshold,
    UsedLess,
    UsedMore,
)
from linli.sensing.devices.public import all_kinds

HOUR = 3600
METER, ALARM, CAMERA, GATE = (
    all_kinds()[code] for code in ("water_meter", "smoke_alarm", "lift_camera", "gate_controller")
)


def rule(condition: Condition, kind: str = "smoke_alarm") -> Rule:
    draft = RuleDraft(
        code="rule",
        title="规则",
        kinds=(kind,),
        condition=condition,
        category=Category.FIRE,
        severity=Severity.CRITICAL,
        what="发现异常",
        action="请查看",
        duty="security",
    )
    return Rule(id=UUID(int=5), draft=draft, version=3, enabled=True, changed_at=AT)


def device(kind: str) -> SensedDevice:
    return SensedDevice(DEVICE, kind, "d-1", "设备一", ESTATE, None)


def value(code: str, number: float, *, at_s: int = 0, kind: str = "smoke_alarm") -> SensedValue:
    moment = AT + timedelta(seconds=at_s)
    return SensedValue(device(kind), code, number, moment, moment)


def test_smoke_is_found_at_once_and_explains_itself() -> None:
    smoke = rule(Switched("smoke"))
    verdict = policy.on_value(smoke, None, value("smoke", 1), ALARM)
    assert verdict is not None
    assert verdict.finding is not None
    told = verdict.finding
    assert told.rule.version == 3
    assert told.explanation.since == AT
    assert [(fact.title, fact.value) for fact in told.explanation.facts] == [("烟雾", "有烟")]
    over = policy.on_value(smoke, verdict.state, value("smoke", 0, at_s=60), ALARM)
    assert over == policy.Verdict(state=None, cleared=True)
    assert policy.on_value(smoke, None, value("smoke", 0), ALARM) is None


def test_an_old_value_that_comes_late_does_not_reopen_what_stands() -> None:
    hot = rule(Threshold("temperature", Comparison.ABOVE, 57))
    standing = RuleState(hot.id, DEVICE, Phase.ACTIVE, AT)
    assert policy.on_value(hot, standing, value("temperature", 80, at_s=-60), ALARM) is None


def test_a_gate_left_open_is_found_only_when_it_stays_open() -> None:
    held = rule(Threshold("open", Comparison.EQUAL, 1, for_s=300), "gate_controller")
    opened = policy.on_value(held, None, value("open", 1, kind="gate_controller"), GATE)
    assert opened is not None
    assert opened.finding is None
    assert opened.look_at == AT + timedelta(seconds=300)
    assert opened.state is not None
    closed = policy.on_value(
        held, opened.state, value("open", 0, at_s=20, kind="gate_controller"), GATE
    )
    assert closed == policy.Verdict(state=None, cleared=False)
    later = AT + timedelta(seconds=301)
    still = policy.held_long_enough(held, opened.state, device("gate_controller"), GATE, later)
    assert still is not None
    assert still.finding is not None
    assert still.finding.explanation.since == AT


def test_an_unsure_camera_is_not_believed_and_a_silent_one_is() -> None:
    e_bike = rule(EventSeen("e_bike_entered", "confidence", 0.6), "lift_camera")

    def seen(*fields: tuple[str, float]) -> SensedEvent:
        return SensedEvent(device("lift_camera"), "e_bike_entered", fields, AT, AT)

    assert policy.on_event(e_bike, seen(("confidence", 0.4)), CAMERA) is None
    found = policy.on_event(e_bike, seen(("confidence", 0.9)), CAMERA)
    assert found is not None
    assert policy.on_event(e_bike, seen(), CAMERA) is not None


def seen(**given: object) -> policy.Seen:
    return replace(
        policy.Seen(now=AT, last_received_at=AT - timedelta(minutes=5)),
        **given,  # type: ignore[arg-type]
    )


def test_no_water_for_twelve_hours() -> None:
    less = rule(UsedLess("water_total", 12 * HOUR, 0.010), "water_meter")
    old = AT - timedelta(days=9)
    drops = seen(used=0.004, first_observed_at=old)
    verdict = policy.on_look(less, None, device("water_meter"), drops, METER)
    assert verdict.finding is not None
    assert "少于10升" in verdict.finding.explanation.sentence
    again = policy.on_look(less, verdict.state, device("water_meter"), drops, METER)
    assert again.finding is None
    ran = policy.on_look(
        less, verdict.state, device("water_meter"), seen(used=0.2, first_observed_at=old), METER
    )
    assert ran.cleared
    away = policy.on_look(
        less,
        verdict.state,
        device("water_meter"),
        seen(used=0.0, first_observed_at=old, away=True),
        METER,
    )
    assert away.cleared
    assert away.finding is None


def test_a_meter_younger_than_the_window_or_silent_proves_nothing() -> None:
    less = rule(UsedLess("water_total", 12 * HOUR, 0.010), "water_meter")
    young = seen(used=0.0, first_observed_at=AT - timedelta(hours=3))
    verdict = policy.on_look(less, None, device("water_meter"), young, METER)
    assert verdict.finding is None
    assert verdict.look_at == AT + timedelta(hours=9)
    silent = seen(
        used=0.0,
        first_observed_at=AT - timedelta(days=9),
        last_received_at=AT - METER.offline_after - timedelta(minutes=1),
    )
    assert policy.on_look(less, None, device("water_meter"), silent, METER).finding is None


def test_more_than_two_cubic_metres_a_day_and_a_tap_that_never_stops() -> None:
    more = rule(UsedMore("water_total", 24 * HOUR, 2.0), "water_meter")
    assert policy.on_look(more, None, device("water_meter"), seen(used=2.0), METER).finding is None
    assert policy.on_look(more, None, device("water_meter"), seen(used=2.1), METER).finding
    leak = rule(FlowWithoutPause("water_total", HOUR // 2, 24 * HOUR), "water_meter")
    steady = seen(steps=(0.01,) * 48)
    assert policy.on_look(leak, None, device("water_meter"), steady, METER).finding
    paused = seen(steps=(*(0.01,) * 47, 0.0))
    assert policy.on_look(leak, None, device("water_meter"), paused, METER).finding is None


def test_silence_is_looked_at_exactly_when_it_would_be_long_enough() -> None:
    offline = rule(Silence(), "water_meter")
    heard = seen()
    quiet = policy.on_look(offline, None, device("water_meter"), heard, METER)
    assert quiet.finding is None
    assert heard.last_received_at is not None
    assert quiet.look_at == heard.last_received_at + METER.offline_after
    gone = seen(last_received_at=AT - METER.offline_after)
    found = policy.on_look(offline, None, device("water_meter"), gone, METER)
    assert found.finding is not None
    back = policy.on_look(offline, found.state, device("water_meter"), heard, METER)
    assert back.cleared
    never = seen(last_received_at=None)
    assert policy.on_look(offline, None, device("water_meter"), never, METER).finding is None


def test_a_value_that_never_changes_while_the_device_talks() -> None:
    stuck = rule(Stuck("temperature", 48 * HOUR))
    frozen = seen(unchanged_since=AT - timedelta(hours=49), last_value=21.0)
    assert policy.on_look(stuck, None, device("smoke_alarm"), frozen, ALARM).finding
    alive = seen(unchanged_since=AT - timedelta(hours=2), last_value=21.0)
    assert policy.on_look(stuck, None, device("smoke_alarm"), alive, ALARM).finding is None


def test_a_fast_clock_is_wrong_at_once_a_slow_one_may_be_old_news() -> None:
    clock = rule(ClockOff(300))

    def shown(offset_s: float, at_s: int = 0) -> SensedClock:
        moment = AT + timedelta(seconds=at_s)
        return SensedClock(device("smoke_alarm"), offset_s, moment)

    fast = policy.on_clock(clock, None, shown(7200))
    assert fast is not None
    assert fast.finding is not None
    slow = policy.on_clock(clock, None, shown(-7200))
    assert slow is not None
    assert slow.finding is None
    assert slow.state is not None
    still = policy.on_clock(clock, slow.state, shown(-7200, at_s=301))
    assert still is not None
    assert still.finding is not None
    assert policy.clock_right_again(slow.state) == policy.Verdict(state=None, cleared=False)


def test_figures_are_turned_within_bounds() -> None:
    hot = rule(Threshold("temperature", Comparison.ABOVE, 57))
    turned = policy.turned(hot.draft, {"value": 60, "for_s": 30}, ALARM)
    assert turned.condition == Threshold("temperature", Comparison.ABOVE, 60, 30)
    with pytest.raises(BadInput) as wild:
        policy.turned(hot.draft, {"value": 9e9}, ALARM)
    assert wild.value.field == "settings.value"
    with pytest.raises(BadInput) as unknown:
        policy.turned(hot.draft, {"colour": 1}, ALARM)
    assert unknown.value.field == "settings.colour"


readings = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 1.0])), max_size=30)


@given(readings)
def test_a_switch_rule_stands_exactly_while_the_last_value_says_so(
    steps: list[tuple[int, float]],
) -> None:
    smoke, state, moment = rule(Switched("smoke")), None, 0
    for gap, number in steps:
        moment += gap + 1
        verdict = policy.on_value(smoke, state, value("smoke", number, at_s=moment), ALARM)
        if verdict is not None:
            assert bool(verdict.finding) == (number == 1.0)
            state = verdict.state
        assert (state is not None) == (number == 1.0)


@pytest.mark.parametrize("seconds", [90, 1800, 43200, 86400, 172800])
def test_spans_are_said_in_the_largest_whole_unit(seconds: int) -> None:
    words = {90: "90秒", 1800: "30分钟", 43200: "12小时", 86400: "1天", 172800: "2天"}
    assert policy.span(seconds) == words[seconds]
