"""What hooks tell of: ids, codes and states; never names, words or pictures."""

from linli.kernel.reactions import on
from linli.kernel.work import Work
from linli.responding.alerts.events import AlertRang
from linli.responding.dispatch.events import OrderChanged
from linli.responding.hooks import service
from linli.responding.hooks.contracts import HookEvent, Notice
from linli.responding.incidents.events import IncidentChanged


async def incident_changed(work: Work, event: IncidentChanged) -> None:
    if event.estate_id is None:
        return
    kind = HookEvent.INCIDENT_CHANGED
    if event.change == "opened":
        kind = HookEvent.INCIDENT_OPENED
    elif event.state == "closed":
        kind = HookEvent.INCIDENT_CLOSED
    notice = Notice(
        event=kind,
        key=f"incident:{event.incident_id}:{event.version}:{event.change}:{event.happened_at}",
        estate_id=event.estate_id,
        happened_at=event.happened_at,
        subject_id=event.incident_id,
        facts={
            "version": event.version,
            "severity": event.severity,
            "state": event.state,
            "level": event.level,
            "change": event.change,
        },
    )
    await service.tell(work, notice)


async def order_changed(work: Work, event: OrderChanged) -> None:
    if event.estate_id is None:
        return
    notice = Notice(
        event=HookEvent.ORDER_CHANGED,
        key=f"order:{event.order_id}:{event.version}:{event.move}:{event.happened_at}",
        estate_id=event.estate_id,
        happened_at=event.happened_at,
        subject_id=event.order_id,
        facts={
            "incident_id": str(event.incident_id),
            "version": event.version,
            "severity": event.severity,
            "state": event.state,
            "move": event.move,
        },
    )
    await service.tell(work, notice, also=event.company_id)


async def alert_rang(work: Work, event: AlertRang) -> None:
    if event.estate_id is None:
        return
    notice = Notice(
        event=HookEvent.ALERT_RANG,
        key=f"alert:{event.alert_id}:{event.severity}:{event.happened_at}",
        estate_id=event.estate_id,
        happened_at=event.happened_at,
        subject_id=event.alert_id,
        facts={"device_id": str(event.device_id), "severity": event.severity},
    )
    await service.tell(work, notice)


EVENTS = (
    on(IncidentChanged, "hooks.incident_changed")(incident_changed),
    on(OrderChanged, "hooks.order_changed")(order_changed),
    on(AlertRang, "hooks.alert_rang")(alert_rang),
)
