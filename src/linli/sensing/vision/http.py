"""Cameras over HTTP: settings, signs, nodes, looking; and the plan that nodes fetch."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from websockets.exceptions import ConnectionClosed

from linli.directory.places.public import estates_named, places_named
from linli.kernel.errors import BadInput, NotFound, NotSignedIn, Refusal
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.sensing.devices.contracts import ConnectionKind, Device, Registration
from linli.sensing.devices.public import connections_in as all_connections
from linli.sensing.devices.public import device_of, devices_named, faults_of
from linli.sensing.vision import looking, policy, service
from linli.sensing.vision.cameras import (
    Camera,
    CameraSettings,
    Node,
    Sign,
    SignDraft,
    SourceDraft,
)
from linli.sensing.vision.contracts import Point
from linli.sensing.vision.plan import ClipSpan, Duty, Recording, SourceKind
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.looks.contracts import LookDraft, What
from linli.support.looks.public import looked

plan_api = APIRouter(prefix="/device/v1/vision", tags=["device door"])
live_api = APIRouter(prefix="/api/cameras", tags=["cameras"])
api = router("/api/cameras", tag="cameras")
nodes_api = router("/api/vision-nodes", tag="cameras")

SEE = "see_cameras"
RECORDINGS = "see_recordings"
MANAGE = "manage_cameras"
LONGEST_SPAN_MS = 25 * 3_600_000
LONGEST_CLIP_MS = 600_000
SHORTEST_REASON = 2
GOING_AWAY = 1001
NOT_ADMITTED = 4403
NODE_AWAY = 4503


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class RecordingShape(Shape):
    """Whether and how long pictures are kept."""

    enabled: bool = True
    keep_days: int = 30
    segment_s: int = 60


class ClipShape(Shape):
    """How much a clip holds around what happened, seconds."""

    before_s: float = 10
    after_s: float = 10


class SettingsShape(Shape):
    """What people choose for a camera. Regions are corners in fractions of the picture.

    `masks` are blacked out before anything is stored or shown (the node then encodes anew, which
    costs a processor core more); `blind` are regions where falls are not looked for, and
    `blind_judged` says that somebody looked and decided about them.
    """

    work: list[Duty]
    masks: list[list[Point]] = []
    blind: list[list[Point]] = []
    blind_judged: bool = False
    record: RecordingShape = RecordingShape()
    clip: ClipShape = ClipShape()
    sensitivity: int = 50
    confidence: int = 50
    priority: int = 5


class SourceRequest(Shape):
    """Where pictures are fetched; the address may hold user and password, which are sealed."""

    kind: SourceKind
    url: Annotated[str, Field(max_length=500)]
    loop: bool = False


class SourceShape(Shape):
    """Where pictures are fetched, without user and password."""

    kind: SourceKind
    shown: str
    loop: bool


class SignRequest(Shape):
    """A sign beside a camera, and on what basis the camera is there."""

    sign_text: Annotated[str, Field(max_length=300)]
    place: Annotated[str, Field(max_length=300)]
    purpose: Annotated[str, Field(max_length=300)]
    legal_basis: Annotated[str, Field(max_length=300)]
    answers: Annotated[str, Field(max_length=300)]
    phone: Annotated[str, Field(max_length=40)]
    put_up_on: date
    photo_id: UUID | None = None


class SignShape(SignRequest):
    """A sign as recorded."""

    id: UUID
    recorded_at: datetime
    recorded_by: str


class NodeShape(Shape):
    """A node; `running` means that it asked for its plan in the last 30 seconds."""

    id: UUID
    code: str
    estate: Named
    running: bool
    asked_at: datetime | None
    cameras: int


class CameraRow(Shape):
    """A camera in a list."""

    id: UUID
    version: int
    code: str
    title: str
    kind: str
    estate: Named
    place_id: UUID | None
    place_title: str
    state: str
    state_title: str
    last_seen_at: datetime | None
    faults: list[str]
    node: NodeShape | None
    work: list[Duty]
    records: bool
    keep_days: int
    masks: int
    has_sign: bool
    changed_at: datetime


class CameraList(Shape):
    """Cameras by code."""

    items: list[CameraRow]
    without_settings: list[Named]
    total: int


class CameraShape(CameraRow):
    """One camera with everything that is set."""

    source: SourceShape
    settings: SettingsShape
    sign: SignShape | None
    signs_before: list[SignShape]
    keep_least: int
    keep_source: str
    may_manage: bool
    may_see_recordings: bool


class CameraRequest(Shape):
    """A camera to be registered behind a node (`node_id`), or a device that is one already."""

    device_id: UUID | None = None
    estate_id: UUID | None = None
    node_id: UUID | None = None
    place_id: UUID | None = None
    kind: str = "camera"
    title: Annotated[str, Field(max_length=100)] = ""
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")] | None = None
    source: SourceRequest
    settings: SettingsShape


class ChangeRequest(Shape):
    """Other settings; the source stays when none is given."""

    settings: SettingsShape
    source: SourceRequest | None = None
    expected_version: int


class AssignRequest(Shape):
    """The node that is to run the camera."""

    node_id: UUID


class WatchShape(Shape):
    """Where to open the live stream, and how long the address holds."""

    url: str
    lasts_s: int


class SegmentShape(Shape):
    """A stretch that is recorded; moments in milliseconds since 1970 UTC."""

    from_: Annotated[int, Field(alias="from")]
    to: int
    bytes: int


class GapShape(Shape):
    """A stretch without recording, and why."""

    from_: Annotated[int, Field(alias="from")]
    to: int
    why: str


class RecordingsShape(Shape):
    """What a node has of a camera between two moments."""

    segments: list[SegmentShape]
    gaps: list[GapShape]


class LawShape(Shape):
    """What the law wants of recordings and signs, for the pages."""

    keep_least: int
    keep_most: int
    keep_source: str
    legal_bases: list[str]


# The node's side


@plan_api.get("/plan", response_class=Response, responses={304: {"description": "没有变化"}})
async def read_plan(
    request: Request,
    authorization: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
    address: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """What the node with this credential (`Bearer code:token`) is to do: a `VisionPlan` (JSON).

    `address` is where the node listens for those who look. The ETag is the plan's version; with
    `If-None-Match` an unchanged plan answers 304. Nodes ask every 5 seconds.
    """
    door = looking.door_of(request.app.state)
    scheme, _, given = (authorization or "").partition(" ")
    code, colon, token = given.strip().partition(":")
    if scheme.lower() != "bearer" or not colon or not token.isascii():
        raise NotSignedIn("请带上接入凭证：Authorization: Bearer 接入编号:令牌")
    async with door.workshop.work() as work:
        node = await service.node_at_door(work, code, token)
        if node is None:
            raise NotSignedIn("接入凭证不对，或不是现场网关的凭证")
        plan = await service.plan_of(
            work,
            door.cipher,
            door.facades,
            node,
            view_key=door.view_key(node.id),
            address=address,
        )
    etag = f'"{plan.version}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(
        msgspec.json.encode(plan), media_type="application/json", headers={"ETag": etag}
    )


# People's side


@api.get("/law")
async def read_law(work: CurrentWork) -> LawShape:
    """What the law wants of recordings and signs."""
    require(work, SEE)
    least = policy.retention_at(work.now)
    return LawShape(
        keep_least=least.days,
        keep_most=policy.KEEP_MOST,
        keep_source=least.source,
        legal_bases=list(policy.LEGAL_BASES),
    )


@api.get("")
async def list_cameras(
    work: CurrentWork,
    estate_id: Annotated[UUID | None, Query()] = None,
    q: Annotated[str, Query(max_length=80)] = "",
    duty: Annotated[Duty | None, Query()] = None,
) -> CameraList:
    """Cameras in sight by code, with those that are registered and not yet set up."""
    require(work, SEE)
    cameras = await service.all_cameras(work, estate_id)
    rows = await _rows(work, [one for one in cameras if duty in {None, *one.settings.work}])
    words = q.strip().casefold()
    found = [
        row
        for row in rows
        if not words or words in f"{row.title} {row.code} {row.place_title}".casefold()
    ]
    waiting = await service.not_set_up(work)
    return CameraList(
        items=found,
        without_settings=[
            Named(id=one.id, title=f"{one.title}（{one.code}）")
            for one in waiting
            if estate_id in {None, one.estate_id}
        ],
        total=len(found),
    )


@api.post("", status_code=201)
async def add_camera(work: CurrentWork, request: Request, body: CameraRequest) -> CameraShape:
    """Register a camera behind a node, or set up a device that is registered as one."""
    door = looking.door_of(request.app.state)
    source = _source(body.source)
    settings = _settings(body.settings)
    if body.device_id is not None:
        device = await device_of(work, body.device_id)
        require(work, MANAGE, device.estate_id)
        camera = await service.set_up(work, door.cipher, device.id, source, settings)
        return await _shape(work, camera)
    if body.estate_id is None or body.node_id is None:
        raise BadInput("请选择小区和视觉节点", field="node_id")
    require(work, MANAGE, body.estate_id)
    require(work, "manage_devices", body.estate_id)
    if body.kind not in policy.CAMERA_KINDS:
        raise BadInput("没有这种摄像机", field="kind")
    code = body.code or f"cam-{work.new_id().hex[-8:]}"
    registration = Registration(
        estate_id=body.estate_id,
        place_id=body.place_id,
        kind=body.kind,
        title=body.title,
        driver=service.DRIVER,
        code=body.code,
        connection_id=body.node_id,
        external_code=code,
    )
    _, camera = await service.add_camera(work, door.cipher, registration, source, settings)
    return await _shape(work, camera)


@api.get("/{camera_id}")
async def read_camera(work: CurrentWork, camera_id: UUID) -> CameraShape:
    """One camera with its settings and sign."""
    camera = await service.camera_of(work, camera_id)
    require(work, SEE, camera.estate_id)
    return await _shape(work, camera)


@api.put("/{camera_id}")
async def change_camera(
    work: CurrentWork, request: Request, camera_id: UUID, body: ChangeRequest
) -> CameraShape:
    """Give the camera other settings; its node follows within seconds."""
    door = looking.door_of(request.app.state)
    camera = await service.camera_of(work, camera_id)
    require(work, MANAGE, camera.estate_id)
    changed = await service.change_camera(
        work,
        door.cipher,
        camera_id,
        _settings(body.settings),
        source=None if body.source is None else _source(body.source),
        expected_version=body.expected_version,
    )
    return await _shape(work, changed)


@api.post("/{camera_id}/node")
async def assign_camera(work: CurrentWork, camera_id: UUID, body: AssignRequest) -> CameraShape:
    """Let another node run the camera, when its own is gone."""
    camera = await service.camera_of(work, camera_id)
    require(work, MANAGE, camera.estate_id)
    await service.assign(work, camera_id, body.node_id)
    return await _shape(work, camera)


@api.post("/{camera_id}/sign")
async def put_up_sign(work: CurrentWork, camera_id: UUID, body: SignRequest) -> CameraShape:
    """Record the sign beside the camera; the one before it stays on record."""
    camera = await service.camera_of(work, camera_id)
    require(work, MANAGE, camera.estate_id)
    await service.put_up_sign(work, camera_id, SignDraft(**body.model_dump()))
    return await _shape(work, camera)


@api.get("/{camera_id}/still", response_class=Response, responses={200: {"content": {}}})
async def read_still(work: CurrentWork, request: Request, camera_id: UUID) -> Response:
    """The newest picture (JPEG), privacy masks blacked out. Looking is on record."""
    door = looking.door_of(request.app.state)
    camera = await service.camera_of(work, camera_id)
    require(work, SEE, camera.estate_id)
    device, node = await service.way_to(work, camera)
    picture = await looking.still(door, node.address or "", node.connection_id, _code(device))
    account_id = work.scope.account_id
    if account_id is not None and door.looks.is_new(account_id, camera_id, work.now):
        await _looked(work, camera, device, Action.CAMERA_SEEN, None)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@api.post("/{camera_id}/watch")
async def watch(work: CurrentWork, request: Request, camera_id: UUID) -> WatchShape:
    """Begin to watch: the address of the live stream (WebSocket), good for ten minutes.

    The stream is a text frame `{"mime": …}` and then fragmented MP4. Looking is on record.
    """
    door = looking.door_of(request.app.state)
    camera = await service.camera_of(work, camera_id)
    require(work, SEE, camera.estate_id)
    device, node = await service.way_to(work, camera)
    await _looked(work, camera, device, Action.CAMERA_SEEN, None)
    url = door.live_address(camera_id, node.connection_id, node.address or "", _code(device))
    return WatchShape(url=url, lasts_s=looking.LIVE_MS // 1000)


@api.get("/{camera_id}/recordings")
async def list_recordings(
    work: CurrentWork,
    request: Request,
    camera_id: UUID,
    from_: Annotated[int, Query(alias="from")],
    to: int,
    reason: Annotated[str, Query(max_length=200)] = "",
) -> RecordingsShape:
    """What is recorded between two moments (ms, at most 25 hours), and the gaps with the reason."""
    door = looking.door_of(request.app.state)
    camera = await _for_recordings(work, camera_id, reason)
    _check_span(from_, to, LONGEST_SPAN_MS)
    device, node = await service.way_to(work, camera)
    answer = await looking.recordings(
        door, node.address or "", node.connection_id, _code(device), (from_, to)
    )
    await _looked(work, camera, device, Action.RECORDING_SEEN, f"{reason}（录像列表）")
    return RecordingsShape.model_validate_json(answer)


@api.get("/{camera_id}/clip", response_class=Response, responses={200: {"content": {}}})
async def read_clip(
    work: CurrentWork,
    request: Request,
    camera_id: UUID,
    from_: Annotated[int, Query(alias="from")],
    to: int,
    reason: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The film between two moments (ms, at most ten minutes) as MP4. Looking is on record."""
    door = looking.door_of(request.app.state)
    camera = await _for_recordings(work, camera_id, reason)
    _check_span(from_, to, LONGEST_CLIP_MS)
    device, node = await service.way_to(work, camera)
    film = await looking.clip(
        door, node.address or "", node.connection_id, _code(device), (from_, to)
    )
    await _looked(work, camera, device, Action.RECORDING_SEEN, reason)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="{_code(device)}-{from_}.mp4"',
    }
    if film.length:
        headers["Content-Length"] = str(film.length)
    return StreamingResponse(film.pieces, media_type="video/mp4", headers=headers)


