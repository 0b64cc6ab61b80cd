"""Who owns, rents and drives what, as sheets of a spreadsheet."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import Table

from linli.directory.homes import policy, service
from linli.directory.homes.contracts import (
    ROLE_TITLES,
    SPACE_TITLES,
    VEHICLE_TITLES,
    HouseholdEntry,
    HouseholdRole,
    LeaseEntry,
    OwnershipEntry,
    Party,
    SpaceKind,
    VehicleEntry,
    VehicleKind,
)
from linli.directory.homes.models import (
    household_table,
    lease_table,
    member_table,
    ownership_table,
    vehicle_table,
)
from linli.directory.people.public import Meant, id_number, people_meant
from linli.directory.places.contracts import PlaceKind
from linli.directory.places.public import places_named, places_said
from linli.directory.sources.contracts import Entered, Source, SourceKind
from linli.directory.sources.public import take_back
from linli.kernel.errors import BadInput
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets.contracts import (
    Batch,
    CellKind,
    Column,
    Done,
    Enter,
    Line,
    LineFault,
    Sheet,
    TakenBack,
    Undo,
)
from linli.support.sheets.public import enter_what_holds

NEEDS = "manage_people"
FIELDS = {
    "home_id": "home",
    "person_id": "name",
    "part": "part",
    "plate": "plate",
    "valid_from": "since",
    "valid_to": "until",
}
_PART = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*[%％]")


def share_of(text: str) -> Fraction:
    """A share as people write it: `1/2`, `50%`, `0.5`, `1`.

    Raises:
        BadInput: it is none between 0 and the whole.
    """
    found = _PART.fullmatch(text.strip())
    percent = _PERCENT.fullmatch(text.strip())
    try:
        if found:
            return policy.part_of(int(found[1]), int(found[2]))
        part = Fraction(percent[1]) / 100 if percent else Fraction(text.strip())
        return policy.part_of(part.numerator, part.denominator)
    except (ValueError, ZeroDivisionError):
        raise BadInput("份额写成 1/2 或 50%", field="part") from None


HOME = Column(
    code="home",
    title="房屋",
    required=True,
    example="3-1-502",
    note="写成 3-1-502 或 3号楼1单元502",
    synonyms=("房号", "地址", "住址", "房产", "门牌号", "房间号", "产权地址"),
)
NAME = Column(
    code="name",
    title="姓名",
    required=True,
    longest=80,
    example="王晓明",
    note="先在人员表里登记",
    synonyms=("业主", "业主姓名", "产权人", "租户", "租户姓名", "承租人", "车主", "车主姓名"),
)
ID_NUMBER = Column(
    code="id_number",
    title="身份证号",
    longest=18,
    check=id_number,
    note="没有身份证号和人员编号时，按姓名和房屋认人",
    synonyms=("身份证", "身份证号码", "证件号码", "证件号"),
)
CODE = Column(code="code", title="人员编号", longest=60, synonyms=("编号", "业主编号"))

OWNERS = (
    HOME,
    NAME,
    ID_NUMBER,
    CODE,
    Column(
        code="part",
        title="产权份额",
        check=share_of,
        example="1/2",
        note="不填表示全部；共有时每人一行，写成 1/2 或 50%",
        synonyms=("份额", "比例", "产权比例"),
    ),
    Column(
        code="since",
        title="取得日期",
        kind=CellKind.DAY,
        required=True,
        example="2020-05-01",
        note="再次导入时，同一房屋、同一人、同一天是同一份产权",
        synonyms=("产权日期", "登记日期", "交房日期", "起始日期"),
    ),
    Column(code="until", title="终止日期", kind=CellKind.DAY, synonyms=("转让日期", "结束日期")),
)
TENANTS = (
    HOME,
    NAME,
    ID_NUMBER,
    CODE,
    Column(
        code="since",
        title="起租日期",
        kind=CellKind.DAY,
        required=True,
        example="2026-01-01",
        note="再次导入时，同一房屋、同一人、同一天是同一份租约",
        synonyms=("租期开始", "开始日期", "起始日期", "租赁开始"),
    ),
    Column(
        code="until",
        title="到期日期",
        kind=CellKind.DAY,
        synonyms=("租期结束", "结束日期", "终止日期", "租赁结束"),
    ),
)
VEHICLES = (
    Column(
        code="plate",
        title="车牌号",
        required=True,
        unique=True,
        longest=20,
        example="川A12345",
        note="再次导入时按它认车",
        synonyms=("车牌", "号牌", "车牌号码", "号牌号码"),
    ),
    Column(
        code="kind",
        title="车辆类型",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in VEHICLE_TITLES.items()},
        example="小型汽车",
        note="不填按小型汽车登记",
        synonyms=("类型", "车型"),
    ),
    replace(HOME, required=False, note="车主的房屋，写成 3-1-502"),
    replace(NAME, title="车主", required=False),
    ID_NUMBER,
    CODE,
    Column(
        code="space",
        title="车位号",
        longest=40,
        example="B1-023",
        synonyms=("车位", "车位编号", "泊位"),
    ),
    Column(
        code="space_kind",
        title="车位类型",
        kind=CellKind.CHOICE,
        choices={one.value: title for one, title in SPACE_TITLES.items()},
        note="不填按无固定车位登记",
        synonyms=("车位性质", "车位权属"),
    ),
    Column(
        code="until",
        title="有效期至",
        kind=CellKind.DAY,
        synonyms=("到期日期", "截止日期", "有效期"),
    ),
)


HOUSEHOLDS = (
    HOME,
    Column(
        code="household",
        title="户编号",
        longest=60,
        example="HK-0502",
        note="户口簿户号或自己的编号；不填就按房屋，一套房屋一户",
        synonyms=("户号", "家庭编号", "户籍号", "家庭户编号", "户口簿号"),
    ),
    NAME,
    ID_NUMBER,
    CODE,
    Column(
        code="role",
        title="与户主关系",
        kind=CellKind.CHOICE,
        required=True,
        choices={one.value: title for one, title in ROLE_TITLES.items()},
        example="户主",
        note="每户有且只有一位户主",
        synonyms=("关系", "家庭关系", "户主关系", "与户主的关系"),
    ),
    Column(
        code="since",
        title="立户日期",
        kind=CellKind.DAY,
        required=True,
        example="2020-05-01",
        note="不知道就写入住日期；同一户写同一天",
        synonyms=("入户日期", "登记日期", "入住日期", "迁入日期"),
    ),
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a line comes to, once home and person are found."""

    line: Line
    home_id: UUID | None
    party: Party

    def day(self, code: str) -> date | None:
        text = self.line.maybe(code)
        return date.fromisoformat(text) if text else None

    @property
    def since(self) -> date:
        return date.fromisoformat(self.line.text("since"))


