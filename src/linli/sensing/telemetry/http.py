"""Devices over HTTP, with what they report: lists, live values, charts, events, commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from linli.directory.places.contracts import Estate, Place
from linli.directory.places.public import estates_named, places_inside, places_named
from linli.kernel.errors import BadInput
from linli.kernel.web import SHOWN_ONCE, CurrentWork, require, router
from linli.kernel.work import Work
from linli.sensing.devices import public as devices
from linli.sensing.devices.contracts import (
    Command,
    CommandState,
    Connection,
    ConnectionKind,
    Credential,
    Device,
    DeviceFault,
    DeviceFilter,
    DeviceOrder,
    DeviceState,
    Doors,
    Registration,
    Scalar,
)
from linli.sensing.devices.public import DeviceKind, all_kinds, qr_text
from linli.sensing.telemetry import service
from linli.sensing.telemetry.contracts import ClockQuality, LastValue, Span, StoredEvent, WrongClock
from linli.support.sheets.public import Column, as_file

api = router("/api/devices", tag="devices")

ClockProblem = Literal["absent", "behind", "ahead", "unreadable", "trusted"]

MOST_IDS = 200
LONGEST_WORDS = 100
USUAL_SPAN = timedelta(hours=24)


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class ValueShape(Shape):
    """The newest value of a property; `text` is how people read it."""

    property: str
    title: str
    value: float
    text: str
    unit: str | None
    observed_at: datetime
    received_at: datetime
    since: datetime


class WayShape(Shape):
    """Through which connection a device speaks."""

    id: UUID
    code: str
    kind: ConnectionKind


class DeviceRow(Shape):
    """One device as a list shows it; `faults` are sentences."""

    id: UUID
    code: str
    version: int
    title: str
    kind: str
    kind_title: str
    estate: Named
    place_id: UUID | None
    place_title: str
    driver: str
    state: DeviceState
    state_title: str
    state_since: datetime
    last_seen_at: datetime | None
    battery: float | None
    faults: list[str]
    values: list[ValueShape]
    connection: WayShape | None
    external_code: str | None


class DeviceList(Shape):
    """A page of devices."""

    items: list[DeviceRow]
    next_cursor: str | None
    total: int


class FaultShape(Shape):
    """What is wrong with a device, and since when."""

    code: str
    since: datetime
    sentence: str


class ClockShape(Shape):
    """A clock that cannot be right: how far ahead of ours (negative: behind), as last seen."""

    problem: ClockProblem
    offset_s: float | None
    seen_at: datetime


class DeviceDetail(DeviceRow):
    """One device with all that is known of it."""

    firmware: str | None
    fault_list: list[FaultShape]
    clock: ClockShape | None


class CountsShape(Shape):
    """How many devices stand how."""

    total: int
    online: int
    offline: int
    never: int
    fault: int
    by_kind: dict[str, int]


class CredentialShape(Shape):
    """What the new device signs in with, shown this once."""

    connection_id: UUID
    username: str
    token: str
    mqtt_url: str
    http_url: str
    qr: str


class RegistrationShape(Shape):
    """A device to be registered; with a parent it becomes a child of that site gateway."""

    estate_id: UUID
    place_id: UUID | None = None
    kind: str
    title: str
    driver: str = "linli_native"
    code: str | None = None
    parent_connection_id: UUID | None = None
    external_code: str | None = None
    settings: dict[str, str] = Field(default_factory=dict[str, str])


class RegisteredShape(Shape):
    """The registered device, with its credential when it got one."""

    device: DeviceRow
    credential: CredentialShape | None


class ChangeShape(Shape):
    """What may be changed of a device."""

    title: str
    place_id: UUID | None = None
    expected_version: int


class PointShape(Shape):
    """A stretch of a chart, beginning at `at`."""

    at: datetime
    min: float
    avg: float
    max: float
    last: float
    n: int


class SeriesShape(Shape):
    """A property over time; stretches without readings are left out."""

    property: str
    title: str
    unit: str | None
    points: list[PointShape]


class EventShape(Shape):
    """Something that happened."""

    id: UUID
    event: str
    title: str
    observed_at: datetime
    received_at: datetime
    fields: dict[str, Scalar]
    evidence: list[UUID]


class CommandDraft(Shape):
    """Something a device is to do; without `expires_in_s` its kind of command decides."""

    command: str
    params: dict[str, bool | float | str] = Field(default_factory=dict[str, bool | float | str])
    expires_in_s: int | None = None


class CommandShape(Shape):
    """A command and how far it has come."""

    id: UUID
    command: str
    title: str
    params: dict[str, Scalar]
    state: CommandState
    state_title: str
    asked_by_name: str
    asked_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    words: str | None


class Wanted(BaseModel):
    """Which devices."""

    model_config = ConfigDict(extra="forbid")

    estate_id: UUID | None = None
    place_id: UUID | None = None
    kind: str | None = None
    state: Literal["online", "offline", "never", "fault"] | None = None
    q: Annotated[str | None, Field(max_length=LONGEST_WORDS)] = None
    ids: str | None = None
    connection_id: UUID | None = None
    sort: DeviceOrder = DeviceOrder.CODE

    async def filter(self, work: Work) -> DeviceFilter:
        """As the register understands it. Raises BadInput for ids that are none.

        A place means everything in it; one that is out of sight matches nothing.
        """
        inside = (*await places_inside(work, self.place_id), self.place_id) if self.place_id else ()
        return DeviceFilter(
            estate_id=self.estate_id,
            place_ids=inside,
            kind=self.kind,
            state=self.state,
            words=self.q,
            ids=ids_in(self.ids),
            connection_id=self.connection_id,
        )


class WantedPage(Wanted):
    """Which page of which devices."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None


