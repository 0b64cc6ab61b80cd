"""A clerk's afternoon with spreadsheets: tried out, entered, entered again, taken back."""

# XlsxWriter tells its types only in part.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import xlsxwriter
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.unit.directory.town import CIPHER, PASSWORD, Offices, Town, appoint, hire

from linli.app.assemble import sheets
from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.imports import imports_of
from linli.app.listening import is_away
from linli.directory.identity.contracts import Role
from linli.directory.people.contracts import PeopleSearch
from linli.directory.people.public import find_people
from linli.kernel.errors import Forbidden, IllegalMove, NotFound
from linli.kernel.work import Work
from linli.support.approvals import service as approvals
from linli.support.approvals.public import SecondPairNeeded
from linli.support.sealing.ports import Cipher
from linli.support.sheets import service
from linli.support.sheets.contracts import Batch, Done, Import, ImportState
from linli.support.sheets.reading import Unreadable
from linli.support.sheets.running import BROKEN
from linli.support.sheets.writing import sample

HOMES = [
    ["楼栋", "单元", "房间号", "建筑面积(平方米)", "用途"],
    ["8栋", "2", "301", "90.5", "住宅"],
    ["8栋", "2", "302", "88", "住宅"],
]
PEOPLE = [
    ["姓名", "身份证号码", "联系电话", "住址", "关系", "特殊人群"],
    ["王晓明", "11010119491231018X", "138 0000 0001", "8-2-301", "业主", "独居老人、残疾人"],
    ["李四", "", "13800000002", "8-2-302", "租户", ""],
]

Table = Sequence[Sequence[str | float]]


def workbook(**pages: Table) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        for title, rows in pages.items():
            page = book.add_worksheet(title)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    return held.getvalue()


class Clerk:
    """Somebody of the community who imports files, and the worker that does what they ask."""

    def __init__(self, desks: Offices, town: Town, login: str = "shequ") -> None:
        self.desks = desks
        self.account_id = town.accounts[login]
        self.town = town
        self.imports = imports_of(desks.app, desks.machine, CIPHER, CollectorRegistry())

    async def upload(self, content: bytes, title: str = "名单.xlsx") -> Import:
        async with self.desks.as_account(self.account_id) as work:
            given = service.Upload(self.town.estates[0].id, title, content)
            return await service.upload(work, CIPHER, sheets(), given)

    async def tried(self, one: Import) -> Import:
        async with self.desks.as_account(self.account_id) as work:
            await service.try_out(work, sheets(), one.id, one.mapping, expected_version=one.version)
        return await self.worked(one.id)

    async def run(self, one: Import) -> Import:
        async with self.desks.as_account(self.account_id) as work:
            await service.start(work, one.id, expected_version=one.version)
        return await self.worked(one.id)

    async def undone(self, one: Import) -> Import:
        async with self.desks.as_account(self.account_id) as work:
            await service.take_back(
                work, sheets(), one.id, reason="导错了小区", expected_version=one.version
            )
        return await self.worked(one.id)

    async def worked(self, import_id: UUID) -> Import:
        while await self.imports.work_off():
            pass
        async with self.desks.as_account(self.account_id) as work:
            return await service.import_of(work, import_id)

    async def entered(self, content: bytes) -> Import:
        return await self.run(await self.tried(await self.upload(content)))

    async def faults(self, one: Import) -> list[tuple[int, str, str]]:
        async with self.desks.as_account(self.account_id) as work:
            found = await service.faults_of(work, one.id)
        return [(each.row, each.column, each.message) for each in found]

    async def people(self, words: str = "") -> list[tuple[str, str, int]]:
        async with self.desks.as_account(self.account_id) as work:
            search = PeopleSearch(estate_id=self.town.estates[0].id, words=words)
            page = await find_people(work, CIPHER, search)
        return sorted((row.name_masked, row.home_title, len(row.tags)) for row in page.rows)

    async def facts(self) -> list[str]:
        """What the base says of the estate, without what says who entered it when."""
        told = "'version' - 'entered_at' - 'entered_by' - 'search_version'"
        async with self.desks.machine.work() as work:
            rows: list[str] = []
            for table in ("place", "home", "person", "residence"):
                found = await work.connection.scalars(
                    text(
                        f"SELECT (to_jsonb(t) - {told})::text FROM directory_{table} AS t"  # noqa: S608 - our own tables
                        " WHERE estate_id = :estate ORDER BY id"
                    ),
                    {"estate": self.town.estates[0].id},
                )
                rows.extend(found.all())
            keys = await work.connection.scalars(
                text(
                    "SELECT key || person_id FROM directory_person_search"
                    " WHERE estate_id = :estate ORDER BY 1"
                ),
                {"estate": self.town.estates[0].id},
            )
            return [*rows, *keys.all()]