@live_api.websocket("/{camera_id}/live")
async def stream_live(socket: WebSocket, camera_id: UUID, to: str = "", ticket: str = "") -> None:
    """The live stream under an address that `watch` gave; ends when the address does."""
    del camera_id
    door = looking.door_of(socket.app.state)
    pass_ = door.live_ticket(to, ticket)
    if pass_ is None:
        await socket.close(NOT_ADMITTED)
        return
    try:
        async with looking.live(door, pass_) as node:
            await socket.accept()
            with suppress(WebSocketDisconnect, ConnectionClosed):
                async for message in node:
                    if door.clock_ms() > pass_.until_ms:
                        break
                    if isinstance(message, str):
                        await socket.send_text(message)
                    else:
                        await socket.send_bytes(message)
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(GOING_AWAY)
    except Refusal:
        await socket.close(NODE_AWAY)


@nodes_api.get("")
async def list_nodes(
    work: CurrentWork, estate_id: Annotated[UUID | None, Query()] = None
) -> list[NodeShape]:
    """The site gateways on which cameras can run, and whether a node runs there now."""
    require(work, SEE)
    return list((await _nodes(work, estate_id)).values())


async def _nodes(work: Work, estate_id: UUID | None = None) -> dict[UUID, NodeShape]:
    connections = [
        one
        for one in await all_connections(work, estate_id)
        if one.kind is ConnectionKind.SITE_GATEWAY and one.driver == service.DRIVER
    ]
    nodes = {one.connection_id: one for one in await service.nodes_in(work, estate_id)}
    cameras = await service.all_cameras(work, estate_id)
    devices = await devices_named(work, [one.id for one in cameras])
    counts: dict[UUID, int] = {}
    for device in devices.values():
        if device.connection_id is not None:
            counts[device.connection_id] = counts.get(device.connection_id, 0) + 1
    estates = await estates_named(work, {one.estate_id for one in connections})
    shapes: dict[UUID, NodeShape] = {}
    for one in connections:
        node: Node | None = nodes.get(one.id)
        if node is None and not counts.get(one.id) and not one.code.endswith("vision"):
            continue
        estate = estates.get(one.estate_id)
        shapes[one.id] = NodeShape(
            id=one.id,
            code=one.code,
            estate=Named(id=one.estate_id, title=estate.title if estate else ""),
            running=not policy.is_silent(node, work.now),
            asked_at=node.asked_at if node else None,
            cameras=counts.get(one.id, 0),
        )
    return shapes


