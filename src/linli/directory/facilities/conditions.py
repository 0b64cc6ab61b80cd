"""By what facilities can be asked for in questions across contexts."""

from sqlalchemy import SelectBase, select

from linli.directory.facilities.contracts import KINDS, Due, FacilityState
from linli.directory.facilities.models import facility_table
from linli.directory.facilities.store import is_due
from linli.directory.places.public import reached_from
from linli.kernel.database import among
from linli.kernel.questions import About, Asked, Choice, Condition, Parameter
from linli.kernel.time import SHANGHAI

GROUP = "设施"
SEE = "see_places"
STOPPED = (FacilityState.OUT_OF_ORDER.value, FacilityState.REPAIR.value)

f = facility_table.c

KIND = Parameter(
    name="kind",
    title="设施类型",
    usual="lift",
    choices=tuple(Choice(kind.value, facts.title) for kind, facts in KINDS.items()),
)


def _stopped(asked: Asked) -> SelectBase:
    return reached_from(
        select(f.place_id).where(
            among(f.estate_id, asked.estates),
            f.kind == asked.values["kind"],
            f.state.in_(STOPPED),
            f.place_id.is_not(None),
        )
    )


def _overdue(asked: Asked) -> SelectBase:
    today = asked.now.astimezone(SHANGHAI).date()
    return reached_from(
        select(f.place_id).where(
            among(f.estate_id, asked.estates),
            f.kind == asked.values["kind"],
            is_due(Due.OVERDUE, today),
            f.place_id.is_not(None),
        )
    )


CONDITIONS = (
    Condition(
        code="facilities.stopped",
        title="所在楼栋{kind}停用或维修",
        group=GROUP,
        about=About.PLACE,
        needs=SEE,
        select=_stopped,
        parameters=(KIND,),
    ),
    Condition(
        code="facilities.overdue",
        title="所在楼栋{kind}检查过期",
        group=GROUP,
        about=About.PLACE,
        needs=SEE,
        select=_overdue,
        parameters=(KIND,),
    ),
)