@pytest.fixture
def clerk(desks: Offices, town: Town) -> Clerk:
    return Clerk(desks, town)


async def test_a_workbook_is_tried_entered_and_taken_back(clerk: Clerk) -> None:
    before = await clerk.facts()
    one = await clerk.upload(workbook(房屋=HOMES, 人员=PEOPLE))
    assert [each.sheet for each in one.mapping] == ["homes", "people"]
    tried = await clerk.tried(one)
    assert tried.state is ImportState.CHECKED, (tried.failure, await clerk.faults(tried))
    assert [(r.created, r.updated, r.wrong) for r in tried.reports] == [(2, 0, 0), (2, 0, 0)]
    # Trying out changes nothing.
    assert await clerk.facts() == before

    done = await clerk.run(tried)
    assert done.state is ImportState.DONE
    assert done.reports == tried.reports
    assert done.done_rows == done.total_rows == 4
    assert await clerk.people() == [("李*", "8号楼 2单元 302", 0), ("王*明", "8号楼 2单元 301", 2)]
    assert await clerk.people("wxm 0001") == [("王*明", "8号楼 2单元 301", 2)]

    again = await clerk.tried(await clerk.upload(workbook(房屋=HOMES, 人员=PEOPLE)))
    assert [(r.created, r.updated, r.unchanged) for r in again.reports] == [(0, 0, 2), (0, 0, 2)]

    undone = await clerk.undone(done)
    assert (undone.state, undone.failure) == (ImportState.UNDONE, None)
    assert await clerk.facts() == before


async def test_the_sample_workbook_holds_as_it_is_and_is_taken_back(
    desks: Offices, town: Town
) -> None:
    before = await Clerk(desks, town).facts()
    ran: list[tuple[Clerk, Import]] = []
    for login, needs in (
        ("shequ", {"manage_people", "manage_places", "manage_key_people"}),
        ("wuye", {"manage_devices", "manage_arrears", "manage_cards"}),
    ):
        clerk = Clerk(desks, town, login)
        wanted = sorted((s for s in sheets() if s.needs in needs), key=lambda one: one.order)
        assert all(one.samples for one in wanted)
        one = await clerk.upload(sample(wanted), "导入样例.xlsx")
        assert [each.sheet for each in one.mapping if each.sheet] == [one.code for one in wanted]
        tried = await clerk.tried(one)
        assert await clerk.faults(tried) == []
        assert [r.created for r in tried.reports] == [len(one.samples) for one in wanted]
        done = await clerk.run(tried)
        assert done.state is ImportState.DONE, done.failure
        ran.append((clerk, done))
    sums = {title: fen for r in ran[1][1].reports for title, fen in r.sums.items()}
    assert sums == {"欠费": 183450, "预存": 20000}
    for clerk, done in reversed(ran):
        undone = await clerk.undone(done)
        assert (undone.state, undone.failure) == (ImportState.UNDONE, None)
    assert await Clerk(desks, town).facts() == before


FAMILY: Table = (
    ("姓名", "手机号", "房屋", "人员编号"),
    ("王晓明", "13800000001", "8-2-301", "R1"),
    ("李梅", "13800000002", "8-2-301", "R2"),
    ("王小宝", "", "8-2-301", "R3"),
    ("独居人", "13800000004", "8-2-302", "R4"),
)


async def test_a_household_comes_in_whole_or_not_at_all(clerk: Clerk) -> None:
    await clerk.entered(workbook(房屋=HOMES, 人员=FAMILY))
    before = await clerk.facts()
    header = ("房屋", "姓名", "人员编号", "与户主关系", "立户日期")
    lines = [
        header,
        ("8-2-301", "王晓明", "R1", "户主", "2020-05-01"),
        ("8-2-302", "独居人", "R4", "子女", "2021-01-01"),
        ("8-2-301", "李梅", "R2", "配偶", "2020-05-01"),
        ("8-2-301", "王小宝", "R3", "子女", "2020-05-01"),
    ]
    tried = await clerk.tried(await clerk.upload(workbook(家庭户=tuple(lines))))
    [report] = tried.reports
    assert (report.created, report.wrong) == (3, 1)
    assert [(row, column) for row, column, _ in await clerk.faults(tried)] == [(3, "与户主关系")]
    lines[2] = ("8-2-302", "独居人", "R4", "户主", "2021-01-01")
    done = await clerk.entered(workbook(家庭户=tuple(lines)))
    assert [(r.created, r.wrong) for r in done.reports] == [(4, 0)], await clerk.faults(done)
    again = await clerk.tried(await clerk.upload(workbook(家庭户=tuple(lines))))
    assert [(r.created, r.updated, r.unchanged) for r in again.reports] == [(0, 0, 4)]
    # One wrong line holds its household back, and says so beside each of its lines.
    lines[4] = ("8-2-301", "无此人", "R9", "子女", "2020-05-01")
    lines.append(("8-2-301", "王小宝", "R3", "子女", "2020-05-01"))
    held = await clerk.tried(await clerk.upload(workbook(家庭户=tuple(lines))))
    assert sorted(row for row, _, _ in await clerk.faults(held)) == [2, 4, 5, 6]
    undone = await clerk.undone(done)
    assert (undone.state, undone.failure) == (ImportState.UNDONE, None)
    assert await clerk.facts() == before


