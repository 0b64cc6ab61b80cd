"""From what a camera says to one incident, its evidence, and a pack that can be checked."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from PIL import Image
from sqlalchemy import text
from tests.support.demo import CIPHER, SeededDatabase
from tests.support.workshops import workshops_on

from linli.app.demo.entering import SeededWorld
from linli.app.doors.ports import admission_of
from linli.app.engine.roles import DatabaseUrls, connected
from linli.app.intake.absorbing import Absorber
from linli.app.intake.batches import Intake
from linli.directory.identity.public import resolve_scope
from linli.kernel.scope import Actor
from linli.kernel.work import Work, Workshop
from linli.scenes.falling_objects import exporting, packing, service, store
from linli.scenes.falling_objects.contracts import Agreement, FacadeDraft, Fall
from linli.sensing.devices.contracts import Registration
from linli.sensing.devices.public import DeviceRegister
from linli.sensing.gateway.contracts import Inbound
from linli.sensing.telemetry.public import Recorder
from linli.sensing.vision.contracts import FallenObject, FallFit, Grade, Reason, TrackPoint
from linli.sensing.vision.plan import Duty, SourceKind, TrackFile
from linli.sensing.vision.public import CameraSettings, SourceDraft, add_camera
from linli.support.files.ports import Vault
from linli.support.files.public import (
    DeviceEvidence,
    SpooledFile,
    memory_vault,
    save_device_evidence,
    save_device_file,
)
from linli.support.signing.public import Ed25519Signer

SIGNER = Ed25519Signer({1: bytes(32)}, current=1)
SOUTH = "yg-3-south"
EAST = "yg-3-east"
WITHIN_S = 60


@dataclass(slots=True)
class Yard:
    """The demo estate with its cameras, an intake, a vault, and a look past all policies."""

    urls: DatabaseUrls
    people: Workshop
    machine: Workshop
    world: SeededWorld
    register: DeviceRegister
    intake: Intake
    vault: Vault
    folder: Path
    walls: dict[str, UUID]

    async def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        async with connected(self.urls.admin) as connection:
            found = await connection.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    async def say(self, camera: str, body: dict[str, Any]) -> None:
        """The node passes on what a camera says."""
        eyes = self.world.vision
        assert eyes is not None
        ((node,),) = await self.rows(
            "SELECT id FROM sensing_connection WHERE code = :code", code=eyes.username
        )
        await self.register.ensure([node])
        known = self.register.get(node)
        assert known is not None
        message = Inbound(
            admission=admission_of(known, self.register),
            client_id="node",
            topic=f"linli/v1/child/{camera}/event",
            payload=json.dumps(body).encode(),
            received_at=self.machine.clock.now(),
        )
        async with asyncio.timeout(WITHIN_S):
            await self.intake.submit([message])

    def fall(self, camera: str, **more: Any) -> dict[str, Any]:
        """An event as a node sends it."""
        ms = int(self.machine.clock.now().timestamp() * 1000)
        told: dict[str, Any] = {
            "grade": "confirmed",
            "confidence": 0.95,
            "reasons": "free_fall,long_drop",
            "facade": str(self.walls[camera]),
            "storey": 8,
            "storey_low": 7,
            "storey_high": 8,
            "column": 3,
            "column_low": 3,
            "column_high": 3,
            "released_at": ms - 2500,
            "impact_at": ms - 500,
        }
        evidence = more.pop("evidence", [])
        event_id = more.pop("id", str(uuid4()))
        return {
            "id": event_id,
            "ts": ms,
            "event": "falling_object",
            "data": told | more,
            "evidence": evidence,
        }

    async def only_fall(self) -> Fall:
        async with self.machine.work() as work:
            [fall] = await store.falls(work.connection)
        return fall

    async def kept(self, content: bytes) -> str:
        """The node hands a file over; its id."""
        estate_id = (await self.rows("SELECT id FROM directory_estate"))[0][0]
        async with self.machine.work() as work:
            if content[:2] == b"\xff\xd8":
                evidence = DeviceEvidence(content=content, estate_id=estate_id)
                return str((await save_device_evidence(work, self.vault, evidence)).id)
            path = self.folder / uuid4().hex
            path.write_bytes(content)
            spooled = SpooledFile(
                path=path,
                sha256=hashlib.sha256(content).digest(),
                head=content[:64],
                size=len(content),
            )
            return str((await save_device_file(work, self.vault, spooled, estate_id)).id)

    @asynccontextmanager
    async def as_(self, login: str) -> AsyncGenerator[Work]:
        ((account_id, name),) = await self.rows(
            "SELECT id, display_name FROM directory_account WHERE login = :login", login=login
        )
        async with self.machine.work() as work:
            scope = await resolve_scope(work, account_id)
        actor = Actor(kind="person", name=name, account_id=account_id)
        async with self.people.work(actor=actor, scope=scope) as work:
            yield work


@pytest.fixture
async def yard(
    today_database: DatabaseUrls, today: SeededDatabase, tmp_path: Path
) -> AsyncGenerator[Yard]:
    async with workshops_on(today_database) as (people, machine):
        async with machine.work() as work:
            walls = {SOUTH: (await service.facades(work))[0].id, EAST: await _east(work)}
        register = DeviceRegister(machine)
        intake = Intake(machine, register, Absorber(Recorder()))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(intake.run())
            yield Yard(
                today_database,
                people,
                machine,
                today.world,
                register,
                intake,
                memory_vault(),
                tmp_path,
                walls,
            )
            running.cancel()


async def _east(work: Work) -> UUID:
    """A second camera at the same building, at its side."""
    [south] = await service.facades(work)
    building = south.draft.building_id
    camera = (await work.connection.execute(text("SELECT * FROM sensing_camera LIMIT 1"))).one()
    node = (
        await work.connection.execute(
            text("SELECT connection_id FROM sensing_device WHERE id = :id"),
            {"id": camera.device_id},
        )
    ).scalar_one()
    _, made = await add_camera(
        work,
        CIPHER,
        Registration(
            estate_id=south.estate_id,
            place_id=building,
            kind="falling_object_camera",
            title="3号楼东立面摄像机",
            driver="linli_native",
            code="yg-3-east-cam",
            connection_id=node,
            external_code=EAST,
        ),
        SourceDraft(kind=SourceKind.RTSP, url="rtsp://admin:secret@10.0.0.9/stream1"),
        CameraSettings(work=(Duty.FALLING,), blind_judged=True),
    )
    draft = FacadeDraft(
        building_id=building,
        camera_id=made.id,
        title="东立面",
        corners=south.draft.corners,
        storeys=18,
        ground_storey=1,
        columns=2,
        storey_height_m=2.87,
        width_m=12,
    )
    return (await service.calibrate(work, draft)).id


async def test_a_fall_is_one_incident_that_says_where_it_came_from(yard: Yard) -> None:
    event = yard.fall(SOUTH)
    await yard.say(SOUTH, event)
    await yard.say(SOUTH, event)  # sent again, counts once
    [(line, severity, place)] = await yard.rows(
        "SELECT line, severity, place_path FROM responding_incident"
    )
    assert line.startswith("阳光花园 3号楼 南立面 有人高空抛物，疑似 7–8层 第3列")
    assert (severity, place) == ("critical", "3号楼")
    fall = await yard.only_fall()
    assert {home.title for home in fall.verdict.possible} == {"3号楼 2单元 701", "3号楼 2单元 801"}
    assert len(fall.verdict.cleared) == 70
    assert fall.incident_id is not None


async def test_a_suspected_fall_asks_a_person_and_rings_less(yard: Yard) -> None:
    await yard.say(SOUTH, yard.fall(SOUTH, grade="suspected", confidence=0.4))
    [(what, severity)] = await yard.rows("SELECT what, severity FROM responding_incident")
    assert severity == "warning"
    assert "先看回放" in what


async def test_two_cameras_of_a_building_tell_of_one_fall(yard: Yard) -> None:
    await yard.say(SOUTH, yard.fall(SOUTH, grade="suspected"))
    await yard.say(EAST, yard.fall(EAST, column=1, column_low=1, column_high=1, storey_low=8))
    [(severity,)] = await yard.rows("SELECT severity FROM responding_incident")
    assert severity == "critical"
    fall = await yard.only_fall()
    assert fall.verdict.agreement is Agreement.AGREES
    assert (fall.verdict.storey_low, fall.verdict.storey_high) == (8, 8)
    titles = await yard.rows("SELECT title FROM responding_incident_step ORDER BY seq")
    assert ("多路摄像机的推算一致",) in titles


async def test_cameras_that_contradict_each_other_say_so(yard: Yard) -> None:
    await yard.say(SOUTH, yard.fall(SOUTH))
    await yard.say(EAST, yard.fall(EAST, storey=15, storey_low=14, storey_high=16))
    fall = await yard.only_fall()
    assert fall.verdict.agreement is Agreement.CONTRADICTS
    assert len(await yard.rows("SELECT 1 FROM responding_incident")) == 1


async def test_one_camera_that_tells_twice_saw_two_things(yard: Yard) -> None:
    await yard.say(SOUTH, yard.fall(SOUTH))
    await yard.say(SOUTH, yard.fall(SOUTH, storey=3, storey_low=3, storey_high=3))
    assert len(await yard.rows("SELECT 1 FROM scenes_fall")) == 2
    assert len(await yard.rows("SELECT DISTINCT incident_id FROM scenes_fall")) == 1


async def test_a_camera_without_a_wall_still_reports(yard: Yard) -> None:
    await yard.say(SOUTH, yard.fall(SOUTH, facade=str(uuid4())))
    [(what,)] = await yard.rows("SELECT what FROM responding_incident")
    assert what == "有人高空抛物"
    assert (await yard.only_fall()).verdict.cleared == ()


async def test_the_film_follows_and_the_pack_can_be_checked(yard: Yard) -> None:
    event = yard.fall(
        SOUTH, id="fall-1", evidence=[await yard.kept(picture()), await yard.kept(track())]
    )
    await yard.say(SOUTH, event)
    clip = await yard.kept(b"\0\0\0\x18ftypisom" + b"film" * 100)
    ms = int((yard.machine.clock.now() - timedelta(seconds=12)).timestamp() * 1000)
    said = {"of": "fall-1", "clip_from": ms, "clip_to": ms + 20_000}
    await yard.say(
        SOUTH,
        {"id": "fall-1-clip", "event": "falling_object_clip", "data": said, "evidence": [clip]},
    )
    fall = await yard.only_fall()
    desk = exporting.Desk(yard.vault, SIGNER, "邻里")
    async with yard.as_("shequ") as work:
        pack = await exporting.export(work, desk, fall.id, "移交派出所调查")
    assert pack.made_by == "王值班"
    async with yard.as_("shequ") as work:
        reading = await exporting.begin_reading(work, yard.vault, pack.file_id)
        content = b"".join([part async for part in reading.parts()])
    manifest, known = packing.verify(BytesIO(content), [SIGNER.public_keys[0].raw])
    assert known
    assert {file.name for file in manifest.files} == {
        "camera-1/clip.mp4",
        "camera-1/still.jpg",
        "camera-1/annotated.jpg",
        "camera-1/trajectory.json",
        "origin.json",
        "report.pdf",
    }
    [(detail,)] = await yard.rows(
        "SELECT detail FROM responding_incident_step WHERE title = '导出证据包'"
    )
    assert detail["pack_sha256"] == hashlib.sha256(content).hexdigest()
    held = await yard.rows("SELECT hold FROM support_file WHERE id = :id", id=UUID(clip))
    assert held == [(True,)]
    [(reason,)] = await yard.rows(
        "SELECT reason FROM support_audit_entry WHERE action = 'evidence_exported'"
    )
    assert reason == "移交派出所调查"


async def test_who_may_not_see_recordings_reads_neither_film_nor_track(yard: Yard) -> None:
    clip = await yard.kept(b"\0\0\0\x18ftypisom" + b"film" * 100)
    await yard.say(SOUTH, yard.fall(SOUTH, evidence=[await yard.kept(picture()), clip]))
    async with yard.as_("weixiu") as work:
        assert not await exporting.contents_of(work, [UUID(clip)])
    async with yard.as_("shequ") as work:
        assert await exporting.contents_of(work, [UUID(clip)])


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (640, 360), (120, 130, 140)).save(content, "JPEG")
    return content.getvalue()


def track() -> bytes:
    points = tuple(
        TrackPoint(100 + n * 0.04, 300.0, 80 + n * n * 0.9, 10.0, 22 - n * n * 0.06)
        for n in range(15)
    )
    fallen = FallenObject(
        grade=Grade.CONFIRMED,
        reasons=(Reason.FREE_FALL,),
        confidence=0.95,
        points=points,
        released_at=99.9,
        impact_at=100.6,
        size_px=6.0,
        contrast=40.0,
        facade_id=None,
        fit=FallFit(99.9, 22.0, 10.0, 0.0, 40.0, 9.4, 0.6, 0.4, 0.3),
    )
    file = TrackFile(
        camera=SOUTH,
        event_id="fall-1",
        width=640,
        height=360,
        fps=25,
        clip_from=90,
        fallen=fallen,
        clock_error_ms=20,
        software={"linli": "0.1.0"},
        settings={"sensitivity": 50},
    )
    return msgspec.json.encode(file)
