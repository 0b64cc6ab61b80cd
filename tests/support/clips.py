"""Small films made and read for tests, with PyAV itself."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# (PyAV's own stubs leave packets' streams unknown.)

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

Pixels = npt.NDArray[np.uint8]


def street(size: tuple[int, int] = (640, 360), seed: int = 7) -> Pixels:
    """A still scene with edges everywhere: blocks of different brightness (luma)."""
    width, height = size
    dice = np.random.default_rng(seed)
    picture = np.full((height, width), 90, np.float32)
    for _ in range(160):
        x, y = int(dice.integers(0, width - 8)), int(dice.integers(0, height - 8))
        wide, high = int(dice.integers(8, width // 5)), int(dice.integers(8, height // 5))
        picture[y : y + high, x : x + wide] = float(dice.integers(30, 225))
    return picture.astype(np.uint8)


def noisy(picture: Pixels, frame: int, sigma: float = 2.0) -> Pixels:
    """The picture as a sensor gives it."""
    noise = np.random.default_rng(frame).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def make_clip(
    path: Path,
    show: Callable[[int], Pixels],
    *,
    frames: int = 100,
    rate: int = 25,
    codec: str = "libx264",
    group: int = 25,
    form: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a film whose luma is `show(frame)`."""
    first = show(0)
    height, width = first.shape
    with av.open(str(path), "w", format=form) as container:
        named = {"libx264": {"preset": "ultrafast"}, "libx265": {"preset": "ultrafast"}}
        stream = container.add_stream(
            codec, rate=Fraction(rate), options={**named.get(codec, {}), **(options or {})}
        )
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = group
        if codec == "libx265":
            stream.codec_context.codec_tag = "hvc1"
            stream.codec_context.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
        for number in range(frames):
            luma = first if number == 0 else show(number)
            chroma = np.full((height // 2, width), 128, np.uint8)
            frame = VideoFrame.from_ndarray(np.vstack([luma, chroma]), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def frames_in(film: bytes, form: str | None = None) -> int:
    """How many pictures a player gets out of a film."""
    with av.open(io.BytesIO(film), "r", format=form) as container:
        return sum(1 for _ in container.decode(container.streams.video[0]))


def lumas(film: bytes) -> list[Pixels]:
    """The pictures of a film (luma)."""
    with av.open(io.BytesIO(film), "r") as container:
        return [
            np.asarray(frame.to_ndarray(format="gray"), np.uint8)
            for frame in container.decode(container.streams.video[0])
        ]