async def test_what_an_import_changed_is_again_what_it_was(clerk: Clerk) -> None:
    await clerk.entered(workbook(房屋=HOMES, 人员=PEOPLE))
    before = await clerk.facts()
    clerk.desks.clock.move(timedelta(days=1))
    moved = [list(row) for row in PEOPLE]
    moved[1][0] = "王小明"
    moved[1][3] = "8-2-302"
    larger = [list(row) for row in HOMES]
    larger[1][3] = "120"
    done = await clerk.entered(workbook(房屋=larger, 人员=moved))
    assert [(r.created, r.updated, r.unchanged) for r in done.reports] == [(0, 1, 1), (0, 1, 1)]
    assert await clerk.facts() != before
    undone = await clerk.undone(done)
    assert undone.state is ImportState.UNDONE
    assert await clerk.facts() == before


async def test_wrong_cells_are_named_and_the_rest_is_entered(clerk: Clerk) -> None:
    wrong = [
        *PEOPLE,
        ["赵五", "110101194912310021", "13800000003", "8-2-301", "业主", ""],
        ["", "", "13800000004", "8-2-301", "房主", ""],
        ["钱六", "", "", "9-9-999", "业主", "老人家"],
        ["孙七", 11010119491231002, "", "8-2-301", "业主", ""],
        ["周八", "", "13800000008", "7-1-101", "业主", ""],
    ]
    tried = await clerk.tried(await clerk.upload(workbook(房屋=HOMES, 人员=wrong)))
    faults = await clerk.faults(tried)
    assert [(row, column) for row, column, _ in sorted(faults)] == [
        (4, "身份证号码"),
        (5, "关系"),
        (5, "姓名"),
        (6, "特殊人群"),
        (7, "身份证号码"),
        (8, "住址"),
    ]
    assert any("请填写姓名" in words for _, _, words in faults)
    assert any("7号楼1单元101" in words for _, _, words in faults)
    assert [(r.total, r.created, r.wrong) for r in tried.reports] == [(2, 2, 0), (7, 2, 5)]
    done = await clerk.run(tried)
    assert len(await clerk.people()) == 2
    async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
        tables = await service.tables_of(work, CIPHER, done.id)
    assert tables[1].rows[0][0] == 2


async def test_an_import_others_built_upon_stays(clerk: Clerk) -> None:
    homes = await clerk.entered(workbook(房屋=HOMES))
    people = await clerk.entered(workbook(人员=PEOPLE))
    kept = await clerk.undone(homes)
    assert kept.state is ImportState.DONE
    assert kept.failure is not None
    assert "居住登记" in kept.failure
    assert (await clerk.undone(people)).state is ImportState.UNDONE
    assert (await clerk.undone(kept)).state is ImportState.UNDONE


async def test_a_large_import_is_taken_back_by_two_people(clerk: Clerk) -> None:
    done = await clerk.entered(workbook(房屋=HOMES, 人员=PEOPLE))
    desks, accounts = clerk.desks, clerk.town.accounts

    async def undo() -> None:
        async with desks.as_account(accounts["shequ"]) as work:
            await service.take_back(
                work,
                sheets(),
                done.id,
                reason="导错了小区",
                expected_version=done.version,
                most_alone=3,
            )

    with pytest.raises(SecondPairNeeded):
        await undo()
    async with desks.as_account(accounts["shequ"]) as work:
        approval = await service.ask_to_take_back(
            work,
            sheets(),
            done.id,
            reason="导错了小区",
            expected_version=done.version,
            most_alone=3,
        )
    assert (approval.wanted.total, approval.wanted.needs) == (4, ("manage_people", "manage_places"))
    async with desks.machine.work() as work:
        hashed = await desks.passwords.hashed(PASSWORD)
        second = await hire(work, clerk.town.login("shuju"), clerk.town.communities[0], hashed)
        await appoint(work, second, Role.DATA_OFFICER, clerk.town.communities[0])
    async with desks.as_account(second) as work:
        await approvals.decide(
            work, approval.id, approve=True, answer="核对过", expected_version=approval.version
        )
    await undo()
    assert (await clerk.worked(done.id)).state is ImportState.UNDONE


