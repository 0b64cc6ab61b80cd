"""What retention does by itself."""

from collections.abc import Iterable
from datetime import timedelta

from linli.kernel.reactions import Chore, every
from linli.kernel.work import Work
from linli.support.retention.contracts import Term
from linli.support.retention.service import enforce

EVERY = timedelta(hours=6)


def chores(terms: Iterable[Term]) -> tuple[Chore, ...]:
    """One chore for each term, so that one that fails keeps none of the others from being done."""
    return tuple(_chore(term) for term in terms)


def _chore(term: Term) -> Chore:
    async def forget(work: Work) -> int:
        return await enforce(work, term)

    return every(EVERY, f"retention.{term.purpose.code}")(forget)
