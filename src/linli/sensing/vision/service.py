"""Verbs of cameras, inside the caller's transaction."""

import base64
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from linli.kernel.errors import BadInput, NotFound, Refusal, StaleVersion
from linli.kernel.work import Work
from linli.sensing.devices.contracts import (
    Connection,
    ConnectionKind,
    Device,
    DeviceFilter,
    Registered,
    Registration,
)
from linli.sensing.devices.public import (
    command_device,
    connection_of,
    device_of,
    devices_named,
    devices_of_kinds,
    list_devices,
    put_behind,
    register_device,
    sign_in,
)
from linli.sensing.vision import policy, store
from linli.sensing.vision.cameras import (
    Camera,
    CameraSettings,
    Node,
    Sign,
    SignDraft,
    SourceDraft,
)
from linli.sensing.vision.events import CameraChanged
from linli.sensing.vision.plan import CameraPlan, Source, VisionPlan
from linli.sensing.vision.ports import Facades
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files.contracts import Attachment
from linli.support.files.public import attach
from linli.support.sealing.ports import Cipher

BINDING = "sensing_camera.source"
SEE = "see_cameras"
NODE_KIND = "site_gateway"
DRIVER = "linli_native"
TOLD_WITHIN = timedelta(seconds=20)


class NoNode(Refusal):
    """Nobody runs this camera now."""

    status = 503
    code = "node_away"
    text = "运行这台摄像机的视觉节点没有响应"


async def camera_of(work: Work, camera_id: UUID) -> Camera:
    """The camera. Raises NotFound."""
    found = await store.cameras(work.connection, [camera_id])
    if camera_id not in found:
        raise NotFound
    return found[camera_id]


async def cameras_named(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Camera]:
    """Cameras by id; those out of sight are missing."""
    return await store.cameras(work.connection, ids) if ids else {}


async def all_cameras(work: Work, estate_id: UUID | None = None) -> Sequence[Camera]:
    """Every camera in sight, of one estate or of all."""
    return tuple((await store.cameras(work.connection, estate_id=estate_id)).values())


async def not_set_up(work: Work) -> Sequence[Device]:
    """Devices that are cameras by kind and stand behind a node, and have no settings yet."""
    devices = await devices_of_kinds(work, policy.CAMERA_KINDS)
    there = await store.cameras(work.connection)
    return [one for one in devices if one.id not in there and one.external_code is not None]


async def set_up(
    work: Work, cipher: Cipher, device_id: UUID, source: SourceDraft, settings: CameraSettings
) -> Camera:
    """Make a registered device a camera that its node runs. Raises NotFound, BadInput."""
    device = await device_of(work, device_id)
    if device.kind not in policy.CAMERA_KINDS or device.external_code is None:
        raise BadInput("只有挂在视觉节点下的摄像机才能设置取流", field="device_id")
    policy.check_source(source)
    policy.check_settings(settings, device.kind, work.now)
    camera = Camera(
        id=device.id,
        estate_id=device.estate_id,
        source_kind=source.kind,
        source_shown=policy.shown(source.url),
        source_loop=source.loop,
        settings=settings,
        version=1,
        changed_at=work.now,
    )
    sealed = cipher.seal(source.url, binding=BINDING)
    if not await store.add_camera(work.connection, camera, sealed):
        raise BadInput("这台摄像机已经设置过", field="device_id")
    await _changed(work, camera, device)
    return camera


async def add_camera(
    work: Work,
    cipher: Cipher,
    registration: Registration,
    source: SourceDraft,
    settings: CameraSettings,
) -> tuple[Registered, Camera]:
    """Register a camera behind a node and set it up in one go. Raises BadInput, NotFound."""
    registered = await register_device(work, registration)
    return registered, await set_up(work, cipher, registered.device.id, source, settings)


async def change_camera(
    work: Work,
    cipher: Cipher,
    camera_id: UUID,
    settings: CameraSettings,
    *,
    source: SourceDraft | None,
    expected_version: int,
) -> Camera:
    """Give a camera other settings, and another source when one is given.

    Raises NotFound, StaleVersion, BadInput.
    """
    found = await store.cameras(work.connection, [camera_id], lock=True)
    if camera_id not in found:
        raise NotFound
    before = found[camera_id]
    if before.version != expected_version:
        raise StaleVersion
    device = await device_of(work, camera_id)
    policy.check_settings(settings, device.kind, work.now)
    after = replace(before, settings=settings, version=before.version + 1, changed_at=work.now)
    sealed: bytes | None = None
    if source is not None:
        policy.check_source(source)
        sealed = cipher.seal(source.url, binding=BINDING)
        after = replace(
            after,
            source_kind=source.kind,
            source_shown=policy.shown(source.url),
            source_loop=source.loop,
        )
    await store.change_camera(work.connection, after, sealed)
    await _changed(work, after, device)
    return after


async def assign(work: Work, camera_id: UUID, node_id: UUID) -> None:
    """Let another node run the camera. Raises NotFound, BadInput."""
    camera = await camera_of(work, camera_id)
    device = await put_behind(work, camera_id, node_id)
    await _changed(work, camera, device)


