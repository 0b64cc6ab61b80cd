"""What completeness does by itself."""

from collections.abc import Sequence
from datetime import timedelta

from linli.kernel.measures import Measure
from linli.kernel.reactions import Chore, every
from linli.kernel.work import Work
from linli.screens.completeness.service import count

EVERY = timedelta(minutes=10)


def chores(measures: Sequence[Measure]) -> tuple[Chore, ...]:
    """Count all estates now and then, by the measures of this installation."""

    async def count_all(work: Work) -> int:
        return await count(work, measures)

    return (every(EVERY, "completeness.count")(count_all),)
