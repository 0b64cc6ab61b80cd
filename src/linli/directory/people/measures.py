"""What should be known of people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, GenerativeSelect, exists, func, select

from linli.directory.people.models import contact_table, person_table
from linli.kernel.measures import Measure

SEE = "see_people"
GROUP = "人员"

n = person_table.c
CARED_FOR = func.cardinality(n.tags) > 0


def _measure(
    code: str,
    title: str,
    weight: int,
    has: ColumnElement[bool],
    among: ColumnElement[bool] | None = None,
) -> Measure:
    conditions = [n.merged_into.is_(None), *([] if among is None else [among])]

    def counted(now: datetime, estate: UUID | None) -> GenerativeSelect:
        del now
        wanted = select(
            n.estate_id,
            func.count().label("total"),
            func.count().filter(has).label("have"),
        ).where(*conditions)
        if estate is not None:
            wanted = wanted.where(n.estate_id == estate)
        return wanted.group_by(n.estate_id)

    def lacking(now: datetime, estate: UUID) -> GenerativeSelect:
        del now
        # The code stands for the name: a list of gaps is no reason to show who it is.
        return (
            select(n.id, n.code.label("title"))
            .where(*conditions, n.estate_id == estate, ~has)
            .order_by(n.code)
        )

    return Measure(code, title, GROUP, weight, SEE, "person", counted, lacking)


HAS_CONTACT = exists().where(contact_table.c.person_id == n.id)

MEASURES = (
    _measure("people.phone", "人员有联系电话", 2, n.phone_hash.is_not(None)),
    _measure("people.id_number", "人员有身份证号", 2, n.id_number_hash.is_not(None)),
    _measure("people.birth_date", "人员有出生日期", 1, n.birth_date.is_not(None)),
    _measure("people.contact", "关照对象有紧急联系人", 3, HAS_CONTACT, CARED_FOR),
)
