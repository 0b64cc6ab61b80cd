"""Working days as the yearly notices of the State Council say."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.errors import BadInput
from linli.support.calendar import policy
from linli.support.calendar.public import NATIONAL, day_of, due_after, year_of

MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2027, 6, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_the_national_day_week_of_2025_and_its_make_up_days() -> None:
    """Notice of 2024-11-12: 1 to 8 October off; 28 September and 11 October are worked."""
    assert [day_of(date(2025, 10, n)).working for n in range(1, 9)] == [False] * 8
    for made_up in (date(2025, 9, 28), date(2025, 10, 11)):
        day = day_of(made_up)
        assert made_up.weekday() >= 5
        assert (day.working, day.name, day.announced) == (True, "国庆节", True)


def test_the_spring_festival_of_2026() -> None:
    """Notice of 2025-11-04: 15 to 23 February off; 14 and 28 February are worked."""
    assert not any(day_of(date(2026, 2, n)).working for n in range(15, 24))
    assert day_of(date(2026, 2, 14)).working
    assert day_of(date(2026, 2, 28)).working
    assert {day.name for day in year_of(2026) if day.on.month == 2} == {"春节"}


def test_one_working_day_before_the_holiday_ends_after_it() -> None:
    """Asked on the last working day before the holiday, it is due on the first one after."""
    asked = datetime(2025, 9, 30, 1, 0, tzinfo=UTC)
    due = due_after(asked, 1)
    assert due.last_day == date(2025, 10, 9)
    assert due.at == datetime(2025, 10, 9, 16, 0, tzinfo=UTC)
    assert not due.provisional


def test_late_evening_in_utc_is_the_next_day_here() -> None:
    friday_here = due_after(datetime(2026, 11, 19, 15, 59, tzinfo=UTC), 1).last_day
    saturday_here = due_after(datetime(2026, 11, 20, 16, 1, tzinfo=UTC), 1).last_day
    assert (friday_here, saturday_here) == (date(2026, 11, 20), date(2026, 11, 23))


def test_a_year_without_its_notice_is_provisional() -> None:
    first = max(NATIONAL.years) + 1
    day = day_of(date(first, 1, 1))
    assert not day.announced
    assert year_of(first) == ()
    assert due_after(datetime(first, 3, 1, tzinfo=UTC), 3).provisional


@pytest.mark.parametrize("working_days", [0, -1, 2_001])
def test_days_nobody_means_are_refused(working_days: int) -> None:
    with pytest.raises(BadInput) as refused:
        due_after(datetime(2026, 1, 5, tzinfo=UTC), working_days)
    assert refused.value.field == "working_days"


@given(start=MOMENTS, days=st.integers(1, 60))
def test_the_last_day_works_and_exactly_so_many_lie_between(start: datetime, days: int) -> None:
    due = due_after(start, days)
    first = (start + timedelta(hours=8)).date()
    assert day_of(due.last_day).working
    assert policy.working_days_between(NATIONAL, first, due.last_day) == days


@given(start=MOMENTS, one=st.integers(1, 40), more=st.integers(1, 40))
def test_counting_on_is_counting_once(start: datetime, one: int, more: int) -> None:
    """So many days and then so many more is the same as all at once."""
    reached = due_after(start, one)
    onward = due_after(reached.at - timedelta(seconds=1), more)
    assert onward.last_day == due_after(start, one + more).last_day