def ids_in(given: str | None) -> tuple[UUID, ...]:
    """Ids with commas between. Raises BadInput."""
    parts = given.split(",") if given else []
    try:
        return tuple(UUID(part.strip()) for part in parts[:MOST_IDS])
    except ValueError as error:
        raise BadInput("ids 应为用逗号分开的编号", field="ids") from error


@api.get("")
async def list_devices(work: CurrentWork, wanted: Annotated[WantedPage, Query()]) -> DeviceList:
    """Devices, by code or as asked, with their newest values."""
    return await _device_page(work, wanted, cursor=wanted.cursor, limit=wanted.limit)


async def _device_page(
    work: CurrentWork,
    wanted: Annotated[Wanted, Query()],
    *,
    limit: int,
    cursor: str | None = None,
) -> DeviceList:
    require(work, "see_devices")
    chosen = await wanted.filter(work)
    page = await devices.list_devices(work, chosen, order=wanted.sort, after=cursor, most=limit)
    return DeviceList(
        items=await device_rows(work, page.devices),
        next_cursor=page.next_after,
        total=page.total,
    )


as_file(
    api,
    _device_page,
    "设备",
    (
        Column("编号", lambda row: row.code),
        Column("名称", lambda row: row.title),
        Column("种类", lambda row: row.kind_title),
        Column("小区", lambda row: row.estate.title),
        Column("位置", lambda row: row.place_title),
        Column("状态", lambda row: row.state_title),
        Column("状态起", lambda row: row.state_since),
        Column("最近上报", lambda row: row.last_seen_at),
        Column("数值", lambda row: [f"{one.title} {one.text}" for one in row.values]),
        Column("电量 %", lambda row: row.battery),
        Column("故障", lambda row: row.faults),
        Column("连接", lambda row: row.connection.code if row.connection else None),
    ),
    name="devices",
)


@api.get("/counts")
async def count_devices(work: CurrentWork, wanted: Annotated[Wanted, Query()]) -> CountsShape:
    """How many devices stand how."""
    require(work, "see_devices")
    counted = await devices.count_devices(work, await wanted.filter(work))
    return CountsShape(
        total=counted.total,
        online=counted.online,
        offline=counted.offline,
        never=counted.never,
        fault=counted.fault,
        by_kind=dict(counted.by_kind),
    )


@api.post("", status_code=201)
async def register_device(
    work: CurrentWork, draft: RegistrationShape, request: Request, response: Response
) -> RegisteredShape:
    """Register a device; the credential in the answer is never shown again."""
    response.headers[SHOWN_ONCE] = "true"
    require(work, "manage_devices", draft.estate_id)
    doors = devices.doors_at(request.app.state, request.url.hostname)
    if draft.parent_connection_id is None:
        devices.check_driver(draft.driver, draft.settings, doors)
    registered = await devices.register_device(
        work,
        Registration(
            estate_id=draft.estate_id,
            place_id=draft.place_id,
            kind=draft.kind,
            title=draft.title,
            driver=draft.driver,
            code=draft.code,
            connection_id=draft.parent_connection_id,
            external_code=draft.external_code,
            settings=draft.settings,
        ),
    )
    [row] = await device_rows(work, [registered.device])
    return RegisteredShape(device=row, credential=credential_of(registered.credential, doors))


