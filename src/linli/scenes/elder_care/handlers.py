"""What the care for elders does when a visitor found something wrong."""

from dataclasses import replace

from linli.directory.key_people.events import VisitFoundProblem
from linli.directory.key_people.public import take_problem
from linli.kernel.reactions import on
from linli.kernel.scope import Actor
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.incidents.contracts import Report
from linli.responding.incidents.public import report


async def open_incident(work: Work, event: VisitFoundProblem) -> None:
    """Open one incident for a visit's problem; a second telling of the event opens none."""
    problem = await take_problem(work, event.visit_id)
    if problem is None:
        return
    visitor = Actor("person", problem.visitor_name, problem.visitor_id)
    await report(
        replace(work, actor=visitor),
        Report(
            estate_id=problem.estate_id,
            place_id=problem.home_id,
            category=Category.ELDER,
            severity=Severity.WARNING,
            words=problem.words,
            evidence=problem.file_ids,
        ),
    )


EVENTS = (on(VisitFoundProblem, "elder_care.open_incident")(open_incident),)
