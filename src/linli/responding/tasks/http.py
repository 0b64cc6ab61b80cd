"""Tasks over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.responding.tasks import policy, service, store
from linli.responding.tasks.contracts import Task, TaskDraft, TaskMove, TaskState
from linli.support.sheets.public import Agreed, Column, Filter, as_file

api = router("/api/tasks", tag="tasks")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class TaskPerson(Shape):
    """Whose task it is."""

    account_id: UUID
    name: str


class TaskPicture(Shape):
    """A photo; reading it is logged."""

    file_id: UUID
    kind: Literal["picture"] = "picture"
    url: str


class TaskMoveShape(Shape):
    """A move this person may make now, and what it needs."""

    move: TaskMove
    title: str
    needs_words: bool
    needs_photo: bool


class TaskShape(Shape):
    """A task as those concerned see it."""

    id: UUID
    organisation_id: UUID
    estate_id: UUID | None
    place_id: UUID | None
    place_path: str
    title: str
    words: str
    giver_name: str
    assignee: TaskPerson
    mine: bool
    given_at: datetime
    due_at: datetime
    late: bool
    state: TaskState
    state_title: str
    version: int
    done_at: datetime | None
    result: str
    evidence: list[TaskPicture]
    ended_at: datetime | None
    remark: str
    moves: list[TaskMoveShape]


class TaskPage(Shape):
    """A page of tasks."""

    items: list[TaskShape]
    next_cursor: str | None
    total: int


class CandidateShape(Shape):
    """Somebody a task could be given to, and why."""

    account_id: UUID
    name: str
    role_title: str
    on_duty: bool
    of_grid: bool
    load: int
    reason: str


class TaskRequest(Shape):
    """A task to be given."""

    organisation_id: UUID
    place_id: UUID | None = None
    title: Annotated[str, Field(max_length=policy.LONGEST_TITLE)]
    words: Annotated[str, Field(max_length=policy.LONGEST_WORDS)] = ""
    assignee_id: UUID
    due_at: AwareDatetime


class TaskMoveRequest(Shape):
    """A move and what comes with it. `happened_at` is for steps done without network."""

    move: TaskMove
    words: Annotated[str, Field(max_length=2000)] = ""
    evidence: Annotated[list[UUID], Field(max_length=20)] = []
    expected_version: int
    happened_at: AwareDatetime | None = None


def _shape(task: Task, work: Work) -> TaskShape:
    return TaskShape(
        id=task.id,
        organisation_id=task.organisation_id,
        estate_id=task.estate_id,
        place_id=task.place_id,
        place_path=task.place_path,
        title=task.title,
        words=task.words,
        giver_name=task.giver_name,
        assignee=TaskPerson(account_id=task.assignee_id, name=task.assignee_name),
        mine=task.assignee_id == work.scope.account_id,
        given_at=task.given_at,
        due_at=task.due_at,
        late=policy.is_late(task, work.now),
        state=task.state,
        state_title=task.state.words,
        version=task.version,
        done_at=task.done_at,
        result=task.result,
        evidence=[TaskPicture(file_id=one, url=f"/api/files/{one}") for one in task.evidence],
        ended_at=task.ended_at,
        remark=task.remark,
        moves=[
            TaskMoveShape(
                move=move,
                title=move.words,
                needs_words=move in policy.NEEDS_WORDS,
                needs_photo=move in policy.NEEDS_PHOTO,
            )
            for move in policy.allowed(task, service.mover_of(work, task))
        ],
    )


STATES = {
    "open": policy.OPEN,
    "done": frozenset({TaskState.DONE}),
    "ended": frozenset({TaskState.CLOSED, TaskState.CANCELLED}),
    "all": None,
}
STATE_WORDS = {
    "open": "未办结",
    "done": "已办，等查看",
    "ended": "已结束",
    "all": "全部",
    "late": "逾期",
}


@api.get("")
async def list_tasks(
    work: CurrentWork,
    state: Literal["open", "done", "ended", "all", "late"] = "open",
    mine: bool = False,
    organisation_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> TaskPage:
    """Tasks of the session's houses, what is due first; `mine` keeps those one has to do.

    Those of estates where the module is off are left out; tasks without a place belong to a house.
    """
    require(work, service.SEE)
    tasks, total = await store.listed(
        work.connection,
        store.TaskQuery(
            states=STATES.get(state),
            assignee_id=work.scope.account_id if mine else None,
            organisation_id=organisation_id,
            late_at=work.now if state == "late" else None,
            limit=limit,
            skip=cursor,
        ),
    )
    return TaskPage(
        items=[_shape(task, work) for task in tasks],
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    api,
    list_tasks,
    "任务",
    (
        Column("任务", lambda row: row.title),
        Column("地点", lambda row: row.place_path),
        Column("要求", lambda row: row.words),
        Column("布置人", lambda row: row.giver_name),
        Column("办理人", lambda row: row.assignee.name),
        Column("布置时间", lambda row: row.given_at),
        Column("期限", lambda row: row.due_at),
        Column("超期", lambda row: row.late),
        Column("状态", lambda row: row.state_title),
        Column("办理时间", lambda row: row.done_at),
        Column("结果", lambda row: row.result),
        Column("结束时间", lambda row: row.ended_at),
        Column("意见", lambda row: row.remark),
    ),
    personal=True,
    agreed=Agreed(
        service.SEE,
        {
            "state": Filter("状态", STATE_WORDS.__getitem__),
            "mine": Filter("只含申请人办理的"),
            "organisation_id": Filter("单位"),
        },
    ),
)


@api.get("/people")
async def list_candidates(
    work: CurrentWork, organisation_id: UUID, place_id: UUID | None = None
) -> list[CandidateShape]:
    """Who could be given a task: those of the place's grid first, then those on duty."""
    require(work, service.LEAD)
    return [
        CandidateShape(
            account_id=one.account_id,
            name=one.name,
            role_title=one.role_title,
            on_duty=one.on_duty,
            of_grid=one.of_grid,
            load=one.load,
            reason=one.reason,
        )
        for one in await service.candidates(work, organisation_id, place_id)
    ]


@api.post("", status_code=201)
async def give_task(work: CurrentWork, asked: TaskRequest) -> TaskShape:
    """Give somebody a task.

    404 out of reach, 403 without the right, 409 for a place whose estate switched the module off,
    422 names the field.
    """
    require(work, service.LEAD)
    task = await service.give(
        work,
        TaskDraft(
            organisation_id=asked.organisation_id,
            place_id=asked.place_id,
            title=asked.title,
            words=asked.words,
            assignee_id=asked.assignee_id,
            due_at=asked.due_at,
        ),
    )
    return _shape(task, work)


@api.get("/{task_id}")
async def read_task(work: CurrentWork, task_id: UUID) -> TaskShape:
    """One task. 404 when it is absent or out of reach, 409 where the module is off."""
    require(work, service.SEE)
    return _shape(await service.task_of(work, task_id), work)


@api.post("/{task_id}/moves")
async def move_task(work: CurrentWork, task_id: UUID, asked: TaskMoveRequest) -> TaskShape:
    """Do (with words and a photo), close, send back or cancel.

    409 when the state does not allow it, somebody was faster or the module is off, 422 names the
    field, 403 when it is another's.
    """
    require(work, service.SEE)
    step = policy.Step(
        move=asked.move,
        words=asked.words,
        evidence=tuple(asked.evidence),
        at=service.step_at(work, asked.happened_at),
    )
    task = await service.move(work, task_id, step, expected_version=asked.expected_version)
    return _shape(task, work)
