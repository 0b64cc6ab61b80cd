"""The ring always reaches far enough back, begins with a key picture, and stays small."""

from hypothesis import given
from hypothesis import strategies as st

from linli.sensing.vision.node.ring import Ring
from linli.sensing.vision.video import SECOND, Codec, Coded, Format

SMALL = Format(Codec.H264, 320, 192, b"small")
LARGE = Format(Codec.H264, 640, 384, b"large")
STEP = SECOND // 25


def picture(number: int, *, key: bool, size: int = 100) -> Coded:
    return Coded(b"p" * size, number * STEP, number * STEP, key)


@given(
    groups=st.lists(st.integers(1, 60), min_size=1, max_size=30),
    seconds=st.floats(0.5, 8.0),
)
def test_it_holds_the_span_and_hardly_more(groups: list[int], seconds: float) -> None:
    ring, number = Ring(seconds, 1 << 30), 0
    for group in groups:
        for place in range(group):
            ring.add(SMALL, picture(number, key=place == 0))
            number += 1
    newest = (number - 1) * STEP
    begins = ring.begins
    assert begins is not None
    assert begins <= max(newest - int(seconds * SECOND), 0)
    # Not more than the group that reaches back, and the one before the next key picture.
    assert begins >= newest - int(seconds * SECOND) - 2 * max(groups) * STEP
    assert ring.size == len(ring) * 100


@given(sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=200))
def test_it_never_holds_more_bytes_than_it_may(sizes: list[int]) -> None:
    ring = Ring(1000.0, 20_000)
    for number, size in enumerate(sizes):
        ring.add(SMALL, picture(number, key=number % 7 == 0, size=size))
        assert ring.size <= 20_000


def test_a_cut_begins_at_the_key_picture_before() -> None:
    ring = Ring(60, 1 << 30)
    for number in range(100):
        ring.add(SMALL, picture(number, key=number % 25 == 0))
    cut = ring.cut(30 * STEP, 60 * STEP, 45 * STEP)
    assert cut is not None
    form, pictures = cut
    assert form == SMALL
    assert (pictures[0].dts, pictures[-1].dts) == (25 * STEP, 60 * STEP)
    assert ring.cut(-2 * SECOND, -1 * SECOND, 0) is None


def test_a_cut_stays_in_the_format_of_the_moment() -> None:
    ring = Ring(60, 1 << 30)
    for number in range(50):
        ring.add(SMALL, picture(number, key=number % 25 == 0))
    for number in range(50, 100):
        ring.add(LARGE, picture(number, key=number % 25 == 0))
    before = ring.cut(0, 99 * STEP, 20 * STEP)
    after = ring.cut(0, 99 * STEP, 80 * STEP)
    assert before is not None
    assert after is not None
    assert (before[0], before[1][-1].dts) == (SMALL, 49 * STEP)
    assert (after[0], after[1][0].dts) == (LARGE, 50 * STEP)


def test_a_viewer_begins_with_the_last_key_picture() -> None:
    ring = Ring(60, 1 << 30)
    for number in range(60):
        ring.add(SMALL, picture(number, key=number % 25 == 0))
    assert [coded.dts // STEP for _, coded in ring.since_key()] == list(range(50, 60))
