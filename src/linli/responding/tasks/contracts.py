"""Tasks as others may see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class TaskState(StrEnum):
    """How far a task has come."""

    GIVEN = "given"
    DONE = "done"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        return _STATE_WORDS[self]


_STATE_WORDS = {
    TaskState.GIVEN: "待办",
    TaskState.DONE: "已办，等查看",
    TaskState.CLOSED: "已办结",
    TaskState.CANCELLED: "已取消",
}


class TaskMove(StrEnum):
    """What can be done with a task."""

    DO = "do"
    CLOSE = "close"
    SEND_BACK = "send_back"
    CANCEL = "cancel"

    @property
    def words(self) -> str:
        return _MOVE_WORDS[self]


_MOVE_WORDS = {
    TaskMove.DO: "办完了",
    TaskMove.CLOSE: "办结",
    TaskMove.SEND_BACK: "退回重办",
    TaskMove.CANCEL: "取消任务",
}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done by `due_at`. `evidence` are files; times are aware, UTC."""

    id: UUID
    organisation_id: UUID
    estate_id: UUID | None
    place_id: UUID | None
    place_path: str
    title: str
    words: str
    giver_id: UUID | None
    giver_name: str
    assignee_id: UUID
    assignee_name: str
    given_at: datetime
    due_at: datetime
    state: TaskState
    version: int
    done_at: datetime | None = None
    result: str = ""
    evidence: tuple[UUID, ...] = ()
    ended_at: datetime | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to be given."""

    organisation_id: UUID
    place_id: UUID | None
    title: str
    words: str
    assignee_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a task could be given to: on duty now, of whose grid, with how many tasks."""

    account_id: UUID
    name: str
    role_title: str
    on_duty: bool
    of_grid: bool
    load: int
    reason: str
