"""What is kept, what goes first, and why something is missing."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.vision.node.housekeeping import keep_house
from linli.sensing.vision.node.keeping import (
    DAY_MS,
    Gap,
    Segment,
    Span,
    Why,
    expired,
    gaps,
    to_make_room,
)
from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.node.shelf import CameraShelf, Entry, Line

NOW = 1_795_000_000_000


def segment(begin: int, size: int = 100, camera: str = "a", *, evidence: bool = False) -> Segment:
    return Segment(camera, Span(begin, begin + 60_000), size, evidence)


def test_recordings_go_when_their_time_is_over() -> None:
    old, young = segment(NOW - 31 * DAY_MS), segment(NOW - 29 * DAY_MS)
    assert expired([old, young], NOW, {"a": 30}) == {old}
    assert expired([old, young], NOW, {"a": 60}) == set()
    # A camera that left the plan keeps its thirty days.
    assert expired([old, young], NOW, {}) == {old}


segments = st.lists(
    st.builds(
        segment,
        st.integers(0, 10**9),
        st.integers(1, 10_000),
        st.sampled_from("abc"),
        evidence=st.booleans(),
    ),
    max_size=40,
)


@given(held=segments, missing=st.integers(-1000, 200_000))
def test_room_is_made_with_the_oldest_and_evidence_goes_last(
    held: list[Segment], missing: int
) -> None:
    chosen = to_make_room(held, missing)
    freed = sum(one.size for one in chosen)
    assert freed >= missing or len(chosen) == len(held)
    if chosen:
        assert freed - chosen[-1].size < missing, "one more than needed"
    plain = sorted((one for one in held if not one.evidence), key=lambda one: one.span.begin)
    if any(one.evidence for one in chosen):
        assert [one for one in chosen if not one.evidence] == plain
    else:
        assert chosen == plain[: len(chosen)]


def test_gaps_name_the_reason_that_covers_most() -> None:
    held = [segment(0), segment(60_500), segment(300_000)]
    known = [
        Gap(Span(120_000, 290_000), Why.CAMERA_OFFLINE),
        Gap(Span(290_000, 300_000), Why.DISK_FULL),
    ]
    found = gaps(held, known, Span(0, 400_000))
    assert found == [
        Gap(Span(120_500, 300_000), Why.CAMERA_OFFLINE),
        Gap(Span(360_000, 400_000), Why.NODE_DOWN),
    ]


def test_a_short_reason_does_not_explain_a_long_gap() -> None:
    known = [Gap(Span(3_598_000, 3_600_000), Why.CAMERA_OFFLINE)]
    [gap] = gaps([segment(3_600_000)], known, Span(0, 3_660_000))
    assert gap == Gap(Span(0, 3_600_000), Why.NODE_DOWN)


@given(held=segments, begin=st.integers(0, 10**9), length=st.integers(1, 10**8))
def test_gaps_and_recordings_cover_everything_once(
    held: list[Segment], begin: int, length: int
) -> None:
    asked = Span(begin, begin + length)
    found = gaps(held, [], asked)
    for gap in found:
        assert asked.begin <= gap.span.begin < gap.span.end <= asked.end
        assert not any(one.span.overlap(gap.span) for one in held)


def test_a_full_disk_takes_the_oldest_and_says_so(tmp_path: Path) -> None:
    settings = NodeSettings(
        platform="http://127.0.0.1:1",
        mqtt="mqtt://127.0.0.1:1",
        connection="c",
        folder=tmp_path,
        token="t",
        keep_free=0,
        most_bytes=2_500,
    )
    shelf = CameraShelf(tmp_path, "YG-01")
    shelf.make()
    for number in range(5):
        begin = NOW - 600_000 + number * 60_000
        shelf.finished(begin, begin + 60_000).write_bytes(b"x" * 1000)
    first = NOW - 600_000
    shelf.note(Line(Entry.EVIDENCE, first + 10_000, first + 20_000))
    [gone] = keep_house(settings, {"YG-01": 30}, NOW)
    assert (gone.camera, gone.count, gone.size, gone.evidence) == ("YG-01", 3, 3000, False)
    left = shelf.segments()
    assert [one.span.begin for one in left] == [first, first + 240_000]
    assert left[0].evidence
    missing = gaps(left, shelf.known_gaps(), Span(first, first + 300_000))
    assert [gap.why for gap in missing] == [Why.REMOVED_FOR_ROOM]
    # The next look finds nothing to do.
    assert keep_house(settings, {"YG-01": 30}, NOW) == []
