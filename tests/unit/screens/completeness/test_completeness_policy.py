"""Figures add up from estates to the county, and the score says what it is made of."""

from fractions import Fraction
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from linli.kernel.measures import Measure
from linli.screens.completeness.contracts import Count
from linli.screens.completeness.policy import added_up, by_level, lines, rounded, score

MEASURES = tuple(
    Measure(
        code,
        code,
        "",
        weight,
        "see_places",
        "place",
        lambda _now, _estate: select(),
        lambda _now, _estate: select(),
    )
    for code, weight in (("area", 3), ("owned", 2), ("phone", 1))
)
COUNTS = st.integers(0, 400).flatmap(
    lambda total: st.integers(0, total).map(lambda have: Count(total, have))
)
FIGURES = st.dictionaries(st.sampled_from(["area", "owned", "phone"]), COUNTS)
COUNTY = UUID(int=1)
STREETS = (UUID(int=2), UUID(int=3))
COMMUNITIES = tuple(UUID(int=10 + one) for one in range(4))
PLACES = st.lists(st.tuples(st.integers(0, 3), FIGURES), max_size=10)


@given(PLACES)
def test_every_level_is_the_sum_of_the_level_below(
    estates: list[tuple[int, dict[str, Count]]],
) -> None:
    """Communities 0 and 1 lie in the first street, 2 and 3 in the second."""
    figures = {UUID(int=100 + at): counts for at, (_, counts) in enumerate(estates)}
    above = {
        UUID(int=100 + at): (COUNTY, STREETS[community // 2], COMMUNITIES[community])
        for at, (community, _) in enumerate(estates)
    }
    levels = by_level(figures, above)
    for street, inside in ((STREETS[0], COMMUNITIES[:2]), (STREETS[1], COMMUNITIES[2:])):
        assert levels.get(street, {}) == added_up([levels.get(one, {}) for one in inside])
    assert levels.get(COUNTY, {}) == added_up([levels.get(one, {}) for one in STREETS])
    assert levels.get(COUNTY, {}) == added_up(list(figures.values()))


@given(FIGURES)
def test_the_score_and_all_that_is_lost_are_a_hundred(counts: dict[str, Count]) -> None:
    reached = score(MEASURES, counts)
    told = lines(MEASURES, counts)
    if reached is None:
        assert told == ()
        return
    assert reached + sum((line.lost for line in told), Fraction(0)) == 100
    assert 0 <= reached <= 100
    assert (reached == 100) == all(line.count.missing == 0 for line in told)
    assert [line.lost for line in told] == sorted((line.lost for line in told), reverse=True)


@given(FIGURES, st.sampled_from(["area", "owned", "phone"]))
def test_filling_a_gap_never_lowers_the_score(counts: dict[str, Count], code: str) -> None:
    before = score(MEASURES, counts)
    if before is None or code not in counts or not counts[code].missing:
        return
    filled = counts | {code: Count(counts[code].total, counts[code].have + 1)}
    after = score(MEASURES, filled)
    assert after is not None
    assert after > before


def test_nearly_all_is_not_all() -> None:
    assert rounded(Fraction(9996, 100)) == "99.9"
    assert rounded(Fraction(100)) == "100.0"
