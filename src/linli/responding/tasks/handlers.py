"""What tasks do by themselves: they become due."""

from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on_deadline
from linli.kernel.work import Work
from linli.responding.tasks import service


async def due(work: Work, deadline: Deadline) -> None:
    await service.task_due(work, deadline.subject_id)


DEADLINES = (on_deadline(service.DUE)(due),)
