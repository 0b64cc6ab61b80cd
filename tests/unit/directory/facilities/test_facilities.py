"""Facilities: entered once, checked in time, stopped when a check fails."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.directory.town import Offices, Town

from linli.directory.facilities.contracts import (
    Due,
    FacilityEntry,
    FacilityFilter,
    FacilityKind,
    FacilityState,
)
from linli.directory.facilities.policy import MOVES, due, months_after, moved, next_check
from linli.directory.facilities.public import (
    checks_of,
    count_facilities,
    enter_facilities,
    facilities_with,
    facility_of,
    find_facilities,
    link_devices,
    note_check,
    put_into_state,
    versions_of_facility,
)
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_in
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.errors import BadInput, IllegalMove, NotFound, StaleVersion
from linli.kernel.work import Work

FILE = Source(SourceKind.IMPORT, "设施.xlsx", UUID(int=97))
TODAY = date(2026, 11, 22)


class TwoDevices:
    """Stands where the register of devices is."""

    known = frozenset({UUID(int=1), UUID(int=2)})

    async def of_estate(
        self, work: Work, estate_id: UUID, device_ids: Collection[UUID]
    ) -> frozenset[UUID]:
        del work, estate_id
        return self.known & set(device_ids)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_months_are_counted_on_the_calendar(day: date, months: int) -> None:
    after = months_after(day, months)
    assert (after.year - day.year) * 12 + after.month - day.month == months
    assert after.day <= day.day
    assert after.day == day.day or (after + timedelta(days=1)).day == 1


@given(st.sampled_from(FacilityState), st.sampled_from(FacilityState))
def test_only_the_moves_of_the_table_are_made(state: FacilityState, into: FacilityState) -> None:
    if into in MOVES[state]:
        assert moved(state, into) is into
    else:
        with pytest.raises(IllegalMove):
            moved(state, into)


def test_when_the_next_check_is_due() -> None:
    in_use = FacilityState.IN_USE
    assert due(12, TODAY - timedelta(days=1), in_use, TODAY) is Due.OVERDUE
    assert due(12, TODAY, in_use, TODAY) is Due.SOON
    assert due(12, TODAY + timedelta(days=31), in_use, TODAY) is Due.LATER
    assert due(12, None, in_use, TODAY) is Due.UNKNOWN
    assert due(None, None, in_use, TODAY) is Due.NONE
    assert due(12, TODAY, FacilityState.SCRAPPED, TODAY) is Due.NONE
    lift = FacilityEntry(title="梯", kind=FacilityKind.LIFT, installed_on=date(2024, 2, 29))
    assert next_check(lift) == date(2025, 2, 28)


async def test_a_lift_through_its_years(desks: Offices, town: Town) -> None:
    estate = town.estates[0].id
    async with desks.machine.work() as work:
        [lift] = await places_in(work, estate, PlaceKind.LIFT)
        entries = [
            FacilityEntry(
                title="3号电梯",
                code="DT-3",
                kind=FacilityKind.LIFT,
                place_id=lift.id,
                installed_on=date(2012, 9, 28),
                checked_on=date(2025, 10, 1),
            ),
            FacilityEntry(title="门灯", kind=FacilityKind.LIGHT),
        ]
        first = await enter_facilities(work, estate, entries, FILE)
        assert first.created == 2
        again = await enter_facilities(work, estate, entries[:1], FILE)
        assert (again.unchanged, again.ids["DT-3"]) == (1, first.ids["DT-3"])
    facility_id = first.ids["DT-3"]
    async with desks.as_account(town.accounts["wuye"]) as work:
        facility = await facility_of(work, facility_id)
        assert (facility.due, facility.next_check_on) == (Due.OVERDUE, date(2026, 10, 1))
        rows, total = await find_facilities(work, FacilityFilter(due=Due.OVERDUE))
        assert (total, rows[0].id) == (1, facility_id)
        counts = await count_facilities(work, FacilityFilter())
        assert (counts["all"], counts["due:overdue"], counts["due:none"]) == (2, 1, 1)
        with pytest.raises(BadInput):
            await note_check(work, facility_id, day=TODAY, passed=False, words=" ")
        after = await note_check(work, facility_id, day=TODAY, passed=False, words="门机异响")
        assert after.state is FacilityState.OUT_OF_ORDER
        assert after.next_check_on == date(2027, 11, 22)
        with pytest.raises(StaleVersion):
            await put_into_state(
                work, facility_id, FacilityState.IN_USE, words="", expected_version=1
            )
        after = await put_into_state(
            work, facility_id, FacilityState.IN_USE, words="", expected_version=after.version
        )
        assert [check.words for check in await checks_of(work, facility_id)] == ["门机异响"]
        assert [one.version for one in await versions_of_facility(work, facility_id)] == [3, 2, 1]
        linked = await link_devices(work, TwoDevices(), facility_id, [UUID(int=1), UUID(int=2)])
        assert linked.device_ids == (UUID(int=1), UUID(int=2))
        assert await facilities_with(work, UUID(int=2)) == (facility_id,)
        await link_devices(work, TwoDevices(), facility_id, [UUID(int=1)])
        assert await facilities_with(work, UUID(int=2)) == ()
        with pytest.raises(NotFound):
            await link_devices(work, TwoDevices(), facility_id, [UUID(int=9)])
    assert await desks.events("facility_changed") >= 4
    async with desks.as_account(town.accounts["dianti"]) as work:
        # The lift firm sees the estate's facilities, a stranger none.
        assert (await find_facilities(work, FacilityFilter()))[1] == 2
