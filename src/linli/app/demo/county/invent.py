"""An invented county, the same every time: its streets and communities, where its estates stand.

Names are drawn from common syllables; nothing here is of a real place or person.
"""

from dataclasses import dataclass

from linli.app.demo.county.contracts import Measure, Shape
from linli.directory.places.contracts import BuildingDraft, Corners, EntranceDraft

STREETS = ("怀远街道", "临江街道", "东门街道", "清溪街道", "望山街道", "北湖街道")
COMMUNITIES = (
    *("安和", "文庙", "桥头", "新苑", "梧桐", "柳巷", "春晖", "和平"),
    *("书院", "南塘", "古井", "钟楼", "长乐", "双桥", "石桥", "水门"),
    *("锦绣", "朝阳", "迎宾", "永丰", "龙泉", "滨河", "青云"),
)
COMPANIES = ("同乐物业", "和润物业", "锦程物业", "惠邻物业", "永宁物业", "家和物业", "青禾物业")
ESTATES = (
    *("桂花", "翠竹", "玉兰", "枫林", "碧水", "银杏"),
    *("海棠", "紫薇", "云锦", "荷风", "松涛", "梅香"),
)
ENDINGS = ("苑", "家园", "新村", "小区", "雅居")
BETWEEN = 24.0
"""Metres between two buildings, and around them."""
ENTRANCE_LONG, DEEP, WING = 18.0, 14.0, 9.0
LIFTS_FROM = 7
TWO_LIFTS_FROM = 18
BENT_EVERY = 4
"""Every fourth building has a wing, and is no rectangle."""


@dataclass(frozen=True, slots=True)
class InventedEstate:
    """An estate and whose it is; `no` counts from 1. Lengths in metres."""

    no: int
    code: str
    title: str
    street: str
    community: str
    company: str
    width: float
    height: float
    buildings: tuple[BuildingDraft, ...]


def communities() -> tuple[tuple[str, str], ...]:
    """Street and community of 23 communities; with the demo's own there are 24."""
    return tuple(
        (STREETS[at % len(STREETS)], f"{title}社区") for at, title in enumerate(COMMUNITIES)
    )


def estates(measure: Measure) -> tuple[InventedEstate, ...]:
    """The estates, spread evenly over the communities."""
    return tuple(_estate(at, measure) for at in range(measure.estates))


def _estate(at: int, measure: Measure) -> InventedEstate:
    street, community = communities()[at % len(COMMUNITIES)]
    shape = measure.shapes[at % len(measure.shapes)]
    long = shape.entrances * ENTRANCE_LONG
    in_a_row = _in_a_row(shape)
    rows = -(-shape.buildings // in_a_row)
    return InventedEstate(
        no=at + 1,
        code=f"XZ{at + 1:02d}",
        title=ESTATES[at % len(ESTATES)] + ENDINGS[at // len(ESTATES) % len(ENDINGS)],
        street=street,
        community=community,
        company=COMPANIES[at % len(COMPANIES)],
        width=BETWEEN + in_a_row * (long + BETWEEN),
        height=BETWEEN + rows * (DEEP + WING + BETWEEN),
        buildings=tuple(_building(one, shape) for one in range(shape.buildings)),
    )


def _in_a_row(shape: Shape) -> int:
    return max(1, round(shape.buildings**0.5))


def _building(at: int, shape: Shape) -> BuildingDraft:
    long = shape.entrances * ENTRANCE_LONG
    row, place = divmod(at, _in_a_row(shape))
    x = BETWEEN + place * (long + BETWEEN)
    y = BETWEEN + row * (DEEP + WING + BETWEEN)
    bent = at % BENT_EVERY == BENT_EVERY - 1
    lifts = 0 if shape.floors < LIFTS_FROM else 2 if shape.floors >= TWO_LIFTS_FROM else 1
    return BuildingDraft(
        title=f"{at + 1}号楼",
        floors=shape.floors,
        entrances=tuple(
            EntranceDraft(
                f"{no + 1}单元",
                shape.homes,
                tuple(f"{no * lifts + one + 1}号电梯" for one in range(lifts)),
            )
            for no in range(shape.entrances)
        ),
        x=x,
        y=y,
        w=long,
        h=DEEP + WING if bent else DEEP,
        outline=_with_wing(x, y, long) if bent else None,
    )


def _with_wing(x: float, y: float, long: float) -> Corners:
    wing = long / 3
    return (
        (x, y),
        (x + long, y),
        (x + long, y + DEEP),
        (x + wing, y + DEEP),
        (x + wing, y + DEEP + WING),
        (x, y + DEEP + WING),
    )
