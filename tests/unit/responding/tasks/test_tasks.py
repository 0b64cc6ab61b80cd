"""A community draws its grids, gives its grid worker a task, and sends them first."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from tests.support.demo import SeededDatabase
from tests.unit.directory.town import database_beside
from tests.unit.responding.office import Office, office_on, picture

from linli.app.assemble import reactions
from linli.app.engine.roles import DatabaseUrls
from linli.app.worker.counting import WorkerCounts
from linli.app.worker.due import Deadlines
from linli.directory.grids import service as grids
from linli.directory.grids.contracts import Grid, GridDraft
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import ModuleOff, switch_off, switch_on
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.responding.dispatch.public import suggest
from linli.responding.tasks import policy, service, store
from linli.responding.tasks.contracts import Task, TaskDraft, TaskMove, TaskState
from linli.support.files.contracts import Purpose
from linli.support.files.public import save_photo
from linli.support.files.vault import memory_vault


@pytest.fixture(scope="module")
async def office(database: DatabaseUrls, morning: SeededDatabase) -> AsyncGenerator[Office]:
    async with database_beside(database, morning.template) as urls, office_on(urls) as office:
        yield office


async def community_of(office: Office) -> UUID:
    rows = await office.rows("SELECT id FROM directory_organisation WHERE kind = 'community'")
    return UUID(str(rows[0][0]))


async def drawn(office: Office) -> Grid:
    """A grid of the first building, looked after by 刘网格; drawn once."""
    community = await community_of(office)
    async with office.as_("shequ") as work:
        for grid in await grids.grids_of(work, community):
            if grid.title == "东片":
                return grid
        buildings = {one.path: one for one in await grids.buildings_of(work, community)}
        first = buildings["1号楼"]
        for grid in await grids.grids_of(work, community):
            await grids.end_grid(work, grid.id)
        draft = GridDraft("东片", (office.accounts["wangge"][0],), (first.id,))
        return await grids.add_grid(work, community, draft)


async def given(office: Office, hours: int = 4) -> Task:
    grid = await drawn(office)
    async with office.as_("shequ") as work:
        draft = TaskDraft(
            organisation_id=grid.community_id,
            place_id=grid.buildings[0],
            title="检查消防通道",
            words="拍照留存",
            assignee_id=office.accounts["wangge"][0],
            due_at=work.now + timedelta(hours=hours),
        )
        return await service.give(work, draft)


async def done(office: Office, task: Task) -> Task:
    async with office.as_("wangge") as work:
        saved = await save_photo(work, memory_vault(), Purpose.ORDER_EVIDENCE, picture())
        step = policy.Step(TaskMove.DO, "通道畅通", (saved.id,), work.now)
        return await service.move(work, task.id, step, expected_version=task.version)


async def messages_to(office: Office, login: str) -> list[str]:
    rows = await office.rows(
        "SELECT title FROM support_message WHERE account_id = :account",
        account=office.accounts[login][0],
    )
    return [str(title) for (title,) in rows]


async def test_a_task_is_given_done_with_a_photo_and_closed(office: Office) -> None:
    task = await given(office)
    assert task.place_path == "阳光花园 1号楼"
    assert "新任务" in await messages_to(office, "wangge")
    after = await done(office, task)
    assert (after.state, after.result) == (TaskState.DONE, "通道畅通")
    assert "任务：已办，等查看" in await messages_to(office, "shequ")
    async with office.as_("wangge") as work:
        step = policy.Step(TaskMove.CLOSE, "", (), work.now)
        with pytest.raises(Forbidden):
            await service.move(work, task.id, step, expected_version=None)
    async with office.as_("shequ") as work:
        back = policy.Step(TaskMove.SEND_BACK, "照片不清楚", (), work.now)
        again = await service.move(work, task.id, back, expected_version=after.version)
    assert (again.state, again.remark) == (TaskState.GIVEN, "照片不清楚")
    after = await done(office, again)
    async with office.as_("jiedao") as work:
        close = policy.Step(TaskMove.CLOSE, "", (), work.now)
        closed = await service.move(work, task.id, close, expected_version=after.version)
    assert closed.ended_at is not None
    assert len(closed.evidence) == 2


async def test_a_task_that_is_late_is_told(office: Office) -> None:
    task = await given(office, hours=1)
    office.later(timedelta(hours=2))
    counts = WorkerCounts(CollectorRegistry())
    while await Deadlines(office.machine, reactions().deadlines, counts).look():
        pass
    assert "任务到期未办" in await messages_to(office, "wangge")
    assert "任务到期未办" in await messages_to(office, "shequ")
    async with office.as_("wangge") as work:
        query = store.TaskQuery(late_at=work.now, assignee_id=work.scope.account_id)
        late, _ = await store.listed(work.connection, query)
    assert task.id in {one.id for one in late}


async def test_nobody_else_sees_or_gives_tasks_here(office: Office) -> None:
    task = await given(office)
    async with office.as_("weixiu") as work:
        assert await store.named(work.connection, task.id) is None
    draft = TaskDraft(
        task.organisation_id, None, "x", "", task.assignee_id, task.due_at + timedelta(days=1)
    )
    for login, refusal in (("wangge", Forbidden), ("wuye", NotFound)):
        async with office.as_(login) as work:
            with pytest.raises(refusal):
                await service.give(work, draft)
    async with office.as_("shequ") as work:
        stranger = TaskDraft(
            task.organisation_id, None, "x", "", office.accounts["weixiu"][0], draft.due_at
        )
        with pytest.raises(BadInput) as refused:
            await service.give(work, stranger)
    assert refused.value.field == "assignee_id"


async def test_whose_grid_it_is_comes_first(office: Office) -> None:
    """For a task, and for an incident: the community's grid worker stands beside the companies."""
    grid = await drawn(office)
    ((inside, beyond),) = await office.rows(
        "SELECT (SELECT id FROM directory_place WHERE path LIKE '1号楼 1单元 201%' LIMIT 1),"
        " (SELECT id FROM directory_place WHERE path = '6号楼')"
    )
    async with office.as_("shequ") as work:
        people = await service.candidates(work, grid.community_id, inside)
        assert people[0].name == "刘网格"
        assert people[0].reason.startswith("负责东片")
        suggestions = await suggest(work, office.estate_id, "repair", inside)
        assert suggestions[0].company_title == "安居物业"
        last = suggestions[-1]
        assert last.company_id == grid.community_id
        assert last.colleagues[0].reason.startswith("负责东片")
        away = (await suggest(work, office.estate_id, "repair", beyond))[-1]
        assert not any("负责" in one.reason for one in away.colleagues)


