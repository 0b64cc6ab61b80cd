"""Decisions about modules. Pure."""

from collections.abc import Iterable

from linli.directory.modules.contracts import Module, Switch
from linli.kernel.errors import BadInput, IllegalMove, Refusal

SHORTEST_REASON = 4
LONGEST_REASON = 300


class ModuleOff(Refusal):
    """The estate does without this module: what belongs to it is not done there."""

    status = 409
    code = "module_off"
    text = "这个小区关闭了这个模块"


def reason_given(reason: str) -> str:
    """The reason without its blanks. Raises BadInput when it says nothing."""
    said = reason.strip()
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise BadInput(
            f"请写明原因，{SHORTEST_REASON} 到 {LONGEST_REASON} 个字",
            field="reason",
            remedy="写清为什么这样做，以后查得到",
        )
    return said


def off_now(switches: Iterable[Switch], module: Module) -> Switch | None:
    """The switch by which the module is off, if it is."""
    return next((one for one in switches if one.module is module and one.on_at is None), None)


def may_go_off(known: Switch | None, module: Module) -> None:
    """Raises IllegalMove when it is off already."""
    if known is not None:
        raise IllegalMove(f"“{module.sheet.title}”已经关闭")


def may_come_on(known: Switch | None, module: Module) -> Switch:
    """The switch to end. Raises IllegalMove when the module is on."""
    if known is None:
        raise IllegalMove(f"“{module.sheet.title}”本来就开着")
    return known


def refused(known: Switch, estate_title: str) -> ModuleOff:
    """Why something of the module is not done, in words."""
    return ModuleOff(
        f"{estate_title}关闭了“{known.module.sheet.title}”模块：{known.reason}",
        remedy="需要时请社区在小区的“模块”页重新开启",
    )