async def _rows(work: Work, cameras: Sequence[Camera]) -> list[CameraRow]:
    ids = [one.id for one in cameras]
    devices = await devices_named(work, ids)
    signs = await service.signs_of(work, ids)
    faults = await faults_of(work, ids)
    nodes = await _nodes(work)
    estates = await estates_named(work, {one.estate_id for one in cameras})
    places = await places_named(work, {one.place_id for one in devices.values() if one.place_id})
    rows: list[CameraRow] = []
    for camera in sorted(
        cameras, key=lambda one: devices[one.id].code if one.id in devices else ""
    ):
        device = devices.get(camera.id)
        if device is None:
            continue
        estate = estates.get(camera.estate_id)
        place = places.get(device.place_id) if device.place_id else None
        rows.append(
            CameraRow(
                id=camera.id,
                version=camera.version,
                code=device.code,
                title=device.title,
                kind=device.kind,
                estate=Named(id=camera.estate_id, title=estate.title if estate else ""),
                place_id=device.place_id,
                place_title=place.path if place else "",
                state=device.state,
                state_title=device.state.in_words,
                last_seen_at=device.last_seen_at,
                faults=[fault.sentence for fault in faults.get(camera.id, ())],
                node=nodes.get(device.connection_id) if device.connection_id else None,
                work=list(camera.settings.work),
                records=camera.settings.record.enabled,
                keep_days=camera.settings.record.keep_days,
                masks=len(camera.settings.masks),
                has_sign=camera.id in signs,
                changed_at=camera.changed_at,
            )
        )
    return rows


