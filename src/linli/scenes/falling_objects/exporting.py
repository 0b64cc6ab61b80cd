"""Exporting a fall as an evidence pack, inside the caller's transaction."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from linli.directory.places.public import estate_of, places_named
from linli.kernel.errors import BadInput, Refusal
from linli.kernel.work import Work
from linli.responding.incidents.contracts import Incident, StepDraft
from linli.responding.incidents.public import named as incidents_named
from linli.responding.incidents.public import tell_story
from linli.scenes.falling_objects import packing, store
from linli.scenes.falling_objects.contracts import Fall, Pack, PackedFile, Sighting
from linli.scenes.falling_objects.report import Told, report_of
from linli.scenes.falling_objects.service import RECORDINGS, fall_of
from linli.sensing.vision.public import TrackFile
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.files.contracts import Attachment
from linli.support.files.ports import Vault
from linli.support.files.public import begin_reading, contents_of, save_made, set_hold
from linli.support.signing.ports import Signer

SHORTEST_REASON = 4
ZIP = "application/zip"


class NothingToPack(Refusal):
    status = 409
    code = "nothing_to_pack"
    text = "这次抛物没有留下短片、截图或轨迹，无法导出"


@dataclass(frozen=True, slots=True)
class Desk:
    """What exporting needs beside the work."""

    vault: Vault
    signer: Signer
    installation: str


@dataclass(frozen=True, slots=True)
class _Taken:
    """One camera's part of the pack."""

    sighting: Sighting
    contents: dict[str, tuple[str, bytes]]
    track: TrackFile | None
    picture: bytes | None


