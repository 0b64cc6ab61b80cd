"""A property manager brings the list of devices as a spreadsheet, and fetches their credentials."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.directory.test_imports import Clerk, Table, workbook
from tests.unit.directory.town import Offices, Town
from tests.unit.sensing.pages import page_of

from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import Device, DeviceFilter, Sign
from linli.support.sheets.contracts import ImportState
from linli.support.sheets.reading import read_tables

HEAD = ["设备编号", "设备类型", "设备名称", "位置", "接入协议", "所属网关", "网关内编号"]
LIST: Table = [
    HEAD,
    # Behind a gateway that stands further down.
    ["yg-kitchen", "烟雾报警器", "502 厨房烟感", "3-1-502", "", "gw-3", "0x00158d0001"],
    ["meter-502", "智能水表", "502 水表", "3-1-502", "", "", ""],
    ["gw-3", "现场网关", "3号楼网关", "3号楼", "Zigbee2MQTT", "", ""],
]


@pytest.fixture
def clerk(desks: Offices, town: Town) -> Clerk:
    return Clerk(desks, town, "wuye")


async def register(clerk: Clerk) -> dict[str, Device]:
    """The estate's devices by code."""
    async with clerk.desks.as_account(clerk.account_id) as work:
        wanted = DeviceFilter(estate_id=clerk.town.estates[0].id)
        page = await devices.list_devices(work, wanted)
    return {one.code: one for one in page.devices}


async def waiting(clerk: Clerk) -> int:
    async with clerk.desks.as_account(clerk.account_id) as work:
        return await devices.count_unissued(work)


def later(clerk: Clerk) -> None:
    clerk.desks.clock.move(timedelta(minutes=1))


async def test_a_list_is_tried_entered_once_and_taken_back(clerk: Clerk) -> None:
    tried = await clerk.tried(await clerk.upload(workbook(设备清单=LIST)))
    assert [each.sheet for each in tried.mapping] == ["devices"]
    assert await clerk.faults(tried) == []
    assert await register(clerk) == {}

    done = await clerk.run(tried)
    assert done.state is ImportState.DONE, done.failure
    assert [(r.created, r.updated, r.unchanged) for r in done.reports] == [(3, 0, 0)]
    found = await register(clerk)
    assert found["yg-kitchen"].connection_id == found["gw-3"].connection_id
    assert (found["yg-kitchen"].driver, found["meter-502"].driver) == (
        "zigbee2mqtt",
        "linli_native",
    )
    assert found["meter-502"].place_id == clerk.town.home

    later(clerk)
    again = await clerk.entered(workbook(设备清单=LIST))
    assert [(r.created, r.updated, r.unchanged) for r in again.reports] == [(0, 0, 3)]
    assert await register(clerk) == found
    # What changed nothing takes nothing back.
    await clerk.undone(again)
    assert await register(clerk) == found

    undone = await clerk.undone(done)
    assert (undone.state, undone.failure) == (ImportState.UNDONE, None)
    assert await register(clerk) == {}
    assert await waiting(clerk) == 0
    # Nothing stays in the way of the same list.
    assert (await clerk.entered(workbook(设备清单=LIST))).reports[0].created == 3


CHANGED: Table = [
    HEAD,
    ["gw-4", "现场网关", "4号楼网关", "", "Zigbee2MQTT", "", ""],
    ["yg-kitchen", "烟雾报警器", "502 厨房烟感", "", "", "gw-4", ""],
    ["meter-502", "智能水表", "502 总水表", "3号楼", "", "", ""],
]


async def test_title_place_and_gateway_follow_the_list_and_are_again_what_they_were(
    clerk: Clerk,
) -> None:
    await clerk.entered(workbook(设备清单=LIST))
    before = await register(clerk)
    later(clerk)
    done = await clerk.entered(workbook(设备清单=CHANGED))
    assert [(r.created, r.updated, r.wrong) for r in done.reports] == [(1, 2, 0)]
    found = await register(clerk)
    assert found["yg-kitchen"].connection_id == found["gw-4"].connection_id
    # An empty cell leaves the place as it is.
    assert found["yg-kitchen"].place_id == clerk.town.home
    assert found["meter-502"].title == "502 总水表"
    undone = await clerk.undone(done)
    assert (undone.state, undone.failure) == (ImportState.UNDONE, None)
    after = await register(clerk)
    assert {code: replace(one, version=1) for code, one in after.items()} == before


