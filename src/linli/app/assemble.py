"""What there is, found by its name: each context's `http` and `handlers` modules.

A context's routers are the `APIRouter`s of its `http` module; its reactions are `EVENTS`,
`DEADLINES` and `CHORES` of its `handlers` module; its `conditions`, `measures` and `tallies`
modules say by what it can be asked, what its records should hold and what of them is counted for
work-places. Tables are found likewise (`tables.py`).
"""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from fastapi import APIRouter

import linli
from linli.kernel.figures import Figure, Flow, Span
from linli.kernel.measures import Measure
from linli.kernel.questions import Condition
from linli.kernel.reactions import Chore, DeadlineReaction, EventReaction
from linli.kernel.retention import Purpose
from linli.kernel.tallies import Tally
from linli.support.chapters.contracts import Chapter
from linli.support.sheets.contracts import Sheet

# The application knows this one by itself.
LIVE = "linli.app.live.http"


@dataclass(frozen=True, slots=True)
class Reactions:
    """Everything that linli does by itself."""

    events: tuple[EventReaction, ...]
    deadlines: tuple[DeadlineReaction, ...]
    chores: tuple[Chore, ...]


def routers() -> tuple[APIRouter, ...]:
    """Every router of an `http` module but the live stream's, in the order of the modules."""
    found: dict[int, APIRouter] = {}
    for module in _modules("http"):
        if module.__name__ == LIVE:
            continue
        for value in vars(module).values():
            if isinstance(value, APIRouter):
                found[id(value)] = value
    return tuple(found.values())


def reactions() -> Reactions:
    """Every declared reaction.

    Raises ValueError when two share a name: they would take each other's place.
    """
    handlers = _modules("handlers")
    events: list[EventReaction] = []
    deadlines: list[DeadlineReaction] = []
    chores: list[Chore] = []
    for module in handlers:
        events.extend(getattr(module, "EVENTS", ()))
        deadlines.extend(getattr(module, "DEADLINES", ()))
        chores.extend(getattr(module, "CHORES", ()))
    _refuse_twins(reaction.name for reaction in events)
    _refuse_twins(reaction.kind for reaction in deadlines)
    _refuse_twins(chore.name for chore in chores)
    return Reactions(tuple(events), tuple(deadlines), tuple(chores))


def conditions() -> tuple[Condition, ...]:
    """Every condition that questions may be made of.

    Raises ValueError when two share a code.
    """
    found: list[Condition] = []
    for module in _modules("conditions"):
        found.extend(getattr(module, "CONDITIONS", ()))
    _refuse_twins(condition.code for condition in found)
    return tuple(found)


def measures() -> tuple[Measure, ...]:
    """Every measure of completeness.

    Raises ValueError when two share a code.
    """
    found: list[Measure] = []
    for module in _modules("measures"):
        found.extend(getattr(module, "MEASURES", ()))
    _refuse_twins(measure.code for measure in found)
    return tuple(found)


def tallies() -> tuple[Tally, ...]:
    """Everything that is counted for work-places.

    Raises ValueError when two share a code.
    """
    found: list[Tally] = []
    for module in _modules("tallies"):
        found.extend(getattr(module, "TALLIES", ()))
    _refuse_twins(tally.code for tally in found)
    return tuple(found)


def sheets() -> tuple[Sheet, ...]:
    """Every sheet that can be imported, in the order in which they are entered.

    Raises ValueError when two share a code.
    """
    found: list[Sheet] = []
    for module in _modules("sheets"):
        found.extend(getattr(module, "SHEETS", ()))
    _refuse_twins(sheet.code for sheet in found)
    return tuple(sorted(found, key=lambda sheet: sheet.order))


def figures() -> tuple[Figure, ...]:
    """Every figure that is counted at all levels, in the order of the modules.

    Raises ValueError when two share a code.
    """
    return _declared("FIGURES")


def spans() -> tuple[Span, ...]:
    """Everything of which is told how long it takes."""
    return _declared("SPANS")


def flows() -> tuple[Flow, ...]:
    """Everything of which is told how often it happens."""
    return _declared("FLOWS")


def purposes() -> tuple[Purpose, ...]:
    """Everything about people that is kept for a purpose and then forgotten.

    Raises ValueError when two share a code.
    """
    found: list[Purpose] = []
    for module in _modules("retention"):
        found.extend(getattr(module, "PURPOSES", ()))
    _refuse_twins(purpose.code for purpose in found)
    return tuple(found)


def chapters() -> tuple[Chapter, ...]:
    """Everything that is told to a person about themselves.

    Raises ValueError when two share a code.
    """
    found: list[Chapter] = []
    for module in _modules("about"):
        found.extend(getattr(module, "CHAPTERS", ()))
    _refuse_twins(chapter.code for chapter in found)
    return tuple(found)


def _declared(name: str) -> tuple[Any, ...]:
    found = [one for module in _modules("figures") for one in getattr(module, name, ())]
    _refuse_twins(one.code for one in found)
    return tuple(found)


def _modules(name: str) -> Sequence[ModuleType]:
    found = [
        module.name
        for module in pkgutil.walk_packages(linli.__path__, "linli.")
        if module.name.endswith(f".{name}")
    ]
    return [importlib.import_module(module) for module in sorted(found)]


def _refuse_twins(names: Iterable[str]) -> None:
    twins = [name for name, count in Counter(names).items() if count > 1]
    if twins:
        raise ValueError(f"declared twice: {', '.join(twins)}")
