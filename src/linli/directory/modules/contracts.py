"""Modules as others may see them: which there are, and where and why one is off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class Module(StrEnum):
    """A part of linli that an estate may do without. Codes never change."""

    FIRE = "fire"
    SOS = "sos"
    LIFT_RESCUE = "lift_rescue"
    LIFTS = "lifts"
    CHARGING = "charging"
    WATER = "water"
    ELDER_CARE = "elder_care"
    FALLING_OBJECTS = "falling_objects"
    ACCESS = "access"
    COVERS = "covers"
    KEY_PEOPLE = "key_people"
    TASKS = "tasks"
    GUESTS = "guests"
    ROSTERS = "rosters"

    @property
    def sheet(self) -> "ModuleSheet":
        """Its title and what it does."""
        return SHEETS[self]


@dataclass(frozen=True, slots=True)
class ModuleSheet:
    """A module in words. Of `life_safety` none is switched off by one person alone.

    What does not ring is work of people: off, there is nothing to count as not rung.
    """

    title: str
    what: str
    life_safety: bool = False
    rings: bool = True


SHEETS: Mapping[Module, ModuleSheet] = MappingProxyType(
    {
        Module.FIRE: ModuleSheet(
            "消防预警", "烟感、室内高温和充电桩冒烟时立即告警。", life_safety=True
        ),
        Module.SOS: ModuleSheet("一键呼救", "有人按下呼救按钮时立即告警。", life_safety=True),
        Module.LIFT_RESCUE: ModuleSheet(
            "电梯救援", "电梯困人、轿厢求助、轿厢内有人跌倒时立即告警。", life_safety=True
        ),
        Module.LIFTS: ModuleSheet("文明乘梯", "发现电动自行车进电梯、挡门和轿厢内吸烟。"),
        Module.CHARGING: ModuleSheet("充电安全", "充电桩温度过高时告警。"),
        Module.WATER: ModuleSheet("用水监测", "发现漏水、用水过多和用水不停。"),
        Module.ELDER_CARE: ModuleSheet("独居老人关爱", "老人家中长时间不用水时提醒上门。"),
        Module.FALLING_OBJECTS: ModuleSheet("高空抛物", "发现高空抛物，保存证据，查找来源。"),
        Module.ACCESS: ModuleSheet("门禁管理", "发现门禁被强行打开、门长时间敞开。"),
        Module.COVERS: ModuleSheet("井盖监测", "发现井盖倾斜、打开和井下水位过高。"),
        Module.KEY_PEOPLE: ModuleSheet(
            "重点人员与走访",
            "登记需要常去看看的人，安排和记录走访。关闭期间名册不显示，登记的资料照常保存。",
            rings=False,
        ),
        Module.TASKS: ModuleSheet(
            "网格任务",
            "在这个小区的地点布置任务。没有写地点的任务属于单位，不受影响。",
            rings=False,
        ),
        Module.GUESTS: ModuleSheet(
            "外部人员链接",
            "外部人员不用账号办理工单。关闭时，已发出的链接全部收回，工单回到原来的人。",
            rings=False,
        ),
        Module.ROSTERS: ModuleSheet(
            "排班",
            "派单、布置任务时显示谁在值班。排班属于单位，单位自己的排班、换班和交班不受影响。",
            rings=False,
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One time a module was off in an estate; `on_at` None: it is off still."""

    id: UUID
    estate_id: UUID
    module: Module
    off_at: datetime
    off_by: str
    reason: str
    approved_by: str = ""
    on_at: datetime | None = None
    on_by: str = ""
    on_reason: str = ""
