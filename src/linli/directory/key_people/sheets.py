"""Key people as a sheet of a spreadsheet.

A list only adds: what a record already says otherwise is named as a fault and left to the clerk,
so that taking an import back is removing what it added.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from uuid import UUID

from linli.directory.key_people import policy, service, store
from linli.directory.key_people.contracts import BASES, Basis, Carer, KeyDraft, KeyPerson
from linli.directory.people.public import (
    Meant,
    id_number,
    people_meant,
    people_named,
    phone_digits,
)
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_said
from linli.directory.sources.contracts import Source, SourceKind
from linli.kernel.errors import BadInput, FieldFault
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
MOST_DAYS = service.LONGEST_ABSENCE.days
FIELDS = {name: name for name in ("name", "category", "expires_on", "every_days", "carer")}


def categories_of(text: str) -> tuple[str, ...]:
    """The codes of categories as people list them: `独居老人、残疾人`.

    Raises:
        BadInput: one of them is none.
    """
    known = {title: code for code, title in policy.titles().items()}
    known |= {code: code for code in policy.titles()}
    found: list[str] = []
    for word in _SEPARATORS.split(text.strip()):
        if word not in known:
            raise BadInput(
                f"“{word}”不是重点人员类别，可以填：{'、'.join(policy.titles().values())}"
            )
        found.append(known[word])
    return tuple(dict.fromkeys(found))


def days_of(text: str) -> int:
    """The days between two visits.

    Raises:
        BadInput: it is no number of days.
    """
    if not text.isdecimal() or not 0 < int(text) <= MOST_DAYS:
        raise BadInput(f"走访间隔应为 1 到 {MOST_DAYS} 天")
    return int(text)


COLUMNS = (
    Column(
        code="name",
        title="姓名",
        required=True,
        longest=80,
        example="王晓明",
        note="先在人员表里登记",
        synonyms=("名字", "人员姓名", "老人姓名", "居民姓名", "对象姓名"),
    ),
    Column(
        code="id_number",
        title="身份证号",
        longest=18,
        check=id_number,
        note="没有身份证号和人员编号时，按姓名和房屋认人",
        synonyms=("身份证", "身份证号码", "证件号码", "证件号"),
    ),
    Column(
        code="home",
        title="房屋",
        example="3-1-502",
        note="写成 3-1-502 或 3号楼1单元502",
        synonyms=("房号", "地址", "住址", "门牌号", "家庭住址"),
    ),
    Column(code="code", title="人员编号", longest=60, synonyms=("编号", "居民编号")),
    Column(
        code="category",
        title="重点类别",
        required=True,
        check=categories_of,
        example="独居老人",
        note="可以填几个，用顿号隔开：" + "、".join(policy.titles().values()),
        synonyms=("类别", "人员类别", "重点人员类别", "对象类别"),
    ),
    Column(
        code="basis",
        title="合法依据",
        kind=CellKind.CHOICE,
        required=True,
        choices={one.value: rule.title for one, rule in BASES.items()},
        example="本人单独同意",
        note="个人信息保护法要求写明",
        synonyms=("依据", "登记依据"),
    ),
    Column(
        code="basis_words",
        title="依据说明",
        note="例如同意书编号、文件名称",
        synonyms=("同意书编号", "依据文件"),
    ),
    Column(
        code="since",
        title="列入日期",
        kind=CellKind.DAY,
        note="不填按导入当天",
        synonyms=("纳入日期", "起始日期"),
    ),
    Column(
        code="expires_on",
        title="到期日",
        kind=CellKind.DAY,
        note="到期自动退出名册；不填表示长期",
        synonyms=("到期日期", "有效期至", "截止日期"),
    ),
    Column(
        code="every_days",
        title="走访间隔（天）",
        kind=CellKind.NUMBER,
        check=days_of,
        note="不填按类别的惯例",
        synonyms=("走访间隔", "走访周期", "走访频次（天）"),
    ),
    Column(
        code="visitor",
        title="走访人",
        longest=80,
        note="能在这个小区走访的人员姓名；不填以后再指定",
        synonyms=("负责人", "网格员", "责任人", "帮扶人"),
    ),
    Column(
        code="carer",
        title="照护人",
        longest=80,
        synonyms=("家属", "监护人", "紧急联系人", "照护人姓名"),
    ),
    Column(code="carer_relation", title="照护人关系", longest=40, synonyms=("与照护人关系",)),
    Column(
        code="carer_phone",
        title="照护人电话",
        longest=30,
        check=phone_digits,
        note="加密保存",
        synonyms=("家属电话", "监护人电话", "紧急联系电话"),
    ),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a line comes to, once its person and visitor are found."""

    person_id: UUID
    drafts: tuple[KeyDraft, ...]
    carer: Carer | None


