"""Door cards as a sheet of a spreadsheet, as they come out of another system."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from linli.directory.cards import policy, service
from linli.directory.cards.contracts import (
    CARD_TITLES,
    STATE_TITLES,
    CardEntry,
    CardKind,
    CardState,
)
from linli.directory.cards.models import card_table
from linli.directory.people.public import Meant, people_meant
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_said
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import take_back
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

FIELDS = {
    "number": "number",
    "home_id": "home",
    "person_id": "holder",
    "holder": "holder",
    "valid_to": "until",
    "note": "note",
}
COLUMNS = (
    Column(
        code="number",
        title="卡号",
        required=True,
        unique=True,
        check=policy.number_of,
        longest=40,
        example="0012345678",
        note="再次导入时按它认卡；前面的 0 要保留，单元格设为文本",
        synonyms=("门禁卡号", "门卡号", "IC卡号", "卡编号", "物理卡号", "卡片编号"),
    ),
    Column(
        code="kind",
        title="卡类型",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in CARD_TITLES.items()},
        example="IC 卡",
        note="不填按 IC 卡登记",
        synonyms=("类型", "卡种类", "介质类型"),
    ),
    Column(
        code="home",
        title="房屋",
        example="3-1-502",
        note="写成 3-1-502 或 3号楼1单元502；员工卡不填",
        synonyms=("房号", "地址", "住址", "房产", "门牌号", "房间号"),
    ),
    Column(
        code="holder",
        title="持卡人",
        longest=policy.LONGEST_HOLDER,
        example="王晓明",
        note="住这套房屋的登记人员会自动对上；对不上的只记名字",
        synonyms=("姓名", "卡主", "使用人", "业主姓名", "持有人"),
    ),
    Column(
        code="state",
        title="状态",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in STATE_TITLES.items()},
        note="不填：新卡在用，登记过的不变",
        synonyms=("卡状态", "使用状态"),
    ),
    Column(
        code="since",
        title="发卡日期",
        kind=CellKind.DAY,
        example="2023-05-01",
        synonyms=("开卡日期", "生效日期", "开始日期", "领卡日期"),
    ),
    Column(
        code="until",
        title="有效期至",
        kind=CellKind.DAY,
        synonyms=("到期日期", "截止日期", "失效日期", "有效期"),
    ),
    Column(code="note", title="备注", longest=policy.LONGEST_NOTE, synonyms=("说明", "用途")),
)


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter the cards that hold; a holder who lives in the home is linked to the register."""
    faults: list[LineFault] = []
    said = {at: line.text("home") for at, line in enumerate(batch.lines)}
    places = await places_said(work, batch.estate_id, {one for one in said.values() if one})
    homes: dict[int, UUID | None] = {}
    for at, words in said.items():
        place = places.get(words)
        if words and (place is None or place.kind is not PlaceKind.HOME):
            faults.append(LineFault(at, "home", f"小区里没有“{words}”这套房屋"))
        else:
            homes[at] = place.id if place else None
    people = await _holders(work, cipher, batch, homes)
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)
    entries = {at: _entry(batch.lines[at], home, people.get(at)) for at, home in homes.items()}

    async def some(at: Sequence[int]) -> tuple[int, int, int]:
        some = [entries[one] for one in at]
        done = await service.enter(work, cipher, batch.estate_id, some, source)
        return done.created, done.updated, done.unchanged

    done = await enter_what_holds(work.connection, list(entries), some, FIELDS)
    return replace(done, faults=(*faults, *done.faults))


async def _holders(
    work: Work, cipher: Cipher, batch: Batch, homes: Mapping[int, UUID | None]
) -> Mapping[int, UUID]:
    meant = {
        at: Meant(batch.lines[at].text("holder"), home_id=home)
        for at, home in homes.items()
        if home is not None and batch.lines[at].text("holder")
    }
    known = await people_meant(work, cipher, batch.estate_id, list(meant.values()))
    return {at: known[one] for at, one in meant.items() if one in known}


def _entry(line: Line, home_id: UUID | None, person_id: UUID | None) -> CardEntry:
    since, until, state = line.maybe("since"), line.maybe("until"), line.maybe("state")
    return CardEntry(
        number=line.text("number"),
        kind=CardKind(line.text("kind") or CardKind.IC),
        home_id=home_id,
        person_id=person_id,
        holder=line.text("holder"),
        state=CardState(state) if state else None,
        valid_from=date.fromisoformat(since) if since else None,
        valid_to=date.fromisoformat(until) if until else None,
        note=line.text("note"),
    )


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take the cards of one import back, unless some were changed since."""
    del cipher, made
    back = await take_back(work, card_table, "门卡", import_id)
    return TakenBack(len(back.removed), len(back.restored))


SAMPLES = (
    {
        "number": "0012345678",
        "kind": "IC 卡",
        "home": "1-1-101",
        "holder": "王晓明",
        "since": "2023-05-01",
    },
    {"number": "0012345679", "home": "1-1-101", "holder": "王晓明", "state": "已挂失"},
    {
        "number": "04A1B2C3",
        "kind": "CPU 卡",
        "holder": "保洁 周师傅",
        "until": "2026-12-31",
        "note": "员工卡",
    },
)
SHEETS = (
    Sheet(
        code="cards",
        title="门卡",
        needs=service.MANAGE,
        order=65,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        samples=SAMPLES,
        synonyms=("门禁卡", "门禁卡信息", "IC卡", "卡片信息", "发卡记录"),
    ),
)