async def _changed(work: Work, camera: Camera, device: Device) -> None:
    work.outbox.add(
        CameraChanged(
            estate_id=camera.estate_id,
            happened_at=work.now,
            camera_id=camera.id,
            version=camera.version,
        )
    )
    await record(
        work,
        action=Action.CAMERA_CHANGED,
        subject_kind="device",
        subject_id=camera.id,
        subject_title=f"{device.title}（{device.code}）",
        estate_id=camera.estate_id,
    )
    if device.connection_id is not None:
        await tell_node(work, device.connection_id)


async def tell_node(work: Work, node_id: UUID) -> None:
    """Let a node fetch its plan at once; it comes for it anyway within seconds."""
    page = await list_devices(work, DeviceFilter(connection_id=node_id), most=200)
    for device in page.devices:
        if device.external_code is None and device.kind == NODE_KIND:
            with suppress(Refusal):
                await command_device(work, device.id, "plan_changed", {}, expires_in=TOLD_WITHIN)


async def put_up_sign(work: Work, camera_id: UUID, draft: SignDraft) -> Sign:
    """Record the sign beside a camera. Raises NotFound, BadInput."""
    policy.check_sign(draft)
    camera = await camera_of(work, camera_id)
    sign = Sign(
        id=work.new_id(),
        camera_id=camera_id,
        draft=draft,
        recorded_at=work.now,
        recorded_by=work.actor.name,
    )
    if draft.photo_id is not None:
        await attach(work, [draft.photo_id], Attachment(camera.estate_id, (SEE,)))
    await store.put_up(work.connection, sign, camera.estate_id)
    await _changed(work, camera, await device_of(work, camera_id))
    return sign


async def signs_of(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Sign]:
    """The signs that hang now, by camera."""
    return await store.signs(work.connection, ids) if ids else {}


async def signs_before(work: Work, camera_id: UUID) -> Sequence[Sign]:
    """Signs that hung before, the newest first."""
    return await store.signs_before(work.connection, camera_id)


# Nodes


async def nodes_of(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Node]:
    """Nodes that have asked for their plan, by their connection."""
    return await store.nodes(work.connection, ids) if ids else {}


async def nodes_in(work: Work, estate_id: UUID | None = None) -> Sequence[Node]:
    """Every node in sight, of one estate or of all."""
    return await store.nodes_in(work.connection, estate_id)


async def node_at_door(work: Work, code: str, token: str) -> Connection | None:
    """The site gateway whose credential this is; None when it is nobody's."""
    found = await sign_in(work, code, token)
    return found if found is not None and found.kind is ConnectionKind.SITE_GATEWAY else None


async def plan_of(
    work: Work,
    cipher: Cipher,
    facades: Facades,
    node: Connection,
    *,
    view_key: bytes,
    address: str | None,
) -> VisionPlan:
    """What a node is to do now; that it asked, and from where it can be reached, is noted."""
    page = await list_devices(work, DeviceFilter(connection_id=node.id), most=500)
    devices = {one.id: one for one in page.devices if one.kind in policy.CAMERA_KINDS}
    cameras = await store.cameras(work.connection, devices)
    sealed = await store.sealed_sources(work.connection, cameras)
    seen = await facades.of_cameras(work, cameras)
    plans: list[CameraPlan] = []
    for camera_id in sorted(cameras):
        camera, device = cameras[camera_id], devices[camera_id]
        settings = camera.settings
        source = Source(
            kind=camera.source_kind,
            url=cipher.open(sealed[camera_id], binding=BINDING),
            loop=camera.source_loop,
        )
        plans.append(
            CameraPlan(
                code=device.external_code or device.code,
                device_id=str(camera_id),
                title=device.title,
                source=source,
                work=settings.work,
                masks=settings.masks,
                blind=settings.blind,
                record=settings.record,
                clip=settings.clip,
                facades=seen.get(camera_id, ()),
                sensitivity=settings.sensitivity,
                confidence=settings.confidence,
                priority=settings.priority,
            )
        )
    version = policy.plan_version(view_key, plans)
    await store.note_node(
        work.connection,
        Node(
            connection_id=node.id,
            estate_id=node.estate_id,
            address=policy.node_address(address) if address else None,
            plan_version=version,
            asked_at=work.now,
        ),
    )
    return VisionPlan(
        version=version, view_key=base64.b64encode(view_key).decode(), cameras=tuple(plans)
    )


async def way_to(work: Work, camera: Camera) -> tuple[Device, Node]:
    """The camera's device and the node that runs it now.

    Raises NoNode when none does.
    """
    found = await devices_named(work, [camera.id])
    device = found.get(camera.id)
    if device is None or device.connection_id is None:
        raise NoNode
    nodes = await store.nodes(work.connection, [device.connection_id])
    node = nodes.get(device.connection_id)
    if node is None or node.address is None or policy.is_silent(node, work.now):
        raise NoNode(remedy="请检查节点的电源和网络，或把摄像机改由其他节点运行")
    return device, node


async def connection_named(work: Work, node_id: UUID) -> Connection:
    """The connection of a node. Raises NotFound."""
    return await connection_of(work, node_id)
