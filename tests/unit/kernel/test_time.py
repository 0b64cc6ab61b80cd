"""Time is UTC inside and Shanghai's on the wall."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from linli.kernel.time import ShiftedClock, SystemClock, on_wall


@dataclass(frozen=True, slots=True)
class StillClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_shifted_clock_runs_ahead() -> None:
    noon = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    assert ShiftedClock(StillClock(noon), timedelta(hours=12)).now() == noon + timedelta(hours=12)


def test_people_read_shanghais_time() -> None:
    assert on_wall(datetime(2026, 11, 22, 16, 5, 9, tzinfo=UTC)) == "2026-11-23 00:05:09"
