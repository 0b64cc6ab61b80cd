"""By what key people can be asked for in questions across contexts."""

from datetime import timedelta

from sqlalchemy import SelectBase, and_, any_, func, literal, or_, select

from linli.directory.key_people.contracts import RISK_TITLES
from linli.directory.key_people.models import key_person_table
from linli.directory.key_people.policy import titles
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import on_in
from linli.kernel.questions import About, Asked, Choice, Condition, Parameter
from linli.kernel.time import SHANGHAI

SEE = "see_key_people"
GROUP = "重点人员"

k = key_person_table.c
IN_USE = on_in(k.estate_id, Module.KEY_PEOPLE)
ACTIVE = and_(func.cardinality(k.categories) > 0, IN_USE)


def _category(asked: Asked) -> SelectBase:
    return select(k.person_id).where(
        IN_USE, literal(asked.values["category"]) == any_(k.categories)
    )


def _risk(asked: Asked) -> SelectBase:
    return select(k.person_id).where(ACTIVE, k.risk == asked.values["risk"])


def _unvisited(asked: Asked) -> SelectBase:
    line = asked.now - timedelta(days=asked.number("days"))
    return select(k.person_id).where(ACTIVE, or_(k.last_visit_at.is_(None), k.last_visit_at < line))


def _overdue(asked: Asked) -> SelectBase:
    return select(k.person_id).where(
        ACTIVE, k.next_visit_on < asked.now.astimezone(SHANGHAI).date()
    )


def _away(asked: Asked) -> SelectBase:
    return select(k.person_id).where(ACTIVE, k.away_until >= asked.now.astimezone(SHANGHAI).date())


CONDITIONS = (
    Condition(
        code="key_people.category",
        title="重点人员：{category}",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_category,
        parameters=(
            Parameter(
                name="category",
                title="类别",
                usual="elder_alone",
                choices=tuple(Choice(code, title) for code, title in titles().items()),
            ),
        ),
    ),
    Condition(
        code="key_people.risk",
        title="风险等级为{risk}",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_risk,
        parameters=(
            Parameter(
                name="risk",
                title="风险",
                usual="high",
                choices=tuple(Choice(one.value, title) for one, title in RISK_TITLES.items()),
            ),
        ),
    ),
    Condition(
        code="key_people.unvisited",
        title="{days} 天没有走访",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_unvisited,
        parameters=(Parameter(name="days", title="天数", usual="7", low=1, high=366, unit="天"),),
    ),
    Condition(
        code="key_people.overdue",
        title="走访已逾期",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_overdue,
    ),
    Condition(
        code="key_people.away",
        title="外出报备中",
        group=GROUP,
        about=About.PERSON,
        needs=SEE,
        select=_away,
    ),
)
