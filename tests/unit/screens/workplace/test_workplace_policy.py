"""The figures of the parts add up to those of the whole, whatever the tree looks like."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from linli.directory.organisation.contracts import Organisation, OrganisationKind
from linli.directory.places.contracts import Estate
from linli.screens.workplace.contracts import Level
from linli.screens.workplace.policy import Counts, Land, nonzero_first, total_of

COUNTY = UUID(int=1)


def organisation(id_: int, parent: Organisation | None, kind: OrganisationKind) -> Organisation:
    own = UUID(int=id_)
    above = parent.path if parent else ()
    return Organisation(own, parent.id if parent else None, kind, f"{kind}{id_}", (*above, own))


@st.composite
def lands(draw: st.DrawFn) -> Land:
    """A county of some streets, communities and estates; some may have none below."""
    county = organisation(1, None, OrganisationKind.COUNTY)
    known = [county]
    communities: list[Organisation] = []
    for s in range(draw(st.integers(1, 4))):
        street = organisation(10 + s, county, OrganisationKind.STREET)
        known.append(street)
        for c in range(draw(st.integers(0, 4))):
            community = organisation(100 + 10 * s + c, street, OrganisationKind.COMMUNITY)
            known.append(community)
            communities.append(community)
    estates = [
        Estate(UUID(int=1000 + n), f"E{n}", f"小区{n}", draw(st.sampled_from(communities)).id)
        for n in range(draw(st.integers(0, 12)) if communities else 0)
    ]
    return Land({one.id: one for one in known}, {one.id: one for one in estates})


@given(land=lands(), numbers=st.lists(st.integers(0, 50), min_size=12, max_size=12))
def test_parts_add_up_to_the_whole_at_every_level(land: Land, numbers: list[int]) -> None:
    counts: Counts = dict(zip(land.estates, numbers, strict=False))
    for id_ in (*land.organisations, *land.estates):
        ground = land.ground(id_)
        assert ground is not None
        inside = land.estates_of(ground)
        parts = land.parts(ground)
        if ground.level is Level.ESTATE:
            assert (parts, inside) == ((), {ground.id})
            continue
        assert sorted(one for _, estates in parts for one in estates) == sorted(inside)
        assert total_of(counts, inside, personal=True) == sum(
            total_of(counts, estates, personal=False) for _, estates in parts
        )
        for part, estates in parts:
            assert land.estates_of(part) == estates
            assert land.above(part, ground) == (ground, part)


@given(land=lands())
def test_the_way_down_begins_at_ones_own_ground(land: Land) -> None:
    county = land.ground(COUNTY)
    assert county is not None
    for estate in land.estates.values():
        ground = land.ground(estate.id)
        assert ground is not None
        assert [one.id for one in land.above(ground, county)] == list(land.path_to(estate))


@given(land=lands())
def test_a_company_looks_at_its_estates_one_by_one(land: Land) -> None:
    company = organisation(9999, None, OrganisationKind.COMPANY)
    served = Land({company.id: company}, land.estates)
    own = served.ground(company.id)
    assert own is not None
    assert own.level is Level.COMPANY
    assert {part.id for part, _ in served.parts(own)} == set(land.estates)
    for part, _ in served.parts(own):
        assert [one.id for one in served.above(part, own)] == [own.id, part.id]


def test_what_belongs_to_a_person_counts_only_at_home() -> None:
    estate = uuid4()
    counts: Counts = {None: 3, estate: 4}
    assert total_of(counts, frozenset({estate}), personal=True) == 7
    assert total_of(counts, frozenset({estate}), personal=False) == 4


def test_what_is_to_be_done_stands_first() -> None:
    assert nonzero_first([("a", 0), ("b", 2), ("c", 0), ("d", 1)]) == ("b", "d", "a", "c")
