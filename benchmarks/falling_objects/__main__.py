"""How well falling objects are found, on synthetic scenes only.

    python -m benchmarks.falling_objects falls --clips 10 [--split tuning] [--rival]
    python -m benchmarks.falling_objects hours --pieces 5 [--split tuning] [--rival]
    python -m benchmarks.falling_objects cost
    python -m benchmarks.falling_objects tables

`falls` and `hours` go on where the last run with the same detector stopped and append to
`results/`; `tables` prints what is there. Run long ones in pieces, with `nice`.
"""

import argparse
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.falling_objects import cost, tables
from benchmarks.falling_objects.evaluation import compare, compare_rival
from benchmarks.falling_objects.records import (
    ClipRecord,
    PieceRecord,
    append,
    engine_stamp,
    pieces_of,
    read,
)
from benchmarks.falling_objects.splits import FIRST_PIECE, FIRST_SEED, fall_wish, piece_wish
from benchmarks.falling_objects.watching import watch
from linli_simulator.footage.film import film
from linli_simulator.footage.scene import made

SYNTHETIC = "All scenes are synthetic; no real footage of falling objects could be had."


def main() -> None:
    parser = argparse.ArgumentParser(description=SYNTHETIC)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, option in (("falls", "--clips"), ("hours", "--pieces")):
        command = commands.add_parser(name)
        command.add_argument(option, type=int, default=5, dest="count")
        command.add_argument("--split", choices=("tuning", "test"), default="test")
        command.add_argument("--rival", action="store_true")
        command.add_argument("--first", type=int, default=None, help="number of the first one")
    commands.add_parser("cost").add_argument("--clips", type=int, default=8, dest="count")
    commands.add_parser("tables")
    wanted = parser.parse_args()
    print(f"{SYNTHETIC} Detector {engine_stamp()}.")
    if wanted.command == "cost":
        cost.measure(wanted.count)
    elif wanted.command == "tables":
        tables.show()
    else:
        run = falls if wanted.command == "falls" else hours
        for number in range(wanted.count):
            first = next_number(wanted.command, wanted.split, rival=wanted.rival)
            run(wanted.split, first if wanted.first is None else wanted.first + number,
                rival=wanted.rival)  # fmt: skip


def next_number(command: str, split: str, *, rival: bool) -> int:
    """The first number that the present detector has not done yet; with `rival`, not beside it."""
    if command == "falls":
        done = {
            one.seed - FIRST_SEED[split]
            for one in read("falls", ClipRecord)
            if one.engine == engine_stamp() and one.split == split
            if not rival or one.rival_false is not None
        }
    else:
        done = {
            one.seed - FIRST_PIECE[split]
            for one in pieces_of(split)
            if not rival or one.rival_false is not None
        }
    return next(number for number in range(1_000_000) if number not in done)


def falls(split: str, number: int, *, rival: bool) -> None:
    """Render, watch and judge one clip with falls; append the result."""
    stamp = engine_stamp()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        truth = film(made(fall_wish(split, number)), clip)
        watched = watch(clip, truth, rival=rival)
    results, wrong = compare(truth, watched.alarms)
    rival_false: int | None = None
    if rival:
        rivals, rival_false = compare_rival(truth, watched.rival_alarms)
        results = [
            replace(mine, rival_found=found, rival_storey_error=error)
            for mine, (found, error) in zip(results, rivals, strict=True)
        ]
    confirmed = sum(one.fallen.grade == "confirmed" for one in wrong)
    append(
        "falls",
        ClipRecord(
            stamp, split, truth.seed, truth.seconds, truth.light, truth.weather,
            list(truth.distractions), [asdict(one) for one in results], confirmed,
            len(wrong) - confirmed, rival_false, watched.frames, round(watched.decode_s, 3),
            round(watched.detector_s, 3), round(watched.rival_s, 3),
        ),
    )  # fmt: skip
    print(
        f"seed {truth.seed} {truth.light} {truth.weather}: found "
        f"{sum(one.found for one in results)} of {len(results)}, false {len(wrong)}",
        flush=True,
    )


def hours(split: str, number: int, *, rival: bool) -> None:
    """Render and watch one piece without falls; append the result.

    Encoded in the fastest way: more artefacts at the same bit rate than cameras make.
    """
    stamp = engine_stamp()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "piece.mp4"
        truth = film(made(piece_wish(split, number)), clip, preset="ultrafast")
        watched = watch(clip, truth, rival=rival)
    confirmed = sum(one.fallen.grade == "confirmed" for one in watched.alarms)
    why = [
        f"{one.told_at:.1f}s {one.fallen.grade} {one.fallen.confidence} "
        f"{len(one.fallen.points)} points {one.fallen.size_px:.1f} px"
        for one in watched.alarms
    ]
    append(
        "hours",
        PieceRecord(
            stamp, split, truth.seed, truth.seconds, truth.light, truth.weather,
            list(truth.distractions), confirmed, len(watched.alarms) - confirmed,
            len(watched.rival_alarms) if rival else None, round(watched.decode_s, 3),
            round(watched.detector_s, 3), why,
        ),
    )  # fmt: skip
    print(f"seed {truth.seed} {truth.light} {truth.weather}: {why or 'quiet'}", flush=True)


if __name__ == "__main__":
    main()
