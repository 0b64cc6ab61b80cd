"""Who is on duty in the demo: day and night at the community's desk and at the gate."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from linli.directory.organisation.contracts import Organisation
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.responding.rosters.contracts import Pattern
from linli.responding.rosters.public import add_pattern, plan_turns

DAYS = 14
TURN = 12 * 60
# (organisation, title, post, begins, who takes turns)
PLANS = (
    ("community", "白班", "治理大厅值班席", 8 * 60, ("shequ", "wangge")),
    ("company", "白班", "维修班", 8 * 60, ("weixiu",)),
    ("company", "夜班", "东门岗亭", 20 * 60, ("anbao",)),
)


async def plan_rosters(
    work: Work, organisations: Mapping[str, Organisation], accounts: Mapping[str, UUID]
) -> None:
    """Plan two weeks, beginning with the turn that is on now."""
    now = work.now.astimezone(SHANGHAI)
    for organisation, title, post, starts_at, logins in PLANS:
        pattern = await add_pattern(
            work,
            Pattern(work.new_id(), organisations[organisation].id, title, post, starts_at, TURN),
        )
        began = (now - timedelta(minutes=starts_at + TURN)).date() + timedelta(days=1)
        days = [began + timedelta(days=n) for n in range(DAYS)]
        people = [accounts[login] for login in logins]
        await plan_turns(work, pattern.id, people, days, at_once=1)
