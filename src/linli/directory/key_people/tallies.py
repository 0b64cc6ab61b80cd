"""What of key people waits for somebody, and the figures of a place."""

from sqlalchemy import ColumnElement, GenerativeSelect, and_, func, select

from linli.directory.key_people.models import key_person_table
from linli.directory.modules.contracts import Module
from linli.directory.modules.public import on_in
from linli.kernel.database import among
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.kernel.time import SHANGHAI

k = key_person_table.c
ACTIVE = and_(func.cardinality(k.categories) > 0, on_in(k.estate_id, Module.KEY_PEOPLE))


def _counted(asker: Asker, which: ColumnElement[bool]) -> GenerativeSelect:
    return (
        select(k.estate_id, func.count().label("total"))
        .where(among(k.estate_id, asker.estates), which)
        .group_by(k.estate_id)
    )


def _due(asker: Asker) -> ColumnElement[bool]:
    return and_(ACTIVE, k.next_visit_on <= asker.now.astimezone(SHANGHAI).date())


def _late(asker: Asker) -> ColumnElement[bool]:
    return and_(ACTIVE, k.next_visit_on < asker.now.astimezone(SHANGHAI).date())


TALLIES = (
    Tally(
        code="visits.mine",
        title="我今天要走访",
        kind=TallyKind.WAITS,
        needs="visit_key_people",
        opens="/visits",
        counted=lambda asker: _counted(asker, and_(_due(asker), k.visitor_id == asker.account_id)),
        good=False,
    ),
    Tally(
        code="visits.late",
        title="走访逾期",
        kind=TallyKind.FIGURE,
        needs="see_key_people",
        opens="/key-people?due=overdue",
        counted=lambda asker: _counted(asker, _late(asker)),
        good=False,
    ),
    Tally(
        code="key_people.all",
        title="重点人员",
        kind=TallyKind.FIGURE,
        needs="see_key_people",
        opens="/key-people",
        counted=lambda asker: _counted(asker, ACTIVE),
    ),
)
