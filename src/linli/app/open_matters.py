"""Fills the port `OpenMatters`: what is open in the eyes of who hands over."""

from uuid import UUID

from sqlalchemy import case, select

from linli.kernel.work import Work
from linli.responding.alerts.contracts import Severity
from linli.responding.dispatch.contracts import ACTIVE_STATES, OrderState
from linli.responding.dispatch.models import order_table
from linli.responding.incidents.contracts import IncidentState
from linli.responding.incidents.models import incident_table
from linli.responding.rosters.contracts import Matter

MOST = 300
RANKS = {severity.value: severity.rank for severity in Severity}

_i = incident_table.c
_o = order_table.c
INCIDENTS = (
    select(_i.id, _i.code, _i.line, _i.severity, _i.state)
    .where(_i.ended_at.is_(None))
    .order_by(_i.severity_rank.desc(), _i.opened_at)
    .limit(MOST)
)
ORDERS = (
    select(_o.id, _o.code, _o.offer["line"].astext.label("line"), _o.severity, _o.state)
    .where(_o.state.in_(ACTIVE_STATES))
    .order_by(case(RANKS, value=_o.severity).desc(), _o.offered_at)
    .limit(MOST)
)


class OpenIncidents:
    """Incidents that are not ended; for who sees no incidents, the orders under way."""

    async def of_organisation(self, work: Work, organisation_id: UUID) -> tuple[Matter, ...]:
        """What this session sees, worst first: row security keeps it to its own ground."""
        del organisation_id
        on_desk = work.scope.may_anywhere("see_incidents")
        words: dict[str, str] = {
            state.value: state.words for state in (IncidentState if on_desk else OrderState)
        }
        rows = await work.connection.execute(INCIDENTS if on_desk else ORDERS)
        return tuple(
            Matter(row.id, row.code, row.line, row.severity, words[row.state]) for row in rows
        )
