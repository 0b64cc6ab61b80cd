"""Who is told what, by which channel, when incidents open, rise and are sent out."""

from collections.abc import Iterable

from linli.directory.identity.contracts import Staff
from linli.directory.identity.public import staff_of
from linli.directory.organisation.public import organisations_above
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.dispatch import public as dispatch
from linli.responding.dispatch.contracts import Order, OrderState
from linli.responding.dispatch.events import OrderChanged
from linli.responding.incidents import store
from linli.responding.incidents.contracts import Incident, Level
from linli.responding.incidents.events import IncidentChanged
from linli.support.messaging.contracts import About, Channel, Message, Urgency
from linli.support.messaging.public import send

HANDLE = "handle_incidents"
DO = "do_orders"
# Who must not miss it is called, not only written to.
CHANNELS = {
    Severity.CRITICAL: (Channel.IN_APP, Channel.SMS, Channel.PHONE),
    Severity.DANGER: (Channel.IN_APP, Channel.SMS),
    Severity.WARNING: (Channel.IN_APP, Channel.WECHAT),
    Severity.NOTICE: (Channel.IN_APP,),
}
QUIET = frozenset({Category.DEVICE_FAULT})
"""Matters that go straight to the company and need not ring on the desk's phones."""


async def tell_of_incident(work: Work, event: IncidentChanged) -> None:
    """Tell the owner and the community's desk of a new incident; the next level of a raised one."""
    if event.change not in {"opened", "raised"}:
        return
    found = await store.named(work.connection, [event.incident_id])
    incident = found.get(event.incident_id)
    if incident is None:
        return
    people = list(await staff_of(work, incident.owner_id, incident.estate_id, HANDLE))
    opened = event.change == "opened"
    if opened and incident.level is Level.PROPERTY:
        community = (await organisations_above(work, incident.estate_id))[0]
        people.extend(await staff_of(work, community.id, incident.estate_id, HANDLE))
    title = incident.what if opened else f"超时上报{incident.level.words}：{incident.what}"
    channels = (
        (Channel.IN_APP,) if opened and incident.category in QUIET else CHANNELS[incident.severity]
    )
    about = About(incident_id=incident.id, estate_id=incident.estate_id, version=event.version)
    await _send(work, people, channels, f"incident_{event.change}", title, incident, about)


async def _send(
    work: Work,
    people: Iterable[Staff],
    channels: tuple[Channel, ...],
    template: str,
    title: str,
    subject: Incident | Order,
    about: About,
) -> None:
    line = subject.line if isinstance(subject, Incident) else subject.offer.line
    severity = subject.severity if isinstance(subject, Incident) else subject.offer.severity
    pressing = severity in {Severity.CRITICAL, Severity.DANGER}
    for person in people:
        for channel in channels:
            if channel is not Channel.IN_APP and not person.phone_masked:
                continue
            await send(
                work,
                Message(
                    channel=channel,
                    template=template,
                    title=title,
                    words=f"【{severity.words}】{line}",
                    about=about,
                    account_id=person.account_id,
                    address="" if channel is Channel.IN_APP else person.phone_masked or "",
                    urgency=Urgency.URGENT if pressing else Urgency.NORMAL,
                ),
            )


async def tell_of_order(work: Work, event: OrderChanged) -> None:
    """Tell those who may take an offered order; and who fixed it, when it is sent back."""
    if event.move not in {"offer", "send_back"}:
        return
    found = await dispatch.named(work.connection, [event.order_id])
    if not found:
        return
    order = found[0]
    if event.move == "offer" and order.state is not OrderState.OFFERED:
        return
    offer = order.offer
    staff = await staff_of(work, offer.company_id, offer.estate_id, DO)
    people = [person for person in staff if offer.assignee_id in {None, person.account_id}]
    title = "新工单，请接单" if event.move == "offer" else "工单被退回，请重新处理"
    about = About(
        incident_id=offer.subject_id,
        order_id=order.id,
        estate_id=offer.estate_id,
        version=event.version,
    )
    channels = CHANNELS[offer.severity]
    await _send(work, people, channels, f"order_{event.move}", title, order, about)
