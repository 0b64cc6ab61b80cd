"""Decisions about tasks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from linli.kernel.errors import BadInput, Forbidden, IllegalMove, StaleVersion
from linli.responding.tasks.contracts import Candidate, Task, TaskDraft, TaskMove, TaskState

LONGEST_TITLE = 80
LONGEST_WORDS = 2000
LONGEST_REMARK = 500
FARTHEST = timedelta(days=366)

MOVES: Mapping[tuple[TaskState, TaskMove], TaskState] = {
    (TaskState.GIVEN, TaskMove.DO): TaskState.DONE,
    (TaskState.GIVEN, TaskMove.CANCEL): TaskState.CANCELLED,
    (TaskState.DONE, TaskMove.CLOSE): TaskState.CLOSED,
    (TaskState.DONE, TaskMove.SEND_BACK): TaskState.GIVEN,
    (TaskState.DONE, TaskMove.CANCEL): TaskState.CANCELLED,
}
OPEN = frozenset({TaskState.GIVEN, TaskState.DONE})
NEEDS_WORDS = frozenset({TaskMove.DO, TaskMove.SEND_BACK, TaskMove.CANCEL})
NEEDS_PHOTO = frozenset({TaskMove.DO})


class NotYourTask(Forbidden):
    code = "task_not_yours"
    text = "这项任务由别人办理"


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves a task, and whether they lead its house."""

    account_id: UUID | None
    leads: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What comes with a move."""

    move: TaskMove
    words: str
    evidence: tuple[UUID, ...]
    at: datetime


def given(draft: TaskDraft, now: datetime) -> TaskDraft:
    """The task, if it can be meant. Raises BadInput naming the field."""
    title, words = draft.title.strip(), draft.words.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise BadInput("请写明任务名称", field="title", remedy="例如“检查3号楼消防通道”")
    if len(words) > LONGEST_WORDS:
        raise BadInput(f"说明最多 {LONGEST_WORDS} 个字", field="words")
    if draft.due_at <= now:
        raise BadInput("完成期限应晚于现在", field="due_at")
    if draft.due_at - now > FARTHEST:
        raise BadInput("完成期限最多一年", field="due_at")
    return replace(draft, title=title, words=words)


def allowed(task: Task, mover: Mover) -> tuple[TaskMove, ...]:
    """The moves this person may make now."""
    return tuple(move for (state, move) in MOVES if state is task.state and _may(task, move, mover))


def _may(task: Task, move: TaskMove, mover: Mover) -> bool:
    if mover.account_id is None:
        return False
    if move is TaskMove.DO:
        return mover.account_id == task.assignee_id
    # What one did oneself is looked at by another, unless one gave it to oneself.
    judges = mover.leads or mover.account_id == task.giver_id
    own = mover.account_id == task.assignee_id and mover.account_id != task.giver_id
    return judges and not own


def move(task: Task, step: Step, mover: Mover, *, expected_version: int | None) -> Task:
    """The task after the move.

    Raises IllegalMove, StaleVersion, NotYourTask, Forbidden, BadInput.
    """
    target = MOVES.get((task.state, step.move))
    if target is None:
        raise IllegalMove(f"任务{task.state.words}，不能再“{step.move.words}”")
    if expected_version is not None and expected_version != task.version:
        raise StaleVersion
    if not _may(task, step.move, mover):
        raise NotYourTask if step.move is TaskMove.DO else Forbidden
    words = step.words.strip()
    if step.move in NEEDS_WORDS and not words:
        raise BadInput("请写明情况", field="words", remedy="用一两句话说明")
    if step.move in NEEDS_PHOTO and not step.evidence:
        raise BadInput("请拍一张现场照片", field="evidence", remedy="点“拍照”上传办理后的照片")
    moved = replace(
        task,
        state=target,
        version=task.version + 1,
        ended_at=None if target in OPEN else step.at,
    )
    match step.move:
        case TaskMove.DO:
            evidence = tuple(dict.fromkeys((*task.evidence, *step.evidence)))
            return replace(moved, done_at=step.at, result=words, evidence=evidence)
        case TaskMove.SEND_BACK:
            return replace(moved, done_at=None, remark=words[:LONGEST_REMARK])
        case TaskMove.CLOSE | TaskMove.CANCEL:
            return replace(moved, remark=words[:LONGEST_REMARK] or task.remark)


def is_late(task: Task, now: datetime) -> bool:
    """Whether the task is not done although its time has come."""
    return task.state is TaskState.GIVEN and task.due_at <= now


def most_fitting_first(people: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Those of the grid, then those on duty, then the least busy; of equal ones the order stays."""
    return tuple(sorted(people, key=lambda one: (not one.of_grid, not one.on_duty, one.load)))
