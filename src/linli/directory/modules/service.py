"""Verbs on modules, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from linli.directory.modules import policy, store
from linli.directory.modules.contracts import Module, Switch
from linli.directory.modules.events import ModuleSwitched
from linli.directory.places.contracts import Estate
from linli.directory.places.public import estate_of
from linli.kernel.errors import Forbidden
from linli.kernel.scope import MACHINE
from linli.kernel.work import Work
from linli.support.approvals.contracts import Approval, Frozen, Purpose, Said, Wanted
from linli.support.approvals.public import ask, use
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

SEE = "see_places"
MANAGE = "manage_modules"


def may_switch(work: Work, estate_id: UUID) -> bool:
    """Whether the session switches the modules of this estate."""
    return work.actor.kind == MACHINE.kind or estate_id in work.scope.estates_for(MANAGE)


async def off(work: Work) -> Sequence[Switch]:
    """What is off now, in every estate in sight."""
    return await store.off(work.connection)


async def serial(work: Work) -> int:
    """A number that grows with every switching."""
    return await store.serial(work.connection)


async def switches_of(work: Work, estate_id: UUID) -> Sequence[Switch]:
    """Every time a module was off in this estate, the last first. Raises NotFound."""
    await estate_of(work, estate_id)
    return await store.of_estate(work.connection, estate_id)


async def is_on(work: Work, estate_id: UUID | None, module: Module) -> bool:
    """Whether the estate uses the module; what has no estate is on."""
    if estate_id is None:
        return True
    return await store.open_one(work.connection, estate_id, module, lock=False) is None


async def require_on(
    work: Work, estate_id: UUID | None, module: Module, *, at: datetime | None = None
) -> None:
    """Raises ModuleOff where the estate does without the module; what has no estate is on.

    `at`: when it was done, for what is sent in later; what was done before counts.
    """
    if estate_id is None:
        return
    known = await store.open_one(work.connection, estate_id, module, lock=False)
    if known is not None and known.off_at <= (at or work.now):
        raise policy.refused(known, (await estate_of(work, estate_id)).title)


async def switch_off(work: Work, estate_id: UUID, module: Module, reason: str) -> Switch:
    """From now on the module neither rings nor opens in this estate.

    Raises:
        NotFound, Forbidden, BadInput, IllegalMove; SecondPairNeeded where lives depend on it.
    """
    estate, said = await _asked_off(work, estate_id, module, reason)
    approval: Approval | None = None
    if module.sheet.life_safety and work.actor.kind != MACHINE.kind:
        approval = await use(work, Purpose.SWITCH_OFF_MODULE, _request(estate_id, module, said))
    switch = Switch(
        id=work.new_id(),
        estate_id=estate_id,
        module=module,
        off_at=work.now,
        off_by=work.actor.name,
        reason=said,
        approved_by=approval.decided_name if approval else "",
    )
    await store.add(work.connection, switch)
    await _tell(work, switch, estate, said)
    return switch


async def ask_off(work: Work, estate_id: UUID, module: Module, reason: str) -> Approval:
    """Ask a second person to agree. Raises NotFound, Forbidden, BadInput, IllegalMove."""
    estate, said = await _asked_off(work, estate_id, module, reason)
    title = module.sheet.title
    return await ask(
        work,
        Wanted(
            purpose=Purpose.SWITCH_OFF_MODULE,
            title=f"关闭{estate.title}的“{title}”",
            request=_request(estate_id, module, said),
            total=1,
            reason=said,
            said=(
                Said("小区", estate.title),
                Said("模块", f"{title}：{module.sheet.what}"),
                Said("后果", "关闭期间不再告警，设备数据照常保存，未告警的次数会显示出来。"),
            ),
            needs=(MANAGE,),
            estate_ids=(estate_id,),
        ),
    )


async def switch_on(work: Work, estate_id: UUID, module: Module, reason: str) -> Switch:
    """The module is back; what still holds rings. Raises NotFound, Forbidden, IllegalMove."""
    estate = await _managed(work, estate_id)
    known = await store.open_one(work.connection, estate_id, module)
    switch = replace(
        policy.may_come_on(known, module),
        on_at=work.now,
        on_by=work.actor.name,
        on_reason=reason.strip()[: policy.LONGEST_REASON],
    )
    await store.overwrite(work.connection, switch)
    await _tell(work, switch, estate, switch.on_reason)
    return switch


def _request(estate_id: UUID, module: Module, reason: str) -> Frozen:
    return {"estate_id": str(estate_id), "module": module.value, "reason": reason}


async def _asked_off(
    work: Work, estate_id: UUID, module: Module, reason: str
) -> tuple[Estate, str]:
    estate = await _managed(work, estate_id)
    said = policy.reason_given(reason)
    policy.may_go_off(await store.open_one(work.connection, estate_id, module), module)
    return estate, said


async def _managed(work: Work, estate_id: UUID) -> Estate:
    estate = await estate_of(work, estate_id)
    if not may_switch(work, estate_id):
        raise Forbidden
    return estate


async def _tell(work: Work, switch: Switch, estate: Estate, reason: str) -> None:
    on = switch.on_at is not None
    work.outbox.add(
        ModuleSwitched(
            estate_id=switch.estate_id,
            happened_at=work.now,
            switch_id=switch.id,
            module=switch.module.value,
            on=on,
        )
    )
    await record(
        work,
        action=Action.MODULE_ON if on else Action.MODULE_OFF,
        subject_kind="estate",
        subject_id=estate.id,
        subject_title=f"{estate.title} {switch.module.sheet.title}",
        reason=reason or None,
        estate_id=estate.id,
    )