async def export(work: Work, desk: Desk, fall_id: UUID, reason: str) -> Pack:
    """Make the signed pack of a fall, hold its files, and tell the incident's story.

    Raises NotFound, BadInput without a reason, NothingToPack; OSError when the vault is away.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise BadInput("导出证据请写明原因", field="reason")
    fall = await fall_of(work, fall_id)
    sightings = (await store.sightings(work.connection, [fall_id])).get(fall_id, ())
    taken = [
        await _take(work, desk.vault, sighting, number + 1)
        for number, sighting in enumerate(sightings)
    ]
    contents = {name: one for each in taken for name, one in each.contents.items()}
    if not contents:
        raise NothingToPack
    incident: Incident | None = None
    if fall.incident_id is not None:
        incident = (await incidents_named(work.connection, [fall.incident_id])).get(
            fall.incident_id
        )
    contents["origin.json"] = (
        "来源推算、可能的住户与排除的住户",
        msgspec.json.format(msgspec.json.encode(fall), indent=1),
    )
    files = [packing.packed(name, title, raw) for name, (title, raw) in contents.items()]
    told = await _told(work, desk, fall, incident, reason.strip(), taken, files)
    report = await asyncio.to_thread(report_of, fall, told)
    contents["report.pdf"] = ("报告", report)
    files.append(packing.packed("report.pdf", "报告", report))
    manifest = packing.manifest_bytes(
        packing.Manifest(
            format=packing.FORMAT,
            installation=desk.installation,
            fall_id=str(fall.id),
            incident=told.incident_code,
            made_at=work.now.isoformat(),
            made_by=work.actor.name,
            reason=reason.strip(),
            key_id=told.key_id,
            files=tuple(
                packing.ManifestFile(one.name, one.title, one.sha256, one.size) for one in files
            ),
        )
    )
    content = await asyncio.to_thread(
        packing.pack_of,
        manifest,
        desk.signer.sign(manifest),
        desk.signer.public_keys[0].raw,
        {name: raw for name, (_, raw) in contents.items()},
    )
    seen_by = Attachment(fall.estate_id, (RECORDINGS,))
    kept = await save_made(work, desk.vault, content, media_type=ZIP, seen_by=seen_by)
    pack = Pack(
        id=work.new_id(),
        fall_id=fall.id,
        file_id=kept.id,
        sha256=packing.packed("", "", content).sha256,
        key_id=told.key_id,
        made_at=work.now,
        made_by=work.actor.name,
        reason=reason.strip(),
    )
    await store.add_pack(work.connection, pack, fall.estate_id)
    for sighting in sightings:
        for file_id in (sighting.clip_id, sighting.still_id, sighting.track_id):
            if file_id is not None:
                await set_hold(work, file_id, hold=True)
    await _tell(work, fall, pack, told)
    return pack


async def _tell(work: Work, fall: Fall, pack: Pack, told: Told) -> None:
    await record(
        work,
        action=Action.EVIDENCE_EXPORTED,
        subject_kind="fall",
        subject_id=fall.id,
        subject_title=f"{told.estate_title} {told.building_title} 高空抛物",
        reason=pack.reason,
        estate_id=fall.estate_id,
    )
    if fall.incident_id is None:
        return
    listed = "；".join(f"{one.name} {one.sha256}" for one in told.files)
    await tell_story(
        work,
        fall.incident_id,
        StepDraft(
            kind="evidence",
            title="导出证据包",
            words=f"原因：{pack.reason}",
            detail={
                "pack_sha256": pack.sha256,
                "key_id": pack.key_id,
                "files_sha256": listed[:4000],
                "fall_id": str(fall.id),
            },
        ),
    )


async def _take(work: Work, vault: Vault, sighting: Sighting, number: int) -> _Taken:
    """Read what a camera left. What is lost by now is left out, and the manifest shows it."""
    stem = f"camera-{number}"
    wanted = (
        (sighting.clip_id, f"{stem}/clip.mp4", f"{sighting.camera_title} 原始短片"),
        (sighting.still_id, f"{stem}/still.jpg", f"{sighting.camera_title} 截图"),
        (sighting.track_id, f"{stem}/trajectory.json", f"{sighting.camera_title} 轨迹数据"),
    )
    contents: dict[str, tuple[str, bytes]] = {}
    there = await contents_of(work, [one for one, _, _ in wanted if one is not None])
    for file_id, name, title in wanted:
        if file_id is None or file_id not in there:
            continue
        reading = await begin_reading(work, vault, file_id)
        contents[name] = (title, b"".join([part async for part in reading.parts()]))
    track = read_track(contents.get(f"{stem}/trajectory.json", ("", b""))[1])
    still = contents.get(f"{stem}/still.jpg")
    picture = None
    if still is not None:
        picture = await asyncio.to_thread(packing.annotated, still[1], sighting, track)
        contents[f"{stem}/annotated.jpg"] = (f"{sighting.camera_title} 标注图", picture)
    return _Taken(sighting, contents, track, picture)


def read_track(content: bytes) -> TrackFile | None:
    """The trajectory, when it is one this release reads."""
    try:
        return msgspec.json.decode(content, type=TrackFile)
    except msgspec.DecodeError:
        return None


async def _told(
    work: Work,
    desk: Desk,
    fall: Fall,
    incident: Incident | None,
    reason: str,
    taken: Sequence[_Taken],
    files: Sequence[PackedFile],
) -> Told:
    estate = await estate_of(work, fall.estate_id)
    places = await places_named(work, [fall.building_id] if fall.building_id else [])
    building = places.get(fall.building_id) if fall.building_id else None
    key = desk.signer.public_keys[0]
    return Told(
        estate_title=estate.title,
        building_title=building.path if building else "",
        incident_code=incident.code if incident else "",
        incident_line=incident.line if incident else "",
        made_at=work.now,
        made_by=work.actor.name,
        reason=reason,
        key_id=key.id,
        public_key=base64.b64encode(key.raw).decode(),
        installation=desk.installation,
        sightings=tuple(one.sighting for one in taken),
        seen_words=tuple(_track_words(one.track) for one in taken),
        files=tuple(files),
        pictures=tuple(one.picture for one in taken if one.picture is not None),
    )


def _track_words(track: TrackFile | None) -> tuple[str, ...]:
    if track is None:
        return ("没有轨迹数据。",)
    fallen = track.fallen
    seen = f"轨迹 {len(fallen.points)} 个点，物体约 {fallen.size_px:.1f} 像素"
    words = [f"{seen}，画面 {track.width}×{track.height}，{track.fps:g} 帧/秒"]
    if fallen.fit is not None:
        fit = fallen.fit
        words.append(
            f"拟合加速度 {fit.acceleration_m_s2:.2f} 米/秒²，残差 {fit.residual_px:.2f} 像素，"
            f"起点高度 {fit.release_height_m:.1f}±{fit.height_error_m:.1f} 米"
        )
    error = track.clock_error_ms
    words.append("时钟误差：" + ("未知" if error is None else f"不超过 {abs(error):.0f} 毫秒"))
    software = "，".join(f"{name} {version}" for name, version in sorted(track.software.items()))
    settings = "，".join(f"{name}={value}" for name, value in sorted(track.settings.items()))
    words.append(f"软件版本：{software or '未注明'}")
    words.append(f"识别设置：{settings or '未注明'}")
    return tuple(words)
