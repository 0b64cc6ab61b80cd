"""Homes as a sheet of a spreadsheet: buildings and doors are added where they are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from linli.directory.homes import policy, service
from linli.directory.homes.contracts import (
    STATE_TITLES,
    USE_TITLES,
    HomeEntry,
    HomePath,
    HomeState,
    HomeUse,
)
from linli.directory.homes.holding_sheets import HOLDINGS
from linli.directory.homes.models import home_table
from linli.directory.places.contracts import Place
from linli.directory.places.public import Spoken, places_coded, places_in, places_named, spoken
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import take_back, used_by
from linli.kernel.errors import BadInput
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets.contracts import (
    Batch,
    CellKind,
    Column,
    Done,
    LineFault,
    Sheet,
    TakenBack,
)
from linli.support.sheets.public import enter_what_holds

COLUMNS = (
    Column(
        code="building",
        title="楼栋",
        longest=40,
        example="3号楼",
        synonyms=("楼号", "栋", "幢", "楼", "楼栋号", "栋号", "楼宇"),
    ),
    Column(code="entrance", title="单元", longest=40, example="1单元", synonyms=("单元号", "门")),
    Column(code="floor", title="楼层", longest=20, example="5层", synonyms=("层", "所在层")),
    Column(
        code="home",
        title="房号",
        required=True,
        longest=80,
        example="502",
        note="也可以只填这一列，写成 3-1-502",
        synonyms=("房间号", "室号", "门牌号", "户号", "房屋", "地址", "室", "房间", "房产"),
    ),
    Column(
        code="area",
        title="专有面积",
        kind=CellKind.NUMBER,
        check=policy.area_of,
        example="90.50",
        note="平方米，最多两位小数；不填保持原样",
        synonyms=("面积", "建筑面积", "产权面积", "专有部分面积", "收费面积"),
    ),
    Column(
        code="use",
        title="用途",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in USE_TITLES.items()},
        example="住宅",
        note="不填按住宅登记",
        synonyms=("房屋用途", "房屋类型", "类型"),
    ),
    Column(
        code="state",
        title="使用状态",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in STATE_TITLES.items()},
        note="不填保持原样",
        synonyms=("状态", "房屋状态", "入住状态"),
    ),
)
SAMPLES = (
    {"building": "1号楼", "entrance": "1单元", "home": "101", "area": "89.60", "state": "自住"},
    {"building": "1号楼", "entrance": "1单元", "home": "102", "area": "120.35", "state": "出租"},
    {"building": "1号楼", "entrance": "1单元", "home": "201", "area": "89.60", "use": "住宅"},
)
FIELDS = {"home_id": "home", "home": "home", "area": "area", "code": "home"}


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter doors, sizes, uses and states; `made` are the places that were added, parents first."""
    del cipher
    faults: list[LineFault] = []
    doors: dict[int, Spoken] = {}
    for at, line in enumerate(batch.lines):
        parts = (line.text("building"), line.text("entrance"), line.text("home"))
        try:
            doors[at] = spoken(*parts)
        except BadInput as wrong:
            faults.append(LineFault(at, wrong.field, wrong.message))
    codes = {code for door in doors.values() for code in (*door.codes, *door.buildings)}
    known = await places_coded(work, batch.estate_id, codes)
    paths = {at: _path(door, known, batch.lines[at].maybe("floor")) for at, door in doors.items()}
    before = {one.id for one in await places_in(work, batch.estate_id)}
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

    async def some(places: Sequence[int]) -> tuple[int, int, int]:
        ids = await service.homes_at(work, batch.estate_id, [paths[at] for at in places])
        entries = [_entry(batch, at, ids[paths[at]]) for at in places]
        one = await service.enter_homes(work, batch.estate_id, entries, source)
        return one.created, one.updated, one.unchanged

    done = await enter_what_holds(work.connection, list(paths), some, FIELDS)
    after = await places_in(work, batch.estate_id)
    new = sorted((one for one in after if one.id not in before), key=lambda one: len(one.path_ids))
    return replace(done, faults=(*faults, *done.faults), made=tuple(one.id for one in new))


def _path(door: Spoken, known: Mapping[str, Place], floor: str | None) -> HomePath:
    """The door by the words the estate uses, where it knows the building or the home."""
    building = next((one for one in door.buildings if one in known), door.building)
    home = door.home
    if f"{building}{door.entrance or ''}{home}室".replace(" ", "") in known:
        home += "室"
    return HomePath(
        building=building,
        entrance=door.entrance,
        home=home,
        floor=f"{floor}层" if floor and floor.isdecimal() else floor,
    )


def _entry(batch: Batch, at: int, home_id: UUID) -> HomeEntry:
    line = batch.lines[at]
    area, state = line.maybe("area"), line.maybe("state")
    return HomeEntry(
        home_id=home_id,
        area=policy.area_of(area) if area else None,
        use=HomeUse(line.text("use") or HomeUse.DWELLING),
        state=HomeState(state) if state else None,
    )


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take sizes and states back, and the doors that nobody had noted before."""
    del cipher
    back = await take_back(work, home_table, "房屋资料", import_id)
    known = await places_named(work, made)
    deepest = sorted(known.values(), key=lambda one: -len(one.path_ids))
    gone = text("DELETE FROM directory_place WHERE id = ANY(CAST(:ids AS uuid[]))")
    for depth in sorted({len(one.path_ids) for one in deepest}, reverse=True):
        ids = [one.id for one in deepest if len(one.path_ids) == depth]
        try:
            async with work.connection.begin_nested():
                await work.connection.execute(gone, {"ids": ids})
        except IntegrityError as error:
            raise used_by(error, "房屋") from error
    return TakenBack(len(back.removed) + len(deepest), len(back.restored))


SHEETS = (
    Sheet(
        code="homes",
        title="房屋",
        needs="manage_places",
        order=10,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        same=("building", "entrance", "home"),
        samples=SAMPLES,
        synonyms=("房屋信息", "房产", "房产信息", "房间", "房屋资料"),
    ),
    *HOLDINGS,
)
