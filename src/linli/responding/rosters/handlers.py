"""What rosters do when a shift's time has come."""

from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on_deadline
from linli.kernel.work import Work
from linli.responding.rosters import service


async def late(work: Work, deadline: Deadline) -> None:
    await service.shift_late(work, deadline.subject_id)


async def over(work: Work, deadline: Deadline) -> None:
    await service.shift_over(work, deadline.subject_id)


DEADLINES = (on_deadline(service.LATE)(late), on_deadline(service.OVER)(over))
