"""What of tasks waits for somebody."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, GenerativeSelect, and_, func, null, or_, select

from linli.directory.modules.contracts import Module
from linli.directory.modules.public import on_in
from linli.kernel.database import among
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.responding.tasks.contracts import TaskState
from linli.responding.tasks.models import task_table

t = task_table.c


def _tally(
    code: str, title: str, needs: str, opens: str, which: Callable[[Asker], ColumnElement[bool]]
) -> Tally:
    def counted(asker: Asker) -> GenerativeSelect:
        return select(null().label("estate_id"), func.count(t.id).label("total")).where(
            which(asker), on_in(t.estate_id, Module.TASKS)
        )

    return Tally(code, title, TallyKind.WAITS, needs, opens, counted, good=False)


def _to_close(asker: Asker) -> ColumnElement[bool]:
    # What one did oneself is looked at by another, unless one gave it to oneself.
    judged = or_(t.assignee_id != asker.account_id, t.giver_id == asker.account_id)
    return and_(t.state == TaskState.DONE, among(t.organisation_id, asker.organisations), judged)


TALLIES = (
    _tally(
        "tasks.mine",
        "我的任务",
        "see_rosters",
        "/tasks?view=mine",
        lambda asker: and_(t.assignee_id == asker.account_id, t.state == TaskState.GIVEN),
    ),
    _tally(
        "tasks.to_close",
        "任务已办，等查看",
        "manage_rosters",
        "/tasks?view=given",
        _to_close,
    ),
)