async def test_a_device_that_was_changed_by_hand_since_keeps_the_import(clerk: Clerk) -> None:
    await clerk.entered(workbook(设备清单=LIST))
    later(clerk)
    done = await clerk.entered(workbook(设备清单=CHANGED))
    meter = (await register(clerk))["meter-502"]
    async with clerk.desks.as_account(clerk.account_id) as work:
        await devices.change_device(
            work, meter.id, title="又改了名", place_id=None, expected_version=meter.version
        )
    still = await clerk.undone(done)
    assert still.state is ImportState.DONE
    assert still.failure is not None
    assert "1 台设备在导入以后又被修改过" in still.failure
    assert (await register(clerk))["meter-502"].title == "又改了名"


async def test_wrong_lines_are_named_by_row_and_column(clerk: Clerk) -> None:
    await clerk.entered(workbook(设备清单=LIST))
    wrong: Table = [
        HEAD,
        ["中文", "智能水表", "水表", "", "", "", ""],
        ["new-1", "水车", "水车", "", "", "", ""],
        ["new-2", "智能水表", "水表", "99号楼", "", "", ""],
        ["new-3", "烟雾报警器", "烟感", "", "", "gw-9", "a"],
        ["new-4", "烟雾报警器", "烟感", "", "", "meter-502", "a"],
        ["new-5", "烟雾报警器", "烟感", "", "", "gw-3", ""],
        ["new-6", "烟雾报警器", "烟感", "", "邻里标准协议", "gw-3", "b"],
        ["new-7", "烟雾报警器", "烟感", "", "", "gw-3", "0x00158d0001"],
        ["meter-502", "烟雾报警器", "502 水表", "", "", "", ""],
        ["gw-3", "现场网关", "3号楼网关", "", "邻里标准协议", "", ""],
        ["METER-502", "智能水表", "又一台", "", "", "", ""],
    ]
    tried = await clerk.tried(await clerk.upload(workbook(设备清单=wrong)))
    assert sorted((row, column) for row, column, _ in await clerk.faults(tried)) == [
        (2, "设备编号"),
        (3, "设备类型"),
        (4, "位置"),
        (5, "所属网关"),
        (6, "所属网关"),
        (7, "网关内编号"),
        (8, "接入协议"),
        (9, "网关内编号"),
        (10, "设备类型"),
        (11, "接入协议"),
        (12, "设备编号"),
    ]
    assert [(r.created, r.updated, r.wrong) for r in tried.reports] == [(0, 0, 11)]


async def test_devices_that_spoke_since_are_not_taken_back(clerk: Clerk) -> None:
    done = await clerk.entered(workbook(设备清单=LIST))
    meter = (await register(clerk))["meter-502"]
    async with clerk.desks.machine.work() as work:
        await devices.heard(work, [Sign(meter.id, work.now)])
    still = await clerk.undone(done)
    assert still.state is ImportState.DONE
    assert still.failure is not None
    assert "1 台设备" in still.failure
    assert len(await register(clerk)) == 3


async def test_credentials_are_made_when_somebody_fetches_them_and_told_once(
    clerk: Clerk, desks: Offices, town: Town
) -> None:
    await clerk.entered(workbook(设备清单=LIST))
    assert await waiting(clerk) == 2
    meter = (await register(clerk))["meter-502"]
    assert meter.connection_id is not None
    async with desks.machine.work() as work:
        username = (await devices.connection_of(work, meter.connection_id)).code
        # Nobody signs in before: not with nothing either.
        assert await devices.sign_in(work, username, "") is None

    async with page_of(desks, town, "weixiu") as page:
        assert (await page.get("/api/connections/unissued")).status_code == 403
        assert (await page.post("/api/connections/issue")).status_code == 403
    later(clerk)
    async with page_of(desks, town, "wuye") as page:
        estate_id = str(town.estates[0].id)
        told = await page.get("/api/connections/unissued", estate_id=estate_id)
        assert told.json()["waiting"] == 2
        answer = await page.post("/api/connections/issue", {"estate_id": estate_id})
        assert answer.status_code == 200, answer.text
        assert (await page.get("/api/connections/unissued")).json()["waiting"] == 0
        assert (await page.post("/api/connections/issue")).status_code == 404
    (table,) = read_tables(answer.content)
    by_code = {row[1]: dict(zip(table.header, row, strict=True)) for _, row in table.rows}
    assert by_code.keys() == {"gw-3", "meter-502"}
    own = by_code["meter-502"]
    assert (own["接入账号"], own["位置"]) == (username, "3号楼 1单元 502室")
    async with desks.machine.work() as work:
        assert await devices.sign_in(work, username, own["接入密码"]) is not None
