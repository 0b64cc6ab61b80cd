"""Whatever a source sends becomes `Coded` or `Unplayable`, in bounded time, and nothing else."""

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.clips import frames_in, lumas, make_clip, noisy, street

from linli.sensing.vision.plan import Source, SourceKind
from linli.sensing.vision.video import (
    SECOND,
    Arrival,
    Codec,
    Decoder,
    Encoder,
    LiveMuxer,
    Muxer,
    Stencil,
    Timeline,
    Unplayable,
    WallClock,
    arrivals,
    inside,
    jpeg_size,
    parameter_sets,
    stored,
    whole_mp4,
)

SCENE = street((160, 96))
MOST_SECONDS = 20


class Hurry:
    """A clock that never waits: files are read as fast as they can be."""

    def __init__(self) -> None:
        self._now = 1_795_000_000.0

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> bool:
        self._now += max(seconds, 0.0)
        return False


def film_source(path: Path, *, loop: bool = False) -> Source:
    return Source(kind=SourceKind.FILE, url=str(path), loop=loop)


def read(path: Path, most: int = 500) -> list[Arrival]:
    found: list[Arrival] = []
    for arrival in arrivals(film_source(path), Hurry()):
        found.append(arrival)
        if len(found) >= most:
            break
    return found


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")

    def show(number: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        return noisy(SCENE, number)

    return {
        "h264": make_clip(folder / "h264.mp4", show, frames=50, group=10),
        "b-frames": make_clip(
            folder / "b.mp4", show, frames=50, group=10, options={"preset": "medium", "bf": "2"}
        ),
        "hevc": make_clip(folder / "hevc.mp4", show, frames=50, group=10, codec="libx265"),
        "ts": make_clip(folder / "h264.ts", show, frames=50, group=10),
        "raw": make_clip(folder / "raw.h264", show, frames=50, group=10, form="h264"),
        "mjpeg": make_clip(folder / "mjpeg.avi", show, frames=30, codec="mjpeg"),
    }


@pytest.mark.parametrize("name", ["h264", "b-frames", "hevc", "ts", "raw"])
def test_every_way_of_packing_becomes_the_same(
    films: dict[str, Path], tmp_path: Path, name: str
) -> None:
    found = read(films[name])
    assert len(found) == 50
    form = found[0].format
    assert (form.width, form.height) == (160, 96)
    assert all(one.coded.data[:3] in {b"\0\0\0", b"\0\0\1"} for one in found)
    for one in found:
        assert bool(parameter_sets(form.codec, one.coded.data)) or not one.coded.key
    assert all(before.coded.dts < after.coded.dts for before, after in pairwise(found))
    decoder = Decoder(form)
    pictures = [picture for one in found for picture in decoder.pictures(one.coded)]
    assert abs(float(pictures[5].luma().mean()) - float(SCENE.mean())) < 3
    target = tmp_path / "clip.mp4"
    whole_mp4(form, [one.coded for one in found], target)
    assert frames_in(target.read_bytes()) == 50
    again = [coded for _, coded in stored(target)]
    assert len(again) == 50
    assert again[0].dts <= 0 <= again[0].pts


def test_a_looped_file_goes_on_without_a_seam(films: dict[str, Path]) -> None:
    found: list[Arrival] = []
    for arrival in arrivals(film_source(films["h264"], loop=True), Hurry()):
        found.append(arrival)
        if len(found) == 170:
            break
    steps = {after.coded.dts - before.coded.dts for before, after in pairwise(found)}
    assert steps == {40_000}


def test_key_pictures_alone_can_be_decoded(films: dict[str, Path]) -> None:
    for name in ("h264", "hevc"):
        found = read(films[name])
        decoder = Decoder(found[0].format)
        pictures = [decoder.key_only(one.coded) for one in found]
        assert sum(picture is not None for picture in pictures) == 5


def test_jpeg_pictures_are_coded_anew_and_masked(films: dict[str, Path], tmp_path: Path) -> None:
    found = read(films["mjpeg"])
    form = found[0].format
    assert form.codec is Codec.JPEG
    assert jpeg_size(found[0].coded.data) == (160, 96)
    decoder, encoder = Decoder(form), Encoder((160, 96), 25)
    stencil = Stencil([((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))], (160, 96))
    made = [
        coded
        for one in found
        for picture in decoder.pictures(one.coded)
        for coded in encoder.coded(picture.masked(stencil))
    ]
    target = tmp_path / "masked.mp4"
    whole_mp4(made[0][0], [coded for _, coded in made], target)
    pictures = lumas(target.read_bytes())
    assert len(pictures) == 30
    for picture in pictures:
        assert picture[:, :76].max() < 24, "something shows through the mask"
        assert picture[:, 90:].max() > 60


def test_a_viewer_gets_a_fragment_a_picture(films: dict[str, Path]) -> None:
    found = read(films["h264"])
    live = LiveMuxer(found[0].format, found[0].coded)
    parts = [live.part(one.coded) for one in found]
    assert all(parts[2:])
    assert frames_in(b"".join(parts)) >= 48


def test_a_mask_covers_its_border() -> None:
    marked = inside([((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))], (80, 40))
    assert marked[10:30, 20:60].all()
    assert not marked[:9].any()
    assert not marked[:, :18].any()


def test_a_full_disk_is_an_os_error(films: dict[str, Path]) -> None:
    found = read(films["h264"])

    def write() -> None:
        muxer = Muxer("/dev/full", found[0].format, found[0].coded, {"movflags": "empty_moov"})
        for one in found:
            muxer.add(one.coded)
        muxer.close()

    with pytest.raises(OSError, match="No space"):
        write()


# --- what is broken ------------------------------------------------------------------------------


def digest(path: Path) -> int:
    """Do with a file all that a camera process does; returns how many pictures came."""
    count = 0
    decoder: Decoder | None = None
    began = time.monotonic()
    try:
        for arrival in arrivals(film_source(path), Hurry()):
            count += 1
            if decoder is None or count % 40 == 0:
                decoder = Decoder(arrival.format)
            for picture in decoder.pictures(arrival.coded):
                picture.luma()
            if count > 300 or time.monotonic() - began > MOST_SECONDS:
                break
    except Unplayable:
        pass
    return count


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    name=st.sampled_from(["h264", "hevc", "ts", "raw", "mjpeg"]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=12)), max_size=25),
    keep=st.floats(0.02, 1.0),
    swap=st.booleans(),
)
def test_mutated_films_never_do_more_than_end(
    films: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    cuts: list[tuple[float, bytes]],
    keep: float,
    swap: bool,
) -> None:
    body = bytearray(films[name].read_bytes())
    for at, junk in cuts:
        place = int(at * (len(body) - 1))
        body[place : place + len(junk)] = junk
    if swap:  # another film begins in the middle of this one
        body[len(body) // 2 :] = films["raw"].read_bytes()
    body = body[: int(len(body) * keep)]
    path = tmp_path_factory.mktemp("broken") / films[name].name
    path.write_bytes(body)
    began = time.monotonic()
    digest(path)
    assert time.monotonic() - began < MOST_SECONDS * 2


@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=4000))
def test_garbage_is_refused(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("garbage") / "film.mp4"
    path.write_bytes(body)
    assert digest(path) == 0


@given(raw=st.binary(max_size=300))
def test_no_jpeg_header_makes_trouble(raw: bytes) -> None:
    size = jpeg_size(b"\xff\xd8" + raw)
    assert size is None or all(side > 0 for side in size)


@given(
    told=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(1 << 59), 1 << 59)),
            st.one_of(st.none(), st.integers(-(1 << 59), 1 << 59)),
        ),
        max_size=60,
    )
)
def test_whatever_times_a_stream_tells_ours_grow_and_stay_near(
    told: list[tuple[int | None, int | None]],
) -> None:
    timeline = Timeline()
    at, last = 1_795_000_000.0, 0
    for pts, dts in told:
        at += 0.04
        shown, decoded = timeline.placed(pts, dts, at)
        assert decoded > last
        assert decoded <= shown <= decoded + SECOND
        assert abs(decoded / SECOND - at) <= Timeline.TOLERANCE_S + 1
        last = decoded


def test_the_picture_size_changes_in_the_stream(films: dict[str, Path], tmp_path: Path) -> None:
    other = make_clip(
        tmp_path / "other.h264",
        lambda number: noisy(street((192, 128)), number),
        frames=30,
        group=10,
        form="h264",
    )
    joined = tmp_path / "joined.h264"
    joined.write_bytes(films["raw"].read_bytes() + other.read_bytes())
    sizes = [(one.format.width, one.format.height) for one in read(joined)]
    assert sizes[0] == (160, 96)
    assert sizes[-1] == (192, 128)


def test_nothing_waits_for_ever_on_a_silent_file(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    path = tmp_path / "none.mp4"
    with pytest.raises(Unplayable):
        next(arrivals(film_source(path), WallClock(stop.wait)))


def test_stopping_ends_a_paced_file(films: dict[str, Path]) -> None:
    stop = threading.Event()
    came = arrivals(film_source(films["h264"], loop=True), WallClock(stop.wait))
    next(came)
    stop.set()
    assert list(_rest(came)) == []


def _rest(came: Iterator[Arrival]) -> Iterator[Arrival]:
    yield from came
