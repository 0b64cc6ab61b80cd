"""Incidents of a place: how many, how bad, how fast."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, GenerativeSelect, and_, case, extract, select

from linli.kernel.figures import Figure, Flow, Span, Tone
from linli.responding.alerts.contracts import Severity
from linli.responding.dispatch.public import arrivals
from linli.responding.incidents.contracts import IncidentState
from linli.responding.incidents.models import incident_table

SEE = "see_incidents"
LOOKED_BACK = timedelta(days=30)

i = incident_table.c
WORDS = {state.value: state.words for state in IncidentState}
ACTIVE = i.ended_at.is_(None)
# What was merged is counted as the incident it was merged into.
COUNTED = i.state != IncidentState.MERGED.value


def _select(which: ColumnElement[bool]) -> GenerativeSelect:
    return select(
        i.id,
        i.estate_id,
        i.place_id,
        i.line.label("title"),
        case(WORDS, value=i.state, else_=i.state).label("words"),
        i.opened_at.label("at"),
    ).where(which)


def _figure(code: str, title: str, which: ColumnElement[bool], tone: Tone) -> Figure:
    def records(now: datetime) -> GenerativeSelect:
        del now
        return _select(which)

    return Figure(
        code=f"incidents.{code}",
        title=title,
        unit="件",
        group="incidents",
        needs=SEE,
        opens="incident",
        records=records,
        tone=tone,
    )


def _lately(code: str, title: str, which: ColumnElement[bool]) -> Figure:
    def records(now: datetime) -> GenerativeSelect:
        return _select(and_(i.opened_at > now - LOOKED_BACK, COUNTED, which))

    return Figure(
        code=f"incidents.{code}",
        title=title,
        unit="件",
        group="handling",
        needs=SEE,
        opens="incident",
        records=records,
    )


def _open(severity: Severity) -> Figure:
    return _figure(
        severity.value,
        severity.words,
        and_(ACTIVE, i.severity == severity.value),
        Tone(severity.value),
    )


FIGURES = (
    _figure("open", "未办结", ACTIVE, Tone.PLAIN),
    *(_open(severity) for severity in Severity),
    _figure(
        "untaken",
        "特急未接",
        and_(ACTIVE, i.severity == Severity.CRITICAL.value, i.state == IncidentState.OPEN.value),
        Tone.CRITICAL,
    ),
    _figure("overdue", "超时", and_(ACTIVE, i.overdue), Tone.DANGER),
    _lately("lately", "近 30 天发生", COUNTED),
    _lately("lately_ended", "近 30 天办结", i.ended_at.is_not(None)),
)


def _accepted(since: datetime, now: datetime) -> GenerativeSelect:
    return select(
        i.estate_id, i.place_id, extract("epoch", i.accepted_at - i.received_at).label("seconds")
    ).where(i.opened_at > since, i.opened_at <= now, COUNTED, i.accepted_at.is_not(None))


def _arrived(since: datetime, now: datetime) -> GenerativeSelect:
    there = arrivals(since).subquery("there")
    return (
        select(
            i.estate_id,
            i.place_id,
            extract("epoch", there.c.arrived_at - i.received_at).label("seconds"),
        )
        .join_from(incident_table, there, there.c.subject_id == i.id)
        .where(i.opened_at > since, i.opened_at <= now, COUNTED)
    )


def _ended(since: datetime, now: datetime) -> GenerativeSelect:
    return select(
        i.estate_id, i.place_id, extract("epoch", i.ended_at - i.received_at).label("seconds")
    ).where(i.opened_at > since, i.opened_at <= now, COUNTED, i.ended_at.is_not(None))


SPANS = (
    Span("incidents.accept", "接单", SEE, _accepted),
    Span("incidents.arrive", "到场", SEE, _arrived),
    Span("incidents.end", "办结", SEE, _ended),
)


def _happened(since: datetime, now: datetime) -> GenerativeSelect:
    return select(i.estate_id, i.place_id, i.opened_at.label("at")).where(
        i.opened_at > since, i.opened_at <= now, COUNTED
    )


def _finished(since: datetime, now: datetime) -> GenerativeSelect:
    return select(i.estate_id, i.place_id, i.ended_at.label("at")).where(
        i.ended_at > since, i.ended_at <= now, COUNTED
    )


FLOWS = (
    Flow("incidents.opened", "新发生", SEE, _happened),
    Flow("incidents.ended", "办结", SEE, _finished),
)