async def _held(
    work: Work, cipher: Cipher, batch: Batch
) -> tuple[dict[int, Held], list[LineFault]]:
    """Home and person of each line; lines that name somebody unknown are faults."""
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
    meant = {
        at: Meant(
            batch.lines[at].text("name"),
            batch.lines[at].maybe("id_number"),
            batch.lines[at].maybe("code"),
            home_id,
        )
        for at, home_id in homes.items()
    }
    named = {at: one for at, one in meant.items() if one.name or one.id_number or one.code}
    known = await people_meant(work, cipher, batch.estate_id, list(named.values()))
    held: dict[int, Held] = {}
    for at, home_id in homes.items():
        if at in named and meant[at] not in known:
            words = f"没有找到“{meant[at].name}”，请先导入人员，或填写身份证号"
            faults.append(LineFault(at, "name", words))
            continue
        party = Party(person_id=known[meant[at]]) if at in named else Party()
        held[at] = Held(batch.lines[at], home_id, party)
    return held, faults


Verb = Callable[[Work, UUID, Sequence[Held], Source], Awaitable[Entered]]


def _entering(verb: Verb) -> Enter:
    async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
        """Enter the lines that hold."""
        held, faults = await _held(work, cipher, batch)
        source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

        async def some(places: Sequence[int]) -> tuple[int, int, int]:
            one = await verb(work, batch.estate_id, [held[at] for at in places], source)
            return one.created, one.updated, one.unchanged

        done = await enter_what_holds(work.connection, list(held), some, FIELDS)
        return replace(done, faults=(*faults, *done.faults))

    return enter


def _undoing(table: Table, what: str) -> Undo:
    async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
        """Take the rows of one import back."""
        del cipher, made
        back = await take_back(work, table, what, import_id)
        return TakenBack(len(back.removed), len(back.restored))

    return undo


def _home(held: Held) -> UUID:
    if held.home_id is None:
        raise BadInput("请填写房屋", field="home_id")
    return held.home_id


async def _owners(work: Work, estate_id: UUID, held: Sequence[Held], source: Source) -> Entered:
    entries = [
        OwnershipEntry(
            home_id=_home(one),
            party=one.party,
            part=share_of(one.line.text("part") or "1"),
            valid_from=one.since,
            valid_to=one.day("until"),
        )
        for one in held
    ]
    return await service.enter_ownerships(work, estate_id, entries, source)


async def _tenants(work: Work, estate_id: UUID, held: Sequence[Held], source: Source) -> Entered:
    entries = [
        LeaseEntry(
            home_id=_home(one), party=one.party, valid_from=one.since, valid_to=one.day("until")
        )
        for one in held
    ]
    return await service.enter_leases(work, estate_id, entries, source)


async def _vehicles(work: Work, estate_id: UUID, held: Sequence[Held], source: Source) -> Entered:
    entries = [
        VehicleEntry(
            plate=one.line.text("plate"),
            kind=VehicleKind(one.line.text("kind") or VehicleKind.CAR),
            party=one.party,
            home_id=one.home_id,
            space=one.line.text("space"),
            space_kind=SpaceKind(one.line.text("space_kind") or SpaceKind.NONE),
            valid_to=one.day("until"),
        )
        for one in held
    ]
    return await service.enter_vehicles(work, estate_id, entries, source)


