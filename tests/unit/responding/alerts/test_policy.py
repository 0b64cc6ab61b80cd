"""Repeats count on the alert that rings; worse ones ring again."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.responding.findings import AT, SMOKE

from linli.responding.alerts import policy
from linli.responding.alerts.contracts import Ring, Severity

ALERT_ID = UUID(int=7)


def test_the_first_finding_rings() -> None:
    rung = policy.take_in(SMOKE, None, ALERT_ID)
    assert rung.ring is Ring.RANG
    assert rung.alert.times_seen == 1


def test_the_same_again_is_counted_and_does_not_ring() -> None:
    alert = policy.take_in(SMOKE, None, ALERT_ID).alert
    again = replace(SMOKE, received_at=AT + timedelta(seconds=30))
    rung = policy.take_in(again, alert, UUID(int=8))
    assert rung.ring is Ring.REPEATED
    assert (rung.alert.id, rung.alert.times_seen) == (ALERT_ID, 2)


def test_a_worse_finding_rings_again_at_once() -> None:
    mild = replace(SMOKE, severity=Severity.WARNING)
    alert = policy.take_in(mild, None, ALERT_ID).alert
    rung = policy.take_in(replace(SMOKE, received_at=AT), alert, UUID(int=8))
    assert rung.ring is Ring.WORSENED
    assert rung.alert.finding.severity is Severity.CRITICAL


def test_after_its_repeat_window_the_same_rings_anew() -> None:
    alert = policy.take_in(SMOKE, None, ALERT_ID).alert
    late = AT + policy.REPEAT_WINDOW[Severity.CRITICAL] + timedelta(seconds=1)
    rung = policy.take_in(replace(SMOKE, received_at=late), alert, UUID(int=8))
    assert rung.ring is Ring.RANG
    assert rung.alert.times_seen == 2


def test_a_flood_tells_open_pages_only_now_and_then() -> None:
    alert = policy.take_in(SMOKE, None, ALERT_ID).alert
    told = 0
    for number in range(2500):
        moment = AT + timedelta(milliseconds=2 * number)
        rung = policy.take_in(replace(SMOKE, received_at=moment), alert, UUID(int=8))
        alert, told = rung.alert, told + rung.tell
    assert alert.times_seen == 2501
    assert told <= policy.TELL_FIRST


@given(st.lists(st.integers(-600, 600), max_size=40))
def test_time_may_run_backwards_and_no_sighting_is_lost(offsets: list[int]) -> None:
    alert = policy.take_in(SMOKE, None, ALERT_ID).alert
    for offset in offsets:
        moment = AT + timedelta(seconds=offset)
        alert = policy.take_in(replace(SMOKE, received_at=moment), alert, UUID(int=8)).alert
    assert alert.times_seen == 1 + len(offsets)
    assert alert.last_seen_at == AT + timedelta(seconds=max([0, *offsets]))
