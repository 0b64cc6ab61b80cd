"""What happens to key people as time goes by: categories end, absences begin, homes change."""

from datetime import timedelta

from linli.directory.key_people.service import (
    expire_some,
    follow_absences,
    follow_moves,
    tell_reviews,
)
from linli.kernel.reactions import every
from linli.kernel.work import Work


async def expire(work: Work) -> int:
    """End categories whose day has come."""
    return await expire_some(work)


CHORES = (
    every(timedelta(minutes=10), "key_people.expire")(expire),
    every(timedelta(minutes=10), "key_people.follow_absences")(follow_absences),
    every(timedelta(minutes=30), "key_people.follow_moves")(follow_moves),
    every(timedelta(hours=1), "key_people.tell_reviews")(tell_reviews),
)
