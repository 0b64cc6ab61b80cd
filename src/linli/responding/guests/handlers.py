"""What guest links do by themselves: they end."""

from linli.directory.modules.contracts import Module
from linli.directory.modules.events import ModuleSwitched
from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on, on_deadline
from linli.kernel.work import Work
from linli.responding.guests import service


async def over(work: Work, deadline: Deadline) -> None:
    await service.link_over(work, deadline.subject_id)


async def module_switched(work: Work, event: ModuleSwitched) -> None:
    """Where guests are switched off their links end; a second telling finds none."""
    if event.module == Module.GUESTS and not event.on and event.estate_id is not None:
        await service.estate_closed(work, event.estate_id)


EVENTS = (on(ModuleSwitched, "guests.module_switched")(module_switched),)
DEADLINES = (on_deadline(service.OVER)(over),)
