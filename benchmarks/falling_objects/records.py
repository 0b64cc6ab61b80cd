"""Results on disk: one JSON object a line, appended as pieces are done, each with its engine."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import linli.sensing.vision.falling as engine
from benchmarks.falling_objects.evaluation import FallResult

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """One clip with falls."""

    engine: str
    split: str
    seed: int
    seconds: float
    light: str
    weather: str
    distractions: list[str]
    falls: list[dict[str, Any]]
    false_confirmed: int
    false_suspected: int
    rival_false: int | None
    frames: int
    decode_s: float
    detector_s: float
    rival_s: float

    def results(self) -> list[FallResult]:
        return [FallResult(**fall) for fall in self.falls]


@dataclass(frozen=True, slots=True)
class PieceRecord:
    """One piece without falls: everything that alarmed was wrong."""

    engine: str
    split: str
    seed: int
    seconds: float
    light: str
    weather: str
    distractions: list[str]
    false_confirmed: int
    false_suspected: int
    rival_false: int | None
    decode_s: float
    detector_s: float
    why: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class CostRecord:
    """One way to watch the cost clips: processor milliseconds a frame, and what it found."""

    engine: str
    way: str
    decode_ms: float
    whole_ms: float
    peak_mb: float
    falls: int
    found: int


Record = TypeVar("Record", ClipRecord, PieceRecord, CostRecord)


@cache
def engine_stamp() -> str:
    """A fingerprint of the detector's source: results of another one do not count.

    Taken once, when the run begins: the source may be edited while it goes on.
    """
    folder = Path(next(iter(engine.__path__)))
    told = hashlib.sha256()
    for path in [*sorted(folder.glob("*.py")), folder.parent / "pictures.py"]:
        told.update(path.read_bytes())
    return told.hexdigest()[:8]


def append(name: str, record: ClipRecord | PieceRecord | CostRecord) -> None:
    """Write one more line to `results/<name>.jsonl`."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")


def read(name: str, kind: type[Record]) -> Iterator[Record]:
    """The lines of `results/<name>.jsonl`."""
    path = FOLDER / f"{name}.jsonl"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        yield kind(**cast("dict[str, Any]", json.loads(line)))


def pieces_of(split: str) -> list[PieceRecord]:
    """What the present detector made of each piece; one watched again counts as it was last."""
    stamp = engine_stamp()
    last = {
        one.seed: one
        for one in read("hours", PieceRecord)
        if one.engine == stamp and one.split == split
    }
    return list(last.values())
