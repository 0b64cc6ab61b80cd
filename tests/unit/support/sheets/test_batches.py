"""Lines go in batches; those that are one thing are never parted."""

from hypothesis import given
from hypothesis import strategies as st

from linli.support.sheets.contracts import Line
from linli.support.sheets.policy import batches

cells = st.tuples(st.sampled_from(["", "A", "B", "C"]), st.sampled_from(["1-101", "1-102"]))


@given(st.lists(cells, max_size=40), st.integers(1, 8))
def test_no_line_is_lost_and_no_household_parted(told: list[tuple[str, str]], most: int) -> None:
    lines = [
        Line(row, {"household": household, "home": home})
        for row, (household, home) in enumerate(told, 2)
    ]
    found = batches(lines, ("household", "home"), most)
    assert sorted(line.row for batch in found for line in batch) == [line.row for line in lines]
    where: dict[str, int] = {}
    for at, batch in enumerate(found):
        assert batch
        for line in batch:
            key = line.text("household") or line.text("home")
            assert where.setdefault(key, at) == at


@given(st.integers(0, 60), st.integers(1, 9))
def test_lines_that_stand_alone_fill_their_batches(many: int, most: int) -> None:
    lines = [Line(row, {"name": "王"}) for row in range(2, many + 2)]
    found = batches(lines, (), most)
    assert [line.row for batch in found for line in batch] == [line.row for line in lines]
    assert all(len(batch) == most for batch in found[:-1])
