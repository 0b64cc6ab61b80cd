"""Key people of a place, and the visits that are late."""

from datetime import datetime

from sqlalchemy import ColumnElement, GenerativeSelect, case, func, select

from linli.directory.key_people.contracts import RISK_TITLES
from linli.directory.key_people.models import key_person_table
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import on_in
from linli.directory.places.public import paths
from linli.kernel.figures import Figure, Tone
from linli.kernel.time import SHANGHAI

SEE = "see_key_people"
RISKS = {one.value: f"{title}风险" for one, title in RISK_TITLES.items()}

k = key_person_table.c


def _among(*which: ColumnElement[bool]) -> GenerativeSelect:
    home = paths().subquery("home")
    # The home stands for the name: a number is no reason to show who it is.
    return (
        select(
            k.id,
            k.estate_id,
            k.home_id.label("place_id"),
            func.coalesce(home.c.path, "住址未登记").label("title"),
            case(RISKS, value=k.risk, else_="").label("words"),
            k.last_visit_at.label("at"),
        )
        .join_from(key_person_table, home, home.c.id == k.home_id, isouter=True)
        .where(func.cardinality(k.categories) > 0, on_in(k.estate_id, Module.KEY_PEOPLE), *which)
    )


def _all(now: datetime) -> GenerativeSelect:
    del now
    return _among()


def _late(now: datetime) -> GenerativeSelect:
    return _among(k.next_visit_on < now.astimezone(SHANGHAI).date())


FIGURES = (
    Figure(
        code="key_people.all",
        title="重点人员",
        unit="人",
        group="people",
        needs=SEE,
        opens="key_person",
        records=_all,
        steady=True,
    ),
    Figure(
        code="key_people.late",
        title="走访逾期",
        unit="人",
        group="people",
        needs=SEE,
        opens="key_person",
        records=_late,
        tone=Tone.WARNING,
        steady=True,
    ),
)
