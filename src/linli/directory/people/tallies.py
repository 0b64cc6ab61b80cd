"""What of people's records waits for a clerk."""

from sqlalchemy import func, select

from linli.directory.people.contracts import CorrectionState
from linli.directory.people.models import correction_table
from linli.kernel.database import among
from linli.kernel.tallies import Tally, TallyKind

c = correction_table.c

TALLIES = (
    Tally(
        code="people.corrections",
        title="居民申请更正，待办理",
        kind=TallyKind.WAITS,
        needs="manage_people",
        opens="/corrections",
        counted=lambda asker: (
            select(c.estate_id, func.count().label("total"))
            .where(among(c.estate_id, asker.estates), c.state == CorrectionState.WAITING)
            .group_by(c.estate_id)
        ),
        good=False,
    ),
)
