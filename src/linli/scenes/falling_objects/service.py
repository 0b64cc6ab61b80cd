"""Verbs of façades and falls, inside the caller's transaction."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from linli.directory.places.contracts import Place, PlaceKind
from linli.directory.places.public import place_of, places_in, places_named
from linli.kernel.errors import BadInput, NotFound, StaleVersion
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Finding, Severity
from linli.responding.incidents.contracts import Incident, StepDraft
from linli.responding.incidents.public import tell_story
from linli.responding.rules.contracts import SensedEvent
from linli.scenes.falling_objects import policy, store
from linli.scenes.falling_objects.contracts import (
    Agreement,
    Band,
    FacadeDraft,
    Fall,
    Grade,
    KeptFacade,
    Sighting,
    Verdict,
    Window,
)
from linli.sensing.vision.contracts import Facade
from linli.sensing.vision.public import camera_of
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files.contracts import Attachment, FileKind
from linli.support.files.public import attach, describe

EVENT = "falling_object"
RULE = "falling_object"
CLIP_EVENT = "falling_object_clip"
RECORDINGS = "see_recordings"
LONGEST_EVENT_ID = 64
_NUMBER = re.compile(r"-?\d+")


# Façades


async def homes_of(work: Work, building: Place) -> tuple[policy.HomeAt, ...]:
    """The homes of a building: on which storey, and which on it, as people count."""
    places = await places_in(work, building.estate_id)
    inside = [one for one in places if building.id in one.path_ids]
    storeys = {one.id: _storey(one) for one in inside if one.kind is PlaceKind.FLOOR}
    counted: dict[int, int] = {}
    homes: list[policy.HomeAt] = []
    for one in inside:
        storey = storeys.get(one.parent_id) if one.parent_id else None
        if one.kind is not PlaceKind.HOME or storey is None:
            continue
        order = counted.get(storey, 0)
        counted[storey] = order + 1
        homes.append(policy.HomeAt(one.id, one.path, storey, order))
    return tuple(homes)


def _storey(floor: Place) -> int | None:
    found = _NUMBER.search(floor.title)
    return int(found.group()) if found else None


async def building_of(work: Work, building_id: UUID) -> Place:
    """The building. Raises NotFound, BadInput when the place is none."""
    building = await place_of(work, building_id)
    if building.kind is not PlaceKind.BUILDING:
        raise BadInput("请选择一栋楼", field="building_id")
    return building


async def facades(
    work: Work,
    *,
    ids: Collection[UUID] | None = None,
    camera_id: UUID | None = None,
    building_id: UUID | None = None,
    estate_id: UUID | None = None,
) -> Sequence[KeptFacade]:
    """Calibrated façades in sight."""
    return await store.facades(
        work.connection,
        ids=ids,
        cameras=None if camera_id is None else [camera_id],
        building_id=building_id,
        estate_id=estate_id,
    )


async def facade_of(work: Work, facade_id: UUID) -> KeptFacade:
    """The façade. Raises NotFound."""
    found = await store.facades(work.connection, ids=[facade_id])
    if not found:
        raise NotFound
    return found[0]


async def windows_of(work: Work, ids: Collection[UUID]) -> Mapping[UUID, tuple[Window, ...]]:
    """What lies behind the windows, by façade."""
    return await store.windows(work.connection, ids)


async def calibrate(work: Work, draft: FacadeDraft) -> KeptFacade:
    """Add a façade and guess which home lies behind which window. Raises BadInput, NotFound."""
    policy.check_facade(draft)
    building = await building_of(work, draft.building_id)
    camera = await camera_of(work, draft.camera_id)
    if camera.estate_id != building.estate_id:
        raise BadInput("摄像机和楼栋不在同一个小区", field="building_id")
    facade = KeptFacade(
        id=work.new_id(),
        estate_id=building.estate_id,
        draft=draft,
        version=1,
        changed_at=work.now,
        changed_by=work.actor.name,
    )
    await store.add_facade(work.connection, facade)
    guessed = policy.windows_by_position(draft, await homes_of(work, building))
    await store.put_windows(work.connection, facade, guessed)
    await _audited(work, facade, building)
    return facade


async def recalibrate(
    work: Work, facade_id: UUID, draft: FacadeDraft, *, expected_version: int
) -> KeptFacade:
    """Change a façade; corrected windows stay. Raises NotFound, StaleVersion, BadInput."""
    policy.check_facade(draft)
    found = await store.facades(work.connection, ids=[facade_id], lock=True)
    if not found:
        raise NotFound
    before = found[0]
    if before.version != expected_version:
        raise StaleVersion
    building = await building_of(work, draft.building_id)
    if building.estate_id != before.estate_id or draft.camera_id != before.draft.camera_id:
        raise BadInput("标定的摄像机和小区不能改，请另建一面墙", field="camera_id")
    after = replace(
        before,
        draft=draft,
        version=before.version + 1,
        changed_at=work.now,
        changed_by=work.actor.name,
    )
    await store.change_facade(work.connection, after)
    standing = (await store.windows(work.connection, [facade_id])).get(facade_id, ())
    same_building = draft.building_id == before.draft.building_id
    guessed = policy.windows_by_position(draft, await homes_of(work, building))
    kept = policy.with_corrections(guessed, standing if same_building else (), draft)
    await store.put_windows(work.connection, after, kept)
    await _audited(work, after, building)
    return after


async def correct_windows(
    work: Work, facade_id: UUID, corrections: Sequence[Window], *, expected_version: int
) -> KeptFacade:
    """Say what really lies behind some windows. Raises NotFound, StaleVersion, BadInput."""
    found = await store.facades(work.connection, ids=[facade_id], lock=True)
    if not found:
        raise NotFound
    facade = found[0]
    if facade.version != expected_version:
        raise StaleVersion
    building = await building_of(work, facade.draft.building_id)
    homes = {home.home_id for home in await homes_of(work, building)}
    standing = {
        (one.storey, one.column): one
        for one in (await store.windows(work.connection, [facade_id])).get(facade_id, ())
    }
    for one in corrections:
        if (one.storey, one.column) not in standing:
            raise BadInput("墙上没有这扇窗", field="windows")
        if one.home_id is not None and one.home_id not in homes:
            raise BadInput("这一户不在这栋楼里", field="windows")
        standing[(one.storey, one.column)] = replace(one, corrected=True)
    after = replace(
        facade, version=facade.version + 1, changed_at=work.now, changed_by=work.actor.name
    )
    await store.change_facade(work.connection, after)
    await store.put_windows(work.connection, after, tuple(standing.values()))
    await _audited(work, after, building)
    return after


async def remove_facade(work: Work, facade_id: UUID) -> None:
    """Take a façade down; falls seen on it keep their copy. Raises NotFound."""
    facade = await facade_of(work, facade_id)
    await store.remove_facade(work.connection, facade_id, work.now)
    await _audited(work, facade, await building_of(work, facade.draft.building_id))


async def _audited(work: Work, facade: KeptFacade, building: Place) -> None:
    await record(
        work,
        action=Action.FACADE_CHANGED,
        subject_kind="facade",
        subject_id=facade.id,
        subject_title=f"{building.path} {facade.draft.title}",
        estate_id=facade.estate_id,
    )


class CalibratedFacades:
    """Fills vision's port: what each camera's node needs to know of the walls in its picture."""

    async def of_cameras(
        self, work: Work, camera_ids: Collection[UUID]
    ) -> Mapping[UUID, tuple[Facade, ...]]:
        """By camera."""
        found: dict[UUID, list[Facade]] = {}
        for facade in await store.facades(work.connection, cameras=camera_ids):
            found.setdefault(facade.draft.camera_id, []).append(as_seen(facade))
        return {camera_id: tuple(there) for camera_id, there in found.items()}


def as_seen(facade: KeptFacade) -> Facade:
    """A façade as nodes and the engine know it."""
    draft = facade.draft
    return Facade(
        id=str(facade.id),
        building_id=str(draft.building_id),
        corners=draft.corners,
        storeys=draft.storeys,
        ground_storey=draft.ground_storey,
        columns=draft.columns,
        storey_height_m=draft.storey_height_m,
        width_m=draft.width_m,
        error_px=draft.error_px,
    )


# Falls


async def read_finding(work: Work, finding: Finding, event: SensedEvent) -> Finding:
    """Keep what a camera saw, and say in the finding where it came from and how sure that is.

    A fall that another camera of the building told of seconds ago is the same fall: then the
    finding joins its incident.
    """
    sighting = await _sighting(work, event)
    building_id = sighting.facade.building_id if sighting.facade else None
    fall = await _fall_of(work, sighting, building_id)
    told = policy.what_of(sighting, fall.verdict)
    severity = Severity.CRITICAL if sighting.grade is Grade.CONFIRMED else Severity.WARNING
    pictures = tuple(one for one in (sighting.still_id,) if one is not None)
    return replace(
        finding,
        what=told,
        severity=severity,
        place_id=building_id or finding.place_id,
        evidence=pictures,
        joins=fall.incident_id,
    )


async def settle(work: Work, event: SensedEvent, incident: Incident) -> None:
    """Remember to which incident a fall belongs; tell the story what cameras say together."""
    fall_id = await store.known_sighting(work.connection, event.device.id, _event_id(event))
    if fall_id is None:
        return
    [fall] = await store.falls(work.connection, ids=[fall_id])
    if fall.incident_id is None:
        await store.change_fall(work.connection, replace(fall, incident_id=incident.id))
    verdict = fall.verdict
    if verdict.agreement is Agreement.SINGLE:
        return
    await tell_story(
        work,
        incident.id,
        StepDraft(
            kind="fall",
            title=verdict.agreement.words,
            words=verdict.words,
            actor_name=event.device.title,
            actor_kind="device",
            detail={"fall_id": str(fall.id)},
        ),
    )


async def add_evidence(work: Work, event: SensedEvent) -> None:
    """The film follows its alarm by seconds: add it to what its camera saw, and tell the story."""
    said = dict(event.fields)
    of = said.get("of")
    if not isinstance(of, str):
        return
    fall_id = await store.known_sighting(work.connection, event.device.id, of)
    if fall_id is None:
        return
    [fall] = await store.falls(work.connection, ids=[fall_id])
    seen = (await store.sightings(work.connection, [fall_id]))[fall_id]
    before = next(one for one in seen if one.camera_id == event.device.id and one.event_id == of)
    files = await describe(work, event.evidence)
    by_kind = {files[one].kind: one for one in reversed(event.evidence) if one in files}
    hidden = [one for kind, one in by_kind.items() if kind is not FileKind.PHOTO]
    await attach(work, hidden, Attachment(event.device.estate_id, (RECORDINGS,)))
    missing = said.get("missing")
    after = replace(
        before,
        clip_id=before.clip_id or by_kind.get(FileKind.VIDEO),
        still_id=before.still_id or by_kind.get(FileKind.PHOTO),
        track_id=before.track_id or by_kind.get(FileKind.RECORD),
        clip_from=_moment(said.get("clip_from")) or before.clip_from,
        missing=missing if isinstance(missing, str) else before.missing,
    )
    if after == before:
        return
    await store.change_sighting(work.connection, after)
    await store.change_fall(work.connection, replace(fall, version=fall.version + 1))
    if fall.incident_id is not None:
        title = "短片已保存" if after.clip_id else "没有留下短片"
        await tell_story(
            work,
            fall.incident_id,
            StepDraft(
                kind="fall",
                title=title,
                words=after.missing,
                actor_name=event.device.title,
                actor_kind="device",
                detail={"fall_id": str(fall.id)},
            ),
        )


async def _fall_of(work: Work, sighting: Sighting, building_id: UUID | None) -> Fall:
    """The fall this sighting belongs to, with what all its cameras say together."""
    joined: Fall | None = None
    if building_id is not None:
        await store.lock_building(work.connection, building_id)
        near = await store.falls_near(
            work.connection, building_id, sighting.released_at, policy.JOIN_WITHIN
        )
        joined = await _joinable(work, near, sighting)
    if joined is None:
        fall = Fall(
            id=sighting.fall_id,
            estate_id=sighting.estate_id,
            building_id=building_id,
            incident_id=None,
            grade=sighting.grade,
            released_at=sighting.released_at,
            impact_at=sighting.impact_at,
            verdict=await _verdict(work, building_id, [sighting]),
            version=1,
        )
        await store.add_fall(work.connection, fall)
        await store.add_sighting(work.connection, sighting)
        return fall
    await store.add_sighting(work.connection, replace(sighting, fall_id=joined.id))
    seen = (await store.sightings(work.connection, [joined.id]))[joined.id]
    fall = replace(
        joined,
        grade=policy.grade_of(one.grade for one in seen),
        verdict=await _verdict(work, building_id, seen),
        impact_at=max(joined.impact_at, sighting.impact_at),
        version=joined.version + 1,
    )
    await store.change_fall(work.connection, fall)
    return fall


async def _joinable(work: Work, near: Sequence[Fall], sighting: Sighting) -> Fall | None:
    """The nearest fall that this very camera has not told of: one camera's second is another."""
    seen = await store.sightings(work.connection, [fall.id for fall in near])
    for fall in near:
        if all(one.camera_id != sighting.camera_id for one in seen.get(fall.id, ())):
            return fall
    return None