@dataclass(frozen=True, slots=True)
class Before:
    """What the register says of the people of a batch before it is entered."""

    keys: Mapping[UUID, KeyPerson] = field(default_factory=lambda: MappingProxyType({}))
    entries: Mapping[tuple[UUID, str], store.Noted] = field(
        default_factory=lambda: MappingProxyType({})
    )
    carers: Mapping[UUID, Sequence[Carer]] = field(default_factory=lambda: MappingProxyType({}))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


async def _people(
    work: Work, cipher: Cipher, batch: Batch
) -> tuple[dict[int, UUID], list[LineFault]]:
    """The person of each line; lines that name nobody known here are faults."""
    faults: list[LineFault] = []
    said = {at: line.text("home") for at, line in enumerate(batch.lines)}
    places = await places_said(work, batch.estate_id, {one for one in said.values() if one})
    meant: dict[int, Meant] = {}
    for at, line in enumerate(batch.lines):
        place = places.get(said[at])
        if said[at] and (place is None or place.kind is not PlaceKind.HOME):
            faults.append(LineFault(at, "home", f"小区里没有“{said[at]}”这套房屋"))
            continue
        meant[at] = Meant(
            line.text("name"),
            line.maybe("id_number"),
            line.maybe("code"),
            place.id if place else None,
        )
    known = await people_meant(work, cipher, batch.estate_id, list(meant.values()))
    rows = await people_named(work, cipher, list(known.values()))
    found: dict[int, UUID] = {}
    for at, one in meant.items():
        row = rows.get(known[one]) if one in known else None
        if row is None or row.estate_id != batch.estate_id:
            words = f"小区里没有找到“{one.name}”，请先导入人员，或填写身份证号"
            faults.append(LineFault(at, "name", words))
        else:
            found[at] = row.id
    return found, faults


def _drafts(line: Line, person_id: UUID, visitor: tuple[UUID, str] | None) -> tuple[KeyDraft, ...]:
    days = line.maybe("every_days")
    return tuple(
        KeyDraft(
            person_id=person_id,
            category=category,
            basis=Basis(line.text("basis")),
            basis_words=line.text("basis_words").strip(),
            since=_day(line.maybe("since")),
            expires_on=_day(line.maybe("expires_on")),
            every_days=days_of(days) if days else None,
            visitor_id=visitor[0] if visitor else None,
            visitor_name=visitor[1] if visitor else "",
        )
        for category in categories_of(line.text("category"))
    )


def _carer(line: Line) -> Carer | None:
    """The carer a line names; half of one is refused.

    Raises:
        BadInput: a phone or relation without a name, or a name without a phone.
    """
    name, phone = line.text("carer").strip(), line.text("carer_phone")
    relation = line.text("carer_relation").strip()
    if not name and not phone and not relation:
        return None
    if not name or not phone:
        raise BadInput("照护人的姓名和电话要一起填", field="carer")
    return Carer(name, relation, phone_digits(phone))


async def _meanings(
    work: Work, cipher: Cipher, batch: Batch
) -> tuple[dict[int, Meaning], list[LineFault]]:
    people, faults = await _people(work, cipher, batch)
    crew: dict[str, list[UUID]] = {}
    if any(line.text("visitor") for line in batch.lines):
        for one in await service.visitors(work, batch.estate_id):
            crew.setdefault(one.display_name, []).append(one.account_id)
    found: dict[int, Meaning] = {}
    for at, person_id in people.items():
        line = batch.lines[at]
        name = line.text("visitor").strip()
        named = crew.get(name, [])
        if name and len(named) != 1:
            words = "不止一位" if named else "没有"
            words = f"能在这个小区走访的人员里{words}“{name}”"
            faults.append(LineFault(at, "visitor", words))
            continue
        visitor = (named[0], name) if name else None
        try:
            carer = _carer(line)
        except BadInput as wrong:
            faults.append(LineFault(at, wrong.field, wrong.message))
            continue
        found[at] = Meaning(person_id, _drafts(line, person_id, visitor), carer)
    return found, faults


