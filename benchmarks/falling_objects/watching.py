"""Running the detector and its rival over footage, with the processor time of each part."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt

from benchmarks.falling_objects.rival import Rival, RivalAlarm
from linli.sensing.vision import pictures
from linli.sensing.vision.contracts import Facade, FallenObject
from linli.sensing.vision.falling.detector import FallingDetector
from linli.sensing.vision.falling.settings import Settings
from linli_simulator.footage.truth import Truth

Luma = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A fall as it was reported, and when."""

    fallen: FallenObject
    told_at: float


@dataclass(slots=True)
class Watched:
    """What came out of one clip; processor seconds of decoding, detector and rival."""

    frames: int = 0
    alarms: list[Alarm] = field(default_factory=list[Alarm])
    rival_alarms: list[RivalAlarm] = field(default_factory=list[RivalAlarm])
    decode_s: float = 0.0
    detector_s: float = 0.0
    rival_s: float = 0.0


def facades_of(truth: Truth) -> tuple[Facade, ...]:
    """The calibration of a perfect surveyor."""
    return tuple(
        Facade(
            wall.id, "building", wall.corners, wall.storeys, wall.ground_storey, wall.columns,
            wall.storey_height_m, wall.width_m,
        )
        for wall in truth.walls
    )  # fmt: skip


def detector_of(truth: Truth, settings: Settings | None = None) -> FallingDetector:
    return FallingDetector(
        settings or Settings(), (truth.width, truth.height), truth.fps, facades_of(truth),
        truth.blind,
    )  # fmt: skip


def frames_of(clip: Path) -> Iterator[tuple[Luma, float]]:
    """The luma of each decoded frame, as it lies in the decoder's memory, and its time."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in container.decode(stream):
            plane = frame.planes[0]
            luma = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(
                plane.height, plane.line_size
            )
            yield luma[:, : frame.width], frame.time or 0.0


def watch(
    clip: Path, truth: Truth, *, rival: bool = False, settings: Settings | None = None,
    every: int = 1,
) -> Watched:  # fmt: skip
    """Everything reported in one clip; `every` takes each n-th frame only."""
    detector = detector_of(truth, settings)
    other = Rival((truth.width, truth.height), facades_of(truth), truth.blind) if rival else None
    found = Watched()
    before = time.process_time()
    for luma, at in frames_of(clip):
        decoded = time.process_time()
        found.decode_s += decoded - before
        if found.frames % every == 0:
            found.alarms += [Alarm(fallen, at) for fallen in detector.see(pictures.half(luma), at)]
        seen = time.process_time()
        found.detector_s += seen - decoded
        if other is not None:
            found.rival_alarms += other.see(np.ascontiguousarray(luma), at)
        before = time.process_time()
        found.rival_s += before - seen
        found.frames += 1
    found.alarms += [Alarm(fallen, truth.seconds) for fallen in detector.finish()]
    return found
