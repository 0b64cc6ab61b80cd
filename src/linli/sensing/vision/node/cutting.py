"""Cutting a while out of the recordings on disk, without coding anything anew."""

from pathlib import Path

from linli.sensing.vision.node.keeping import Span
from linli.sensing.vision.node.shelf import CameraShelf
from linli.sensing.vision.video import Coded, Format, Unplayable, stored, whole_mp4

MILLISECOND = 1000


def cut_recorded(shelf: CameraShelf, asked: Span, target: Path) -> Span:
    """Write what was recorded in this while to `target`; returns what it holds.

    It begins at the key picture at or before the asked beginning. Gaps between recordings are
    kept as they are; where the format changed, the longer part is taken.

    Raises:
        Unplayable: nothing was recorded then.
        OSError: the target cannot be written.
    """
    # A recording may be given its final name between finding and reading it.
    runs = _runs(shelf, asked) or _runs(shelf, asked)
    if not runs:
        raise Unplayable("这段时间没有录像")
    form, pictures = max(runs, key=lambda run: len(run[1]))
    whole_mp4(form, pictures, target)
    return Span(pictures[0].dts // MILLISECOND, pictures[-1].dts // MILLISECOND)


def _runs(shelf: CameraShelf, asked: Span) -> list[tuple[Format, list[Coded]]]:
    runs: list[tuple[Format, list[Coded]]] = []
    for begin_ms, path in _files(shelf, asked):
        try:
            for form, coded in stored(path):
                placed = _placed(coded, begin_ms)
                if placed.dts > asked.end * MILLISECOND:
                    break
                _collect(runs, form, placed, asked.begin * MILLISECOND)
        except Unplayable:
            continue
    return runs


def _files(shelf: CameraShelf, asked: Span) -> list[tuple[int, Path]]:
    # What is finished between two looks is then in both, not in neither.
    parts = [(begin, path) for begin, path in shelf.parts() if begin < asked.end]
    finished = [
        (one.span.begin, shelf.path_of(one)) for one in shelf.segments() if one.span.overlap(asked)
    ]
    return sorted(finished + parts)


def _placed(coded: Coded, begin_ms: int) -> Coded:
    shift = begin_ms * MILLISECOND
    return Coded(coded.data, coded.pts + shift, coded.dts + shift, coded.key)


def _collect(
    runs: list[tuple[Format, list[Coded]]], form: Format, coded: Coded, begin: int
) -> None:
    if coded.key and (not runs or not _alike(runs[-1][0], form)):
        runs.append((form, []))
    if not runs:
        return
    pictures = runs[-1][1]
    if pictures and coded.dts <= pictures[-1].dts:
        return
    if coded.key and coded.dts <= begin:
        pictures.clear()
    pictures.append(coded)


def _alike(one: Format, other: Format) -> bool:
    """Whether one file can hold both; files round the rate differently."""
    return (one.codec, one.width, one.height, one.parameters) == (
        other.codec,
        other.width,
        other.height,
        other.parameters,
    )
