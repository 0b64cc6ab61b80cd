"""The plan of the demo estate 阳光花园: houses, lifts, gates, terminals, elders and residents.

Everything here is invented; telephone numbers all follow one made-up pattern, 1380000xxxx.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

PLAN_FILE = Path(__file__).with_name("estate_yg.json")
FIRST_SEED = 20261122


@dataclass(frozen=True, slots=True)
class EntrancePlan:
    title: str
    homes_per_floor: int
    lifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildingPlan:
    """A house; `x`, `y` is its north-west corner, in metres from the estate's."""

    no: int
    title: str
    x: float
    y: float
    w: float
    h: float
    floors: int
    entrances: tuple[EntrancePlan, ...]
    outline: tuple[tuple[float, float], ...] | None = None
    """Its corners, where it is no rectangle."""


def _tower(x: float, y: float) -> tuple[tuple[float, float], ...]:
    """Two blocks of 18 by 18 metres, and a narrower stairwell between them."""
    return (
        *((x, y), (x + 18, y), (x + 18, y + 4), (x + 30, y + 4), (x + 30, y), (x + 48, y)),
        *((x + 48, y + 18), (x + 30, y + 18), (x + 30, y + 14), (x + 18, y + 14)),
        *((x + 18, y + 18), (x, y + 18)),
    )


@dataclass(frozen=True, slots=True)
class Spot:
    title: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class SitePlan:
    width_m: float
    height_m: float
    buildings: tuple[BuildingPlan, ...]
    gates: tuple[Spot, ...]
    open_ground: tuple[Spot, ...]
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """Where a device hangs; every name is one that the plan above uses."""

    building: int | None = None
    entrance: str | None = None
    floor: int | None = None
    home: str | None = None
    lift: str | None = None
    gate: str | None = None
    ground: str | None = None
    room: str | None = None


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """A terminal; `parent` is the code of the site gateway that speaks for it."""

    code: str
    kind: str
    driver: str
    title: str
    place: DevicePlace
    parent: str | None
    external_code: str


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class ElderPlan:
    home: str
    name: str
    age: int
    phone: str
    tags: tuple[str, ...]
    contact: Contact


@dataclass(frozen=True, slots=True)
class ResidentPlan:
    home: str
    name: str
    phone: str
    role: str


@dataclass(frozen=True, slots=True)
class EstatePlan:
    code: str
    title: str
    plan: SitePlan
    devices: tuple[DevicePlan, ...]
    elders: tuple[ElderPlan, ...]
    people: tuple[ResidentPlan, ...]


@dataclass(frozen=True, slots=True)
class DemoPlan:
    county: str
    street: str
    community: str
    company: str
    estate: EstatePlan


SITE = SitePlan(
    width_m=260,
    height_m=200,
    buildings=(
        BuildingPlan(
            1,
            "1号楼",
            20,
            130,
            66,
            14,
            6,
            (EntrancePlan("1单元", 2), EntrancePlan("2单元", 2), EntrancePlan("3单元", 2)),
        ),
        BuildingPlan(
            2,
            "2号楼",
            174,
            130,
            66,
            14,
            6,
            (EntrancePlan("1单元", 2), EntrancePlan("2单元", 2), EntrancePlan("3单元", 2)),
        ),
        BuildingPlan(
            3,
            "3号楼",
            20,
            30,
            48,
            18,
            18,
            (
                EntrancePlan("1单元", 2, ("1号电梯", "2号电梯")),
                EntrancePlan("2单元", 2, ("3号电梯",)),
            ),
            _tower(20, 30),
        ),
        BuildingPlan(
            4,
            "4号楼",
            20,
            84,
            50,
            15,
            11,
            (EntrancePlan("1单元", 2, ("1号电梯",)), EntrancePlan("2单元", 2, ("2号电梯",))),
        ),
        BuildingPlan(
            5,
            "5号楼",
            190,
            84,
            50,
            15,
            11,
            (EntrancePlan("1单元", 2, ("1号电梯",)), EntrancePlan("2单元", 2, ("2号电梯",))),
        ),
        BuildingPlan(
            6,
            "6号楼",
            192,
            30,
            48,
            18,
            18,
            (EntrancePlan("1单元", 2, ("1号电梯",)), EntrancePlan("2单元", 2, ("2号电梯",))),
            _tower(192, 30),
        ),
    ),
    gates=(
        Spot("南门", 130, 198),
        Spot("南门车行", 144, 198),
        Spot("北门", 130, 2),
        Spot("东门", 258, 108),
    ),
    open_ground=(
        Spot("3号楼北侧路面", 44, 22),
        Spot("4号楼南侧路面", 45, 108),
        Spot("5号楼南侧路面", 215, 108),
        Spot("6号楼西侧路面", 182, 40),
        Spot("中心花园", 130, 92),
        Spot("1号楼东侧充电棚", 96, 136),
        Spot("2号楼西侧充电棚", 160, 136),
    ),
    rooms=("消防控制室", "水泵房", "配电室"),
)

