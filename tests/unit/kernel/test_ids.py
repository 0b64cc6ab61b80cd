"""Ids sort by time and never repeat."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.ids import new_id

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 (hypothesis wants it naive and adds the zone)
    max_value=datetime(9999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond(moment: datetime) -> None:
    made = new_id(moment)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(moment.timestamp() * 1000)


@given(MOMENTS, st.integers(1, 10**9))
def test_later_ids_sort_after_earlier_ones(moment: datetime, milliseconds: int) -> None:
    try:
        later = moment + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return
    assert new_id(moment) < new_id(later)


def test_ids_of_one_moment_differ() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert len({new_id(moment) for _ in range(10_000)}) == 10_000


def test_the_dice_may_be_given() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    one, other = Random(7), Random(7)  # noqa: S311 (a test's dice)
    assert new_id(moment, one.getrandbits) == new_id(moment, other.getrandbits)
