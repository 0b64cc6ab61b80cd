"""What identity does about others' events, and when time passes."""

from datetime import timedelta
from uuid import UUID

from linli.directory.identity import store
from linli.directory.identity.leaving import LEAVES, leave
from linli.directory.identity.service import (
    GRANT_TURNS,
    company_changed,
    grant_turned,
    holders_everywhere,
)
from linli.directory.organisation.events import ServiceContractChanged
from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import every, on, on_deadline
from linli.kernel.work import Work
from linli.support.approvals.contracts import ApprovalState
from linli.support.approvals.events import ApprovalAsked
from linli.support.approvals.public import approval_of, tell_decider

TRIES_KEPT = timedelta(days=2)


async def contract_changed(work: Work, event: ServiceContractChanged) -> None:
    """Whoever reaches an estate by a company's contract looks again."""
    await company_changed(work, event.company_id)


async def grant_turns(work: Work, deadline: Deadline) -> None:
    """A grant begins or ends by its own date: open pages of its account look again."""
    if deadline.context:
        grant_turned(work, UUID(deadline.context["account_id"]))


async def leaves(work: Work, deadline: Deadline) -> None:
    """Somebody's last moment in office has come."""
    await leave(work, deadline.subject_id)


async def forget_tries(work: Work) -> int:
    """Wrong tries nobody asks about any more."""
    return await store.forget_tries(work.connection, work.now - TRIES_KEPT)


async def approval_asked(work: Work, event: ApprovalAsked) -> None:
    """Whoever may decide on somebody else's request is told."""
    approval = await approval_of(work, event.approval_id)
    if approval.state is not ApprovalState.ASKED:
        return
    for account_id in await holders_everywhere(work, event.needs, event.estate_ids):
        if account_id != event.asker_id:
            await tell_decider(work, approval, account_id)


EVENTS = (
    on(ServiceContractChanged, "identity.contract_changed")(contract_changed),
    on(ApprovalAsked, "identity.approval_asked")(approval_asked),
)
DEADLINES = (
    on_deadline(GRANT_TURNS)(grant_turns),
    on_deadline(LEAVES)(leaves),
)
CHORES = (every(timedelta(hours=6), "identity.forget_tries")(forget_tries),)
