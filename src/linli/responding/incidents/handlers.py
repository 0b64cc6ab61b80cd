"""What incidents do when orders move, deadlines pass, rules change and devices are registered."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from linli.directory.identity.events import AccountLeft
from linli.directory.identity.public import names_of, resolve_scope
from linli.directory.modules.events import ModuleSwitched
from linli.kernel.deadlines import Deadline
from linli.kernel.reactions import every, on, on_deadline
from linli.kernel.work import Work
from linli.responding.dispatch.events import OrderChanged
from linli.responding.incidents import service, telling
from linli.responding.incidents.contracts import StepDraft
from linli.responding.incidents.events import IncidentChanged
from linli.responding.rules import public as rules
from linli.responding.rules.contracts import Judgement, SensedDevice
from linli.responding.rules.events import RuleChanged
from linli.sensing.devices.contracts import Device
from linli.sensing.devices.events import DeviceChanged
from linli.sensing.devices.public import devices_named, devices_of_kinds


async def follow_order(work: Work, event: OrderChanged) -> None:
    said = StepDraft(
        kind="order",
        title="",
        words=event.words,
        evidence=event.evidence,
        at=event.happened_at,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        actor_kind="person" if event.actor_id else "machine",
        detail={"order_id": str(event.order_id), "order_state": event.state},
    )
    await service.follow_order(work, event.order_id, said, event.move)


async def deadline_passed(work: Work, deadline: Deadline) -> None:
    await service.deadline_passed(work, deadline.subject_id)


async def look(work: Work, deadline: Deadline) -> None:
    found = await devices_named(work, [deadline.subject_id])
    device = found.get(deadline.subject_id)
    if device is None:
        return
    book = await rules.load_book(work)
    judgement = await rules.look(work, book, sensed_device(device), UUID(deadline.detail))
    await service.respond(work, judgement)


async def rule_changed(work: Work, event: RuleChanged) -> None:
    """Its standing alerts fall silent, and its new version looks at every device it concerns."""
    cleared = await rules.start_afresh(work, event.rule_id)
    await service.respond(work, Judgement(cleared=cleared))
    book = await rules.load_book(work)
    kinds = [
        kind for kind, looked in book.looked.items() if event.rule_id in {r.id for r in looked}
    ]
    await _arm(work, await devices_of_kinds(work, kinds))


async def module_switched(work: Work, event: ModuleSwitched) -> None:
    """A module that is on again rings for what still holds; what is open goes on either way."""
    if event.on:
        findings = await rules.still_held(work, event.switch_id)
        await service.respond(work, Judgement(findings=findings))


async def device_changed(work: Work, event: DeviceChanged) -> None:
    found = await devices_named(work, [event.device_id])
    await _arm(work, list(found.values()))


async def _arm(work: Work, devices: Sequence[Device]) -> None:
    book = await rules.load_book(work)
    await rules.arm(work, book, [sensed_device(device) for device in devices])


def sensed_device(device: Device) -> SensedDevice:
    return SensedDevice(
        id=device.id,
        kind=device.kind,
        code=device.code,
        title=device.title,
        estate_id=device.estate_id,
        place_id=device.place_id,
    )


async def account_left(work: Work, event: AccountLeft) -> None:
    """Incidents in the hands of who left go on; a second telling finds none."""
    names = await names_of(work, {event.account_id, event.successor_id or event.account_id})
    heir = None
    if event.successor_id is not None and event.successor_id in names:
        reach = await resolve_scope(work, event.successor_id)
        heir = (event.successor_id, names[event.successor_id], reach)
    await service.hand_over(work, event.account_id, names.get(event.account_id, "原经办人"), heir)


async def tell_people(work: Work, event: IncidentChanged) -> None:
    await telling.tell_of_incident(work, event)


async def tell_company(work: Work, event: OrderChanged) -> None:
    await telling.tell_of_order(work, event)


EVENTS = (
    on(AccountLeft, "incidents.account_left")(account_left),
    on(OrderChanged, "incidents.follow_order")(follow_order),
    on(RuleChanged, "incidents.rule_changed")(rule_changed),
    on(ModuleSwitched, "incidents.module_switched")(module_switched),
    on(DeviceChanged, "incidents.device_changed")(device_changed),
    on(IncidentChanged, "incidents.tell_people")(tell_people),
    on(OrderChanged, "incidents.tell_company")(tell_company),
)
DEADLINES = (
    on_deadline(service.DUE)(deadline_passed),
    on_deadline(rules.LOOK)(look),
    on_deadline(rules.HOLD)(look),
)
CHORES = (every(timedelta(minutes=5), "incidents.close_confirmed")(service.close_confirmed),)
