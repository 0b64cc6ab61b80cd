"""Façades and falls over HTTP: calibration, coverage, replay, evidence packs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID, uuid5

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from linli.directory.modules.contracts import Module
from linli.directory.modules.public import require_on
from linli.directory.places.contracts import Place, PlaceKind
from linli.directory.places.public import places_in, places_named
from linli.kernel.errors import BadInput, NotFound
from linli.kernel.web import CurrentWork, require, router
from linli.kernel.work import Work
from linli.responding.incidents.public import named as incidents_named
from linli.scenes.falling_objects import exporting, policy, service, store
from linli.scenes.falling_objects.contracts import (
    Agreement,
    Band,
    Corner,
    FacadeDraft,
    Fall,
    Grade,
    KeptFacade,
    Sighting,
    Window,
)
from linli.sensing.devices.public import devices_named
from linli.sensing.vision.contracts import REASON_TEXTS, Reason
from linli.sensing.vision.public import all_cameras
from linli.support.audit.contracts import Action
from linli.support.audit.public import Lately, record
from linli.support.files.ports import Vault
from linli.support.looks.contracts import LookDraft, What
from linli.support.looks.public import looked
from linli.support.signing.ports import Signer

facades_api = router("/api/facades", tag="falling objects")
api = router("/api/falls", tag="falling objects")

SEE = "see_cameras"
MANAGE = "manage_cameras"
SHORTEST_REASON = 2


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class Named(Shape):
    """Something with a name."""

    id: UUID
    title: str


class FacadeRequest(Shape):
    """A façade as a camera sees it; corners in fractions of the picture, lengths in metres.

    Corners: top left, top right, bottom right, bottom left. `mirrored`: the building's first home
    lies on the right.
    """

    building_id: UUID
    camera_id: UUID
    title: Annotated[str, Field(max_length=40)]
    corners: tuple[Corner, Corner, Corner, Corner]
    storeys: int
    ground_storey: int = 1
    columns: int
    storey_height_m: float
    width_m: float
    error_px: float = 1.5
    mirrored: bool = False


class FacadeChange(FacadeRequest):
    """A façade changed, and the version it was decided on."""

    expected_version: int


class WindowShape(Shape):
    """A window and what lies behind it; `home` is None where no home does (`label` says what)."""

    storey: int
    column: int
    home: Named | None
    label: str
    corrected: bool


class WindowRequest(Shape):
    """What really lies behind a window."""

    storey: int
    column: int
    home_id: UUID | None = None
    label: Annotated[str, Field(max_length=40)] = ""


class CorrectionRequest(Shape):
    """Corrections of windows."""

    windows: Annotated[list[WindowRequest], Field(max_length=2000)]
    expected_version: int


class FacadeShape(Shape):
    """A calibrated façade with its windows, from the lowest storey up."""

    id: UUID
    version: int
    building: Named
    camera: Named
    title: str
    corners: tuple[Corner, Corner, Corner, Corner]
    storeys: int
    ground_storey: int
    columns: int
    storey_height_m: float
    width_m: float
    error_px: float
    mirrored: bool
    changed_at: datetime
    changed_by: str
    windows: list[WindowShape]


class HomeShape(Shape):
    """A home of a building and its storey."""

    id: UUID
    title: str
    storey: int


class CoverageShape(Shape):
    """What cameras see of a building: its calibrated façades and the homes none of them sees."""

    building: Named
    homes: int
    facades: list[Named]
    cameras: int
    unseen: list[HomeShape]


class BandShape(Shape):
    """Windows, both ends included."""

    storey_low: int
    storey_high: int
    column_low: int
    column_high: int


class PossibleShape(Shape):
    """A home from which it may have come; its windows in the band as (storey, column)."""

    home_id: UUID
    title: str
    windows: list[tuple[int, int]]


class ClearedShape(Shape):
    """A home from which it cannot have come, and why."""

    home_id: UUID
    title: str
    why: str


class FallRow(Shape):
    """A fall in a list."""

    id: UUID
    estate_id: UUID
    building: Named | None
    incident_id: UUID | None
    incident_code: str
    grade: Grade
    grade_title: str
    released_at: datetime
    impact_at: datetime
    words: str
    agreement: Agreement
    agreement_title: str
    cameras: list[str]
    possible: int
    cleared: int
    still_url: str | None


class FallList(Shape):
    """Falls, the newest first; `next_before` continues the list."""

    items: list[FallRow]
    next_before: datetime | None
    total: int


class SightingShape(Shape):
    """What one camera saw; `track_url` is a `TrackFile` (JSON), moments in it as it says."""

    id: UUID
    camera: Named
    grade: Grade
    grade_title: str
    reasons: list[str]
    confidence: float | None
    observed_at: datetime
    received_at: datetime
    released_at: datetime
    impact_at: datetime
    storey: int | None
    column: int | None
    band: BandShape | None
    facade: FacadeRequest | None
    windows: list[WindowShape]
    clip_url: str | None
    still_url: str | None
    track_url: str | None
    clip_from: datetime | None
    missing: str


class PackShape(Shape):
    """An exported pack."""

    id: UUID
    url: str
    sha256: str
    key_id: str
    made_at: datetime
    made_by: str
    reason: str


class FallShape(FallRow):
    """One fall with everything that is known."""

    sightings: list[SightingShape]
    possible_homes: list[PossibleShape]
    cleared_homes: list[ClearedShape]
    packs: list[PackShape]


class ReasonRequest(Shape):
    """Why somebody wants it."""

    reason: Annotated[str, Field(max_length=400)]


# Façades


@facades_api.get("")
async def list_facades(
    work: CurrentWork,
    camera_id: Annotated[UUID | None, Query()] = None,
    building_id: Annotated[UUID | None, Query()] = None,
) -> list[FacadeShape]:
    """Calibrated façades of a camera, a building, or all in sight."""
    require(work, SEE)
    found = await service.facades(work, camera_id=camera_id, building_id=building_id)
    return await _facades(work, found)


@facades_api.get("/homes")
async def list_homes(work: CurrentWork, building_id: Annotated[UUID, Query()]) -> list[HomeShape]:
    """The homes of a building, storey by storey, to choose from."""
    building = await service.building_of(work, building_id)
    require(work, SEE, building.estate_id)
    return [_home(home) for home in await service.homes_of(work, building)]


@facades_api.get("/coverage")
async def read_coverage(
    work: CurrentWork, estate_id: Annotated[UUID, Query()]
) -> list[CoverageShape]:
    """Building by building: which façades are calibrated, and which homes no camera sees."""
    require(work, SEE, estate_id)
    facades = await service.facades(work, estate_id=estate_id)
    cameras = {camera.id for camera in await all_cameras(work, estate_id)}
    watched = [facade for facade in facades if facade.draft.camera_id in cameras]
    windows = await service.windows_of(work, [facade.id for facade in watched])
    shapes: list[CoverageShape] = []
    for building in await places_in(work, estate_id, PlaceKind.BUILDING):
        own = [facade for facade in watched if facade.draft.building_id == building.id]
        homes = await service.homes_of(work, building)
        seen = [window for facade in own for window in windows.get(facade.id, ())]
        shapes.append(
            CoverageShape(
                building=Named(id=building.id, title=building.path),
                homes=len(homes),
                facades=[Named(id=facade.id, title=facade.draft.title) for facade in own],
                cameras=len({facade.draft.camera_id for facade in own}),
                unseen=[_home(home) for home in policy.unseen(homes, seen)],
            )
        )
    return shapes


@facades_api.get("/{facade_id}")
async def read_facade(work: CurrentWork, facade_id: UUID) -> FacadeShape:
    """One façade."""
    facade = await service.facade_of(work, facade_id)
    require(work, SEE, facade.estate_id)
    return await _facade(work, facade)


@facades_api.post("", status_code=201)
async def add_facade(work: CurrentWork, body: FacadeRequest) -> FacadeShape:
    """Calibrate a façade; windows are mapped to homes by position, to be corrected.

    409 where the module is off.
    """
    building = await service.building_of(work, body.building_id)
    require(work, MANAGE, building.estate_id)
    await require_on(work, building.estate_id, Module.FALLING_OBJECTS)
    return await _facade(work, await service.calibrate(work, _draft(body)))


@facades_api.put("/{facade_id}")
async def change_facade(work: CurrentWork, facade_id: UUID, body: FacadeChange) -> FacadeShape:
    """Calibrate a façade anew; corrected windows stay. 409 where the module is off."""
    facade = await service.facade_of(work, facade_id)
    require(work, MANAGE, facade.estate_id)
    await require_on(work, facade.estate_id, Module.FALLING_OBJECTS)
    changed = await service.recalibrate(
        work, facade_id, _draft(body), expected_version=body.expected_version
    )
    return await _facade(work, changed)


@facades_api.post("/{facade_id}/windows")
async def correct_windows(
    work: CurrentWork, facade_id: UUID, body: CorrectionRequest
) -> FacadeShape:
    """Say what really lies behind some windows. 409 where the module is off."""
    facade = await service.facade_of(work, facade_id)
    require(work, MANAGE, facade.estate_id)
    await require_on(work, facade.estate_id, Module.FALLING_OBJECTS)
    corrections = [
        Window(one.storey, one.column, one.home_id, one.label.strip(), corrected=True)
        for one in body.windows
    ]
    changed = await service.correct_windows(
        work, facade_id, corrections, expected_version=body.expected_version
    )
    return await _facade(work, changed)


@facades_api.delete("/{facade_id}", status_code=204)
async def remove_facade(work: CurrentWork, facade_id: UUID) -> None:
    """Take a façade down; falls seen on it keep their copy."""
    facade = await service.facade_of(work, facade_id)
    require(work, MANAGE, facade.estate_id)
    await service.remove_facade(work, facade_id)


# Falls


@api.get("")
async def list_falls(
    work: CurrentWork,
    incident_id: Annotated[UUID | None, Query()] = None,
    building_id: Annotated[UUID | None, Query()] = None,
    estate_id: Annotated[UUID | None, Query()] = None,
    before: Annotated[datetime | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> FallList:
    """Falls in sight, the newest first; of one incident (also merged ones), building or estate.

    409 for an estate where the module is off; an incident's falls go on to its end.
    """
    require(work, "see_incidents")
    if estate_id is not None and incident_id is None:
        await require_on(work, estate_id, Module.FALLING_OBJECTS)
    found = await store.falls(
        work.connection,
        incident_id=incident_id,
        building_id=building_id,
        estate_id=estate_id,
        before=before,
        most=limit + 1,
    )
    page = found[:limit]
    total = (
        len(found)
        if incident_id is not None
        else await store.count_falls(work.connection, estate_id=estate_id, building_id=building_id)
    )
    return FallList(
        items=await _rows(work, page),
        next_before=page[-1].impact_at if len(found) > limit else None,
        total=total,
    )


@api.post("/{fall_id}/replay")
async def replay(
    work: CurrentWork, request: Request, fall_id: UUID, body: ReasonRequest
) -> FallShape:
    """Open the evidence of a fall: films, trajectories, homes. Asks a reason, and is on record.

    The same look asked again within ten minutes, because the film has come, is one entry.
    """
    fall = await service.fall_of(work, fall_id)
    require(work, service.RECORDINGS, fall.estate_id)
    if len(body.reason.strip()) < SHORTEST_REASON:
        raise BadInput("查看证据请写明原因", field="reason")
    shape = await _fall(work, fall)
    if not _is_new_look(work, request, fall_id, body.reason.strip()):
        return shape
    await record(
        work,
        action=Action.EVIDENCE_SEEN,
        subject_kind="fall",
        subject_id=fall.id,
        subject_title=f"{shape.building.title if shape.building else ''} 高空抛物证据".strip(),
        reason=body.reason.strip(),
        estate_id=fall.estate_id,
    )
    await looked(
        work,
        LookDraft(
            what=What.EVIDENCE,
            subject_kind="fall",
            subject_id=fall.id,
            subject_title=f"{shape.building.title if shape.building else ''} 高空抛物证据".strip(),
            reason=body.reason.strip(),
            estate_id=fall.estate_id,
        ),
    )
    return shape


def _is_new_look(work: Work, request: Request, fall_id: UUID, reason: str) -> bool:
    lately: object = getattr(request.app.state, "falls_seen", None)
    if not isinstance(lately, Lately):
        lately = Lately()
        request.app.state.falls_seen = lately
    account_id = work.scope.account_id
    return account_id is None or lately.is_new(account_id, uuid5(fall_id, reason), work.now)


@api.post("/{fall_id}/pack", status_code=201)
async def export_pack(
    work: CurrentWork, request: Request, fall_id: UUID, body: ReasonRequest
) -> PackShape:
    """Make a signed zip of all evidence with a report (PDF). Asks a reason, and is on record."""
    fall = await service.fall_of(work, fall_id)
    require(work, service.RECORDINGS, fall.estate_id)
    signer: object = getattr(request.app.state, "signer", None)
    if signer is None:
        raise NotFound
    desk = exporting.Desk(
        vault=cast("Vault", request.app.state.vault),
        signer=cast("Signer", signer),
        installation="邻里 linli",
    )
    pack = await exporting.export(work, desk, fall_id, body.reason)
    return _pack(pack)


def _pack(pack: exporting.Pack) -> PackShape:
    return PackShape(
        id=pack.id,
        url=f"/api/files/{pack.file_id}",
        sha256=pack.sha256,
        key_id=pack.key_id,
        made_at=pack.made_at,
        made_by=pack.made_by,
        reason=pack.reason,
    )


def _draft(body: FacadeRequest) -> FacadeDraft:
    return FacadeDraft(
        building_id=body.building_id,
        camera_id=body.camera_id,
        title=body.title.strip(),
        corners=body.corners,
        storeys=body.storeys,
        ground_storey=body.ground_storey,
        columns=body.columns,
        storey_height_m=body.storey_height_m,
        width_m=body.width_m,
        error_px=body.error_px,
        mirrored=body.mirrored,
    )


def _home(home: policy.HomeAt) -> HomeShape:
    return HomeShape(id=home.home_id, title=home.title, storey=home.storey)


async def _facade(work: Work, facade: KeptFacade) -> FacadeShape:
    [shape] = await _facades(work, [facade])
    return shape


async def _facades(work: Work, facades: Sequence[KeptFacade]) -> list[FacadeShape]:
    windows = await service.windows_of(work, [one.id for one in facades])
    wanted = {one.draft.building_id for one in facades}
    wanted |= {w.home_id for there in windows.values() for w in there if w.home_id}
    places = await places_named(work, wanted)
    cameras = await devices_named(work, {one.draft.camera_id for one in facades})
    shapes: list[FacadeShape] = []
    for one in facades:
        draft = one.draft
        building, camera = places.get(draft.building_id), cameras.get(draft.camera_id)
        shapes.append(
            FacadeShape(
                id=one.id,
                version=one.version,
                building=Named(id=draft.building_id, title=building.path if building else ""),
                camera=Named(id=draft.camera_id, title=camera.title if camera else ""),
                title=draft.title,
                corners=draft.corners,
                storeys=draft.storeys,
                ground_storey=draft.ground_storey,
                columns=draft.columns,
                storey_height_m=draft.storey_height_m,
                width_m=draft.width_m,
                error_px=draft.error_px,
                mirrored=draft.mirrored,
                changed_at=one.changed_at,
                changed_by=one.changed_by,
                windows=_windows(windows.get(one.id, ()), places),
            )
        )
    return shapes


def _windows(windows: Sequence[Window], places: Mapping[UUID, Place]) -> list[WindowShape]:
    return [
        WindowShape(
            storey=one.storey,
            column=one.column,
            home=(
                Named(id=one.home_id, title=places[one.home_id].path)
                if one.home_id is not None and one.home_id in places
                else None
            ),
            label=one.label,
            corrected=one.corrected,
        )
        for one in windows
    ]


def _url(file_id: UUID | None) -> str | None:
    return None if file_id is None else f"/api/files/{file_id}"


async def _rows(work: Work, falls: Sequence[Fall]) -> list[FallRow]:
    sightings = await store.sightings(work.connection, [fall.id for fall in falls])
    places = await places_named(work, {fall.building_id for fall in falls if fall.building_id})
    incidents = await incidents_named(
        work.connection, {fall.incident_id for fall in falls if fall.incident_id}
    )
    rows: list[FallRow] = []
    for fall in falls:
        building = places.get(fall.building_id) if fall.building_id else None
        incident = incidents.get(fall.incident_id) if fall.incident_id else None
        seen = sightings.get(fall.id, ())
        verdict = fall.verdict
        rows.append(
            FallRow(
                id=fall.id,
                estate_id=fall.estate_id,
                building=Named(id=building.id, title=building.path) if building else None,
                incident_id=fall.incident_id,
                incident_code=incident.code if incident else "",
                grade=fall.grade,
                grade_title=fall.grade.words,
                released_at=fall.released_at,
                impact_at=fall.impact_at,
                words=verdict.words,
                agreement=verdict.agreement,
                agreement_title=verdict.agreement.words,
                cameras=[one.camera_title for one in seen],
                possible=len(verdict.possible),
                cleared=len(verdict.cleared),
                still_url=next((_url(one.still_id) for one in seen if one.still_id), None),
            )
        )
    return rows


async def _fall(work: Work, fall: Fall) -> FallShape:
    [row] = await _rows(work, [fall])
    sightings = (await store.sightings(work.connection, [fall.id])).get(fall.id, ())
    homes = {w.home_id for one in sightings for w in one.windows if w.home_id}
    places = await places_named(work, homes)
    return FallShape(
        **row.model_dump(),
        sightings=[_sighting(one, places) for one in sightings],
        possible_homes=[
            PossibleShape(home_id=one.home_id, title=one.title, windows=list(one.windows))
            for one in fall.verdict.possible
        ],
        cleared_homes=[
            ClearedShape(home_id=one.home_id, title=one.title, why=one.why)
            for one in fall.verdict.cleared
        ],
        packs=[_pack(one) for one in await store.packs(work.connection, fall.id)],
    )


def _sighting(one: Sighting, places: Mapping[UUID, Place]) -> SightingShape:
    band: Band | None = one.band
    return SightingShape(
        id=one.id,
        camera=Named(id=one.camera_id, title=one.camera_title),
        grade=one.grade,
        grade_title=one.grade.words,
        reasons=[_reason(code) for code in one.reasons],
        confidence=one.confidence,
        observed_at=one.observed_at,
        received_at=one.received_at,
        released_at=one.released_at,
        impact_at=one.impact_at,
        storey=one.storey,
        column=one.column,
        band=(
            BandShape(
                storey_low=band.storey_low,
                storey_high=band.storey_high,
                column_low=band.column_low,
                column_high=band.column_high,
            )
            if band
            else None
        ),
        facade=_facade_then(one.facade) if one.facade else None,
        windows=_windows(one.windows, places),
        clip_url=_url(one.clip_id),
        still_url=_url(one.still_id),
        track_url=_url(one.track_id),
        clip_from=one.clip_from,
        missing=one.missing,
    )


def _facade_then(draft: FacadeDraft) -> FacadeRequest:
    return FacadeRequest(
        building_id=draft.building_id,
        camera_id=draft.camera_id,
        title=draft.title,
        corners=draft.corners,
        storeys=draft.storeys,
        ground_storey=draft.ground_storey,
        columns=draft.columns,
        storey_height_m=draft.storey_height_m,
        width_m=draft.width_m,
        error_px=draft.error_px,
        mirrored=draft.mirrored,
    )


def _reason(code: str) -> str:
    try:
        return REASON_TEXTS[Reason(code)]
    except ValueError:
        return code
