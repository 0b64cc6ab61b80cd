"""Verbs of retention."""

from linli.kernel.work import Work
from linli.support.retention import policy, store
from linli.support.retention.contracts import Run, Term


async def enforce(work: Work, term: Term) -> int:
    """Forget everything of one purpose whose term is over, and report it; answers how many."""
    before = policy.over_before(term, work.now)
    removed = await term.purpose.forget(work, before)
    await store.add(
        work.connection,
        Run(
            id=work.new_id(),
            at=work.now,
            code=term.purpose.code,
            days=term.days,
            before=before,
            removed=removed,
        ),
    )
    return removed
