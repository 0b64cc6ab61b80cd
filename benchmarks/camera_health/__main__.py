"""How well a camera's own faults are found, on made pictures.

    python -m benchmarks.camera_health [--minutes 10] [--scenes 6]

Every picture is made (façades of the falling-object generator, yards of boxes), given a sensor's
noise and sent through H.264, one a second. A fault begins after 40 good seconds and lasts two
minutes;
good cameras are watched for `--minutes` in each condition. The stream's faults are figures only.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.camera_health.showing import BROKEN, GOOD, Luma, Show, delivered, facade, yard
from linli.sensing.vision.health.contracts import PictureFault, StreamFigures
from linli.sensing.vision.health.watching import HealthWatch
from linli_simulator.footage.walls import Light

GOOD_S = 40
BAD_S = 120
BEGAN = 1_795_000_000.0
MADE = "All pictures are made; no recordings of real camera faults could be had."


@dataclass(slots=True)
class Row:
    """One kind of fault: how many cases, after how many seconds found, and what else was said."""

    fault: PictureFault
    what: str
    cases: int = 0
    delays: list[float] = field(default_factory=list[float])
    others: int = 0


def scenes(count: int) -> list[Luma]:
    """Façades by day, dusk and night, and yards, in turn."""
    makers: Sequence[Callable[[int], Luma]] = (
        facade,
        yard,
        lambda seed: facade(seed, Light.DUSK),
        lambda seed: facade(seed, Light.NIGHT),
    )
    return [makers[number % len(makers)](7_000 + number) for number in range(count)]


def watched(
    good: Iterator[Luma], bad: Iterator[Luma], others: Mapping[str, bytes]
) -> Iterator[tuple[float, tuple[PictureFault, ...]]]:
    """What stands after each second."""
    watch = HealthWatch()
    watch.others(others)

    def all_frames() -> Iterator[Luma]:
        yield from good
        yield from bad

    for luma, at in delivered(all_frames(), BEGAN):
        watch.picture(luma, at)
        yield at - BEGAN, tuple(fault.kind for fault in watch.faults)


def view_of_scene(scene: Luma, seed: int) -> bytes:
    """What another camera of the node usually sees."""
    watch = HealthWatch()
    show = Show(scene, np.random.default_rng(seed))
    for luma, at in delivered(GOOD["steady"](show, 8), BEGAN):
        watch.picture(luma, at)
    return watch.view


def case(row: Row, told: Iterator[tuple[float, tuple[PictureFault, ...]]], begins: float) -> None:
    """Enter one case into its row."""
    row.cases += 1
    found: float | None = None
    wrong: set[PictureFault] = set()
    for at, faults in told:
        if row.fault in faults and found is None and at >= begins:
            found = at - begins
        wrong |= {fault for fault in faults if fault is not row.fault}
    if found is not None:
        row.delays.append(found)
    row.others += bool(wrong)


def picture_rows(views: Sequence[Luma]) -> list[Row]:
    rows: list[Row] = []
    for (fault, what), breaking in BROKEN.items():
        row = Row(PictureFault(fault), what)
        for number, scene in enumerate(views):
            show = Show(scene, np.random.default_rng(number))
            case(row, watched(GOOD["steady"](show, GOOD_S), breaking(show, BAD_S), {}), GOOD_S)
        rows.append(row)
    row = Row(PictureFault.SWAPPED, "another camera of the node")
    for number, scene in enumerate(views):
        other = views[(number + 1) % len(views)]
        show, swapped = (Show(one, np.random.default_rng(number)) for one in (scene, other))
        others = {"other": view_of_scene(other, number)}
        good, bad = GOOD["steady"](show, GOOD_S), GOOD["steady"](swapped, BAD_S)
        case(row, watched(good, bad, others), GOOD_S)
    rows.append(row)
    return rows


def stream_rows() -> list[Row]:
    """Faults of the stream, from its figures."""

    def figures(at: float, **changed: float) -> StreamFigures:
        usual = {"rate": 25.0, "declared_rate": 25.0, "kilobits": 4000.0} | changed
        whole = {name: int(usual.pop(name, 0)) for name in ("unsound", "errors")}
        return StreamFigures(at=at, **usual, **whole)

    def told(
        bad: Callable[[float], StreamFigures], jumps: Callable[[float], int] = lambda _: 0
    ) -> Iterator[tuple[float, tuple[PictureFault, ...]]]:
        watch = HealthWatch()
        for second in range(GOOD_S + BAD_S):
            at = BEGAN + second
            since = second - GOOD_S
            shown = figures(at) if since < 0 else bad(at)
            watch.stream(shown, jumps(since) if since >= 0 else 0)
            yield float(second), tuple(fault.kind for fault in watch.faults)

    def offline() -> Iterator[tuple[float, tuple[PictureFault, ...]]]:
        watch = HealthWatch()
        for second in range(GOOD_S + BAD_S):
            if second < GOOD_S:
                watch.stream(figures(BEGAN + second))
            else:
                watch.offline("连接被拒绝", BEGAN + second)
            yield float(second), tuple(fault.kind for fault in watch.faults)

    degraded, clock = PictureFault.DEGRADED, PictureFault.CLOCK_WRONG
    shown = [
        (Row(PictureFault.OFFLINE, "no connection"), offline()),
        (Row(degraded, "9 pictures a second of 25"), told(lambda at: figures(at, rate=9.0))),
        (
            Row(degraded, "one picture in ten damaged"),
            told(lambda at: figures(at, unsound=12, errors=(at - BEGAN - GOOD_S) * 2.5)),
        ),
        (Row(degraded, "a twentieth of the bitrate"), told(lambda at: figures(at, kilobits=200.0))),
        (Row(degraded, "stalls"), told(lambda at: figures(at, rate=0.0, silent_s=6.0))),
        (Row(clock, "slow by a minute"), told(lambda at: figures(at, clock_off_s=-60.0))),
        (Row(clock, "never set (1970)"), told(lambda at: figures(at, clock_off_s=-at))),
        (
            Row(clock, "times run at 1.3 ×"),
            told(figures, lambda since: int(since * 0.3 / 5)),
        ),
    ]
    for row, said in shown:
        case(row, said, GOOD_S)
    return [row for row, _ in shown]


def good_rows(views: Sequence[Luma], minutes: int) -> list[tuple[str, float, list[str]]]:
    """For each condition: hours watched, and every fault that was said."""
    rows: list[tuple[str, float, list[str]]] = []
    for what, showing in GOOD.items():
        false: list[str] = []
        for number, scene in enumerate(views):
            show = Show(scene, np.random.default_rng(number))
            standing: set[PictureFault] = set()
            good = GOOD["steady"](show, 20)
            for _, faults in watched(good, showing(show, minutes * 60), {}):
                false += [fault.value for fault in faults if fault not in standing]
                standing = set(faults)
        rows.append((what, len(views) * minutes / 60, false))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=MADE)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--scenes", type=int, default=6)
    wanted = parser.parse_args()
    began = time.process_time()
    views = scenes(wanted.scenes)
    sys.stdout.reconfigure(line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # a text stream here
    print(MADE)
    print("\n| fault | how | found | median delay | longest | with another fault beside it |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in [*picture_rows(views), *stream_rows()]:
        delays = row.delays or [float("nan")]
        print(
            f"| {row.fault.value} | {row.what} | {len(row.delays)} of {row.cases} "
            f"| {statistics.median(delays):.0f} s | {max(delays):.0f} s | {row.others} |"
        )
    print("\n| good condition | hours | false alarms | which |")
    print("| --- | --- | --- | --- |")
    hours, alarms = 0.0, 0
    for what, watched_h, false in good_rows(views, wanted.minutes):
        hours, alarms = hours + watched_h, alarms + len(false)
        print(f"| {what} | {watched_h:.1f} | {len(false)} | {', '.join(sorted(set(false)))} |")
    print(f"| all | {hours:.1f} | {alarms} | {alarms / hours:.2f} an hour |")
    print(f"\n{wanted.scenes} scenes, {time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
