"""Shares of a home: exact, never more than the whole, handed over without a gap."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.directory.homes.contracts import (
    Held,
    HomeFacts,
    HomeFilter,
    HomeLine,
    HomeState,
    HomeUse,
    HouseholdRole,
    Member,
    Party,
    Share,
)
from linli.directory.homes.policy import (
    BadArea,
    BadHousehold,
    BadPlate,
    MoreThanWhole,
    NotTheWhole,
    area_of,
    area_said,
    chosen,
    held_as,
    held_on,
    household_holds,
    masked_plate,
    one_party,
    part_of,
    plate_of,
    transferred,
    within_the_whole,
)
from linli.directory.sources.contracts import CLERK
from linli.kernel.errors import BadInput

DAY = date(2026, 1, 1)
PEOPLE = tuple(Party(person_id=UUID(int=one)) for one in range(1, 6))


def on(day: int) -> date:
    return DAY + timedelta(days=day)


PARTS = st.integers(1, 12).flatmap(
    lambda whole: st.integers(1, whole).map(lambda part: Fraction(part, whole))
)


@st.composite
def some_share(draw: st.DrawFn) -> Share:
    begin, long = draw(st.integers(0, 50)), draw(st.integers(0, 30))
    return Share(
        draw(st.sampled_from(PEOPLE)),
        draw(PARTS),
        on(begin),
        on(begin + long) if long else None,
    )


@given(st.lists(some_share(), max_size=8))
def test_what_is_accepted_is_never_more_than_the_whole_on_any_day(tries: list[Share]) -> None:
    accepted: list[Share] = []
    for share in tries:
        try:
            within_the_whole([*accepted, share])
        except MoreThanWhole:
            # It was refused for a reason: on some day there would have been too much.
            assert any(held_on([*accepted, share], on(day)) > 1 for day in range(90))
            continue
        accepted.append(share)
    assert all(held_on(accepted, on(day)) <= 1 for day in range(90))


@given(st.integers(1, 5), st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 60))
def test_a_transfer_loses_and_wins_nothing_on_any_day(
    owners: int, weights: list[int], day: int
) -> None:
    """Some co-owners sell to others, who divide it by weight: the sum is the same every day."""
    shares = [Share(PEOPLE[one], Fraction(1, 5), DAY) for one in range(owners)]
    given_away = Fraction(owners, 5)
    takers = [
        Share(Party(person_id=UUID(int=100 + at)), given_away * Fraction(w, sum(weights)), on(day))
        for at, w in enumerate(weights)
    ]
    after = transferred(shares, frozenset(PEOPLE[:owners]), takers, on(day))
    for one in range(day + 30):
        assert held_on(after, on(one)) == given_away
    # The former owners are still noted.
    assert [share.party for share in after[:owners]] == list(PEOPLE[:owners])
    assert all(share.valid_to == on(day) for share in after[:owners])


def test_a_transfer_of_half_for_a_third_is_refused() -> None:
    taker = Share(PEOPLE[1], Fraction(1, 3), on(5))
    with pytest.raises(NotTheWhole):
        transferred([Share(PEOPLE[0], Fraction(1, 2), DAY)], frozenset({PEOPLE[0]}), [taker], on(5))


def test_who_owns_nothing_hands_over_nothing() -> None:
    with pytest.raises(BadInput):
        transferred([], frozenset({PEOPLE[0]}), [Share(PEOPLE[1], Fraction(1), on(5))], on(5))


@given(st.integers(1, 10_000_000))
def test_areas_are_exact(area: int) -> None:
    assert area_of(area_said(area)) == area


@pytest.mark.parametrize("written", ["", "九十", "90.505", "-3", "0", "1e9", "NaN"])
def test_what_is_no_area_is_refused(written: str) -> None:
    with pytest.raises(BadArea):
        area_of(written)


@pytest.mark.parametrize(
    ("written", "plate"),
    [("川a·12345", "川A12345"), ("川AD12345", "川AD12345"), (" 粤Ｂ 8888学", "粤B8888学")],
)
def test_plates_are_stored_alike(written: str, plate: str) -> None:
    assert plate_of(written) == plate
    assert plate not in masked_plate(plate)


@pytest.mark.parametrize("written", ["", "12345", "川A123", "川A1234567"])
def test_what_is_no_plate_is_refused(written: str) -> None:
    with pytest.raises(BadPlate):
        plate_of(written)


def test_a_household_has_one_head_and_nobody_twice() -> None:
    head = Member(UUID(int=1), UUID(int=1), HouseholdRole.HEAD, DAY)
    child = Member(UUID(int=2), UUID(int=2), HouseholdRole.CHILD, DAY)
    household_holds([head, child])
    for wrong in ([child], [head, head], [head, child, child]):
        with pytest.raises(BadHousehold):
            household_holds(wrong)


def test_parties_and_parts() -> None:
    assert part_of(2, 4) == Fraction(1, 2)
    for party in (Party(), Party(UUID(int=1), UUID(int=2))):
        with pytest.raises(BadInput):
            one_party(party)
    for numerator, denominator in ((0, 1), (3, 2), (1, 0), (1, 20_000)):
        with pytest.raises(BadInput):
            part_of(numerator, denominator)


ESTATE, HALL = UUID(int=90), UUID(int=91)


def line(no: int, area: int | None, state: HomeState | None, part: Fraction) -> HomeLine:
    home = UUID(int=1000 + no)
    facts = HomeFacts(
        home_id=home,
        estate_id=ESTATE,
        area=area,
        use=HomeUse.DWELLING,
        state=state,
        version=1,
        source=CLERK,
        entered_by="资料员",
    )
    within = (HALL, home) if no % 2 else (home,)
    return HomeLine(home, f"{no}号楼 1单元 {no}01", within, facts, held_as(part))


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(1, 30_000),
            st.none() | st.sampled_from(HomeState),
            st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1)]),
        ),
        max_size=12,
    ),
    st.sampled_from(["path", "-path", "area", "-area"]),
)
def test_a_list_of_homes_loses_none_and_keeps_to_what_is_asked(
    told: list[tuple[int | None, HomeState | None, Fraction]], sort: str
) -> None:
    homes = [line(at, *one) for at, one in enumerate(told, 1)]
    everything = chosen(homes, HomeFilter(estate_id=ESTATE, sort=sort))
    assert {one.home_id for one in everything} == {one.home_id for one in homes}
    areas = [one.facts.area for one in everything if one.facts]
    if sort.endswith("area"):
        known = [one for one in areas if one is not None]
        assert areas == [*sorted(known, reverse=sort == "-area"), *[None] * areas.count(None)]
    by_held = [chosen(homes, HomeFilter(estate_id=ESTATE, held=one)) for one in Held]
    assert sorted(one.path for some in by_held for one in some) == sorted(o.path for o in homes)
    inside = chosen(homes, HomeFilter(estate_id=ESTATE, place_id=HALL))
    assert all(HALL in one.within for one in inside)
    assert len(inside) == (len(homes) + 1) // 2
    let = chosen(homes, HomeFilter(estate_id=ESTATE, state=HomeState.LET))
    assert len(let) == sum(state is HomeState.LET for _, state, _ in told)
    if homes:
        assert homes[0] in chosen(homes, HomeFilter(estate_id=ESTATE, words="1号楼1单元"))
