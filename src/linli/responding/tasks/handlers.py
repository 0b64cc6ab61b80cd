"""What tasks do by themselves: they become due, and go on when somebody leaves."""

from linli.directory.identity.events import AccountLeft
from linli.directory.identity.public import names_of
from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on, on_deadline
from linli.kernel.work import Work
from linli.responding.tasks import service


async def due(work: Work, deadline: Deadline) -> None:
    await service.task_due(work, deadline.subject_id)


async def account_left(work: Work, event: AccountLeft) -> None:
    names = await names_of(work, {event.account_id})
    name = names.get(event.account_id, "经办人")
    await service.hand_over(work, event.account_id, name, event.successor_id)


EVENTS = (on(AccountLeft, "tasks.account_left")(account_left),)
DEADLINES = (on_deadline(service.DUE)(due),)
