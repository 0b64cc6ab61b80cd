"""Verbs of unusual looking."""

from linli.kernel.work import Work
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.incidents.contracts import Level, Report
from linli.responding.incidents.public import report
from linli.scenes.looking import policy, store
from linli.support.looks.public import persons_seen


async def look_for_unusual(work: Work) -> int:
    """Note what is unusual about the latest looking, and open an incident for what is new.

    The county answers for it: who looked may be the very person that handles the estate's matters.
    """
    seen = await persons_seen(work, work.now - policy.READ_BACK)
    new = 0
    for odd in policy.unusual(seen):
        unusual_id = work.new_id()
        if not await store.add(work.connection, unusual_id, odd, work.now):
            continue
        incident = await report(
            work,
            Report(
                estate_id=odd.estate_id,
                place_id=None,
                category=Category.REPORT,
                severity=Severity.WARNING,
                words=policy.words_of(odd),
                evidence=(),
                level=Level.COUNTY,
            ),
        )
        await store.opened(work.connection, unusual_id, incident.id)
        new += 1
    return new
