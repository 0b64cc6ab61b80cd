"""Decisions about places. Pure."""

import re
from collections.abc import Callable, Mapping
from uuid import UUID

from linli.directory.places.contracts import BuildingDraft, Place, PlaceDraft, PlaceKind
from linli.kernel.errors import BadInput

K = PlaceKind

# What may contain what; None is the estate itself.
PARENTS: Mapping[PlaceKind, frozenset[PlaceKind | None]] = {
    K.BUILDING: frozenset({None}),
    K.ENTRANCE: frozenset({K.BUILDING}),
    K.FLOOR: frozenset({K.BUILDING, K.ENTRANCE}),
    K.HOME: frozenset({K.BUILDING, K.ENTRANCE, K.FLOOR}),
    K.LIFT: frozenset({K.BUILDING, K.ENTRANCE}),
    K.GATE: frozenset({None}),
    K.ROOM: frozenset({None, K.BUILDING, K.ENTRANCE, K.FLOOR}),
    K.OPEN_GROUND: frozenset({None}),
}


_NUMBERS = re.compile(r"([0-9]+)")


class WrongParent(BadInput):
    code = "wrong_parent"
    text = "这类场所不能放在这里"


def placed(draft: PlaceDraft, parent: Place | None) -> None:
    """Refuse a place that cannot lie in its parent."""
    if (parent.kind if parent else None) not in PARENTS[draft.kind]:
        raise WrongParent(field="parent_id")


def path_of(title: str, parent: Place | None) -> str:
    """How people say the place: `3号楼 1单元 502室`. Nobody says the floor of a home."""
    if parent is None:
        return title
    before = parent.path
    if parent.kind is PlaceKind.FLOOR:
        before = before.removesuffix(parent.title).rstrip()
    return f"{before} {title}".lstrip()


def building_drafts(building: BuildingDraft, new_id: Callable[[], UUID]) -> list[PlaceDraft]:
    """The building with its 单元, floors, homes and lifts; the first home of floor 5 is 501.

    Lifts lie in the building and not in their 单元, because residents count them through:
    3号楼 3号电梯.
    """
    outline = PlaceDraft(
        id=new_id(),
        kind=PlaceKind.BUILDING,
        title=building.title,
        x=building.x,
        y=building.y,
        w=building.w,
        h=building.h,
        storeys=building.floors,
        outline=building.outline,
    )
    drafts = [outline]
    for entrance in building.entrances:
        way_in = PlaceDraft(
            id=new_id(), kind=PlaceKind.ENTRANCE, title=entrance.title, parent_id=outline.id
        )
        drafts.append(way_in)
        drafts.extend(
            PlaceDraft(id=new_id(), kind=PlaceKind.LIFT, title=lift, parent_id=outline.id)
            for lift in entrance.lifts
        )
        for number in range(1, building.floors + 1):
            floor = PlaceDraft(
                id=new_id(), kind=PlaceKind.FLOOR, title=f"{number}层", parent_id=way_in.id
            )
            drafts.append(floor)
            drafts.extend(
                PlaceDraft(
                    id=new_id(),
                    kind=PlaceKind.HOME,
                    title=f"{number}{door:02d}",
                    parent_id=floor.id,
                )
                for door in range(1, entrance.homes_per_floor + 1)
            )
    return drafts


def code_of(draft: PlaceDraft, path: str) -> str:
    """The business code: the given one, or the path without spaces."""
    return draft.code or path.replace(" ", "")


def spoken_order(path: str) -> tuple[tuple[int, int, str], ...]:
    """By this key 2号楼 stands before 10号楼."""
    return tuple(
        (1, int(part), "") if part.isdecimal() else (0, 0, part)
        for part in _NUMBERS.split(path)
        if part
    )


def walking_order(place: Place) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Kind by kind, buildings first, and each kind as people count."""
    return (_KINDS.index(place.kind), spoken_order(place.path))


_KINDS = tuple(PlaceKind)