async def test_what_was_changed_by_hand_since_is_not_taken_back(clerk: Clerk) -> None:
    done = await clerk.entered(workbook(房屋=HOMES, 人员=PEOPLE))
    later = [list(row) for row in PEOPLE]
    later[2][0] = "李四四"
    later[2][2] = ""
    later[1][0] = "王大明"
    await clerk.entered(workbook(人员=later))
    kept = await clerk.undone(done)
    assert kept.state is ImportState.DONE
    assert kept.failure is not None
    assert "又被修改过" in kept.failure


async def test_columns_once_corrected_are_remembered(clerk: Clerk) -> None:
    odd = [["业主大名", "楼", "房"], ["王一", "3", "502"]]
    one = await clerk.upload(workbook(表一=odd))
    assert one.mapping[0].columns.get("name") is None
    async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
        given = [type(one.mapping[0])(0, "people", {"name": 0})]
        await service.try_out(work, sheets(), one.id, given, expected_version=1)
    assert (await clerk.worked(one.id)).reports[0].created == 1
    again = await clerk.upload(workbook(别的名字=odd))
    assert again.mapping[0].sheet == "people"
    assert dict(again.mapping[0].columns) == {"name": 0}


async def test_csv_in_gb18030_reads_as_well(clerk: Clerk) -> None:
    content = "姓名,手机号,房号\r\n王一,13800000001,3-1-502\r\n".encode("gb18030")
    tried = await clerk.tried(await clerk.upload(content, "名单.csv"))
    assert [(r.created, r.wrong) for r in tried.reports] == [(1, 0)]


async def test_only_who_may_and_only_in_the_right_order(clerk: Clerk) -> None:
    town, desks = clerk.town, clerk.desks
    given = service.Upload(town.estates[0].id, "名单.xlsx", workbook(人员=PEOPLE))
    async with desks.as_account(town.accounts["wangge"]) as work:
        with pytest.raises(Forbidden):
            await service.upload(work, CIPHER, sheets(), given)
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(Forbidden):
            await service.upload(
                work, CIPHER, sheets(), service.Upload(town.estates[2].id, "x", given.content)
            )
        with pytest.raises(Unreadable):
            await service.upload(
                work, CIPHER, sheets(), service.Upload(town.estates[0].id, "x", b"\x00\x01")
            )
    one = await clerk.upload(given.content)
    async with desks.as_account(town.accounts["shequ"]) as work:
        with pytest.raises(IllegalMove):
            await service.start(work, one.id, expected_version=1)
    async with desks.as_account(town.accounts["xian"]) as work:
        with pytest.raises(NotFound):
            await service.import_of(work, one.id)


async def test_lines_for_another_estate_need_a_right_there(clerk: Clerk) -> None:
    rows = [
        ["姓名", "手机", "小区"],
        ["王一", "13800000001", "阳光花园"],
        ["王二", "1", "北辛小区"],
    ]
    tried = await clerk.tried(await clerk.upload(workbook(人员=rows)))
    faults = await clerk.faults(tried)
    assert len(faults) == 1
    assert faults[0][0] == 3


BASE: dict[str, Table] = {
    "房屋": HOMES,
    "人员": PEOPLE,
    "产权": [
        ["房屋", "产权人", "身份证号", "份额", "取得日期"],
        ["8-2-301", "王晓明", "11010119491231018X", "1/2", "2020/5/1"],
        ["8-2-302", "李四", "", "", "2021年6月1日"],
    ],
    "租约": [
        ["房屋", "租户", "起租日期", "到期日期"],
        ["8-2-302", "李四", "2026-01-01", "2026-12-31"],
    ],
    "车辆": [
        ["车牌号", "车主", "房屋", "车位号", "车位类型"],
        ["川a·12345", "王晓明", "8-2-301", "B1-023", "自有车位"],
        ["川A1234", "", "", "", ""],
    ],
    "企业商铺": [
        ["企业名称", "编号", "类别", "地址", "从业人数"],
        ["晨光便利店", "Q1", "商铺", "8号楼", 3],
    ],
    "设施": [
        ["设施编号", "名称", "类别", "所在位置", "安装日期", "上次检查"],
        ["DT-1", "8号楼1号电梯", "电梯", "8号楼", 43831, "2026-01-31"],
        ["DT-2", "某电梯", "电梯", "88号楼", "", ""],
    ],
}


