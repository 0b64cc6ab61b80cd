"""Verbs on alerts, inside the caller's transaction. The only writer of their table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from linli.kernel.work import Work
from linli.responding.alerts import policy, store
from linli.responding.alerts.contracts import Finding, Ring, Rung
from linli.responding.alerts.events import AlertRang


async def raise_alerts(work: Work, findings: Sequence[Finding]) -> tuple[Rung, ...]:
    """Raise an alert for each finding, or count it on the one already ringing.

    Returns the last thing that happened to each alert touched, in the order of first touch; when
    one batch both rings an alert and repeats it, the ringing is what is returned.
    """
    if not findings:
        return ()
    alerts = await store.ringing(work.connection, {store.key_of(finding) for finding in findings})
    outcome: dict[store.AlertKey, Rung] = {}
    for finding in findings:
        key = store.key_of(finding)
        rung = policy.take_in(finding, alerts.get(key), work.new_id())
        alerts[key] = rung.alert
        earlier = outcome.get(key)
        if earlier is not None:
            repeated = rung.ring is Ring.REPEATED
            rung = Rung(
                ring=earlier.ring if repeated else rung.ring,
                alert=rung.alert,
                tell=earlier.tell or rung.tell,
                findings=earlier.findings + 1,
            )
        outcome[key] = rung
    rungs = tuple(outcome.values())
    await store.save(work.connection, [rung.alert for rung in rungs])
    for rung in rungs:
        if rung.ring in {Ring.RANG, Ring.WORSENED}:
            finding = rung.alert.finding
            work.outbox.add(
                AlertRang(
                    estate_id=finding.estate_id,
                    happened_at=finding.received_at,
                    alert_id=rung.alert.id,
                    device_id=finding.device_id,
                    severity=finding.severity,
                )
            )
    return rungs


async def clear_alerts(
    work: Work, keys: Iterable[tuple[UUID, UUID]], at: datetime
) -> tuple[Rung, ...]:
    """The condition of these (rule, device) pairs has ended: their alerts fall silent."""
    wanted = set(keys)
    if not wanted:
        return ()
    alerts = await store.ringing(work.connection, wanted)
    rungs = tuple(policy.cleared(alert, at) for alert in alerts.values())
    await store.save(work.connection, [rung.alert for rung in rungs])
    return rungs


async def silence(work: Work, alert_ids: Iterable[UUID]) -> None:
    """The incident of these alerts has ended: the next finding rings a new alert."""
    await store.quiet(work.connection, alert_ids, work.now)
