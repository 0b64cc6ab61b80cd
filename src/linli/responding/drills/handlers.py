"""What drills do when incidents change and time has passed."""

from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on, on_deadline
from linli.kernel.work import Work
from linli.responding.drills import service
from linli.responding.incidents.events import IncidentChanged


async def follow_incident(work: Work, event: IncidentChanged) -> None:
    await service.follow(work, event.incident_id)


async def not_heard(work: Work, deadline: Deadline) -> None:
    await service.not_heard(work, deadline.subject_id)


async def too_long(work: Work, deadline: Deadline) -> None:
    await service.too_long(work, deadline.subject_id)


EVENTS = (on(IncidentChanged, "drills.follow_incident")(follow_incident),)
DEADLINES = (on_deadline(service.HEARD)(not_heard), on_deadline(service.TOO_LONG)(too_long))