async def test_the_whole_base_comes_in_one_workbook_and_goes_again(clerk: Clerk) -> None:
    tried = await clerk.tried(await clerk.upload(workbook(**BASE)))
    assert [(r.sheet, r.created, r.wrong) for r in tried.reports] == [
        ("homes", 2, 0),
        ("enterprises", 1, 0),
        ("people", 2, 0),
        ("owners", 2, 0),
        ("tenants", 1, 0),
        ("vehicles", 1, 1),
        ("facilities", 1, 1),
    ], await clerk.faults(tried)
    assert sorted((row, column) for row, column, _ in await clerk.faults(tried)) == [
        (3, "所在位置"),
        (3, "车牌号"),
    ]
    done = await clerk.run(tried)
    again = await clerk.tried(await clerk.upload(workbook(**BASE)))
    assert all((r.created, r.updated) == (0, 0) for r in again.reports), again.reports
    undone = await clerk.undone(done)
    assert (undone.state, undone.failure) == (ImportState.UNDONE, None)


async def test_shares_beyond_the_whole_are_named(clerk: Clerk) -> None:
    owners = [
        ["房屋", "产权人", "份额", "取得日期"],
        ["8-2-301", "王晓明", "60%", "2020-05-01"],
        ["8-2-301", "李四", "60%", "2020-05-01"],
    ]
    people = [*PEOPLE[:2], ["李四", "", "13800000002", "8-2-301", "业主", ""]]
    tried = await clerk.tried(await clerk.upload(workbook(房屋=HOMES, 人员=people, 产权=owners)))
    assert [(r.created, r.wrong) for r in tried.reports][-1] == (1, 1)
    assert [row for row, _, _ in await clerk.faults(tried)] == [3]


async def _many(clerk: Clerk) -> Import:
    rows = [["姓名", "编号"], *([f"人{at}", f"N{at}"] for at in range(1_200))]
    tried = await clerk.tried(await clerk.upload(workbook(人员=rows)))
    async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
        return await service.start(work, tried.id, expected_version=tried.version)


CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename LIKE 'linli%' AND pid <> pg_backend_pid()"
)


async def test_a_worker_that_dies_leaves_nothing_half_done(
    clerk: Clerk, directory_database: DatabaseUrls
) -> None:
    before = await clerk.facts()
    one = await _many(clerk)
    with pytest.RaisesGroup(pytest.RaisesExc(DBAPIError, check=is_away)):
        async with (
            asyncio.timeout(30),
            connected(directory_database.admin) as administrator,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(clerk.imports.work_off())
            while one.done_rows == 0:
                async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
                    one = await service.import_of(work, one.id)
            # What the server sees of a worker that was killed.
            await administrator.execute(CUT)
    assert one.state is ImportState.RUNNING
    assert await clerk.facts() == before
    done = await clerk.worked(one.id)
    assert (done.state, done.reports[0].created) == (ImportState.DONE, 1_200)


async def test_two_workers_do_not_enter_the_same_file_twice(clerk: Clerk) -> None:
    one = await _many(clerk)
    await asyncio.gather(clerk.imports.work_off(), clerk.imports.work_off())
    done = await clerk.worked(one.id)
    assert (done.state, done.reports[0].created) == (ImportState.DONE, 1_200)
    assert done.version == one.version + 1


async def test_what_breaks_is_put_back_and_said(clerk: Clerk) -> None:
    async def break_down(work: Work, cipher: Cipher, batch: Batch) -> Done:
        raise RuntimeError(f"{batch.title} {work.now} {cipher}")

    one = await _many(clerk)
    known = clerk.imports.sheets
    clerk.imports = replace(clerk.imports, sheets=[replace(s, enter=break_down) for s in known])
    broken = await clerk.worked(one.id)
    assert (broken.state, broken.failure) == (ImportState.CHECKED, BROKEN)


async def test_who_lost_the_right_takes_nothing_back(clerk: Clerk) -> None:
    done = await clerk.entered(workbook(人员=[["姓名", "编号"], ["王一", "N1"]]))
    async with clerk.desks.as_account(clerk.town.accounts["shequ"]) as work:
        powerless = replace(work, scope=replace(work.scope, estates={}))
        with pytest.raises(Forbidden):
            await service.take_back(
                powerless, sheets(), done.id, reason="不归我管了", expected_version=done.version
            )
