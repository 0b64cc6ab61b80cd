"""What organisations do when time passes."""

from linli.directory.organisation.service import CONTRACT_TURNS, contract_turned
from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import on_deadline
from linli.kernel.work import Work


async def contract_turns(work: Work, deadline: Deadline) -> None:
    """A contract begins or ends by its own date."""
    await contract_turned(work, deadline.subject_id)


EVENTS = ()
DEADLINES = (on_deadline(CONTRACT_TURNS)(contract_turns),)
CHORES = ()