async def _verdict(work: Work, building_id: UUID | None, sightings: Sequence[Sighting]) -> Verdict:
    views = [
        policy.View(one.camera_title, one.facade_id, one.band, one.windows)
        for one in sightings
        if one.facade_id is not None and one.band is not None
    ]
    titles: dict[UUID, str] = {}
    if building_id is not None:
        building = (await places_named(work, [building_id])).get(building_id)
        if building is not None:
            titles = {home.home_id: home.title for home in await homes_of(work, building)}
    return policy.verdict_of(views, titles)


async def _sighting(work: Work, event: SensedEvent) -> Sighting:
    """What the event says, with the calibration as it is now."""
    said = dict(event.fields)
    facade = await _facade_said(work, said.get("facade"))
    storey, column = _whole(said.get("storey")), _whole(said.get("column"))
    band = _band(said, storey, column) if facade is not None else None
    files = await describe(work, event.evidence)
    by_kind = {files[one].kind: one for one in reversed(event.evidence) if one in files}
    hidden = [one for kind, one in by_kind.items() if kind is not FileKind.PHOTO]
    await attach(work, hidden, Attachment(event.device.estate_id, (RECORDINGS,)))
    impact_at = _moment(said.get("impact_at")) or event.observed_at
    windows: tuple[Window, ...] = ()
    if facade is not None:
        windows = (await store.windows(work.connection, [facade.id])).get(facade.id, ())
    return Sighting(
        id=work.new_id(),
        fall_id=work.new_id(),
        estate_id=event.device.estate_id,
        camera_id=event.device.id,
        camera_title=event.device.title,
        event_id=_event_id(event),
        observed_at=event.observed_at,
        received_at=event.received_at,
        released_at=_moment(said.get("released_at")) or impact_at,
        impact_at=impact_at,
        grade=Grade.SUSPECTED if said.get("grade") == Grade.SUSPECTED else Grade.CONFIRMED,
        reasons=policy.read_reasons(said.get("reasons")),
        confidence=_number(said.get("confidence")),
        facade_id=facade.id if facade else None,
        facade=facade.draft if facade else None,
        storey=storey,
        column=column,
        band=band,
        windows=windows,
        clip_id=by_kind.get(FileKind.VIDEO),
        still_id=by_kind.get(FileKind.PHOTO),
        track_id=by_kind.get(FileKind.RECORD),
    )