async def _shape(work: Work, camera: Camera) -> CameraShape:
    rows = await _rows(work, [camera])
    if not rows:
        raise NotFound
    sign: Mapping[UUID, Sign] = await service.signs_of(work, [camera.id])
    before = await service.signs_before(work, camera.id)
    settings = camera.settings
    least = policy.retention_at(work.now)
    return CameraShape(
        **rows[0].model_dump(),
        source=SourceShape(
            kind=camera.source_kind, shown=camera.source_shown, loop=camera.source_loop
        ),
        settings=SettingsShape(
            work=list(settings.work),
            masks=[list(one) for one in settings.masks],
            blind=[list(one) for one in settings.blind],
            blind_judged=settings.blind_judged,
            record=RecordingShape(
                enabled=settings.record.enabled,
                keep_days=settings.record.keep_days,
                segment_s=settings.record.segment_s,
            ),
            clip=ClipShape(before_s=settings.clip.before_s, after_s=settings.clip.after_s),
            sensitivity=settings.sensitivity,
            confidence=settings.confidence,
            priority=settings.priority,
        ),
        sign=_sign(sign[camera.id]) if camera.id in sign else None,
        signs_before=[_sign(one) for one in before],
        keep_least=least.days,
        keep_source=least.source,
        may_manage=work.scope.may(MANAGE, camera.estate_id),
        may_see_recordings=work.scope.may(RECORDINGS, camera.estate_id),
    )


