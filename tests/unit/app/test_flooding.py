"""Counting messages a device: a flood is told once, and calm only after a window within bounds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from linli.app.intake.decoding import Loud
from linli.app.intake.flooding import Floods
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules import policy
from linli.responding.rules.contracts import Flooding, Rule, RuleDraft
from linli.sensing.devices.contracts import Device, DeviceState
from linli.sensing.devices.public import all_kinds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = Rule(
    id=UUID(int=7),
    draft=RuleDraft(
        code="flood",
        title="设备消息洪泛",
        kinds=(),
        condition=Flooding(most=100, window_s=10),
        category=Category.DEVICE_FAULT,
        severity=Severity.WARNING,
        what="设备不停地发消息",
        action="",
        duty="repair",
    ),
    version=1,
    enabled=True,
    changed_at=NOON,
)
BOOK = policy.compile_book([RULE], all_kinds(), 1)
METER = Device(
    id=UUID(int=1),
    estate_id=UUID(int=2),
    place_id=None,
    code="w1",
    title="水表",
    kind="water_meter",
    driver="native",
    connection_id=UUID(int=3),
    external_code=None,
    state=DeviceState.ONLINE,
    version=1,
    state_since=NOON,
)
KEY = (RULE.id, METER.id)


def loud(messages: int, at_s: float) -> list[Loud]:
    return [Loud(METER, NOON + timedelta(seconds=at_s), messages)]


def test_a_flood_is_told_once_a_window_and_calm_after_one_within_bounds() -> None:
    floods = Floods()
    assert not floods.heed(BOOK, loud(100, 0)).floods
    (flood,) = floods.heed(BOOK, loud(1, 2)).floods
    assert (flood.messages, flood.since, flood.rule_id) == (101, NOON, RULE.id)
    assert not floods.heed(BOOK, loud(500, 3)).floods
    # The window that ended was a flood, so nothing is calm yet.
    assert floods.heed(BOOK, loud(1, 11)).calm == frozenset()
    assert floods.heed(BOOK, loud(1, 21)).calm == {KEY}


def test_who_fell_silent_was_calm_meanwhile() -> None:
    floods = Floods()
    floods.heed(BOOK, loud(101, 0))
    assert floods.heed(BOOK, loud(1, 20)).calm == {KEY}


def test_what_was_rolled_back_is_told_again() -> None:
    floods = Floods()
    assert floods.heed(BOOK, loud(101, 0)).floods
    floods.forget()
    assert floods.heed(BOOK, loud(1, 1)).floods


@given(st.lists(st.integers(1, 30), max_size=60))
def test_nobody_within_bounds_is_ever_a_flood(batches: list[int]) -> None:
    """However messages are cut into batches: only what goes over the limit in a window is."""
    floods = Floods()
    told = [
        flood
        for second, messages in enumerate(batches)
        for flood in floods.heed(BOOK, loud(messages, second)).floods
    ]
    windows = [sum(batches[at : at + 10]) for at in range(0, len(batches), 10)]
    assert len(told) == sum(total > 100 for total in windows)
    assert all(flood.messages > 100 for flood in told)


def test_the_rule_rings_once_and_explains_itself() -> None:
    (flood,) = Floods().heed(BOOK, loud(101, 0)).floods
    verdict = policy.on_flood(RULE, None, flood)
    assert verdict is not None
    assert verdict.finding is not None
    assert verdict.finding.explanation.sentence == "设备10秒内发来超过100条消息"
    assert verdict.state is not None
    assert policy.on_flood(RULE, verdict.state, flood) is None
    assert policy.over(verdict.state) == policy.Verdict(state=None, cleared=True)
