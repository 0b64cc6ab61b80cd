"""Opening balances as a sheet of a spreadsheet: what homes owe on the day of the change-over."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from linli.directory.balances import policy, service
from linli.directory.balances.contracts import SIDE_TITLES, OpeningEntry, Side
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_said
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.money import fen_of
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
    "home_id": "home",
    "item": "item",
    "until": "until",
    "amount": "amount",
    "as_of": "as_of",
}
COLUMNS = (
    Column(
        code="home",
        title="房屋",
        required=True,
        example="3-1-502",
        note="写成 3-1-502 或 3号楼1单元502，先在房屋表里登记",
        synonyms=("房号", "地址", "住址", "房产", "门牌号", "房间号", "收费对象"),
    ),
    Column(
        code="item",
        title="费用项目",
        required=True,
        longest=policy.LONGEST_ITEM,
        example="物业费",
        note="物业费、水费、停车费、公摊电费……按原来系统里的名称填",
        synonyms=("费用名称", "收费项目", "费项", "项目名称", "费用类型"),
    ),
    Column(
        code="amount",
        title="欠费金额",
        required=True,
        check=fen_of,
        longest=30,
        example="1234.50",
        note="元，最多两位小数；预存的写成负数",
        synonyms=("金额", "欠费", "应收金额", "欠款", "欠费合计", "未收金额", "期初余额"),
    ),
    Column(
        code="since",
        title="账期从",
        kind=CellKind.DAY,
        example="2026-01-01",
        synonyms=("开始日期", "计费开始时间", "账期开始", "费用开始时间"),
    ),
    Column(
        code="until",
        title="账期到",
        kind=CellKind.DAY,
        example="2026-06-30",
        synonyms=("结束日期", "计费结束时间", "账期结束", "费用结束时间"),
    ),
    Column(
        code="as_of",
        title="截止日期",
        kind=CellKind.DAY,
        required=True,
        example="2026-06-30",
        note="欠费算到哪一天；再次导入时，同一房屋、项目、账期、截止日期是同一行",
        synonyms=("统计日期", "结转日期", "余额日期"),
    ),
    Column(code="note", title="备注", longest=policy.LONGEST_NOTE, synonyms=("说明", "摘要")),
)


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter the lines that hold, and say what they come to."""
    del cipher
    faults: list[LineFault] = []
    said = {at: line.text("home") for at, line in enumerate(batch.lines)}
    places = await places_said(work, batch.estate_id, set(said.values()))
    entries: dict[int, OpeningEntry] = {}
    for at, words in said.items():
        place = places.get(words)
        if place is None or place.kind is not PlaceKind.HOME:
            faults.append(LineFault(at, "home", f"小区里没有“{words}”这套房屋"))
        else:
            entries[at] = _entry(batch.lines[at], place.id)
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

    async def some(at: Sequence[int]) -> tuple[int, int, int]:
        one = await service.enter(work, batch.estate_id, [entries[it] for it in at], source)
        return one.created, one.updated, one.unchanged

    done = await enter_what_holds(work.connection, list(entries), some, FIELDS)
    wrong = {one.at for one in done.faults}
    owed, prepaid = policy.summed(one.fen for at, one in entries.items() if at not in wrong)
    return Done(
        done.created,
        done.updated,
        done.unchanged,
        (*faults, *done.faults),
        sums={SIDE_TITLES[Side.OWED]: owed, SIDE_TITLES[Side.PREPAID]: -prepaid},
    )


def _entry(line: Line, home_id: UUID) -> OpeningEntry:
    since, until = line.maybe("since"), line.maybe("until")
    return OpeningEntry(
        home_id=home_id,
        item=line.text("item"),
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
        fen=fen_of(line.text("amount")),
        as_of=date.fromisoformat(line.text("as_of")),
        note=line.text("note"),
    )


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take the lines of an import back, unless some were corrected since."""
    del cipher, made
    return TakenBack(await service.withdraw(work, import_id))


SAMPLES = (
    {
        "home": "1-1-101",
        "item": "物业费",
        "amount": "1234.50",
        "since": "2026-01-01",
        "until": "2026-06-30",
        "as_of": "2026-06-30",
    },
    {
        "home": "1-1-102",
        "item": "停车费",
        "amount": "600",
        "since": "2026-04-01",
        "until": "2026-06-30",
        "as_of": "2026-06-30",
    },
    {
        "home": "1-1-201",
        "item": "预存水费",
        "amount": "-200.00",
        "as_of": "2026-06-30",
        "note": "业主充值余额",
    },
)
SHEETS = (
    Sheet(
        code="balances",
        title="期初欠费",
        needs=service.MANAGE,
        order=85,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        same=("home", "item", "since", "until", "as_of"),
        samples=SAMPLES,
        synonyms=("欠费", "欠费明细", "期初余额", "应收欠费", "欠费清单"),
    ),
)
