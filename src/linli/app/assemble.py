"""What there is, found by its name: each context's `http` and `handlers` modules.

A context's routers are the `APIRouter`s of its `http` module; its reactions are `EVENTS`,
`DEADLINES` and `CHORES` of its `handlers` module; its `conditions` and `measures` modules say by
what it can be asked and what its records should hold. Tables are found likewise (`tables.py`).
"""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType

from fastapi import APIRouter

import linli
from linli.kernel.measures import Measure
from linli.kernel.questions import Condition
from linli.kernel.reactions import Chore, DeadlineReaction, EventReaction

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
