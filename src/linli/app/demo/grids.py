"""The demo's grids, and a first task for its grid worker."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from linli.directory.grids.contracts import GridDraft
from linli.directory.grids.public import add_grid, buildings_of
from linli.directory.organisation.contracts import Organisation
from linli.kernel.scope import MACHINE, Actor, Scope
from linli.kernel.work import Work
from linli.responding.tasks.contracts import TaskDraft
from linli.responding.tasks.public import give

TITLES = ("第一网格", "第二网格")
GIVER = Actor(kind=MACHINE.kind, name="王值班")


async def draw_grids(
    work: Work, organisations: Mapping[str, Organisation], accounts: Mapping[str, UUID]
) -> None:
    """Halve the community's buildings between two grids of its grid worker, and give a task."""
    community = organisations["community"]
    buildings = sorted(await buildings_of(work, community.id), key=lambda one: one.path)
    half = (len(buildings) + 1) // 2
    worker = accounts["wangge"]
    for title, part in zip(TITLES, (buildings[:half], buildings[half:]), strict=True):
        draft = GridDraft(title, (worker,), tuple(one.id for one in part))
        await add_grid(work, community.id, draft)
    await give(
        replace(work, actor=GIVER, scope=Scope(account_id=accounts["shequ"])),
        TaskDraft(
            organisation_id=community.id,
            place_id=buildings[0].id,
            title="检查消防通道是否堆放杂物",
            words="每个单元的楼梯间都看一遍，拍照留存；有堆物的当场劝离。",
            assignee_id=worker,
            due_at=work.now + timedelta(days=1),
        ),
    )
