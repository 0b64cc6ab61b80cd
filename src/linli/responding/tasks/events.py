"""Facts about tasks."""

from dataclasses import dataclass
from uuid import UUID

from linli.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class TaskChanged(Event):
    """A task was given or moved."""

    task_id: UUID
    organisation_id: UUID
    version: int
    change: str
    assignee_id: UUID
    giver_id: UUID | None

    def topics(self) -> tuple[str, ...]:
        people = {self.assignee_id, self.giver_id} - {None}
        return (
            f"organisation:{self.organisation_id}",
            *(f"account:{one}" for one in sorted(map(str, people))),
        )
