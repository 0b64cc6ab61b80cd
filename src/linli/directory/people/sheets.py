"""People as a sheet of a spreadsheet."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, or_, select

from linli.directory.people import policy, service, store
from linli.directory.people.contracts import RELATION_TITLES, TAG_TITLES, PersonEntry, Relation, Tag
from linli.directory.people.models import (
    contact_table,
    person_table,
    residence_table,
    search_table,
    twin_table,
)
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import Spoken, places_coded, spoken
from linli.directory.sources.contracts import Source, SourceKind
from linli.directory.sources.public import find_entered, take_back
from linli.kernel.database import among
from linli.kernel.errors import BadInput
from linli.kernel.time import SHANGHAI
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

_SEPARATORS = re.compile(r"[、，,;；/|\s]+")
FIELDS = {
    "name": "name",
    "phone": "phone",
    "id_number": "id_number",
    "home_id": "home",
    "birth_date": "birth_date",
}


def tags_of(text: str) -> tuple[Tag, ...]:
    """Tags as people list them: `独居老人、残疾人`.

    Raises:
        BadInput: one of them is none.
    """
    known = {title: tag for tag, title in TAG_TITLES.items()} | {tag.value: tag for tag in Tag}
    found: list[Tag] = []
    for word in _SEPARATORS.split(text.strip()):
        if word not in known:
            raise BadInput(f"“{word}”不是关照类别，可以填：{'、'.join(TAG_TITLES.values())}")
        found.append(known[word])
    return tuple(dict.fromkeys(found))


COLUMNS = (
    Column(
        code="name",
        title="姓名",
        required=True,
        longest=80,
        example="王晓明",
        synonyms=("名字", "人员姓名", "住户姓名", "居民姓名", "业主姓名", "业主"),
    ),
    Column(
        code="id_number",
        title="身份证号",
        unique=True,
        longest=18,
        check=policy.id_number,
        example="11010119491231018X",
        note="18 位；有身份证号的人再次导入时按它认人。请把这一列设为文本",
        synonyms=("身份证", "身份证号码", "证件号", "证件号码", "公民身份号码"),
    ),
    Column(
        code="phone",
        title="手机号",
        longest=30,
        check=policy.phone_digits,
        example="13800000001",
        synonyms=("手机", "电话", "联系电话", "手机号码", "联系方式", "电话号码"),
    ),
    Column(
        code="birth_date",
        title="出生日期",
        kind=CellKind.DAY,
        note="有身份证号时可以不填",
        synonyms=("生日", "出生年月", "出生年月日"),
    ),
    Column(
        code="building",
        title="楼栋",
        longest=40,
        example="3号楼",
        synonyms=("楼号", "栋", "幢", "楼", "楼栋号", "栋号", "楼宇"),
    ),
    Column(
        code="entrance",
        title="单元",
        longest=40,
        example="1单元",
        synonyms=("单元号", "门", "门洞"),
    ),
    Column(
        code="home",
        title="房号",
        longest=80,
        example="502",
        note="也可以只填这一列，写成 3-1-502；不填表示暂不登记住房",
        synonyms=("房间号", "室号", "门牌号", "户号", "房屋", "住址", "地址", "室", "房间", "房产"),
    ),
    Column(
        code="relation",
        title="与房屋关系",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in RELATION_TITLES.items()},
        example="业主",
        note="不填按业主登记",
        synonyms=("关系", "住户类型", "人员类型", "身份"),
    ),
    Column(
        code="since",
        title="入住日期",
        kind=CellKind.DAY,
        note="不填按导入当天",
        synonyms=("入住时间", "迁入日期", "登记日期"),
    ),
    Column(
        code="tags",
        title="关照类别",
        check=tags_of,
        example="独居老人",
        note="可以填几个，用顿号隔开：" + "、".join(TAG_TITLES.values()) + "；不填保持原样",
        synonyms=("标签", "人员类别", "特殊人群", "重点类别"),
    ),
    Column(
        code="code",
        title="人员编号",
        unique=True,
        longest=60,
        note="原系统的编号；没有身份证号时按它认人",
        synonyms=("编号", "居民编号", "业主编号", "客户编号"),
    ),
)


def home_of(line: Line) -> Spoken | None:
    """The home a line names; None when it names none.

    Raises:
        BadInput: it names half of one.
    """
    parts = (line.text("building"), line.text("entrance"), line.text("home"))
    return spoken(*parts) if any(parts) else None


def _entry(line: Line, home_id: UUID | None) -> PersonEntry:
    since, born, tags = line.maybe("since"), line.maybe("birth_date"), line.maybe("tags")
    begin = None
    if since:
        day = date.fromisoformat(since)
        begin = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return PersonEntry(
        name=line.text("name"),
        home_id=home_id,
        relation=Relation(line.text("relation") or Relation.OWNER),
        valid_from=begin,
        phone=line.maybe("phone"),
        id_number=line.maybe("id_number"),
        birth_date=date.fromisoformat(born) if born else None,
        code=line.maybe("code"),
        tags=tags_of(tags) if tags else None,
    )


async def homes_of_lines(
    work: Work, estate_id: UUID, lines: Sequence[Line]
) -> tuple[dict[int, UUID | None], list[LineFault]]:
    """The home of each line, by its place; lines that name one that is not there are faults."""
    faults: list[LineFault] = []
    said: dict[int, Spoken | None] = {}
    for at, line in enumerate(lines):
        try:
            said[at] = home_of(line)
        except BadInput as wrong:
            faults.append(LineFault(at, wrong.field, wrong.message))
    codes = {code for one in said.values() if one is not None for code in one.codes}
    places = await places_coded(work, estate_id, codes)
    found: dict[int, UUID | None] = {}
    for at, one in said.items():
        known = (places.get(code) for code in one.codes) if one is not None else ()
        place = next((each for each in known if each and each.kind is PlaceKind.HOME), None)
        if one is not None and place is None:
            words = f"小区里没有“{one.said}”这套房屋，请核对，或先导入房屋"
            faults.append(LineFault(at, "home", words))
        else:
            found[at] = place.id if place else None
    return found, faults


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter the lines that hold, as `service.enter_people` does."""
    homes, faults = await homes_of_lines(work, batch.estate_id, batch.lines)
    entries = {at: _entry(batch.lines[at], home) for at, home in homes.items()}
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

    async def some(places: Sequence[int]) -> tuple[int, int, int]:
        one = await service.enter_people(
            work, cipher, [entries[at] for at in places], source, batch.estate_id
        )
        return one.created, one.updated, one.unchanged

    done = await enter_what_holds(work.connection, list(entries), some, FIELDS)
    return replace(done, faults=(*faults, *done.faults))


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take people and their homes back; who stays is found as before."""
    del cipher, made
    r = residence_table.c
    lived = await work.connection.scalars(select(r.person_id).where(r.source_id == import_id))
    touched = set(lived.all())
    people = await find_entered(work, person_table, import_id)
    stays = await take_back(work, residence_table, "居住登记", import_id)
    gone = people.removed
    for statement in (
        delete(contact_table).where(among(contact_table.c.person_id, gone)),
        delete(search_table).where(among(search_table.c.person_id, gone)),
        delete(twin_table).where(
            or_(among(twin_table.c.left_id, gone), among(twin_table.c.right_id, gone))
        ),
    ):
        await work.connection.execute(statement)
    back = await take_back(work, person_table, "人员资料", import_id)
    staying = (touched | set(back.restored)) - set(back.removed)
    await store.reindex(work.connection, staying, work.now)
    return TakenBack(
        len(back.removed) + len(stays.removed), len(back.restored) + len(stays.restored)
    )


SAMPLES = (
    {
        "name": "王晓明",
        "phone": "13800000001",
        "birth_date": "1949-12-31",
        "building": "1号楼",
        "entrance": "1单元",
        "home": "101",
        "relation": "业主",
        "since": "2020-05-01",
        "code": "YL-001",
    },
    {
        "name": "李秀兰",
        "phone": "13800000002",
        "building": "1号楼",
        "entrance": "1单元",
        "home": "102",
        "relation": "租户",
        "since": "2026-01-01",
        "code": "YL-002",
    },
    {
        "name": "张建国",
        "phone": "13800000003",
        "birth_date": "1975-03-08",
        "building": "1号楼",
        "entrance": "1单元",
        "home": "201",
        "relation": "业主",
        "since": "2021-09-01",
        "code": "YL-003",
    },
)
SHEETS = (
    Sheet(
        code="people",
        title="人员",
        needs=service.MANAGE,
        order=30,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        same=("building", "entrance", "home", "name", "phone", "id_number", "code"),
        samples=SAMPLES,
        synonyms=("人员名单", "居民", "住户", "业主", "业主信息", "居民信息", "住户信息"),
    ),
)