def differing(one: Meaning, before: Before) -> LineFault | None:
    """What a line says otherwise than the register does; its place is 0."""
    key = before.keys.get(one.person_id)
    if key is None:
        return None
    for draft in one.drafts:
        if draft.every_days is not None and draft.every_days != key.every_days:
            return LineFault(0, "every_days", "这个人已在名册里，走访间隔请到他的档案里改")
        if draft.visitor_id is not None and draft.visitor_id != key.visitor_id:
            return LineFault(0, "visitor", "这个人已在名册里，走访人请到他的档案里改")
        old = before.entries.get((one.person_id, draft.category))
        if old is None:
            continue
        title = policy.titles()[draft.category]
        said = (
            ("basis", draft.basis, old.basis),
            ("basis_words", draft.basis_words or old.basis_words, old.basis_words),
            ("since", draft.since or old.since, old.since),
            ("expires_on", draft.expires_on or old.expires_on, old.expires_on),
        )
        for column, new, was in said:
            if new != was:
                words = f"这个人已按“{title}”登记，这一格不同，请到他的档案里改"
                return LineFault(0, column, words)
    if one.carer is not None and one.carer not in before.carers.get(key.id, ()):
        return LineFault(0, "carer", "这个人已在名册里，照护人请到他的档案里改")
    return None


async def _before(work: Work, cipher: Cipher, people: set[UUID]) -> Before:
    keys = await store.keys_of(work.connection, people)
    return Before(
        {one.person_id: one for one in keys},
        await store.noted(work.connection, people),
        await store.carers_of(work.connection, cipher, [one.id for one in keys]),
    )


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Add the lines that hold; what is there already is left as it is."""
    meanings, faults = await _meanings(work, cipher, batch)
    before = await _before(work, cipher, {one.person_id for one in meanings.values()})
    fresh: list[int] = []
    for at, one in meanings.items():
        fault = differing(one, before)
        if fault is not None:
            faults.append(replace(fault, at=at))
        elif any((one.person_id, each.category) not in before.entries for each in one.drafts):
            fresh.append(at)
    wrong = {fault.at for fault in faults}
    unchanged = len([at for at in meanings if at not in wrong and at not in fresh])
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

    async def some(places: Sequence[int]) -> tuple[int, int, int]:
        drafts = [
            (at, draft)
            for at, place in enumerate(places)
            for draft in meanings[place].drafts
            if (draft.person_id, draft.category) not in before.entries
        ]
        try:
            entered = await service.enter_many(
                work, cipher, [draft for _, draft in drafts], source, batch.estate_id
            )
        except BadInput as refused:
            raise _by_line(refused, [at for at, _ in drafts]) from refused
        carers: dict[UUID, list[Carer]] = {}
        for place in places:
            one = meanings[place]
            if one.carer is None or one.person_id in before.keys:
                continue
            held = carers.setdefault(entered.ids[str(one.person_id)], [])
            if one.carer not in held:
                held.append(one.carer)
        await service.carers_listed(work, cipher, carers)
        added = sum(meanings[place].person_id not in before.keys for place in places)
        return added, len(places) - added, 0

    done = await enter_what_holds(work.connection, fresh, some, FIELDS)
    after = await _before(work, cipher, {meanings[at].person_id for at in fresh})
    made = [one.id for person, one in after.keys.items() if person not in before.keys]
    made += [one.id for each, one in after.entries.items() if each not in before.entries]
    return replace(done, unchanged=unchanged, faults=(*faults, *done.faults), made=tuple(made))


def _by_line(refused: BadInput, lines: Sequence[int]) -> BadInput:
    """The same refusal, its fields counted by lines instead of by drafts."""
    faults = tuple(
        FieldFault(f"{lines[int(at)]}.{name}", fault.message)
        for fault in refused.faults
        for at, _, name in (fault.field.partition("."),)
        if at.isdecimal() and int(at) < len(lines)
    )
    return BadInput(refused.message, field=refused.field, faults=faults)


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Remove the records and categories an import added."""
    del cipher, import_id
    return TakenBack(await service.take_list_back(work, made))


SAMPLES = (
    {
        "name": "王晓明",
        "home": "1-1-101",
        "code": "YL-001",
        "category": "独居老人",
        "basis": "本人单独同意",
        "basis_words": "入户登记时签署",
        "every_days": "7",
        "carer": "王小红",
        "carer_relation": "女儿",
        "carer_phone": "13800000009",
    },
    {
        "name": "李秀兰",
        "home": "1-1-102",
        "code": "YL-002",
        "category": "残疾人",
        "basis": "履行法定职责",
        "basis_words": "残疾人补贴名册",
    },
    {
        "name": "张建国",
        "home": "1-1-201",
        "code": "YL-003",
        "category": "卧床",
        "basis": "本人单独同意",
        "basis_words": "本人书面同意",
    },
)
SHEETS = (
    Sheet(
        code="key_people",
        title="重点人员",
        needs=service.MANAGE,
        order=80,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        same=("home", "name", "id_number", "code", "category"),
        samples=SAMPLES,
        synonyms=("重点人群", "重点人员台账", "重点人员名册", "独居老人"),
    ),
)