@api.get("/{device_id}")
async def read_device(work: CurrentWork, device_id: UUID) -> DeviceDetail:
    """One device with all that is known of it."""
    require(work, "see_devices")
    return await device_detail(work, await devices.device_of(work, device_id))


@api.patch("/{device_id}")
async def change_device(work: CurrentWork, device_id: UUID, change: ChangeShape) -> DeviceDetail:
    """Give a device another title or place."""
    device = await devices.device_of(work, device_id)
    require(work, "manage_devices", device.estate_id)
    changed = await devices.change_device(
        work,
        device_id,
        title=change.title,
        place_id=change.place_id,
        expected_version=change.expected_version,
    )
    return await device_detail(work, changed)


@api.get("/{device_id}/series")
async def read_series(
    work: CurrentWork,
    device_id: UUID,
    property: Annotated[str, Query()],  # noqa: A002 - the word of the interface
    start: Annotated[datetime | None, Query(alias="from")] = None,
    end: Annotated[datetime | None, Query(alias="to")] = None,
    points: Annotated[int, Query(ge=1, le=2000)] = 300,
) -> SeriesShape:
    """A property over time, the last 24 hours unless told otherwise, in at most `points` parts."""
    require(work, "see_devices")
    device = await devices.device_of(work, device_id)
    held = all_kinds()[device.kind].properties.get(property)
    if held is None:
        raise BadInput("这类设备没有这一项", field="property")
    found = await service.points_between(
        work, device_id, property, span_of(work, start, end), most=points
    )
    return SeriesShape(
        property=property,
        title=held.title,
        unit=held.unit,
        points=[
            PointShape(at=one.at, min=one.min, avg=one.avg, max=one.max, last=one.last, n=one.n)
            for one in found
        ],
    )


@api.get("/{device_id}/events")
async def list_events(
    work: CurrentWork,
    device_id: UUID,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[datetime | None, Query()] = None,
) -> list[EventShape]:
    """What happened at a device, newest first."""
    require(work, "see_devices")
    device = await devices.device_of(work, device_id)
    kind = all_kinds()[device.kind]
    found = await service.events_of(
        work, device_id, before=before and aware(before, "before"), most=limit
    )
    return [event_shape(one, kind) for one in found]


