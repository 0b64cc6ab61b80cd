"""The tables, from `results/`: only lines of the present detector count."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from benchmarks.falling_objects.evaluation import FallResult, rate, share
from benchmarks.falling_objects.records import (
    ClipRecord,
    CostRecord,
    PieceRecord,
    engine_stamp,
    pieces_of,
    read,
)

AIM_SIZE_PX = 8.0
AIM_CONTRAST = 15.0
SIZES = (3.0, 5.0, 8.0, 12.0, 20.0, 41.0)
CONTRASTS = (0.0, 8.0, 15.0, 25.0, 45.0, 256.0)


def show() -> None:
    """Print every table that has results."""
    stamp = engine_stamp()
    for split in ("test", "tuning"):
        clips = [
            one for one in read("falls", ClipRecord)
            if one.engine == stamp and one.split == split
        ]  # fmt: skip
        if clips:
            _falls(split, clips)
        pieces = pieces_of(split)
        if pieces:
            _hours(split, pieces)
    costs = [one for one in read("cost", CostRecord) if one.engine == stamp]
    if costs:
        _costs(costs)


def in_aim(fall: FallResult) -> bool:
    """At least 4 pixels at half size, at least 15 levels from what is behind it."""
    return fall.size_px >= AIM_SIZE_PX and fall.contrast >= AIM_CONTRAST


def _falls(split: str, clips: Sequence[ClipRecord]) -> None:
    falls = [fall for clip in clips for fall in clip.results()]
    aimed = [fall for fall in falls if in_aim(fall)]
    compared = [fall for fall in falls if fall.rival_found is not None]
    compared_aimed = [fall for fall in compared if in_aim(fall)]
    found = [fall for fall in falls if fall.found]
    located = [fall for fall in found if fall.storey_error is not None]
    hits = len(found)
    wrong = sum(clip.false_confirmed + clip.false_suspected for clip in clips)
    wrong_confirmed = sum(clip.false_confirmed for clip in clips)
    confirmed = sum(fall.confirmed for fall in found)
    rival_hits = sum(bool(fall.rival_found) for fall in compared)
    rival_wrong = sum(clip.rival_false or 0 for clip in clips)
    rival_located = [fall for fall in compared if fall.rival_storey_error is not None]
    seconds = sum(clip.seconds for clip in clips)
    print(f"\n### Falls, {split} split: {len(clips)} clips, {seconds / 60:.0f} min, synthetic\n")
    print("| | linli | full-frame MOG2 and tracking |\n|---|---|---|")
    rows: tuple[tuple[str, str, str], ...] = (
        (
            "recall, ≥ 8 px and ≥ 15 levels (aim 0.95)",
            share(sum(fall.found for fall in aimed), len(aimed)),
            share(sum(bool(fall.rival_found) for fall in compared_aimed), len(compared_aimed)),
        ),
        ("recall, all", share(hits, len(falls)), share(rival_hits, len(compared))),
        (
            "precision (aim 0.95)",
            share(hits, hits + wrong),
            share(rival_hits, rival_hits + rival_wrong),
        ),
        ("precision of what is confirmed", share(confirmed, confirmed + wrong_confirmed), "–"),
        (
            "storey within ± 1 (aim 0.9)",
            share(sum(abs(fall.storey_error or 0) <= 1 for fall in located), len(located)),
            share(
                sum(abs(fall.rival_storey_error or 0) <= 1 for fall in rival_located),
                len(rival_located),
            ),
        ),
        (
            "storey right",
            share(sum(fall.storey_error == 0 for fall in located), len(located)),
            share(sum(fall.rival_storey_error == 0 for fall in rival_located), len(rival_located)),
        ),
        (
            "column within ± 1",
            share(sum(abs(fall.column_error or 0) <= 1 for fall in located), len(located)),
            "–",
        ),
        (
            "true window inside the band",
            share(sum(bool(fall.in_band) for fall in located), len(located)),
            "–",
        ),
        ("impact to alert, median / longest", _delays(falls), "–"),
        ("the same, ≥ 8 px (aim 3 s)", _delays(aimed), "–"),
    )
    for row in rows:
        print("| " + " | ".join(row) + " |")
    _by("size in pixels", falls, SIZES, lambda fall: fall.size_px)
    _by("contrast in levels, as exposed", falls, CONTRASTS, lambda fall: fall.contrast)
    print("\n| scenes | recall, ≥ 8 px and ≥ 15 levels | recall, all |\n|---|---|---|")
    for name in sorted({f"{fall.light}, {fall.weather}" for fall in falls}):
        here = [fall for fall in falls if f"{fall.light}, {fall.weather}" == name]
        mine = [fall for fall in here if in_aim(fall)]
        print(
            f"| {name} | {share(sum(fall.found for fall in mine), len(mine))} "
            f"| {share(sum(fall.found for fall in here), len(here))} |"
        )


def _by(
    name: str,
    falls: Sequence[FallResult],
    edges: Sequence[float],
    of: Callable[[FallResult], float],
) -> None:
    print(f"\n| {name} | linli | full-frame MOG2 and tracking |\n|---|---|---|")
    for low, high in pairwise(edges):
        here = [fall for fall in falls if low <= of(fall) < high]
        both = [fall for fall in here if fall.rival_found is not None]
        print(
            f"| {low:g} to {high:g} | {share(sum(fall.found for fall in here), len(here))} "
            f"| {share(sum(bool(fall.rival_found) for fall in both), len(both))} |"
        )


def _delays(falls: Sequence[FallResult]) -> str:
    delays = [fall.delay_s for fall in falls if fall.delay_s is not None]
    return f"{median(delays):.2f} s / {max(delays):.2f} s" if delays else "no cases"


def _hours(split: str, pieces: Sequence[PieceRecord]) -> None:
    hours = sum(piece.seconds for piece in pieces) / 3600
    confirmed = sum(piece.false_confirmed for piece in pieces)
    suspected = sum(piece.false_suspected for piece in pieces)
    both = [piece for piece in pieces if piece.rival_false is not None]
    rival_hours = sum(piece.seconds for piece in both) / 3600
    print(
        f"\n### False alarms, {split} split: {len(pieces)} pieces without a fall, {hours:.2f} "
        "camera-hours of distractions, synthetic\n"
    )
    print("| | false alarms an hour (95 % Poisson; aim 0.5) |\n|---|---|")
    print(f"| linli, confirmed and suspected | {rate(confirmed + suspected, hours)} |")
    print(f"| linli, confirmed only | {rate(confirmed, hours)} |")
    if both:
        count = sum(piece.rival_false or 0 for piece in both)
        mine = sum(piece.false_confirmed + piece.false_suspected for piece in both)
        print(f"| linli in the pieces that the rival saw too | {rate(mine, rival_hours)} |")
        print(f"| full-frame MOG2 and tracking | {rate(count, rival_hours)} |")
    print("\n| distraction in the scene | hours | linli | MOG2 and tracking, an hour |")
    print("|---|---|---|---|")
    kinds = {kind for piece in pieces for kind in piece.distractions}
    for kind in sorted(kinds | {piece.weather for piece in pieces}):
        here = [piece for piece in pieces if kind in (*piece.distractions, piece.weather)]
        both = [piece for piece in here if piece.rival_false is not None]
        wrong = sum(piece.false_confirmed + piece.false_suspected for piece in here)
        rival = sum(piece.rival_false or 0 for piece in both)
        rival_hours = sum(piece.seconds for piece in both) / 3600
        beside = f"{rival / rival_hours:.0f}" if rival_hours else "–"
        print(
            f"| {kind} | {sum(piece.seconds for piece in here) / 3600:.2f} | {wrong} | {beside} |"
        )


def _costs(costs: Sequence[CostRecord]) -> None:
    print("\n### Cost of one 1080p25 stream, processor time in the same run, synthetic\n")
    print("| way | ms a frame | of decoding alone (aim 1.6) | peak MB (aim 250) | found |")
    print("|---|---|---|---|---|")
    for one in costs:
        print(
            f"| {one.way} | {one.whole_ms:.2f} | {one.whole_ms / one.decode_ms:.2f} "
            f"| {one.peak_mb:.0f} | {one.found} of {one.falls} |"
        )
