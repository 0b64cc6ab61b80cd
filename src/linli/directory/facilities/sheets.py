"""Facilities as a sheet of a spreadsheet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from linli.directory.facilities import service
from linli.directory.facilities.contracts import (
    KINDS,
    STATE_TITLES,
    FacilityEntry,
    FacilityKind,
    FacilityState,
)
from linli.directory.facilities.models import facility_table
from linli.directory.places.public import places_said
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import take_back
from linli.kernel.errors import BadInput
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets.contracts import (
    Batch,
    CellKind,
    Column,
    Done,
    Line,
    LineFault,
    Sheet,
    TakenBack,
)
from linli.support.sheets.public import enter_what_holds

MOST_MONTHS = 120
FIELDS = {
    "title": "title",
    "place_id": "place",
    "code": "code",
    "installed_on": "installed_on",
    "checked_on": "checked_on",
    "next_check_on": "next_check_on",
    "check_months": "check_months",
}


def _months(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_MONTHS:
        raise BadInput(f"检查周期应是 1 到 {MOST_MONTHS} 个月")
    return int(text)


COLUMNS = (
    Column(
        code="code",
        title="设施编号",
        required=True,
        unique=True,
        longest=60,
        example="DT-03-1",
        note="小区内唯一，再次导入时按它认设施",
        synonyms=("编号", "设备编号", "资产编号", "使用登记证编号"),
    ),
    Column(
        code="title",
        title="名称",
        required=True,
        longest=120,
        example="3号楼1号电梯",
        synonyms=("设施名称", "设备名称", "资产名称"),
    ),
    Column(
        code="kind",
        title="类别",
        kind=CellKind.CHOICE,
        required=True,
        choices={one.value: facts.title for one, facts in KINDS.items()},
        example="电梯",
        synonyms=("设施类别", "设备类别", "类型", "设施类型", "资产类别"),
    ),
    Column(
        code="place",
        title="所在位置",
        example="3号楼",
        note="小区里的楼、单元、电梯或出入口；不填表示整个小区",
        synonyms=("位置", "安装位置", "地点", "地址"),
    ),
    Column(code="maker", title="生产厂家", longest=100, synonyms=("厂家", "品牌", "制造单位")),
    Column(code="model", title="型号", longest=100, synonyms=("规格型号", "规格")),
    Column(code="serial", title="出厂编号", longest=100, synonyms=("序列号", "产品编号")),
    Column(
        code="installed_on",
        title="安装日期",
        kind=CellKind.DAY,
        synonyms=("投用日期", "启用日期", "使用日期"),
    ),
    Column(
        code="check_months",
        title="检查周期（月）",
        kind=CellKind.NUMBER,
        check=_months,
        note="不填按这类设施的惯例",
        synonyms=("检查周期", "检验周期", "年检周期"),
    ),
    Column(
        code="checked_on",
        title="上次检查",
        kind=CellKind.DAY,
        synonyms=("上次检验日期", "检验日期", "最近检查", "上次检查日期"),
    ),
    Column(
        code="next_check_on",
        title="下次检查",
        kind=CellKind.DAY,
        note="不填按上次检查加周期推算",
        synonyms=("下次检验日期", "下次检查日期", "到期日期"),
    ),
    Column(
        code="state",
        title="状态",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in STATE_TITLES.items()},
        note="不填按在用登记",
        synonyms=("使用状态", "设备状态"),
    ),
)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _entry(line: Line, place_id: UUID | None) -> FacilityEntry:
    months = line.maybe("check_months")
    return FacilityEntry(
        title=line.text("title"),
        kind=FacilityKind(line.text("kind")),
        code=line.maybe("code"),
        place_id=place_id,
        maker=line.text("maker"),
        model=line.text("model"),
        serial=line.text("serial"),
        installed_on=_day(line.maybe("installed_on")),
        check_months=_months(months) if months else None,
        checked_on=_day(line.maybe("checked_on")),
        next_check_on=_day(line.maybe("next_check_on")),
        state=FacilityState(line.text("state") or FacilityState.IN_USE),
    )


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter the lines that hold, as `service.enter_facilities` does."""
    del cipher
    said = {at: line.text("place") for at, line in enumerate(batch.lines)}
    places = await places_said(work, batch.estate_id, [one for one in said.values() if one])
    faults = [
        LineFault(at, "place", f"小区里没有“{one}”这个位置")
        for at, one in said.items()
        if one and one not in places
    ]
    wrong = {fault.at for fault in faults}
    entries = {
        at: _entry(line, places[said[at]].id if said[at] else None)
        for at, line in enumerate(batch.lines)
        if at not in wrong
    }
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

    async def some(which: Sequence[int]) -> tuple[int, int, int]:
        one = await service.enter_facilities(
            work, batch.estate_id, [entries[at] for at in which], source
        )
        return one.created, one.updated, one.unchanged

    done = await enter_what_holds(work.connection, list(entries), some, FIELDS)
    return replace(done, faults=(*faults, *done.faults))


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take facilities back."""
    del cipher, made
    back = await take_back(work, facility_table, "设施", import_id)
    return TakenBack(len(back.removed), len(back.restored))


SAMPLES = (
    {
        "code": "YL-DT-01",
        "title": "1号楼1号电梯",
        "kind": "电梯",
        "place": "1号楼",
        "maker": "上海三菱",
        "installed_on": "2019-04-01",
        "check_months": "12",
        "checked_on": "2026-03-15",
        "state": "在用",
    },
    {
        "code": "YL-SB-01",
        "title": "生活水泵",
        "kind": "水泵",
        "installed_on": "2019-04-01",
        "check_months": "6",
    },
    {
        "code": "YL-XH-01",
        "title": "1号楼消火栓",
        "kind": "消火栓",
        "place": "1号楼",
        "check_months": "1",
    },
)
SHEETS = (
    Sheet(
        code="facilities",
        title="设施",
        needs="manage_places",
        order=70,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        synonyms=("设施设备", "资产", "设备设施", "设施台账"),
        samples=SAMPLES,
    ),
)