ELDERS = (
    ("6号楼1单元502", "王秀兰", 82, ("elder_alone",), ("王建军", "儿子")),
    ("1号楼1单元201", "李桂英", 79, ("elder_alone",), ("赵敏", "女儿")),
    ("1号楼2单元102", "张德福", 85, ("elder_alone", "hypertension"), ("张丽", "女儿")),
    ("2号楼3单元301", "陈玉珍", 77, ("elder_alone",), ("周强", "外甥")),
    ("3号楼1单元602", "刘长生", 88, ("elder_alone", "walks_badly"), ("刘芳", "孙女")),
    ("4号楼2单元301", "孙淑华", 81, ("elder_couple",), ("孙伟", "儿子")),
    ("5号楼1单元202", "吴凤琴", 76, ("elder_alone",), ("何静", "女儿")),
    ("6号楼2单元801", "郑国栋", 83, ("elder_alone", "diabetes"), ("郑涛", "儿子")),
)

ZIGBEE = "yg-z2m-1"
ZIGBEE_BUILDING = 6
OWNERS, TWO_OR_MORE = 0.78, 0.45
LONGEST_LINE = 200
NATIVE_GATEWAY = "yg-gw-1"


def homes(site: SitePlan) -> Iterator[str]:
    """Every home of the estate as people write it: 6号楼1单元502."""
    for building in site.buildings:
        for entrance in building.entrances:
            for floor in range(1, building.floors + 1):
                for number in range(1, entrance.homes_per_floor + 1):
                    yield f"{building.title}{entrance.title}{floor}{number:02d}"


def _at_home(home: str) -> DevicePlace:
    building, rest = home.split("号楼")
    entrance, number = rest.split("单元")
    return DevicePlace(
        building=int(building),
        entrance=f"{entrance}单元",
        floor=int(number[:-2]),
        home=number,
    )


def _single(code: str, kind: str, title: str, place: DevicePlace) -> DevicePlan:
    return DevicePlan(code, kind, "linli_native", title, place, None, code)


def _zigbee(code: str, kind: str, title: str, place: DevicePlace) -> DevicePlan:
    friendly_name = code.removeprefix("yg-").replace("-", "_")
    return DevicePlan(code, kind, "zigbee2mqtt", title, place, ZIGBEE, friendly_name)


def _wired(code: str, kind: str, title: str, place: DevicePlace) -> DevicePlan:
    return DevicePlan(code, kind, "linli_native", title, place, NATIVE_GATEWAY, code)


def _gateways() -> Iterator[DevicePlan]:
    yield DevicePlan(
        ZIGBEE,
        "site_gateway",
        "zigbee2mqtt",
        "6号楼 Zigbee 网关",
        DevicePlace(building=6),
        None,
        ZIGBEE,
    )
    yield DevicePlan(
        NATIVE_GATEWAY,
        "site_gateway",
        "linli_native",
        "消防控制室 现场网关",
        DevicePlace(room="消防控制室"),
        None,
        NATIVE_GATEWAY,
    )


def _lifts() -> Iterator[DevicePlan]:
    for building in SITE.buildings:
        for entrance in building.entrances:
            for lift in entrance.lifts:
                place = DevicePlace(building=building.no, entrance=entrance.title, lift=lift)
                stem = f"yg-{building.no}-lift{lift[0]}"
                yield _single(f"{stem}-cam", "lift_camera", f"{building.title} {lift}摄像机", place)
                yield _single(
                    f"{stem}-ctl", "lift_controller", f"{building.title} {lift}控制器", place
                )


def _home_terminals() -> Iterator[DevicePlan]:
    for home, *_ in ELDERS:
        place = _at_home(home)
        stem = f"yg-{place.building}-{(place.entrance or '')[0]}-{place.home}"
        make = _zigbee if place.building == ZIGBEE_BUILDING else _single
        yield make(f"{stem}-smoke", "smoke_alarm", f"{home} 厨房烟感", place)
        yield _single(f"{stem}-water", "water_meter", f"{home} 水表", place)
        yield _single(f"{stem}-sos", "sos_button", f"{home} 紧急按钮", place)
    for home in ("3号楼1单元1201", "4号楼1单元702", "5号楼2单元901", "6号楼2单元1502"):
        place = _at_home(home)
        stem = f"yg-{place.building}-{(place.entrance or '')[0]}-{place.home}"
        yield _single(f"{stem}-water", "water_meter", f"{home} 水表", place)


