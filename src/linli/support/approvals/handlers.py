"""What approvals do when time passes."""

from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on_deadline
from linli.kernel.work import Work
from linli.support.approvals import service


async def lapses(work: Work, deadline: Deadline) -> None:
    """Nobody decided, or nobody did what was agreed to."""
    await service.lapse(work, deadline.subject_id)


DEADLINES = (on_deadline(service.LAPSES)(lapses),)
