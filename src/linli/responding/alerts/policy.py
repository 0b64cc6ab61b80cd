"""Decisions about alerts. Pure: no clock, no store, no logging."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from linli.responding.alerts.contracts import Alert, AlertState, Finding, Ring, Rung, Severity

REPEAT_WINDOW = {
    Severity.NOTICE: timedelta(hours=6),
    Severity.WARNING: timedelta(minutes=30),
    Severity.DANGER: timedelta(minutes=5),
    Severity.CRITICAL: timedelta(minutes=2),
}
# A device that repeats itself hundreds of times a second must not flood every open page.
TELL_EVERY = timedelta(seconds=5)
TELL_FIRST = 5


def is_repeat(finding: Finding, alert: Alert) -> bool:
    """A worse finding is never a repeat: it must ring again."""
    if finding.severity.rank > alert.finding.severity.rank:
        return False
    return finding.received_at - alert.last_seen_at <= REPEAT_WINDOW[alert.finding.severity]


def seen_again(alert: Alert, finding: Finding) -> Rung:
    """The alert with one more sighting. Field gateways resend, so time may run backwards."""
    tell = (
        alert.times_seen < TELL_FIRST
        or bool(finding.evidence)
        or finding.received_at - alert.told_at >= TELL_EVERY
    )
    evidence = tuple(dict.fromkeys((*alert.finding.evidence, *finding.evidence)))
    seen = replace(
        alert,
        finding=replace(alert.finding, evidence=evidence),
        times_seen=alert.times_seen + 1,
        last_seen_at=max(alert.last_seen_at, finding.received_at),
        told_at=finding.received_at if tell else alert.told_at,
    )
    return Rung(ring=Ring.REPEATED, alert=seen, tell=tell)


def rung_again(alert: Alert, finding: Finding) -> Rung:
    """The same alert ringing anew: it became worse, or came back after its repeat window."""
    worse = finding.severity.rank > alert.finding.severity.rank
    severity = finding.severity if worse else alert.finding.severity
    rung = replace(
        alert,
        finding=replace(finding, severity=severity),
        times_seen=alert.times_seen + 1,
        last_seen_at=max(alert.last_seen_at, finding.received_at),
        told_at=finding.received_at,
    )
    return Rung(ring=Ring.WORSENED if worse else Ring.RANG, alert=rung)


def first_ring(alert_id: UUID, finding: Finding) -> Rung:
    alert = Alert(
        id=alert_id,
        finding=finding,
        state=AlertState.RINGING,
        times_seen=1,
        last_seen_at=finding.received_at,
        told_at=finding.received_at,
    )
    return Rung(ring=Ring.RANG, alert=alert)


def take_in(finding: Finding, ringing: Alert | None, alert_id: UUID) -> Rung:
    """What this finding does: rings first, counts as a repeat, or rings again."""
    if ringing is None:
        return first_ring(alert_id, finding)
    if is_repeat(finding, ringing):
        return seen_again(ringing, finding)
    return rung_again(ringing, finding)


def cleared(alert: Alert, at: datetime) -> Rung:
    quiet = replace(alert, state=AlertState.CLEARED, cleared_at=at)
    return Rung(ring=Ring.CLEARED, alert=quiet, findings=0)
