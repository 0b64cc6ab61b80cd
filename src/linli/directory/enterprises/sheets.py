"""Enterprises and shops as a sheet of a spreadsheet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from linli.directory.enterprises import policy, service
from linli.directory.enterprises.contracts import (
    KIND_TITLES,
    STATE_TITLES,
    EnterpriseEntry,
    EnterpriseKind,
    EnterpriseState,
)
from linli.directory.enterprises.models import enterprise_table
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

MOST_STAFF = 100_000
FIELDS = {
    "title": "title",
    "credit_code": "credit_code",
    "phone": "phone",
    "place_id": "place",
    "code": "code",
}


def _staff(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_STAFF:
        raise BadInput("从业人数应是整数")
    return int(text)


COLUMNS = (
    Column(
        code="title",
        title="名称",
        required=True,
        longest=120,
        example="晨光便利店",
        synonyms=("企业名称", "单位名称", "商铺名称", "店名", "商户名称"),
    ),
    Column(
        code="credit_code",
        title="统一社会信用代码",
        unique=True,
        longest=18,
        check=policy.credit_code,
        note="18 位；再次导入时按它认企业",
        synonyms=("信用代码", "社会信用代码", "营业执照号"),
    ),
    Column(
        code="code",
        title="企业编号",
        unique=True,
        longest=60,
        note="没有信用代码时填写原系统的编号，再次导入时按它认企业；两者都不填会登记成新的企业",
        synonyms=("编号", "商户编号", "单位编号"),
    ),
    Column(
        code="kind",
        title="类别",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in KIND_TITLES.items()},
        example="商铺",
        note="不填按商铺登记",
        synonyms=("行业", "业态", "企业类型"),
    ),
    Column(
        code="place",
        title="所在位置",
        example="3号楼1单元502",
        note="小区里的楼、单元或房屋，写法与房屋表相同",
        synonyms=("地址", "位置", "经营地址", "房号"),
    ),
    Column(code="contact", title="联系人", longest=80, synonyms=("负责人", "法人", "经营者")),
    Column(
        code="phone",
        title="联系电话",
        longest=30,
        check=policy.phone_digits,
        note="不填保持原样",
        synonyms=("电话", "手机", "手机号", "联系方式"),
    ),
    Column(
        code="staff",
        title="从业人数",
        kind=CellKind.NUMBER,
        check=_staff,
        synonyms=("人数", "员工人数"),
    ),
    Column(code="since", title="开业日期", kind=CellKind.DAY, synonyms=("成立日期", "入驻日期")),
    Column(
        code="state",
        title="状态",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in STATE_TITLES.items()},
        note="不填按营业登记",
        synonyms=("经营状态",),
    ),
)


def _entry(line: Line, place_id: UUID | None) -> EnterpriseEntry:
    staff, since = line.maybe("staff"), line.maybe("since")
    return EnterpriseEntry(
        title=line.text("title"),
        kind=EnterpriseKind(line.text("kind") or EnterpriseKind.SHOP),
        credit_code=line.maybe("credit_code"),
        code=line.maybe("code"),
        place_id=place_id,
        contact=line.text("contact"),
        phone=line.maybe("phone"),
        staff=_staff(staff) if staff else None,
        since=date.fromisoformat(since) if since else None,
        state=EnterpriseState(line.text("state") or EnterpriseState.OPEN),
    )


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter the lines that hold, as `service.enter_enterprises` does."""
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
        one = await service.enter_enterprises(
            work, cipher, batch.estate_id, [entries[at] for at in which], source
        )
        return one.created, one.updated, one.unchanged

    done = await enter_what_holds(work.connection, list(entries), some, FIELDS)
    return replace(done, faults=(*faults, *done.faults))


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take enterprises back."""
    del cipher, made
    back = await take_back(work, enterprise_table, "企业商铺", import_id)
    return TakenBack(len(back.removed), len(back.restored))


SAMPLES = (
    {
        "title": "晨光便利店",
        "code": "QY-001",
        "kind": "商铺",
        "contact": "赵敏",
        "staff": "3",
        "since": "2022-06-01",
        "state": "营业",
    },
    {"title": "康乐诊所", "code": "QY-002", "kind": "医疗诊所", "contact": "孙医生", "staff": "6"},
    {"title": "老张面馆", "code": "QY-003", "kind": "餐饮", "contact": "张师傅", "staff": "4"},
)
SHEETS = (
    Sheet(
        code="enterprises",
        title="企业商铺",
        needs="manage_places",
        order=20,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        same=tuple(column.code for column in COLUMNS),
        samples=SAMPLES,
        synonyms=("企业", "商铺", "商户", "单位", "企业信息"),
    ),
)
