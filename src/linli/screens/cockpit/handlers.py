"""What the cockpit does by itself."""

from collections.abc import Sequence
from datetime import timedelta

from linli.kernel.figures import Figure
from linli.kernel.reactions import Chore, every
from linli.kernel.work import Work
from linli.screens.cockpit.service import count, index_all

EVERY = timedelta(minutes=2)


def chores(figures: Sequence[Figure]) -> tuple[Chore, ...]:
    """Count what changes slowly, and make the day's safety index, by what is declared here."""

    async def count_all(work: Work) -> int:
        return await count(work, figures)

    async def make_indexes(work: Work) -> int:
        return await index_all(work, figures)

    return (
        every(EVERY, "cockpit.count")(count_all),
        every(EVERY, "cockpit.index")(make_indexes),
    )
