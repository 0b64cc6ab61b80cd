"""What of approvals waits for somebody: requests of others that they may decide."""

from sqlalchemy import GenerativeSelect, func, null, select

from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.support.approvals.contracts import ApprovalState
from linli.support.approvals.models import approval_table

_a = approval_table.c


def _waiting(asker: Asker) -> GenerativeSelect:
    # Row security leaves only one's own requests and those one may decide.
    return select(null().label("estate_id"), func.count(_a.id).label("total")).where(
        _a.state == ApprovalState.ASKED.value,
        _a.asker_id != asker.account_id,
    )


TALLIES = (
    Tally(
        code="approvals.waiting",
        title="申请等我审批",
        kind=TallyKind.WAITS,
        needs="manage_places",
        opens="/approvals",
        counted=_waiting,
        good=False,
    ),
)
