"""Time is UTC inside and Shanghai's on the wall."""

from datetime import UTC, datetime, timedelta

from linli.kernel.time import SystemClock, on_wall


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_people_read_shanghais_time() -> None:
    assert on_wall(datetime(2026, 11, 22, 16, 5, 9, tzinfo=UTC)) == "2026-11-23 00:05:09"
