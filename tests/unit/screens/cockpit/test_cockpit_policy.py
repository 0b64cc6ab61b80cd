"""Where one stands in any tree, and what the safety index is made of."""

from datetime import date
from fractions import Fraction
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from linli.app.assemble import figures
from linli.directory.organisation.contracts import Organisation, OrganisationKind
from linli.directory.places.contracts import Estate
from linli.screens.cockpit.contracts import Level, Node
from linli.screens.cockpit.policy import (
    FORMULAS,
    Tree,
    added_up,
    formula_named,
    formula_on,
    index,
    rounded,
    thousandths,
)

COUNTY = UUID(int=1)
FORMULA = FORMULAS[0]
CODES = sorted({code for part in FORMULA.parts for code in part.figures})


def organisation(at: int, kind: OrganisationKind, *above: UUID) -> Organisation:
    own = UUID(int=at)
    return Organisation(own, above[-1] if above else None, kind, str(at), (*above, own))


# Streets 10 to 12, each with communities 100 + 3 * street and so on; one county.
KINDS = OrganisationKind
STREETS = [organisation(10 + s, KINDS.STREET, COUNTY) for s in range(3)]
COMMUNITIES = [
    organisation(100 + 3 * s + c, KINDS.COMMUNITY, COUNTY, STREETS[s].id)
    for s in range(3)
    for c in range(3)
]
COMPANY = organisation(900, KINDS.COMPANY, COUNTY)
ALL = [organisation(1, KINDS.COUNTY), *STREETS, *COMMUNITIES, COMPANY]
SOME_ESTATES = st.lists(st.integers(0, len(COMMUNITIES) - 1), max_size=12).map(
    lambda where: [
        Estate(UUID(int=1000 + at), str(at), f"{at}号小区", COMMUNITIES[one].id)
        for at, one in enumerate(where)
    ]
)
COVERED = st.sets(st.sampled_from([one.id for one in ALL]))


@given(SOME_ESTATES, COVERED)
def test_every_estate_in_sight_lies_in_exactly_one_part_of_every_ground(
    estates: list[Estate], covers: set[UUID]
) -> None:
    tree = Tree.of(ALL, estates, covers)
    top = tree.ground(None)
    assert top is not None
    assert set(top.estates) == {one.id for one in estates}
    waiting = [top]
    while waiting:
        here = waiting.pop()
        if here.node.level is Level.ESTATE:
            assert here.estates == (here.node.id,)
            continue
        parts = tree.below(here.node)
        inside = [estate for _, some in parts for estate in some]
        assert sorted(inside) == sorted(here.estates)
        for node, some in parts:
            below = tree.ground(node.id)
            assert below is not None
            assert sorted(below.estates) == sorted(some)
            assert below.above[-1] == here.node
            waiting.append(below)


@given(SOME_ESTATES, COVERED)
def test_nobody_stands_above_what_is_theirs(estates: list[Estate], covers: set[UUID]) -> None:
    tree = Tree.of(ALL, estates, covers)
    assert tree.ground(COMPANY.id) is None
    top = tree.top
    if top.id is None:
        return
    for one in ALL:
        found = tree.ground(one.id)
        if found is not None and top.level is not Level.ESTATE:
            assert top.id in one.path


def test_a_community_without_an_estate_is_still_a_part() -> None:
    estates = [Estate(UUID(int=1000), "A", "甲园", COMMUNITIES[0].id)]
    tree = Tree.of(ALL, estates, {STREETS[0].id, COMMUNITIES[0].id, COMMUNITIES[1].id})
    assert tree.top == Node(STREETS[0].id, Level.STREET, "10")
    assert [(node.title, len(some)) for node, some in tree.below(tree.top)] == [
        ("100", 1),
        ("101", 0),
    ]


COUNTS = st.dictionaries(st.sampled_from(CODES), st.integers(0, 500))


@given(COUNTS)
def test_the_index_is_the_sum_of_its_parts(counts: dict[str, int]) -> None:
    score, parts = index(FORMULA, counts)
    assert 0 <= score <= 100
    assert 0 <= thousandths(score) <= 100_000
    weights = sum(part.weight for part in parts)
    assert score == 100 * sum((part.reached for part in parts), Fraction(0)) / weights
    assert all(0 <= part.reached <= part.weight for part in parts)
    for part in parts:
        assert part.counts == {code: counts.get(code, 0) for code in part.counts}


@given(COUNTS, st.sampled_from(["incidents.critical", "devices.faulty", "key_people.late"]))
def test_what_gets_worse_never_raises_the_index(counts: dict[str, int], code: str) -> None:
    before, _ = index(FORMULA, counts)
    after, _ = index(FORMULA, counts | {code: counts.get(code, 0) + 1})
    assert after <= before


def test_formulas_have_names_and_days_and_ask_for_what_is_counted() -> None:
    assert formula_on(date(2026, 11, 22)) is FORMULA
    assert formula_on(date(2020, 1, 1)) is FORMULAS[0]
    assert formula_named(FORMULA.name) is FORMULA
    assert formula_named("1999-01") is None
    assert len({one.name for one in FORMULAS}) == len(FORMULAS)
    assert sum(part.weight for part in FORMULA.parts) == 100
    assert set(CODES) <= {one.code for one in figures()}


def test_nearly_full_is_not_full() -> None:
    assert rounded(Fraction(9999, 100)) == "99.9"
    assert rounded(Fraction(100)) == "100.0"


def test_numbers_are_added_by_their_codes() -> None:
    assert added_up([{"a": 1}, {"a": 2, "b": 3}, {}]) == {"a": 3, "b": 3}
