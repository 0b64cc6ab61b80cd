"""Drills as others may see them: what can be played, and how well it was handled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

PASSING = 60


class DrillState(StrEnum):
    """How far a drill has come; the last three are ends."""

    CALLED = "called"
    RUNNING = "running"
    SCORED = "scored"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def words(self) -> str:
        return _STATE_WORDS[self]


_STATE_WORDS = {
    DrillState.CALLED: "等待报警",
    DrillState.RUNNING: "演练中",
    DrillState.SCORED: "已评分",
    DrillState.CANCELLED: "已取消",
    DrillState.FAILED: "没有演成",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What can be played: on which kinds of devices, and what good handling looks like."""

    code: str
    title: str
    words: str
    kinds: tuple[str, ...]
    points: tuple[str, ...]


SCENARIOS = (
    Scenario(
        "sos",
        "老人一键呼救",
        "一位独居老人在家中按下呼救按钮。",
        ("sos_button",),
        (
            "先接警，再打电话问情况；打不通也要上门。",
            "派人同时看清老人的紧急联系人和健康备注。",
            "到场后拍照，写明老人状况和通知了谁。",
        ),
    ),
    Scenario(
        "smoke",
        "住户家中冒烟",
        "一户厨房的烟感报警，室温升高。",
        ("smoke_alarm",),
        (
            "按真实火情处置：派两人到场，带灭火器，不乘电梯。",
            "通知上下楼层，必要时拨打119。",
            "烟散后查明起因再办结，不要因为烟感复位就当误报。",
        ),
    ),
    Scenario(
        "trapped_lift",
        "电梯困人",
        "一部电梯停在两层之间，轿厢里有人。",
        ("lift_controller",),
        (
            "先安抚被困人员，叫他们不要扒门。",
            "派电梯维保单位，30分钟内到场救援。",
            "救出后停用电梯，挂牌，修好检验后再恢复。",
        ),
    ),
    Scenario(
        "e_bike",
        "电动自行车进电梯",
        "电梯摄像机看到电动自行车进入轿厢。",
        ("lift_camera",),
        (
            "先看抓拍，确认是电动自行车。",
            "劝返并登记，电瓶不得上楼充电。",
        ),
    ),
    Scenario(
        "charging_overheat",
        "充电过热",
        "充电棚的一个充电口越来越烫。",
        ("charging_pile",),
        (
            "先远程断电，再派人到场。",
            "疏散周围车辆，带干粉灭火器和水桶。",
        ),
    ),
    Scenario(
        "cover_tilted",
        "井盖倾斜",
        "路面的井盖翘起，行人可能踩空。",
        ("manhole_cover",),
        (
            "先围挡，再修复，夜里放警示灯。",
            "修好后拍照，写明井盖编号。",
        ),
    ),
    Scenario(
        "forced_gate",
        "强行闯门",
        "小区的门被人强行推开，一直开着。",
        ("gate_controller",),
        (
            "看录像，弄清楚是谁、往哪里去。",
            "派秩序员到场，恢复门禁后办结。",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Points for one thing that was to be done, of how many, and why."""

    code: str
    title: str
    points: int
    most: int
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    """All marks; `points` of 100, never below zero."""

    marks: tuple[Mark, ...]
    points: int
    grade: str


@dataclass(frozen=True, slots=True)
class Drill:
    """A scene played in a training estate, and what became of it.

    `points` and `grade` are there once it was scored. `remark` says why it failed or was ended.
    """

    id: UUID
    estate_id: UUID
    scenario: str
    title: str
    device_id: UUID
    device_title: str
    place_path: str
    state: DrillState
    version: int
    started_at: datetime
    started_by_id: UUID | None
    started_by: str
    incident_id: UUID | None = None
    incident_code: str = ""
    ended_at: datetime | None = None
    points: int | None = None
    grade: str = ""
    marks: Sequence[Mark] = ()
    remark: str = ""
