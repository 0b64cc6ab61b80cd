"""By what people can be asked for in questions across contexts."""

from sqlalchemy import SelectBase, func, or_, select

from linli.directory.people.contracts import RELATION_TITLES, TAG_TITLES
from linli.directory.people.models import (
    contact_table,
    person_table,
    residence_table,
    search_table,
)
from linli.directory.people.policy import years_before
from linli.directory.people.search import Order, group_range
from linli.kernel.database import among
from linli.kernel.questions import About, Asked, Choice, Condition, Parameter
from linli.kernel.time import SHANGHAI

SEE = "see_people"
GROUP = "人员"

n = person_table.c
r = residence_table.c
s = search_table.c


def _in_group(asked: Asked) -> SelectBase:
    wanted = group_range(asked.values["group"], Order.NAME)
    return select(s.person_id).where(
        among(s.estate_id, asked.estates), s.key >= wanted.low, s.key < wanted.high
    )


def _older_than(asked: Asked) -> SelectBase:
    today = asked.now.astimezone(SHANGHAI).date()
    return select(n.id).where(n.birth_date <= years_before(today, asked.number("years")))


def _alone_at_home(asked: Asked) -> SelectBase:
    return (
        select(r.home_id)
        .where(
            among(r.estate_id, asked.estates),
            r.valid_from <= asked.now,
            or_(r.valid_to.is_(None), r.valid_to > asked.now),
        )
        .group_by(r.home_id)
        .having(func.count(r.person_id.distinct()) == 1)
    )


def _with_contact(asked: Asked) -> SelectBase:
    del asked
    return select(contact_table.c.person_id)


CONDITIONS = (
    Condition(
        code="people.group",
        title="{group}",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_in_group,
        parameters=(
            Parameter(
                name="group",
                title="哪些人",
                usual="elder_alone",
                choices=tuple(
                    Choice(code.value, title)
                    for titles in (TAG_TITLES, RELATION_TITLES)
                    for code, title in titles.items()
                ),
            ),
        ),
    ),
    Condition(
        code="people.older_than",
        title="满 {years} 岁",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_older_than,
        parameters=(Parameter(name="years", title="年龄", usual="80", low=0, high=120, unit="岁"),),
    ),
    Condition(
        code="people.alone_at_home",
        title="登记为独自居住",
        group=GROUP,
        about=About.PLACE,
        needs=SEE,
        select=_alone_at_home,
    ),
    Condition(
        code="people.without_contact",
        title="没有紧急联系人",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_with_contact,
        lacking=True,
    ),
)