async def test_grids_are_drawn_by_who_leads_the_community(office: Office) -> None:
    grid = await drawn(office)
    draft = GridDraft("西片", (), grid.buildings)
    async with office.as_("shequ") as work:
        with pytest.raises(BadInput) as refused:
            await grids.add_grid(work, grid.community_id, draft)
    assert "1号楼已经属于“东片”" in str(refused.value)
    for login, refusal in (("wangge", Forbidden), ("wuye", Forbidden)):
        async with office.as_(login) as work:
            with pytest.raises(refusal):
                await grids.change_grid(work, grid.id, draft)
    async with office.as_("wangge") as work:
        assert [one.title for one in await grids.grids_of(work, grid.community_id)] == ["东片"]


async def test_where_an_estate_does_without_tasks_only_those_of_the_house_go_on(
    office: Office,
) -> None:
    there = await given(office)
    async with office.as_("shequ") as work:
        draft = TaskDraft(
            organisation_id=there.organisation_id,
            place_id=None,
            title="整理台账",
            words="",
            assignee_id=office.accounts["wangge"][0],
            due_at=work.now + timedelta(hours=4),
        )
        house = await service.give(work, draft)
        await switch_off(work, office.estate_id, Module.TASKS, "任务由街道统一布置")
    async with office.as_("wangge") as work:
        found, total = await store.listed(work.connection, store.TaskQuery(limit=200))
        assert {there.id, house.id} & {one.id for one in found} == {house.id}
        assert total == len(found)
        with pytest.raises(ModuleOff, match="关闭了“网格任务”模块：任务由街道统一布置"):
            await service.task_of(work, there.id)
        assert (await service.task_of(work, house.id)).title == "整理台账"
    async with office.as_("shequ") as work:
        with pytest.raises(ModuleOff):
            await service.give(work, replace(draft, place_id=there.place_id))
        with pytest.raises(ModuleOff):
            await service.candidates(work, there.organisation_id, there.place_id)
        step = policy.Step(TaskMove.CANCEL, "不用做了", (), work.now)
        with pytest.raises(ModuleOff):
            await service.move(work, there.id, step, expected_version=there.version)
    told = len(await messages_to(office, "wangge"))
    async with office.machine.work() as work:
        office.later(timedelta(hours=5))
        await service.task_due(work, there.id)
    assert len(await messages_to(office, "wangge")) == told
    async with office.as_("shequ") as work:
        await switch_on(work, office.estate_id, Module.TASKS, "")
    async with office.as_("wangge") as work:
        assert (await service.task_of(work, there.id)).version == there.version


async def test_where_rosters_are_off_nobody_is_sent_because_of_a_shift(office: Office) -> None:
    grid = await drawn(office)
    async with office.as_("shequ") as work:
        await switch_off(work, office.estate_id, Module.ROSTERS, "排班在另一个系统里")
        people = await service.candidates(work, grid.community_id, grid.buildings[0])
        assert people
        assert not any(one.on_duty for one in people)
        await switch_on(work, office.estate_id, Module.ROSTERS, "")
