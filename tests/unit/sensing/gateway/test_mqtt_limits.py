"""Rates and throttles, with time as a number."""

from linli.sensing.gateway.mqtt.limits import Throttle, ThrottleRule, TokenBucket

RULE = ThrottleRule(free=3, first=1.0, longest=60.0, forget=900.0)


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    bucket = TokenBucket(rate=10, burst=100, now=0)
    assert bucket.take(100, 0)
    assert not bucket.take(5, 0)
    assert not bucket.take(0, 0.4)
    assert bucket.take(0, 0.6)


def test_waiting_does_not_save_up_more_than_the_burst() -> None:
    bucket = TokenBucket(rate=10, burst=100, now=0)
    assert bucket.take(100, 1_000_000)
    assert not bucket.take(1, 1_000_000)


def test_a_few_wrong_tokens_cost_nothing_and_then_more_and_more() -> None:
    throttle = Throttle(RULE)
    for _ in range(3):
        throttle.failed("cam", 0)
    assert not throttle.blocked("cam", 0)
    waits: list[float] = []
    now = 0.0
    for _ in range(8):
        throttle.failed("cam", now)
        wait = 0.0
        while throttle.blocked("cam", now + wait):
            wait += 1.0
        waits.append(wait)
        now += wait
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert not throttle.blocked("neighbour", 0)


def test_success_and_time_wipe_the_slate() -> None:
    throttle = Throttle(RULE)
    for _ in range(4):
        throttle.failed("cam", 0)
    throttle.succeeded("cam")
    assert not throttle.blocked("cam", 0)
    for _ in range(4):
        throttle.failed("cam", 0)
    throttle.failed("cam", 1_000)
    assert not throttle.blocked("cam", 1_000)


def test_a_thousand_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(RULE, capacity=100)
    for number in range(1_000):
        throttle.failed(f"name-{number}", 0)
    kept = throttle._failures  # pyright: ignore[reportPrivateUsage] - memory has no other face
    assert len(kept) == 100
