"""Device kinds and connections over HTTP. Devices themselves are served with what they report."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from linli.directory.places.public import estates_named, places_named
from linli.kernel.errors import NotFound
from linli.kernel.web import SHOWN_ONCE, CurrentWork, require, router
from linli.kernel.work import Work
from linli.sensing.devices import policy, service
from linli.sensing.devices.addresses import doors_at
from linli.sensing.devices.contracts import Connection, ConnectionKind, Credential, Doors
from linli.sensing.devices.kinds import (
    CommandKind,
    DeviceKind,
    EventKind,
    Field,
    FieldForm,
    Form,
    Property,
    all_kinds,
)
from linli.support.sheets.public import MEDIA, Format, file_answer, written

MOST_ISSUED = 500
"""So many credentials go into one file; the rest wait for the next."""

kinds_api = router("/api/device-kinds", tag="devices")
api = router("/api/connections", tag="devices")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class PropertyShape(Shape):
    """What a device measures; `labels` are the words for the numbers of a switch or list."""

    code: str
    title: str
    unit: str | None
    kind: Form
    low: float
    high: float
    decimals: int
    labels: dict[int, str]


class FieldShape(Shape):
    """A field of an event or a parameter of a command."""

    code: str
    title: str
    kind: FieldForm
    unit: str | None
    low: float | None
    high: float | None
    choices: list[str]
    required: bool


class EventKindShape(Shape):
    """Something that happens."""

    code: str
    title: str
    fields: list[FieldShape]


class CommandKindShape(Shape):
    """Something a device can be told; `risky` ones are asked for twice."""

    code: str
    title: str
    risky: bool
    params: list[FieldShape]


class KindShape(Shape):
    """A kind of device."""

    code: str
    title: str
    group: str
    properties: list[PropertyShape]
    events: list[EventKindShape]
    commands: list[CommandKindShape]
    offline_after_s: int


class ConnectionShape(Shape):
    """A way in; `devices` says how many speak through it."""

    id: UUID
    code: str
    kind: ConnectionKind
    driver: str
    settings: dict[str, str]
    estate: Named
    devices: int
    created_at: datetime
    rotated_at: datetime
    revoked_at: datetime | None
    connected_since: datetime | None
    last_disconnected_at: datetime | None
    last_reason: str | None
    address: str | None


class CredentialShape(Shape):
    """What a device signs in with, shown this once. `qr` is the text of the code to scan."""

    connection_id: UUID
    username: str
    token: str
    mqtt_url: str
    http_url: str
    qr: str


class UnissuedShape(Shape):
    """How many connections of imported devices wait for their first credential."""

    waiting: int
    at_once: int


class IssueShape(Shape):
    """Of which estate; of all that the session manages, without one."""

    estate_id: UUID | None = None


@kinds_api.get("")
async def list_kinds(work: CurrentWork) -> list[KindShape]:
    """Every kind of device: what it measures, tells and can be told."""
    require(work, "see_devices")
    return [kind_shape(kind) for kind in all_kinds().values()]


@api.get("")
async def list_connections(
    work: CurrentWork, estate_id: Annotated[UUID | None, Query()] = None
) -> list[ConnectionShape]:
    """Connections by code, of one estate or of all that the session may see."""
    require(work, "see_devices")
    found = await service.connections_in(work, estate_id)
    return await _shapes(work, list(found))


@api.get("/unissued")
async def count_unissued(
    work: CurrentWork, estate_id: Annotated[UUID | None, Query()] = None
) -> UnissuedShape:
    """How many credentials of imported devices nobody has fetched yet."""
    require(work, "manage_devices", estate_id)
    waiting = await service.count_unissued(work, estate_id)
    return UnissuedShape(waiting=waiting, at_once=MOST_ISSUED)


@api.post("/issue", response_class=Response)
async def issue_credentials(work: CurrentWork, body: IssueShape, request: Request) -> Response:
    """The first credentials of imported devices, as xlsx; each is made and told this once.

    At most 500 in a file, by code. 404: none waits.
    """
    require(work, "manage_devices", body.estate_id)
    issued = await service.issue_credentials(work, body.estate_id, most=MOST_ISSUED)
    if not issued:
        raise NotFound("没有等待领取的接入凭证")
    doors = doors_at(request.app.state, request.url.hostname)
    estates = await estates_named(work, {one.device.estate_id for one in issued})
    places = await places_named(
        work, {one.device.place_id for one in issued if one.device.place_id is not None}
    )
    header = (
        "小区",
        "设备编号",
        "设备名称",
        "位置",
        "接入协议",
        "接入账号",
        "接入密码",
        "MQTT 地址",
        "HTTP 地址",
        "二维码内容",
    )
    where: dict[UUID | None, str] = {one.id: one.path for one in places.values()}
    rows = [
        (
            estates[one.device.estate_id].title,
            one.device.code,
            one.device.title,
            where.get(one.device.place_id, ""),
            one.connection.driver,
            one.credential.username,
            one.credential.token,
            doors.mqtt_url,
            doors.http_url,
            policy.qr_text(one.credential, doors),
        )
        for one in issued
    ]
    content = await asyncio.to_thread(written, "接入凭证", header, rows, Format.XLSX)
    answer = file_answer(content, MEDIA[Format.XLSX], "设备接入凭证.xlsx")
    answer.headers[SHOWN_ONCE] = "true"
    return answer


@api.get("/{connection_id}")
async def read_connection(work: CurrentWork, connection_id: UUID) -> ConnectionShape:
    """One connection."""
    require(work, "see_devices")
    [shape] = await _shapes(work, [await service.connection_of(work, connection_id)])
    return shape


@api.post("/{connection_id}/rotate")
async def rotate(
    work: CurrentWork, connection_id: UUID, request: Request, response: Response
) -> CredentialShape:
    """A new token; whoever uses the old one is cut off at once."""
    response.headers[SHOWN_ONCE] = "true"
    connection = await service.connection_of(work, connection_id)
    require(work, "manage_devices", connection.estate_id)
    return credential_shape(
        await service.rotate(work, connection_id), doors_at(request.app.state, request.url.hostname)
    )


@api.post("/{connection_id}/revoke")
async def revoke(work: CurrentWork, connection_id: UUID) -> ConnectionShape:
    """End the credential; whoever uses it is cut off at once."""
    connection = await service.connection_of(work, connection_id)
    require(work, "manage_devices", connection.estate_id)
    [shape] = await _shapes(work, [await service.revoke(work, connection_id)])
    return shape


def credential_shape(credential: Credential, doors: Doors) -> CredentialShape:
    """A credential as its installer sees it."""
    return CredentialShape(
        connection_id=credential.connection_id,
        username=credential.username,
        token=credential.token,
        mqtt_url=doors.mqtt_url,
        http_url=doors.http_url,
        qr=policy.qr_text(credential, doors),
    )


async def _shapes(work: Work, connections: list[Connection]) -> list[ConnectionShape]:
    estates = await estates_named(work, {one.estate_id for one in connections})
    counts = await service.devices_per_connection(work, [one.id for one in connections])
    titles = {estate.id: estate.title for estate in estates.values()}
    return [_shape(one, titles, counts.get(one.id, 0)) for one in connections]


def _shape(connection: Connection, titles: Mapping[UUID, str], devices: int) -> ConnectionShape:
    estate_id = connection.estate_id
    return ConnectionShape(
        id=connection.id,
        code=connection.code,
        kind=connection.kind,
        driver=connection.driver,
        settings=dict(connection.settings),
        estate=Named(id=estate_id, title=titles.get(estate_id, "")),
        devices=devices,
        created_at=connection.created_at,
        rotated_at=connection.rotated_at,
        revoked_at=connection.revoked_at,
        connected_since=connection.connected_since,
        last_disconnected_at=connection.last_disconnected_at,
        last_reason=connection.last_reason,
        address=connection.address,
    )


def kind_shape(kind: DeviceKind) -> KindShape:
    """A kind of device on the wire."""
    return KindShape(
        code=kind.code,
        title=kind.title,
        group=kind.group,
        properties=[_property(one) for one in kind.properties.values()],
        events=[_event(one) for one in kind.events.values()],
        commands=[_command(one) for one in kind.commands.values()],
        offline_after_s=int(kind.offline_after.total_seconds()),
    )


def _property(one: Property) -> PropertyShape:
    return PropertyShape(
        code=one.code,
        title=one.title,
        unit=one.unit,
        kind=one.form,
        low=one.low,
        high=one.high,
        decimals=one.decimals,
        labels=dict(one.labels),
    )


def _event(one: EventKind) -> EventKindShape:
    return EventKindShape(
        code=one.code, title=one.title, fields=[_field(field) for field in one.fields.values()]
    )


def _command(one: CommandKind) -> CommandKindShape:
    return CommandKindShape(
        code=one.code,
        title=one.title,
        risky=one.risky,
        params=[_field(field) for field in one.params.values()],
    )


def _field(one: Field) -> FieldShape:
    return FieldShape(
        code=one.code,
        title=one.title,
        kind=one.form,
        unit=one.unit,
        low=one.low,
        high=one.high,
        choices=list(one.choices),
        required=one.required,
    )
