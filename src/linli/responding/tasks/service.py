"""Verbs on tasks, inside the caller's transaction."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from linli.directory.grids.public import grid_at
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import is_on, require_on
from linli.directory.places.public import estates_named, place_of
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import BadInput, Forbidden, NotFound
from linli.kernel.scope import MACHINE
from linli.kernel.time import on_wall
from linli.kernel.work import Work
from linli.responding.rosters.public import crew, on_duty
from linli.responding.tasks import policy, store
from linli.responding.tasks.contracts import Candidate, Task, TaskDraft, TaskMove, TaskState
from linli.responding.tasks.events import TaskChanged
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files.contracts import Attachment
from linli.support.files.public import attach
from linli.support.messaging.contracts import About, Channel, Message
from linli.support.messaging.public import send

SEE = "see_rosters"
LEAD = "manage_rosters"
DUE = "task.due"
TITLES = {"task_given": "新任务", "task_due": "任务到期未办"}
# Whoever sees the estate sees the photo of a task done there.
SEEN_BY = ("see_orders", "see_incidents")


def leads(work: Work, organisation_id: UUID) -> bool:
    """Whether the session gives tasks in this house."""
    return organisation_id in work.scope.organisations_for(LEAD)


def mover_of(work: Work, task: Task) -> policy.Mover:
    """What the signed-in person may do with this task."""
    return policy.Mover(work.scope.account_id, leads(work, task.organisation_id))


async def candidates(
    work: Work, organisation_id: UUID, place_id: UUID | None
) -> tuple[Candidate, ...]:
    """Who of the house could do it: those of the place's grid first, then those on duty.

    Raises NotFound out of reach, ModuleOff where the place's estate does without tasks.
    """
    _require_leader(work, organisation_id)
    estate_id = (await place_of(work, place_id)).estate_id if place_id else None
    await require_on(work, estate_id, Module.TASKS)
    people = await crew(work, organisation_id)
    ids = [person.account_id for person in people]
    busy = await store.loads(work.connection, ids)
    rostered = await is_on(work, estate_id, Module.ROSTERS)
    working = await on_duty(work, ids) if rostered else frozenset[UUID]()
    grid = await grid_at(work, place_id) if place_id else None
    at_home = {worker.account_id for worker in grid.workers} if grid else set[UUID]()
    return policy.most_fitting_first(
        [
            Candidate(
                account_id=one.account_id,
                name=one.display_name,
                role_title=one.role_title,
                on_duty=one.account_id in working,
                of_grid=one.account_id in at_home,
                load=busy.get(one.account_id, 0),
                reason=_reason(
                    grid.title if grid and one.account_id in at_home else "",
                    busy.get(one.account_id, 0),
                    on=one.account_id in working,
                ),
            )
            for one in people
        ]
    )


def _reason(grid: str, load: int, *, on: bool) -> str:
    said = [f"负责{grid}"] if grid else []
    if on:
        said.append("正在值班")
    said.append(f"手上有 {load} 项任务" if load else "手上没有任务")
    return "，".join(said)


async def give(work: Work, draft: TaskDraft) -> Task:
    """Give somebody of the house a task. Raises NotFound, Forbidden, BadInput, ModuleOff."""
    _require_leader(work, draft.organisation_id)
    wanted = policy.given(draft, work.now)
    people = {one.account_id: one for one in await crew(work, wanted.organisation_id)}
    if wanted.assignee_id not in people:
        raise BadInput("请选择本单位的人员", field="assignee_id", remedy="请重新选择")
    estate_id, path = None, ""
    if wanted.place_id is not None:
        place = await place_of(work, wanted.place_id)
        estate_id = place.estate_id
        await require_on(work, estate_id, Module.TASKS)
        titles = await estates_named(work, [estate_id])
        path = f"{titles[estate_id].title} {place.path}"
    task = Task(
        id=work.new_id(),
        organisation_id=wanted.organisation_id,
        estate_id=estate_id,
        place_id=wanted.place_id,
        place_path=path,
        title=wanted.title,
        words=wanted.words,
        giver_id=work.scope.account_id,
        giver_name=work.actor.name,
        assignee_id=wanted.assignee_id,
        assignee_name=people[wanted.assignee_id].display_name,
        given_at=work.now,
        due_at=wanted.due_at,
        state=TaskState.GIVEN,
        version=1,
    )
    await store.add(work.connection, task)
    await set_deadline(work, Deadline(DUE, task.id, task.due_at))
    await _message(work, task.assignee_id, task, "task_given", f"{task.title}，{_by(task)}前办完")
    await _changed(work, task, "given", Action.TASK_GIVEN)
    return task


async def task_of(work: Work, task_id: UUID) -> Task:
    """One task. Raises NotFound, ModuleOff where its estate does without tasks."""
    task = await store.named(work.connection, task_id)
    if task is None:
        raise NotFound
    await require_on(work, task.estate_id, Module.TASKS)
    return task


async def move(
    work: Work, task_id: UUID, step: policy.Step, *, expected_version: int | None
) -> Task:
    """Do, close, send back or cancel a task.

    Raises NotFound, ModuleOff when it was off at the step's time, and what `policy.move` refuses.
    """
    task = await store.locked(work.connection, task_id)
    if task is None:
        raise NotFound
    await require_on(work, task.estate_id, Module.TASKS, at=step.at)
    moved = policy.move(task, step, mover_of(work, task), expected_version=expected_version)
    if step.evidence:
        await _attach(work, moved, step.evidence)
    await store.overwrite(work.connection, moved)
    await clear_deadlines(work, task_id, kind=DUE)
    if moved.state is TaskState.GIVEN and moved.due_at > work.now:
        await set_deadline(work, Deadline(DUE, task_id, moved.due_at))
    other = moved.giver_id if step.move is TaskMove.DO else moved.assignee_id
    if other is not None and other != work.scope.account_id:
        words = f"{moved.title}　{step.words}".strip()
        await _message(work, other, moved, "task_moved", words)
    await _changed(work, moved, step.move, Action.TASK_MOVED)
    return moved


async def hand_over(work: Work, from_id: UUID, from_name: str, to_id: UUID | None) -> None:
    """Somebody has left: what they had still to do is `to_id`'s, where that person is of the house.

    Otherwise who gave it is told, and gives it to somebody else.
    """
    for task in await store.given_to(work.connection, from_id):
        people = {one.account_id: one for one in await crew(work, task.organisation_id)}
        if to_id is None or to_id not in people:
            if task.giver_id is not None:
                words = f"{task.title}：{from_name}已离职，请取消后交给别人"
                await _message(work, task.giver_id, task, "task_moved", words)
            continue
        handed = replace(
            task,
            assignee_id=to_id,
            assignee_name=people[to_id].display_name,
            version=task.version + 1,
        )
        await store.overwrite(work.connection, handed)
        words = f"{task.title}（{from_name}离职后交接），{_by(task)}前办完"
        await _message(work, to_id, handed, "task_given", words)
        await _changed(work, handed, "given", Action.TASK_GIVEN)


async def _attach(work: Work, task: Task, evidence: tuple[UUID, ...]) -> None:
    estate_id = task.estate_id
    if estate_id is None:
        # Without a place the photo is shown where its author's own work lies.
        estate_id = min(work.scope.estates_for("see_places"), default=None)
    if estate_id is not None:
        await attach(work, evidence, Attachment(estate_id, SEEN_BY))


async def task_due(work: Work, task_id: UUID) -> None:
    """The time has come and it is not done: who has it and who gave it are told."""
    task = await store.locked(work.connection, task_id)
    if task is None or not policy.is_late(task, work.now):
        return
    if not await is_on(work, task.estate_id, Module.TASKS):
        return
    people = {task.assignee_id, task.giver_id} - {None}
    for account_id in sorted(one for one in people if one is not None):
        words = f"{task.title}（{task.assignee_name}）"
        await _message(work, account_id, task, "task_due", words)


def step_at(work: Work, happened_at: datetime | None) -> datetime:
    """A step done without network keeps its own time; never the future."""
    if happened_at is None or happened_at > work.now:
        return work.now
    return happened_at


# ── inside ──


def _by(task: Task) -> str:
    return on_wall(task.due_at)[5:16]


def _require_leader(work: Work, organisation_id: UUID) -> None:
    if work.actor.kind == MACHINE.kind:
        return
    if organisation_id not in work.scope.organisations_for(SEE):
        raise NotFound
    if not leads(work, organisation_id):
        raise Forbidden


async def _changed(work: Work, task: Task, change: str, action: Action) -> None:
    work.outbox.add(
        TaskChanged(
            estate_id=task.estate_id,
            happened_at=work.now,
            task_id=task.id,
            organisation_id=task.organisation_id,
            version=task.version,
            change=str(change),
            assignee_id=task.assignee_id,
            giver_id=task.giver_id,
        )
    )
    await record(
        work,
        action=action,
        subject_kind="task",
        subject_id=task.id,
        subject_title=task.title,
    )


async def _message(work: Work, account_id: UUID, task: Task, template: str, words: str) -> None:
    title = TITLES.get(template, f"任务：{task.state.words}")
    await send(
        work,
        Message(
            channel=Channel.IN_APP,
            template=template,
            title=title,
            words=words,
            about=About(subject_id=task.id, estate_id=task.estate_id, version=task.version),
            account_id=account_id,
        ),
    )
