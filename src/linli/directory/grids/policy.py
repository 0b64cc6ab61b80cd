"""Decisions about grids. Pure."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from linli.directory.grids.contracts import Grid, GridDraft
from linli.kernel.errors import BadInput

LONGEST_TITLE = 40
MOST_WORKERS = 20
MOST_BUILDINGS = 500


def given(
    draft: GridDraft,
    *,
    known: Sequence[Grid],
    own: UUID | None,
    crew: Collection[UUID],
    buildings: Collection[UUID],
    names: Mapping[UUID, str],
) -> GridDraft:
    """The grid, if it can be so. `known` are the community's grids, `own` the one being changed.

    Raises BadInput naming the field: no title, one that is taken, a worker of another house, a
    place that is no building of the community or lies in another grid already.
    """
    title = draft.title.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise BadInput("请填写网格名称", field="title", remedy="例如“第一网格”")
    others = [grid for grid in known if grid.id != own]
    if any(grid.title == title for grid in others):
        raise BadInput("已有同名网格", field="title", remedy="换一个名称")
    workers = tuple(dict.fromkeys(draft.workers))
    if len(workers) > MOST_WORKERS or any(one not in crew for one in workers):
        raise BadInput("所选网格员不属于本社区", field="workers", remedy="请重新选择")
    chosen = tuple(dict.fromkeys(draft.buildings))
    if len(chosen) > MOST_BUILDINGS or any(one not in buildings for one in chosen):
        raise BadInput("所选楼栋不在本社区", field="buildings", remedy="请重新选择")
    taken = {place: grid.title for grid in others for place in grid.buildings}
    for place in chosen:
        if place in taken:
            name = names.get(place, "这栋楼")
            raise BadInput(
                f"{name}已经属于“{taken[place]}”",
                field="buildings",
                remedy="先从那个网格里去掉",
            )
    return GridDraft(title, workers, chosen)


def grid_of(path: Sequence[UUID], grids: Sequence[Grid]) -> Grid | None:
    """In whose grid a place lies: `path` are the places from the outermost to it."""
    for place in path:
        for grid in grids:
            if place in grid.buildings:
                return grid
    return None
