"""Devices as a sheet of a spreadsheet. It stands here because it must know every driver."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli.directory.places.contracts import Place
from linli.directory.places.public import places_said
from linli.directory.sources.public import LaterWork
from linli.kernel.errors import BadInput
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device, Registration
from linli.sensing.devices.public import (
    all_kinds,
    change_device,
    devices_coded,
    devices_named,
    put_behind,
    register_device,
    withdraw,
)
from linli.sensing.drivers.public import all_drivers
from linli.support.sealing.ports import Cipher
from linli.support.sheets.contracts import (
    Batch,
    CellKind,
    Column,
    Done,
    Former,
    Line,
    LineFault,
    Sheet,
    TakenBack,
)
from linli.support.sheets.public import former_of

CODE = "devices"
SITE_GATEWAY = "site_gateway"
PLAYED = "simulator"
USUAL_DRIVER = "linli_native"
FIELDS = {
    "code": "code",
    "kind": "kind",
    "title": "title",
    "place_id": "place",
    "driver": "driver",
    "connection_id": "gateway",
    "external_code": "external_code",
}

COLUMNS = (
    Column(
        code="code",
        title="设备编号",
        required=True,
        unique=True,
        longest=48,
        example="smoke-3-1-502",
        note="小区内唯一，字母、数字、点、横线和下划线；再次导入时按它认设备",
        synonyms=("编号", "设备编码", "设备ID", "设备号"),
    ),
    Column(
        code="kind",
        title="设备类型",
        kind=CellKind.CHOICE,
        required=True,
        choices={code: kind.title for code, kind in all_kinds().items() if code != PLAYED},
        example=all_kinds()["smoke_alarm"].title,
        note="登记以后不能改",
        synonyms=("类型", "类别", "设备类别", "设备种类"),
    ),
    Column(
        code="title",
        title="设备名称",
        required=True,
        longest=100,
        example="3号楼1单元502 烟感",
        synonyms=("名称", "设备"),
    ),
    Column(
        code="place",
        title="位置",
        example="3-1-502",
        note="小区里的楼、单元、房屋、电梯或出入口；不填表示不指定，已登记的保持原样",
        synonyms=("安装位置", "所在位置", "地点", "地址"),
    ),
    Column(
        code="driver",
        title="接入协议",
        kind=CellKind.CHOICE,
        choices={code: driver.manifest.title for code, driver in all_drivers().items()},
        example=all_drivers()[USUAL_DRIVER].manifest.title,
        note="不填按邻里标准协议；挂在网关下的随网关。登记以后不能改",
        synonyms=("协议", "接入方式", "驱动"),
    ),
    Column(
        code="gateway",
        title="所属网关",
        longest=48,
        note="现场网关的设备编号；不填表示设备自己接入。网关可以在同一张表里，写在前面",
        synonyms=("网关", "网关编号", "上级设备"),
    ),
    Column(
        code="external_code",
        title="网关内编号",
        longest=64,
        note="设备在网关里的名字或地址；填了所属网关就要填",
        synonyms=("子设备编号", "下挂编号", "设备地址"),
    ),
)


async def enter(work: Work, cipher: Cipher, batch: Batch) -> Done:
    """Register devices whose code is new and bring the others up to date, line by line.

    No credentials are made: who manages devices fetches them afterwards.
    """
    del cipher
    estate_id = batch.estate_id
    said = {line.text("place") for line in batch.lines if line.text("place")}
    places = await places_said(work, estate_id, said)
    codes = {line.text(column) for line in batch.lines for column in ("code", "gateway")}
    known = dict(await devices_coded(work, estate_id, codes - {""}))
    faults: list[LineFault] = []
    made: list[UUID] = []
    former: dict[UUID, Former] = {}
    unchanged = 0
    # Gateways first: others of the batch may stand behind them.
    order = sorted(
        range(len(batch.lines)), key=lambda at: batch.lines[at].text("kind") != SITE_GATEWAY
    )
    for at in order:
        line = batch.lines[at]
        before = known.get(line.text("code"))
        try:
            place = _place(line, places)
            gateway = _gateway(line, known)
            async with work.connection.begin_nested():
                if before is None:
                    after = await _register(work, estate_id, line, place, gateway)
                else:
                    after = await _update(work, before, line, place, gateway)
        except BadInput as refused:
            faults.append(LineFault(at, FIELDS.get(refused.field or ""), refused.message))
            continue
        known[after.code] = after
        if before is None:
            made.append(after.id)
        elif after.version != before.version:
            former[after.id] = _former(before, after)
        else:
            unchanged += 1
    return Done(len(made), len(former), unchanged, tuple(faults), tuple(made), former)


def _place(line: Line, places: Mapping[str, Place]) -> Place | None:
    said = line.text("place")
    if said and said not in places:
        raise BadInput(f"小区里没有“{said}”这个位置", field="place_id")
    return places.get(said)


def _gateway(line: Line, known: Mapping[str, Device]) -> Device | None:
    code = line.text("gateway")
    if not code:
        return None
    gateway = known.get(code)
    if gateway is None:
        words = f"没有编号是“{code}”的网关，请核对，或者把网关写在前面的行"
        raise BadInput(words, field="connection_id")
    if gateway.kind != SITE_GATEWAY or gateway.connection_id is None:
        raise BadInput(f"“{code}”不是现场网关", field="connection_id")
    return gateway


async def _register(
    work: Work, estate_id: UUID, line: Line, place: Place | None, gateway: Device | None
) -> Device:
    driver = line.maybe("driver")
    if gateway is not None and driver not in {None, gateway.driver}:
        raise BadInput(_of_gateway(gateway), field="driver")
    draft = Registration(
        estate_id=estate_id,
        place_id=place.id if place else None,
        kind=line.text("kind"),
        title=line.text("title"),
        driver=gateway.driver if gateway else driver or USUAL_DRIVER,
        code=line.text("code"),
        connection_id=gateway.connection_id if gateway else None,
        external_code=line.maybe("external_code"),
    )
    return (await register_device(work, draft, issue=False)).device


async def _update(
    work: Work, before: Device, line: Line, place: Place | None, gateway: Device | None
) -> Device:
    if line.text("kind") != before.kind:
        title = all_kinds()[before.kind].title
        raise BadInput(f"这个编号登记的是{title}；换成别的设备请用新编号", field="kind")
    if line.maybe("driver") not in {None, before.driver}:
        title = all_drivers()[before.driver].manifest.title
        raise BadInput(f"登记时的接入协议是{title}，不能用表格改", field="driver")
    if line.maybe("external_code") not in {None, before.external_code}:
        raise BadInput("网关内编号和登记的不同，不能用表格改", field="external_code")
    after = before
    behind = gateway.connection_id if gateway else None
    if gateway is not None and behind is not None and behind != before.connection_id:
        if before.external_code is None:
            raise BadInput("这台设备登记为自己接入，不挂在网关下", field="connection_id")
        if gateway.driver != before.driver:
            raise BadInput(_of_gateway(gateway), field="connection_id")
        after = await put_behind(work, before.id, behind)
    place_id = place.id if place else before.place_id
    title = line.text("title").strip()
    if (title, place_id) == (before.title, before.place_id):
        return after
    return await change_device(
        work, before.id, title=title, place_id=place_id, expected_version=after.version
    )


def _of_gateway(gateway: Device) -> str:
    title = all_drivers()[gateway.driver].manifest.title
    return f"网关“{gateway.code}”用的是{title}，下挂的设备随网关"


async def undo(work: Work, cipher: Cipher, import_id: UUID, made: Sequence[UUID]) -> TakenBack:
    """Take registered devices back, with their connections; the others are what they were."""
    del cipher
    former = await former_of(work.connection, import_id, CODE)
    there = await devices_named(work, former)
    later = [one for one in there.values() if one.version != former[one.id]["version"]]
    if later:
        raise LaterWork(f"有 {len(later)} 台设备在导入以后又被修改过，不能整批撤销")
    for device in there.values():
        await _restore(work, device, former[device.id])
    return TakenBack(await withdraw(work, made) if made else 0, len(there))


def _former(before: Device, after: Device) -> Former:
    return {
        "title": before.title,
        "place_id": str(before.place_id) if before.place_id else None,
        "connection_id": str(before.connection_id) if before.connection_id else None,
        "version": after.version,
    }


async def _restore(work: Work, device: Device, former: Former) -> None:
    place_id = UUID(str(former["place_id"])) if former["place_id"] else None
    version = device.version
    if former["connection_id"] and former["connection_id"] != str(device.connection_id):
        version = (await put_behind(work, device.id, UUID(str(former["connection_id"])))).version
    title = str(former["title"])
    if (title, place_id) != (device.title, device.place_id):
        await change_device(
            work, device.id, title=title, place_id=place_id, expected_version=version
        )


SAMPLES = (
    {
        "code": "yl-smoke-101",
        "kind": "烟雾报警器",
        "title": "1号楼1单元101 烟感",
        "place": "1-1-101",
    },
    {"code": "yl-water-102", "kind": "智能水表", "title": "1号楼1单元102 水表", "place": "1-1-102"},
    {
        "code": "yl-sos-201",
        "kind": "紧急呼叫按钮",
        "title": "1号楼1单元201 呼叫按钮",
        "place": "1-1-201",
    },
)
SHEETS = (
    Sheet(
        code=CODE,
        title="设备",
        needs="manage_devices",
        order=75,
        columns=COLUMNS,
        enter=enter,
        undo=undo,
        synonyms=("设备清单", "设备台账", "物联设备", "接入设备"),
        samples=SAMPLES,
    ),
)
