"""The scenes that can be played on demand: who plays, what happens, and how it ends by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from linli_simulator.deeds import (
    Deed,
    FallSilent,
    Flood,
    Freeze,
    Happen,
    Misdate,
    Pause,
    Picture,
    Release,
    Repeat,
    Return,
    SendKept,
    Show,
)
from linli_simulator.registration import Device, Kind

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: `deeds` are what it is about, `aftermath` puts things right some time later.

    Any device of one of the `kinds` can play it; one whose place holds all words of `prefers`
    is asked first. One that `needs_time` is about hours: linli leads the clock ahead for it.
    """

    code: str
    title: str
    words: str
    kinds: tuple[Kind, ...]
    prefers: tuple[str, ...]
    deeds: tuple[Deed, ...]
    aftermath: tuple[Deed, ...] = ()
    needs_time: bool = False


SCENES = (
    Scene(
        "e_bike",
        "电动自行车进电梯",
        "3号楼3号电梯的摄像机看到一辆电动自行车进入轿厢",
        (Kind.LIFT_CAMERA,),
        ("3号楼", "3号电梯"),
        (Happen("e_bike_entered", {"confidence": 0.93, "storey": 1}, Picture.E_BIKE_IN_LIFT),),
    ),
    Scene(
        "sos",
        "老人一键呼救",
        "6号楼1单元502的老人按下呼救按钮",
        (Kind.SOS_BUTTON,),
        ("6号楼", "1单元", "502"),
        (Happen("sos_pressed", {"button": "床头", "times": 1}),),
    ),
    Scene(
        "smoke",
        "厨房冒烟",
        "一户厨房的烟感报警，几分钟后烟散",
        (Kind.SMOKE_ALARM,),
        ("5号楼", "202"),
        (
            Show({"temperature": 31.5}),
            Pause(1),
            Show({"temperature": 44.0}),
            Pause(1),
            Show({"smoke": True, "temperature": 52.5}),
        ),
        (
            Pause(4 * MINUTE),
            Show({"smoke": False, "temperature": 33.0}),
            Pause(2 * MINUTE),
            Release(("smoke", "temperature")),
        ),
    ),
    Scene(
        "water_unused",
        "独居老人12小时没用水",
        "6号楼1单元502的水龙头从现在起一直没开；演示时间快进13小时，其他设备照常",
        (Kind.WATER_METER,),
        ("6号楼", "1单元", "502"),
        (Freeze(("water_total",)), Show({"flow": 0})),
        (Pause(14 * HOUR), Release(("water_total", "flow"))),
        needs_time=True,
    ),
    Scene(
        "falling_object",
        "高空抛物",
        "4号楼的摄像机看到有东西从高处落下",
        (Kind.FALLING_OBJECT_CAMERA,),
        ("4号楼",),
        (
            Happen(
                "falling_object",
                {"confidence": 0.88, "storey": 9, "column": 3, "speed": 21.5},
                Picture.FALLING_OBJECT,
            ),
        ),
    ),
    Scene(
        "forced_gate",
        "强行闯门",
        "北门被人强行推开，一直开着",
        (Kind.GATE_CONTROLLER,),
        ("北门",),
        (Show({"open": True}), Happen("forced_open", {"seconds": 3})),
        (Pause(4 * MINUTE), Release(("open",))),
    ),
    Scene(
        "trapped_lift",
        "电梯困人",
        "6号楼1号电梯停在两层之间，轿厢里有人",
        (Kind.LIFT_CONTROLLER,),
        ("6号楼", "1号电梯"),
        (
            Freeze(("floor", "trips")),
            Show({"moving": False, "door_open": False, "fault_code": 31}),
            Pause(1),
            Show({"people_trapped": True}),
        ),
        (
            Pause(10 * MINUTE),
            Show({"people_trapped": False, "door_open": True}),
            Pause(MINUTE),
            Release(("floor", "trips", "moving", "door_open", "fault_code", "people_trapped")),
        ),
    ),
    Scene(
        "flood",
        "设备故障刷屏",
        "一台井盖传感器失控，5秒内每秒发500条消息",
        (Kind.MANHOLE_COVER, Kind.CHARGING_PILE),
        ("中心花园",),
        (Flood(per_second=500, seconds=5),),
    ),
    Scene(
        "offline",
        "设备离线",
        "北门的音柱断电，半小时后恢复",
        (Kind.PUBLIC_SPEAKER, Kind.CHARGING_PILE),
        ("北门",),
        (FallSilent(),),
        (Pause(30 * MINUTE), Return()),
    ),
    Scene(
        "low_battery",
        "电量过低",
        "一个呼救按钮的电池只剩6%",
        (Kind.SOS_BUTTON, Kind.DOOR_CONTACT),
        ("2号楼",),
        (Show({"battery": 6}),),
        (Pause(2 * HOUR), Release(("battery",))),
    ),
    Scene(
        "clock_wrong",
        "设备时钟不准",
        "一块水表的时钟快了3小时",
        (Kind.WATER_METER,),
        ("4号楼", "702"),
        (Misdate(3 * HOUR), Repeat(times=3)),
        (Pause(30 * MINUTE), Misdate(0)),
    ),
    Scene(
        "stuck",
        "读数卡住不动",
        "水泵房烟感的温度两天多没有变过",
        (Kind.SMOKE_ALARM,),
        ("水泵房",),
        (SendKept(("temperature",), hours=49),),
        (Pause(2 * HOUR), Release(("temperature",))),
    ),
    Scene(
        "cover_tilted",
        "井盖倾斜",
        "6号楼西侧路面的井盖翘起，人可能踩空",
        (Kind.MANHOLE_COVER,),
        ("6号楼西侧",),
        (Show({"tilt": 38.5}),),
        (Pause(10 * MINUTE), Release(("tilt",))),
    ),
    Scene(
        "charging_overheat",
        "充电过热",
        "1号楼东侧充电棚的一个充电口越来越烫",
        (Kind.CHARGING_PILE,),
        ("1号楼", "2号充电口"),
        (
            Show({"port_in_use": True, "output_on": True, "power": 640, "temperature": 48.0}),
            Pause(1),
            Show({"temperature": 61.5}),
            Pause(1),
            Show({"temperature": 74.0}),
            Pause(1),
            Show({"temperature": 86.5}),
        ),
        (
            Pause(10 * MINUTE),
            Release(("port_in_use", "output_on", "power", "temperature")),
        ),
    ),
)

BY_CODE = {scene.code: scene for scene in SCENES}

# Faults of an ordinary day: seconds after the start, and which scene.
TIMETABLE = ((90, "low_battery"), (180, "stuck"), (300, "clock_wrong"), (480, "offline"))


def cast_for(scene: Scene, devices: Sequence[Device], wanted: str | None = None) -> Device | None:
    """Who plays: the wanted device if it can, else one at the scene's own place, else any."""
    able = [device for device in devices if device.kind in scene.kinds]
    if wanted is not None:
        return next((device for device in able if device.code == wanted), None)
    # Kinds are in order of liking; min() keeps the estate's order among equals.
    return min(able, key=lambda device: _distance(scene, device), default=None)


def _distance(scene: Scene, device: Device) -> tuple[int, int]:
    where = f"{device.place} {device.title}"
    missing = sum(word not in where for word in scene.prefers)
    return missing, scene.kinds.index(device.kind)
