"""Modules over HTTP: what is off where, and switching."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from linli.directory.modules import policy, service
from linli.directory.modules.contracts import Module, Switch
from linli.directory.organisation.public import organisations_named
from linli.directory.places.public import all_estates, estates_named
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work

api = router("/api/modules", tag="modules")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class ModuleShape(Shape):
    """A module in words."""

    code: Module
    title: str
    what: str
    life_safety: bool
    rings: bool


class SwitchShape(Shape):
    """One time a module was off in an estate; `on_at` null: it is off still."""

    id: UUID
    estate_id: UUID
    estate_title: str
    module: Module
    module_title: str
    life_safety: bool
    rings: bool
    off_at: datetime
    off_by: str
    approved_by: str
    reason: str
    on_at: datetime | None
    on_by: str
    on_reason: str


class EstateShape(Shape):
    """An estate in sight."""

    id: UUID
    title: str
    community_title: str
    may_switch: bool


class ModulesShape(Shape):
    """All modules, all estates in sight, and what is off where; on is what is not off."""

    modules: list[ModuleShape]
    estates: list[EstateShape]
    off: list[SwitchShape]


class SwitchRequest(Shape):
    """Which module of which estate, and why."""

    estate_id: UUID
    module: Module
    reason: Annotated[str, Field(max_length=policy.LONGEST_REASON)]


class AskedShape(Shape):
    """The request that waits for a second person."""

    approval_id: UUID


@api.get("")
async def list_modules(work: CurrentWork) -> ModulesShape:
    """Every module and every estate in sight, with what is off now."""
    require(work, service.SEE)
    estates = await all_estates(work)
    communities = await organisations_named(work, {one.community_id for one in estates})
    return ModulesShape(
        modules=[
            ModuleShape(
                code=module,
                title=module.sheet.title,
                what=module.sheet.what,
                life_safety=module.sheet.life_safety,
                rings=module.sheet.rings,
            )
            for module in Module
        ],
        estates=[
            EstateShape(
                id=one.id,
                title=one.title,
                community_title=communities[one.community_id].title
                if one.community_id in communities
                else "",
                may_switch=service.may_switch(work, one.id),
            )
            for one in estates
        ],
        off=await _shapes(work, await service.off(work)),
    )


@api.get("/past")
async def list_past(work: CurrentWork, estate_id: UUID) -> list[SwitchShape]:
    """Every time a module was off in this estate, the last first. 404 out of reach."""
    require(work, service.SEE)
    return await _shapes(work, await service.switches_of(work, estate_id))


@api.post("/off")
async def switch_off(work: CurrentWork, asked: SwitchRequest) -> SwitchShape:
    """Switch a module off in an estate.

    404 out of reach, 403 without the right, 409 off already or without the second person that
    life safety needs, 422 without a reason.
    """
    require(work, service.MANAGE)
    switch = await service.switch_off(work, asked.estate_id, asked.module, asked.reason)
    return (await _shapes(work, [switch]))[0]


@api.post("/off/ask", status_code=201)
async def ask_switch_off(work: CurrentWork, asked: SwitchRequest) -> AskedShape:
    """Ask a second person to agree to switching a module off; the refusals of `/off`."""
    require(work, service.MANAGE)
    approval = await service.ask_off(work, asked.estate_id, asked.module, asked.reason)
    return AskedShape(approval_id=approval.id)


@api.post("/on")
async def switch_on(work: CurrentWork, asked: SwitchRequest) -> SwitchShape:
    """Switch a module on again; what still holds rings now. 404, 403, 409 on already."""
    require(work, service.MANAGE)
    switch = await service.switch_on(work, asked.estate_id, asked.module, asked.reason)
    return (await _shapes(work, [switch]))[0]


async def _shapes(work: Work, switches: Sequence[Switch]) -> list[SwitchShape]:
    titles = await estates_named(work, {one.estate_id for one in switches})
    return [
        SwitchShape(
            id=one.id,
            estate_id=one.estate_id,
            estate_title=titles[one.estate_id].title if one.estate_id in titles else "",
            module=one.module,
            module_title=one.module.sheet.title,
            life_safety=one.module.sheet.life_safety,
            rings=one.module.sheet.rings,
            off_at=one.off_at,
            off_by=one.off_by,
            approved_by=one.approved_by,
            reason=one.reason,
            on_at=one.on_at,
            on_by=one.on_by,
            on_reason=one.on_reason,
        )
        for one in switches
    ]