@api.get("/{device_id}/commands")
async def list_commands(
    work: CurrentWork, device_id: UUID, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[CommandShape]:
    """What a device was told to do, newest first."""
    require(work, "see_devices")
    device = await devices.device_of(work, device_id)
    kind = all_kinds()[device.kind]
    found = await devices.commands_of(work, device_id, most=limit)
    return [command_shape(one, kind) for one in found]


@api.post("/{device_id}/commands", status_code=201)
async def command_device(work: CurrentWork, device_id: UUID, draft: CommandDraft) -> CommandShape:
    """Tell a device to do something; it waits until the device is there or its time is over."""
    device = await devices.device_of(work, device_id)
    require(work, "command_devices", device.estate_id)
    command = await devices.command_device(
        work,
        device_id,
        draft.command,
        draft.params,
        expires_in=None if draft.expires_in_s is None else timedelta(seconds=draft.expires_in_s),
    )
    return command_shape(command, all_kinds()[device.kind])


def aware(moment: datetime, field: str) -> datetime:
    """The moment, when it says its offset. Raises BadInput otherwise."""
    if moment.tzinfo is None:
        raise BadInput("时间要带时区，例如 2026-11-22T08:00:00Z", field=field)
    return moment


def span_of(work: Work, start: datetime | None, end: datetime | None) -> Span:
    """The span asked for, until now and for a day unless told otherwise. Raises BadInput."""
    to = work.now if end is None else aware(end, "to")
    since = to - USUAL_SPAN if start is None else aware(start, "from")
    if since >= to:
        raise BadInput("开始时间要早于结束时间", field="from")
    return Span(since, to)


def credential_of(credential: Credential | None, doors: Doors) -> CredentialShape | None:
    """A credential as its installer sees it."""
    if credential is None:
        return None
    return CredentialShape(
        connection_id=credential.connection_id,
        username=credential.username,
        token=credential.token,
        mqtt_url=doors.mqtt_url,
        http_url=doors.http_url,
        qr=qr_text(credential, doors),
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a list of devices, by id."""

    estates: Mapping[UUID, Estate]
    places: Mapping[UUID, Place]
    connections: Mapping[UUID, Connection]
    values: Mapping[UUID, tuple[LastValue, ...]]
    faults: Mapping[UUID, tuple[DeviceFault, ...]]


async def _around(work: Work, found: Sequence[Device]) -> Around:
    ids = [device.id for device in found]
    return Around(
        estates=await estates_named(work, {device.estate_id for device in found}),
        places=await places_named(work, {one.place_id for one in found if one.place_id}),
        connections=await devices.connections_named(
            work, {one.connection_id for one in found if one.connection_id}
        ),
        values=await service.last_values(work, ids),
        faults=await devices.faults_of(work, ids),
    )


async def device_rows(work: Work, found: Sequence[Device]) -> list[DeviceRow]:
    """Devices as lists show them."""
    around = await _around(work, found)
    return [_row(device, around) for device in found]


async def device_detail(work: Work, device: Device) -> DeviceDetail:
    """One device with all that is known of it."""
    around = await _around(work, [device])
    clock = (await service.wrong_clocks(work, [device.id])).get(device.id)
    more = {
        "firmware": device.firmware,
        "fault_list": [
            FaultShape(code=fault.code, since=fault.since, sentence=fault.sentence)
            for fault in around.faults.get(device.id, ())
        ],
        "clock": None if clock is None else _clock(clock),
    }
    return DeviceDetail.model_validate(_row(device, around).model_dump() | more)


def _row(device: Device, around: Around) -> DeviceRow:
    kind = all_kinds()[device.kind]
    estate = around.estates.get(device.estate_id)
    place = around.places.get(device.place_id) if device.place_id else None
    way = around.connections.get(device.connection_id) if device.connection_id else None
    values = around.values.get(device.id, ())
    battery = [value.value for value in values if value.property == "battery"]
    return DeviceRow(
        id=device.id,
        code=device.code,
        version=device.version,
        title=device.title,
        kind=device.kind,
        kind_title=kind.title,
        estate=Named(id=device.estate_id, title=estate.title if estate else ""),
        place_id=device.place_id,
        place_title=place.path if place else "",
        driver=device.driver,
        state=device.state,
        state_title=device.state.in_words,
        state_since=device.state_since,
        last_seen_at=device.last_seen_at,
        battery=battery[0] if battery else None,
        faults=[fault.sentence for fault in around.faults.get(device.id, ())],
        values=[value_shape(value, kind) for value in values],
        connection=WayShape(id=way.id, code=way.code, kind=way.kind) if way else None,
        external_code=device.external_code,
    )


def value_shape(value: LastValue, kind: DeviceKind) -> ValueShape:
    """A newest value, in words too."""
    held = kind.properties.get(value.property)
    return ValueShape(
        property=value.property,
        title=held.title if held else value.property,
        value=value.value,
        text=held.words(value.value) if held else f"{value.value:g}",
        unit=held.unit if held else None,
        observed_at=value.observed_at,
        received_at=value.received_at,
        since=value.since,
    )


def event_shape(event: StoredEvent, kind: DeviceKind) -> EventShape:
    """An event on the wire."""
    known = kind.events.get(event.event)
    return EventShape(
        id=event.id,
        event=event.event,
        title=known.title if known else event.event,
        observed_at=event.observed_at,
        received_at=event.received_at,
        fields=dict(event.fields),
        evidence=list(event.evidence),
    )


def command_shape(command: Command, kind: DeviceKind) -> CommandShape:
    """A command on the wire."""
    known = kind.commands.get(command.name)
    return CommandShape(
        id=command.id,
        command=command.name,
        title=known.title if known else command.name,
        params=dict(command.params),
        state=command.state,
        state_title=command.state.in_words,
        asked_by_name=command.asked_by_name,
        asked_at=command.asked_at,
        sent_at=command.sent_at,
        finished_at=command.finished_at,
        expires_at=command.expires_at,
        words=command.words,
    )


def _clock(clock: WrongClock) -> ClockShape:
    return ClockShape(
        problem=_PROBLEMS[clock.clock], offset_s=clock.offset_s, seen_at=clock.received_at
    )


_PROBLEMS: Mapping[ClockQuality, ClockProblem] = {
    ClockQuality.TRUSTED: "trusted",
    ClockQuality.ABSENT: "absent",
    ClockQuality.BEHIND: "behind",
    ClockQuality.AHEAD: "ahead",
    ClockQuality.UNREADABLE: "unreadable",
}