def _sign(sign: Sign) -> SignShape:
    draft = sign.draft
    return SignShape(
        id=sign.id,
        sign_text=draft.sign_text,
        place=draft.place,
        purpose=draft.purpose,
        legal_basis=draft.legal_basis,
        answers=draft.answers,
        phone=draft.phone,
        put_up_on=draft.put_up_on,
        photo_id=draft.photo_id,
        recorded_at=sign.recorded_at,
        recorded_by=sign.recorded_by,
    )


def _source(body: SourceRequest) -> SourceDraft:
    return SourceDraft(kind=body.kind, url=body.url.strip(), loop=body.loop)


def _settings(body: SettingsShape) -> CameraSettings:
    return CameraSettings(
        work=tuple(dict.fromkeys(body.work)),
        masks=tuple(tuple(one) for one in body.masks),
        blind=tuple(tuple(one) for one in body.blind),
        blind_judged=body.blind_judged,
        record=Recording(
            enabled=body.record.enabled,
            keep_days=body.record.keep_days,
            segment_s=body.record.segment_s,
        ),
        clip=ClipSpan(before_s=body.clip.before_s, after_s=body.clip.after_s),
        sensitivity=body.sensitivity,
        confidence=body.confidence,
        priority=body.priority,
    )


def _code(device: Device) -> str:
    return device.external_code or device.code


async def _for_recordings(work: Work, camera_id: UUID, reason: str) -> Camera:
    camera = await service.camera_of(work, camera_id)
    require(work, RECORDINGS, camera.estate_id)
    if len(reason.strip()) < SHORTEST_REASON:
        raise BadInput("查看录像请写明原因", field="reason")
    return camera


def _check_span(from_: int, to: int, longest: int) -> None:
    if not 0 < to - from_ <= longest:
        raise BadInput("起止时间不对，或时段太长", field="to")


async def _looked(
    work: Work, camera: Camera, device: Device, action: Action, reason: str | None
) -> None:
    await record(
        work,
        action=action,
        subject_kind="device",
        subject_id=camera.id,
        subject_title=f"{device.title}（{device.code}）",
        reason=reason,
        estate_id=camera.estate_id,
    )
    await looked(
        work,
        LookDraft(
            what=What.RECORDING if action is Action.RECORDING_SEEN else What.PICTURE,
            subject_kind="camera",
            subject_id=camera.id,
            subject_title=f"{device.title}（{device.code}）",
            reason=reason,
            estate_id=camera.estate_id,
        ),
    )
