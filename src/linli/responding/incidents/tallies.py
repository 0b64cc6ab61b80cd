"""What of incidents waits for somebody, and the figures of a place."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, GenerativeSelect, and_, case, func, select

from linli.kernel.database import among
from linli.kernel.tallies import Asker, Tally, TallyKind
from linli.responding.incidents.contracts import IncidentState
from linli.responding.incidents.models import incident_table

SEE = "see_incidents"
HANDLE = "handle_incidents"
OPENS = "/incidents/{id}"
WEEK = timedelta(days=7)

i = incident_table.c
STATE_TITLES: dict[str, str] = {state.value: state.words for state in IncidentState}
ACTIVE = i.ended_at.is_(None)


def _tally(
    code: str,
    title: str,
    kind: TallyKind,
    needs: str,
    which: Callable[[Asker], ColumnElement[bool]],
    *,
    good: bool | None = None,
) -> Tally:
    def counted(asker: Asker) -> GenerativeSelect:
        return (
            select(i.estate_id, func.count().label("total"))
            .where(among(i.estate_id, asker.estates), which(asker))
            .group_by(i.estate_id)
        )

    def listed(asker: Asker) -> GenerativeSelect:
        return (
            select(
                i.id,
                i.line.label("title"),
                case(STATE_TITLES, value=i.state, else_=i.state).label("detail"),
                func.coalesce(i.ended_at, i.opened_at).label("at"),
                i.estate_id,
            )
            .where(among(i.estate_id, asker.estates), which(asker))
            .order_by(i.severity_rank.desc(), i.opened_at.desc(), i.id)
        )

    return Tally(code, title, kind, needs, OPENS, counted, listed, good)


def _held_here(asker: Asker) -> ColumnElement[bool]:
    return and_(
        ACTIVE,
        i.owner_id == asker.organisation_id,
        i.state.in_((IncidentState.OPEN, IncidentState.HANDLING)),
    )


TALLIES = (
    _tally("incidents.held", "由本单位负责的事件", TallyKind.WAITS, HANDLE, _held_here, good=False),
    _tally(
        "incidents.to_confirm",
        "已解决，等确认",
        TallyKind.WAITS,
        HANDLE,
        lambda _: and_(ACTIVE, i.state == IncidentState.RESOLVED),
        good=False,
    ),
    _tally(
        "incidents.overdue",
        "超过时限的事件",
        TallyKind.WAITS,
        SEE,
        lambda _: and_(ACTIVE, i.overdue),
        good=False,
    ),
    _tally("incidents.active", "未办结事件", TallyKind.FIGURE, SEE, lambda _: ACTIVE),
    _tally(
        "incidents.closed",
        "近 7 天办结",
        TallyKind.FIGURE,
        SEE,
        lambda asker: and_(
            i.ended_at > asker.now - WEEK,
            i.state.in_((IncidentState.CLOSED, IncidentState.FALSE_ALARM)),
        ),
        good=True,
    ),
)
