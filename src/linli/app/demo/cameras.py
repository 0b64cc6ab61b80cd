"""The demo's cameras, their node and the wall one of them watches, as `cameras_yg.json` says."""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import msgspec

from linli.directory.places.contracts import Estate
from linli.kernel.time import SHANGHAI
from linli.kernel.work import Work
from linli.scenes.falling_objects.contracts import Corner, FacadeDraft
from linli.scenes.falling_objects.public import calibrate
from linli.sensing.devices.contracts import Credential, Registration
from linli.sensing.devices.public import register_device
from linli.sensing.vision.contracts import Polygon
from linli.sensing.vision.plan import Duty, SourceKind
from linli.sensing.vision.public import (
    CameraSettings,
    SignDraft,
    SourceDraft,
    add_camera,
    put_up_sign,
)
from linli.support.sealing.ports import Cipher

DRIVER = "linli_native"
FILMS = "footage"


class NodePlan(msgspec.Struct, frozen=True):
    """The node: its device code and title, and the room it stands in."""

    code: str
    title: str
    room: str


class SignPlan(msgspec.Struct, frozen=True):
    """The sign beside a camera."""

    sign_text: str
    place: str
    purpose: str
    legal_basis: str
    answers: str
    phone: str


class FacadePlan(msgspec.Struct, frozen=True):
    """A wall as the camera sees it."""

    building: str
    title: str
    corners: tuple[Corner, Corner, Corner, Corner]
    storeys: int
    ground_storey: int
    columns: int
    storey_height_m: float
    width_m: float


class CameraPlan(msgspec.Struct, frozen=True):
    """A camera; `film` is the file it shows, made by the simulator."""

    code: str
    kind: str
    title: str
    place: str | None
    film: str
    work: tuple[Duty, ...]
    blind: tuple[Polygon, ...]
    sign: SignPlan
    facades: tuple[FacadePlan, ...]


class CamerasPlan(msgspec.Struct, frozen=True):
    """The node and its cameras."""

    node: NodePlan
    cameras: tuple[CameraPlan, ...]


def read_cameras() -> CamerasPlan:
    """The plan that ships with linli."""
    text = files("linli.app.demo").joinpath("cameras_yg.json").read_bytes()
    return msgspec.json.decode(text, type=CamerasPlan)


async def seed_cameras(
    work: Work, cipher: Cipher, estate: Estate, places: Mapping[str, UUID], films: Path
) -> Credential:
    """Register the node and its cameras; returns the node's credential."""
    plan = read_cameras()
    node = await register_device(
        work,
        Registration(
            estate_id=estate.id,
            place_id=places[plan.node.room],
            kind="site_gateway",
            title=plan.node.title,
            driver=DRIVER,
            code=plan.node.code,
        ),
    )
    if node.credential is None:
        raise LookupError("a site gateway has a credential")
    for camera in plan.cameras:
        await _camera(work, cipher, estate, places, camera, node.credential.connection_id, films)
    return node.credential


async def _camera(
    work: Work,
    cipher: Cipher,
    estate: Estate,
    places: Mapping[str, UUID],
    plan: CameraPlan,
    node_id: UUID,
    films: Path,
) -> None:
    registered, camera = await add_camera(
        work,
        cipher,
        Registration(
            estate_id=estate.id,
            place_id=places[plan.place] if plan.place else None,
            kind=plan.kind,
            title=plan.title,
            driver=DRIVER,
            code=f"{plan.code}-cam",
            connection_id=node_id,
            external_code=plan.code,
        ),
        SourceDraft(kind=SourceKind.FILE, url=str(films / plan.film), loop=True),
        CameraSettings(work=plan.work, blind=plan.blind, blind_judged=True),
    )
    sign = plan.sign
    today: date = work.now.astimezone(SHANGHAI).date()
    await put_up_sign(
        work,
        camera.id,
        SignDraft(
            sign_text=sign.sign_text,
            place=sign.place,
            purpose=sign.purpose,
            legal_basis=sign.legal_basis,
            answers=sign.answers,
            phone=sign.phone,
            put_up_on=today,
        ),
    )
    for facade in plan.facades:
        await calibrate(
            work,
            FacadeDraft(
                building_id=places[facade.building],
                camera_id=registered.device.id,
                title=facade.title,
                corners=facade.corners,
                storeys=facade.storeys,
                ground_storey=facade.ground_storey,
                columns=facade.columns,
                storey_height_m=facade.storey_height_m,
                width_m=facade.width_m,
            ),
        )
