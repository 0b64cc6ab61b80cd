"""Footage from a scene: pictures as the camera delivers them, and H.264 as it sends them."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from math import pi
from pathlib import Path
from typing import Protocol, cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.stream import VideoStream
from numpy.random import Generator

from linli_simulator.footage.canvas import (
    Floats,
    Luma,
    Matrix,
    blurred,
    brighter,
    darker,
    mapped,
    moved,
    scaled,
)
from linli_simulator.footage.scene import FPS, Scene, gain, shadow, shaken
from linli_simulator.footage.truth import Truth

SPARE = 97
GOP = 50


@dataclass(frozen=True, slots=True)
class Noise:
    """Sensor noise as tiles larger than the picture; each frame takes another part of them."""

    plus: Luma
    minus: Luma
    bands: Luma | None


def noise_of(scene: Scene, dice: Generator) -> Noise:
    height, width = scene.backdrop.luma.shape
    sigma = scene.sensor.noise
    grains: Floats = dice.standard_normal((height + SPARE, width + SPARE), np.float32)
    grains = blurred(grains, 0.55)
    grains *= sigma / float(grains.std())
    grains += dice.standard_normal((height + SPARE, 1), np.float32) * sigma * 0.12
    plus = np.clip(np.round(grains), 0, 255).astype(np.uint8)
    minus = np.clip(np.round(-grains), 0, 255).astype(np.uint8)
    bands = None
    if scene.sensor.bands:
        rows = np.arange(2 * height, dtype=np.float64)[:, None]
        wave: Matrix = scene.sensor.bands * (1 + np.sin(rows / height * (6 * pi)))
        bands = np.ascontiguousarray(
            np.broadcast_to(np.round(wave).astype(np.uint8), (2 * height, width)), np.uint8
        )
    return Noise(plus, minus, bands)


def pictures(scene: Scene) -> Iterator[Luma]:
    """The luma of each frame, before compression. The array is used again for the next frame."""
    dice = np.random.default_rng(scene.wish.seed + 1)
    noise = noise_of(scene, dice)
    height, width = scene.backdrop.luma.shape
    canvas = scene.backdrop.luma.copy()
    for n in range(scene.truth.frames):
        at = n / FPS
        np.copyto(canvas, scene.backdrop.luma)
        for layer in scene.layers:
            layer.paint(canvas, at)
        shade = shadow(scene.sensor, at, (width, height))
        if shade is not None:
            scaled(canvas, shade)
        factor = gain(scene.sensor, at)
        if factor != 1.0:
            table = np.clip(np.arange(256) * factor, 0, 255).astype(np.uint8)
            mapped(canvas, table)
        dx, dy = shaken(scene.sensor, at)
        if dx or dy:
            np.copyto(canvas, moved(canvas, dx, dy))
        x, y = int(dice.integers(SPARE)), int(dice.integers(SPARE))
        brighter(canvas, noise.plus[y : y + height, x : x + width])
        darker(canvas, noise.minus[y : y + height, x : x + width])
        if noise.bands is not None:
            top = n * 13 % height
            brighter(canvas, noise.bands[top : top + height])
        yield canvas


def truth_of(scene: Scene) -> Truth:
    """The truth with the contrasts that rendering measured: call it after the last frame."""
    contrasts: dict[int, tuple[float, float]] = {}
    for n, one in enumerate(scene.falling):
        if one.measured:
            nominal, exposed = np.median(np.array(one.measured), axis=0)
            contrasts[n] = (float(exposed), float(nominal))
    return scene.truth.with_contrasts(contrasts)


def film(scene: Scene, target: Path | BytesIO, *, preset: str = "superfast") -> Truth:
    """Write the footage as an MP4 file of H.264, as a camera encodes it; give the truth.

    One reference of two seconds between key frames, no B frames, an even bit rate.
    """
    with av.open(target, "w", format="mp4") as container:
        stream = _stream(container)
        height, width = scene.backdrop.luma.shape
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = scene.truth.bitrate
        stream.codec_context.gop_size = GOP
        stream.codec_context.thread_count = 1
        stream.options = {
            "preset": preset, "bf": "0", "threads": "1", "sc_threshold": "0",
            "maxrate": str(int(scene.truth.bitrate * 1.3)), "bufsize": str(scene.truth.bitrate),
        }  # fmt: skip
        for n, luma in enumerate(pictures(scene)):
            frame = VideoFrame(width, height, "yuv420p")
            for plane, values in zip(
                frame.planes, (luma, scene.backdrop.blue, scene.backdrop.red), strict=True
            ):
                _fill(plane, values)
            frame.pts, frame.time_base = n, Fraction(1, int(FPS))
            _put(container, stream, frame)
        _put(container, stream, None)
    return truth_of(scene)


class _Container(Protocol):
    """What is used of an output container; the library's own types are partly unknown."""

    def add_stream(self, codec_name: str, rate: Fraction) -> VideoStream: ...
    def mux(self, packets: object) -> None: ...


class _Encoder(Protocol):
    def encode(self, frame: VideoFrame | None = None) -> list[object]: ...


def _stream(container: OutputContainer) -> VideoStream:
    return cast("_Container", container).add_stream("libx264", Fraction(FPS))


def _put(container: OutputContainer, stream: VideoStream, frame: VideoFrame | None) -> None:
    for packet in cast("_Encoder", stream).encode(frame):
        cast("_Container", container).mux(packet)


def _fill(plane: VideoPlane, values: Luma) -> None:
    wide = plane.line_size
    target = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(plane.height, wide)
    np.copyto(target[:, : values.shape[1]], values)