def _common_ground() -> Iterator[DevicePlan]:
    for room, short in (("消防控制室", "fire"), ("水泵房", "pump"), ("配电室", "power")):
        place = DevicePlace(room=room)
        yield _wired(f"yg-{short}-smoke", "smoke_alarm", f"{room} 烟感", place)
        yield _wired(f"yg-{short}-door", "door_contact", f"{room} 门磁", place)
    for building in (3, 4, 5):
        place = DevicePlace(building=building)
        yield _single(f"yg-{building}-roof-door", "door_contact", f"{building}号楼 天台门磁", place)
    yield _zigbee("yg-6-roof-door", "door_contact", "6号楼 天台门磁", DevicePlace(building=6))
    for building in (3, 4, 5, 6):
        yield _single(
            f"yg-{building}-sky-cam",
            "falling_object_camera",
            f"{building}号楼 高空抛物摄像机",
            DevicePlace(building=building),
        )
    for gate, short in (
        ("南门", "south"),
        ("南门车行", "south-car"),
        ("北门", "north"),
        ("东门", "east"),
    ):
        yield _single(f"yg-{short}-gate", "gate_controller", f"{gate} 门禁", DevicePlace(gate=gate))
    for number, ground in enumerate(SITE.open_ground[:5], start=1):
        yield _single(
            f"yg-cover-{number}",
            "manhole_cover",
            f"{ground.title} 井盖",
            DevicePlace(ground=ground.title),
        )
    for shed, ground in ((1, "1号楼东侧充电棚"), (2, "2号楼西侧充电棚")):
        for port in (1, 2, 3):
            yield _single(
                f"yg-shed{shed}-pile-{port}",
                "charging_pile",
                f"{ground} {port}号充电口",
                DevicePlace(ground=ground),
            )
    for title, short in (("南门", "south"), ("中心花园", "garden"), ("北门", "north")):
        place = DevicePlace(ground=title) if title == "中心花园" else DevicePlace(gate=title)
        yield _single(f"yg-{short}-speaker", "public_speaker", f"{title} 音柱", place)
    yield _wired(
        "yg-fire-speaker", "public_speaker", "消防控制室 广播", DevicePlace(room="消防控制室")
    )


SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华文辉建国玉红志梅雪云鹏宇晨思佳欣怡浩然"


def _residents() -> Iterator[ResidentPlan]:
    draw = random.Random(FIRST_SEED)
    phones = iter(draw.sample(range(1000, 10000), 900))
    elders = {home: name for home, name, *_ in ELDERS}
    for home in homes(SITE):
        roles = ["owner" if draw.random() < OWNERS else "tenant"]
        if home in elders:
            roles = []  # listed among the elders
        elif draw.random() < TWO_OR_MORE:
            roles.append("family")
        surname = draw.choice(SURNAMES)
        for role in roles:
            family_name = surname if role != "family" else draw.choice(SURNAMES)
            given = "".join(draw.sample(GIVEN, draw.choice((1, 2, 2))))
            yield ResidentPlan(home, family_name + given, f"1380000{next(phones)}", role)


def _elders() -> Iterator[ElderPlan]:
    for number, (home, name, age, tags, (contact, relation)) in enumerate(ELDERS):
        yield ElderPlan(
            home=home,
            name=name,
            age=age,
            phone=f"1380000{100 + 2 * number:04d}",
            tags=tags,
            contact=Contact(contact, relation, f"1380000{101 + 2 * number:04d}"),
        )


def demo_plan() -> DemoPlan:
    """The demo estate as typed data; the same at every call."""
    return DemoPlan(
        county="示范县",
        street="怀远街道",
        community="仁里社区",
        company="安居物业",
        estate=EstatePlan(
            code="YG",
            title="阳光花园",
            plan=SITE,
            devices=(*_gateways(), *_lifts(), *_home_terminals(), *_common_ground()),
            elders=tuple(_elders()),
            people=tuple(_residents()),
        ),
    )


def default_estate() -> dict[str, object]:
    """The demo estate as JSON-able data, exactly what `estate_yg.json` holds.

    Lengths are metres, y grows to the south; a home is written 6号楼1单元502; floors count from 1.
    """
    return cast("dict[str, object]", json.loads(json.dumps(asdict(demo_plan()))))


def as_text() -> str:
    """The text of `estate_yg.json`, one device, elder or resident a line."""
    return _indented(default_estate(), 0) + "\n"


def _indented(value: object, depth: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + depth <= LONGEST_LINE or not isinstance(value, (dict, list)):
        return line
    inner = " " * (depth + 2)
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_indented(item, depth + 2)}"
            for key, item in cast("dict[str, object]", value).items()
        ]
        return "{\n" + ",\n".join(parts) + "\n" + " " * depth + "}"
    parts = [inner + _indented(item, depth + 2) for item in cast("list[object]", value)]
    return "[\n" + ",\n".join(parts) + "\n" + " " * depth + "]"


if __name__ == "__main__":
    for name in sys.argv[1:] or [str(PLAN_FILE)]:
        Path(name).write_text(as_text())
