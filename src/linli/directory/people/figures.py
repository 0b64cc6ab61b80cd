"""Who lives in a place."""

from datetime import datetime

from sqlalchemy import GenerativeSelect, case, or_, select

from linli.directory.people.contracts import RELATION_TITLES
from linli.directory.people.models import residence_table
from linli.kernel.figures import Figure

r = residence_table.c
RELATIONS = {one.value: title for one, title in RELATION_TITLES.items()}


def _living_there(now: datetime) -> GenerativeSelect:
    # The home stands for the name: a number is no reason to show who it is.
    return select(
        r.person_id.label("id"),
        r.estate_id,
        r.home_id.label("place_id"),
        r.home_title.label("title"),
        case(RELATIONS, value=r.relation, else_=r.relation).label("words"),
        r.valid_from.label("at"),
    ).where(r.valid_from <= now, or_(r.valid_to.is_(None), r.valid_to > now))


FIGURES = (
    Figure(
        code="people.residents",
        title="居住人口",
        unit="人",
        group="people",
        needs="see_people",
        opens="person",
        records=_living_there,
        steady=True,
    ),
)
