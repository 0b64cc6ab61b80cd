"""What happens to key people as time goes by: categories end, absences begin, homes change."""

from datetime import timedelta

from linli.directory.identity.events import AccountLeft
from linli.directory.identity.public import names_of
from linli.directory.key_people.service import (
    expire_some,
    follow_absences,
    follow_moves,
    hand_over,
    tell_reviews,
)
from linli.kernel.reactions import every, on
from linli.kernel.work import Work


async def account_left(work: Work, event: AccountLeft) -> None:
    """Whom somebody visited is visited by who takes over; a second telling finds nobody."""
    names = await names_of(work, {event.account_id})
    await hand_over(
        work, event.account_id, names.get(event.account_id, "原走访人"), event.successor_id
    )


async def expire(work: Work) -> int:
    """End categories whose day has come."""
    return await expire_some(work)


EVENTS = (on(AccountLeft, "key_people.account_left")(account_left),)
CHORES = (
    every(timedelta(minutes=10), "key_people.expire")(expire),
    every(timedelta(minutes=10), "key_people.follow_absences")(follow_absences),
    every(timedelta(minutes=30), "key_people.follow_moves")(follow_moves),
    every(timedelta(hours=1), "key_people.tell_reviews")(tell_reviews),
)
