"""Cameras over RTSP: a real server that is killed, comes back, and changes what it sends."""

import queue
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.clips import frames_in, make_clip, noisy, street

from linli.sensing.vision.node.camera import Item, Reader
from linli.sensing.vision.node.door import free_port
from linli.sensing.vision.plan import Source, SourceKind
from linli.sensing.vision.video import (
    Arrival,
    Codec,
    Decoder,
    Patience,
    Unplayable,
    WallClock,
    arrivals,
    whole_mp4,
)

pytestmark = pytest.mark.clients

SERVER = Path(__file__).parents[1] / "support" / "rtsp_server.py"
PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    small, large = street((320, 192)), street((416, 240), seed=9)
    return {
        "small": make_clip(folder / "small.mp4", lambda n: noisy(small, n), frames=400),
        "large": make_clip(folder / "large.mp4", lambda n: noisy(large, n), frames=400),
        "hevc": make_clip(
            folder / "hevc.mp4", lambda n: noisy(small, n), frames=200, codec="libx265"
        ),
    }


@contextmanager
def serving(port: int, film: Path, codec: str = "h264") -> Generator["subprocess.Popen[str]"]:
    server = subprocess.Popen(
        [PYTHON, str(SERVER), str(port), str(film), codec], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield server
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def source(port: int) -> Source:
    return Source(kind=SourceKind.RTSP, url=f"rtsp://127.0.0.1:{port}/camera")


def clock() -> WallClock:
    return WallClock(threading.Event().wait)


def some(port: int, count: int) -> list[Arrival]:
    found: list[Arrival] = []
    for arrival in arrivals(source(port), clock(), Patience(5, 5)):
        found.append(arrival)
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize(
    ("film", "codec"), [("small", Codec.H264), ("hevc", Codec.HEVC)], ids=["h264", "hevc"]
)
def test_pictures_come_over_rtsp_and_can_be_decoded_and_stored(
    films: dict[str, Path], tmp_path: Path, film: str, codec: Codec
) -> None:
    port = free_port("127.0.0.1")
    with serving(port, films[film], codec.value):
        found = some(port, 60)
    form = found[0].format
    assert (form.codec, form.width, form.height) == (codec, 320, 192)
    decoder = Decoder(form)
    pictures = [picture for one in found for picture in decoder.pictures(one.coded)]
    assert len(pictures) > 50
    assert decoder.errors == 0
    # The spacing is the stream's own, not that of the network.
    steps = {
        round((after.coded.dts - before.coded.dts) / 40_000) for before, after in pairwise(found)
    }
    assert steps == {1}
    whole_mp4(form, [one.coded for one in found], tmp_path / "clip.mp4")
    assert frames_in((tmp_path / "clip.mp4").read_bytes()) == 60


def test_the_cameras_own_clock_comes_with_the_stream(films: dict[str, Path]) -> None:
    port = free_port("127.0.0.1")
    with serving(port, films["small"]):
        told = [one for one in some(port, 200) if one.coded.camera_clock is not None]
    assert told
    assert all(abs((one.coded.camera_clock or 0.0) - one.at) < 5 for one in told)


def test_a_server_that_dies_is_found_again_and_may_send_something_else(
    films: dict[str, Path],
) -> None:
    port = free_port("127.0.0.1")
    inbox: queue.Queue[Item] = queue.Queue()
    reader: Reader | None = None
    try:
        with serving(port, films["small"]):
            reader = Reader(source(port), 1, inbox)
            sizes = [_size(inbox.get(timeout=20)) for _ in range(20)]
            assert set(sizes) == {320}
        while _size(inbox.get(timeout=20)) is not None:
            pass  # what was under way when it died
        with serving(port, films["large"]):
            while (size := _size(inbox.get(timeout=30))) is None:
                pass  # it was tried while nobody was there
            assert size == 416
    finally:
        if reader is not None:
            reader.stop()


def _size(item: object) -> int | None:
    arrival = getattr(item, "arrival", None)
    return arrival.format.width if isinstance(arrival, Arrival) else None


def test_nobody_there_is_said_without_the_password() -> None:
    port = free_port("127.0.0.1")
    wanted = Source(kind=SourceKind.RTSP, url=f"rtsp://admin:secret@127.0.0.1:{port}/camera")
    with pytest.raises(Unplayable) as refused:
        next(iter(arrivals(wanted, clock(), Patience(3, 3))))
    assert "secret" not in str(refused.value)
