"""What guest links do by themselves: they end."""

from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on_deadline
from linli.kernel.work import Work
from linli.responding.guests import service


async def over(work: Work, deadline: Deadline) -> None:
    await service.link_over(work, deadline.subject_id)


DEADLINES = (on_deadline(service.OVER)(over),)
