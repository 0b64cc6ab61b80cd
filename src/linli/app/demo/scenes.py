"""The scenes the simulator plays, as the demo page offers them."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: its code, title and words (the simulator's), and how far time goes ahead for it."""

    code: str
    title: str
    words: str
    forward: timedelta | None = None


# A rule over twelve hours is looked at again once an hour, so it rings within the thirteenth.
TWELVE_HOURS_AND_A_LOOK = timedelta(hours=13, minutes=5)

SCENES = (
    Scene("e_bike", "电动自行车进电梯", "3号楼3号电梯的摄像机看到一辆电动自行车进入轿厢"),
    Scene("sos", "老人一键呼救", "6号楼1单元502的老人按下呼救按钮"),
    Scene("smoke", "厨房冒烟", "一户厨房的烟感报警，几分钟后烟散"),
    Scene(
        "water_unused",
        "独居老人12小时没用水",
        "6号楼1单元502的水龙头从现在起一直没开；演示时间快进13小时，其他设备照常",
        TWELVE_HOURS_AND_A_LOOK,
    ),
    Scene("falling_object", "高空抛物", "4号楼的摄像机看到有东西从高处落下"),
    Scene("forced_gate", "强行闯门", "北门被人强行推开，一直开着"),
    Scene("trapped_lift", "电梯困人", "6号楼1号电梯停在两层之间，轿厢里有人"),
    Scene("cover_tilted", "井盖倾斜", "6号楼西侧路面的井盖翘起，人可能踩空"),
    Scene("charging_overheat", "充电过热", "1号楼东侧充电棚的一个充电口越来越烫"),
    Scene("flood", "设备故障刷屏", "一台井盖传感器失控，5秒内每秒发500条消息"),
    Scene("offline", "设备离线", "北门的音柱断电，半小时后恢复"),
    Scene("low_battery", "电量过低", "一个呼救按钮的电池只剩6%"),
    Scene("clock_wrong", "设备时钟不准", "一块水表的时钟快了3小时"),
    Scene("stuck", "读数卡住不动", "水泵房烟感的温度两天多没有变过"),
)


def scene_coded(code: str) -> Scene | None:
    """The scene of this code."""
    return next((scene for scene in SCENES if scene.code == code), None)
