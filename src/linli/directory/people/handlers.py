"""What people does by itself: search keys of new forms, records that look like one person."""

from datetime import timedelta

from linli.directory.people.merging import look_for_twins
from linli.directory.people.service import index_some
from linli.kernel.reactions import every
from linli.kernel.work import Work


async def find_twins(work: Work) -> int:
    """Note records that look like one person, across all estates."""
    return await look_for_twins(work)


CHORES = (
    every(timedelta(seconds=30), "people.index_some")(index_some),
    every(timedelta(hours=6), "people.find_twins")(find_twins),
)
