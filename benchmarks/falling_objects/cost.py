"""What watching costs beside decoding alone, and what cheaper or dearer ways find.

Each way runs in a process of its own over the same clips, so that its memory can be told; decoding
alone is measured again in each of them. Times are of one thread.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.falling_objects.evaluation import compare, compare_rival
from benchmarks.falling_objects.records import CostRecord, append, engine_stamp
from benchmarks.falling_objects.splits import fall_wish
from benchmarks.falling_objects.watching import frames_of, watch
from linli.sensing.vision.falling.settings import Settings
from linli_simulator.footage.film import film
from linli_simulator.footage.scene import made
from linli_simulator.footage.truth import load

FIRST = 500


@dataclass(frozen=True, slots=True)
class Way:
    """A way to watch: the detector with settings, on each n-th frame, or the rival."""

    name: str
    sensitivity: int = 50
    every: int = 1
    rival: bool = False


WAYS = (
    Way("linli as delivered (sensitivity 50)"),
    Way("linli, sensitivity 0", sensitivity=0),
    Way("linli, sensitivity 100", sensitivity=100),
    Way("linli, each second frame", every=2),
    Way("full-frame MOG2 and tracking", rival=True),
)


def measure(clips: int) -> None:
    """Render the clips once, run every way over them, append the results."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(clips):
            clip = folder / f"{number}.mp4"
            film(made(fall_wish("test", FIRST + number)), clip).save(clip.with_suffix(".json"))
        for number, way in enumerate(WAYS):
            said = subprocess.run(  # noqa: S603 (our own module)
                [sys.executable, "-m", "benchmarks.falling_objects.cost", name, str(number)],
                check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip
            told = json.loads(said.strip().splitlines()[-1])
            record = CostRecord(engine_stamp(), way.name, **told)
            append("cost", record)
            print(
                f"{way.name}: {record.whole_ms:.2f} ms, {record.whole_ms / record.decode_ms:.2f} "
                f"of decoding, {record.peak_mb:.0f} MB, {record.found} of {record.falls}",
                flush=True,
            )


def one_way(folder: Path, way: Way) -> dict[str, float | int]:
    """All clips by one way, in this process."""
    decode_s = whole_s = 0.0
    frames = falls = found = 0
    for clip in sorted(folder.glob("*.mp4")):
        truth = load(clip.with_suffix(".json"))
        before = time.process_time()
        count = sum(1 for _ in frames_of(clip))
        decode_s += time.process_time() - before
        settings = Settings(sensitivity=way.sensitivity)
        watched = watch(clip, truth, rival=way.rival, settings=settings, every=way.every)
        frames += count
        if way.rival:
            whole_s += watched.decode_s + watched.rival_s
            results, _ = compare_rival(truth, watched.rival_alarms)
            found += sum(hit for hit, _ in results)
        else:
            whole_s += watched.decode_s + watched.detector_s
            found += sum(result.found for result in compare(truth, watched.alarms)[0])
        falls += len(truth.falls)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "decode_ms": decode_s / frames * 1000, "whole_ms": whole_s / frames * 1000,
        "peak_mb": peak, "falls": falls, "found": found,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(one_way(Path(sys.argv[1]), WAYS[int(sys.argv[2])])))