def _event_id(event: SensedEvent) -> str:
    """The camera's own name of the event, or one made of what it says."""
    if event.external_id:
        return event.external_id[:LONGEST_EVENT_ID]
    told = (event.observed_at.isoformat(), *map(str, event.evidence), *map(str, event.fields))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


async def _facade_said(work: Work, said: object) -> KeptFacade | None:
    if not isinstance(said, str):
        return None
    try:
        facade_id = UUID(said)
    except ValueError:
        return None
    found = await store.facades(work.connection, ids=[facade_id])
    return found[0] if found else None


def _band(said: Mapping[str, object], storey: int | None, column: int | None) -> Band | None:
    if storey is None or column is None:
        return None

    def bound(name: str, otherwise: int) -> int:
        value = _whole(said.get(name))
        return otherwise if value is None else value

    return Band(
        storey_low=min(bound("storey_low", storey), storey),
        storey_high=max(bound("storey_high", storey), storey),
        column_low=min(bound("column_low", column), column),
        column_high=max(bound("column_high", column), column),
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else round(number)


def _moment(value: object) -> datetime | None:
    number = _number(value)
    if number is None:
        return None
    try:
        return datetime.fromtimestamp(number / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


async def fall_of(work: Work, fall_id: UUID) -> Fall:
    """The fall. Raises NotFound."""
    found = await store.falls(work.connection, ids=[fall_id])
    if not found:
        raise NotFound
    return found[0]
