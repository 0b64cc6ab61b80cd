"""By what incidents can be asked for in questions across contexts."""

from sqlalchemy import SelectBase, select

from linli.directory.places.public import reached_from
from linli.kernel.database import among
from linli.kernel.questions import About, Asked, Choice, Condition, Parameter
from linli.responding.alerts.contracts import Category
from linli.responding.incidents.models import incident_table

i = incident_table.c

ANY = "any"
CATEGORY = Parameter(
    name="category",
    title="事件类别",
    usual=ANY,
    choices=(Choice(ANY, "任何"), *(Choice(one.value, one.words) for one in Category)),
)


def _open(asked: Asked) -> SelectBase:
    wanted = select(i.place_id).where(
        among(i.estate_id, asked.estates), i.ended_at.is_(None), i.place_id.is_not(None)
    )
    if asked.values["category"] != ANY:
        wanted = wanted.where(i.category == asked.values["category"])
    return reached_from(wanted)


CONDITIONS = (
    Condition(
        code="incidents.open",
        title="所在位置有未办结的{category}事件",
        group="预警",
        about=About.PLACE,
        needs="see_incidents",
        select=_open,
        parameters=(CATEGORY,),
    ),
)
