"""What of tasks waits for somebody."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, GenerativeSelect, and_, func, null, select

from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.responding.tasks.contracts import TaskState
from linli.responding.tasks.models import task_table

t = task_table.c


def _tally(
    code: str, title: str, opens: str, which: Callable[[Asker], ColumnElement[bool]]
) -> Tally:
    def counted(asker: Asker) -> GenerativeSelect:
        return select(null().label("estate_id"), func.count(t.id).label("total")).where(
            which(asker)
        )

    return Tally(code, title, TallyKind.WAITS, "see_rosters", opens, counted, good=False)


TALLIES = (
    _tally(
        "tasks.mine",
        "我的任务",
        "/tasks",
        lambda asker: and_(t.assignee_id == asker.account_id, t.state == TaskState.GIVEN),
    ),
    _tally(
        "tasks.to_close",
        "我布置的，等查看",
        "/tasks?view=given",
        lambda asker: and_(t.giver_id == asker.account_id, t.state == TaskState.DONE),
    ),
)