async def _households(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Enter households, each with all its lines or not at all."""
    held, faults = await _held(work, cipher, batch)
    unknown = {_household_of(batch.lines[one.at]) for one in faults}
    groups: dict[str, list[int]] = {}
    for at in held:
        key = _household_of(batch.lines[at])
        if key in unknown:
            faults.append(LineFault(at, "home", "同一户里有别的行没有填对，整户没有登记"))
        else:
            groups.setdefault(key, []).append(at)
    places = await places_named(work, {one.home_id for one in held.values() if one.home_id})
    entries: list[HouseholdEntry] = []
    kept: list[list[int]] = []
    for lines in groups.values():
        first = held[lines[0]]
        if len({held[at].home_id for at in lines}) > 1 or len({held[at].since for at in lines}) > 1:
            faults.append(LineFault(lines[0], "household", "同一户的房屋和立户日期应该相同"))
            faults.extend(LineFault(at, "household", "同上") for at in lines[1:])
            continue
        home_id = _home(first)
        entries.append(
            HouseholdEntry(
                home_id=home_id,
                valid_from=first.since,
                members=tuple(_member(held[at]) for at in lines),
                code=first.line.maybe("household") or places[home_id].code,
            )
        )
        kept.append(lines)
    source = Source(SourceKind.IMPORT, batch.title, batch.import_id)

    async def some(which: Sequence[int]) -> tuple[int, int, int]:
        chosen = [entries[at] for at in which]
        # A line is a member.
        one = await service.enter_members(work, batch.estate_id, chosen, source)
        return one.created, one.updated, one.unchanged

    done = await enter_what_holds(work.connection, list(range(len(entries))), some, FIELDS)
    wrong = [
        LineFault(at, one.column or "role", one.message)
        for one in done.faults
        for at in kept[one.at]
    ]
    return replace(done, faults=(*faults, *wrong))


def _household_of(line: Line) -> str:
    return line.text("household") or line.text("home")


def _member(held: Held) -> tuple[UUID, HouseholdRole]:
    if held.party.person_id is None:
        raise BadInput("请填写姓名", field="person_id")
    return held.party.person_id, HouseholdRole(held.line.text("role"))


async def _undo_households(
    work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]
) -> TakenBack:
    """Take members back, then the households that nobody else is in."""
    del cipher, made
    members = await take_back(work, member_table, "家庭成员", import_id)
    households = await take_back(work, household_table, "家庭户", import_id)
    return TakenBack(len(members.removed), len(members.restored) + len(households.restored))


def _sheet(
    code: str,
    title: str,
    order: int,
    columns: tuple[Column, ...],
    verb: Verb,
    table: Table,
    synonyms: tuple[str, ...],
) -> Sheet:
    return Sheet(
        code=code,
        title=title,
        needs=NEEDS,
        order=order,
        columns=columns,
        enter=_entering(verb),
        undo=_undoing(table, title),
        same=SAME.get(code, ()),
        samples=SAMPLES[code],
        synonyms=synonyms,
    )


SAME: Mapping[str, tuple[str, ...]] = {
    "owners": ("home", "name", "id_number", "code", "since"),
    "tenants": ("home", "name", "id_number", "code", "since"),
}

SAMPLES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "households": (
        {
            "home": "1-1-101",
            "name": "王晓明",
            "code": "YL-001",
            "role": "户主",
            "since": "2020-05-01",
        },
        {
            "home": "1-1-201",
            "name": "张建国",
            "code": "YL-003",
            "role": "户主",
            "since": "2021-09-01",
        },
    ),
    "owners": (
        {"home": "1-1-101", "name": "王晓明", "code": "YL-001", "since": "2020-05-01"},
        {
            "home": "1-1-201",
            "name": "张建国",
            "code": "YL-003",
            "part": "1/2",
            "since": "2021-09-01",
        },
    ),
    "tenants": (
        {
            "home": "1-1-102",
            "name": "李秀兰",
            "code": "YL-002",
            "since": "2026-01-01",
            "until": "2026-12-31",
        },
    ),
    "vehicles": (
        {
            "plate": "川A12345",
            "kind": "小型汽车",
            "home": "1-1-101",
            "name": "王晓明",
            "code": "YL-001",
            "space": "B1-023",
            "space_kind": "自有车位",
        },
        {"plate": "川A67890", "home": "1-1-201", "name": "张建国", "code": "YL-003"},
    ),
}

HOLDINGS = (
    Sheet(
        code="households",
        title="家庭户",
        needs=NEEDS,
        order=35,
        columns=HOUSEHOLDS,
        enter=_households,
        undo=_undo_households,
        same=("home", "household", "name", "id_number", "code"),
        together=("household", "home"),
        samples=SAMPLES["households"],
        synonyms=("户籍", "家庭成员", "户口", "家庭"),
    ),
    _sheet("owners", "产权", 40, OWNERS, _owners, ownership_table, ("业主产权", "产权登记")),
    _sheet("tenants", "租约", 50, TENANTS, _tenants, lease_table, ("租户", "租赁", "出租")),
    _sheet("vehicles", "车辆", 60, VEHICLES, _vehicles, vehicle_table, ("车辆信息", "车牌")),
)
