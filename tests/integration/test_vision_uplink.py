"""Nothing a node has to tell is lost or counted twice, whoever is away for however long."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.clips import make_clip, noisy, street
from tests.support.vision_node import eventually, running
from tests.support.vision_platform import PlatformStand

from linli.sensing.vision.node.messages import FileMade, PictureHealth, Seen
from linli.sensing.vision.node.outbox import Enclosed, Letter, Outbox
from linli.sensing.vision.node.platform import Platform
from linli.sensing.vision.node.shelf import CameraShelf
from linli.sensing.vision.node.uplink import Command, Json, Reply, Uplink
from linli.sensing.vision.plan import CameraPlan, Recording, Source, SourceKind
from linli.sensing.vision.video import Unplayable, stored

CAMERA = "YG-GK-01"


def letter(folder: Path, number: int, *, film: bool = False) -> Letter:
    """An alarm with a still, or the film that follows one."""
    evidence = folder / f"event-{number}"
    evidence.mkdir(parents=True, exist_ok=True)
    path = evidence / ("clip.mp4" if film else "still.jpg")
    path.write_bytes(b"picture %d" % number)
    return Letter(
        id=f"event-{number}" + ("-clip" if film else ""),
        camera=CAMERA,
        event="falling_object_clip" if film else "falling_object",
        at_ms=1_795_000_000_000 + number,
        fields={"of": f"event-{number}"} if film else {"grade": "confirmed"},
        files=(Enclosed(str(path), "video/mp4" if film else "image/jpeg"),),
    )


def nothing() -> Mapping[str, Json]:
    return {}


async def obey(command: Command) -> Reply:
    return Reply("done", command.command)


@asynccontextmanager
async def uplink_of(stand: PlatformStand, folder: Path) -> AsyncGenerator[Uplink]:
    settings = stand.settings(folder)
    async with Platform(settings) as platform:
        uplink = Uplink(settings, platform, Outbox(folder / "outbox"), greeting=nothing, obey=obey)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(uplink.run())
            yield uplink
            task.cancel()


async def test_alarms_made_while_the_platform_is_away_come_later_once_each(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    for number in range(5):
        outbox.put(letter(tmp_path, number))
    async with PlatformStand().open() as stand, uplink_of(stand, tmp_path) as uplink:
        await stand.until(lambda: len(stand.told()) == 5)
        uplink.put(letter(tmp_path, 5))
        await stand.until(lambda: len(stand.told()) == 6)
        await eventually(_empty(outbox))
    told = stand.told("falling_object")
    assert [one.id for one in told] == [f"event-{number}" for number in range(6)]
    for number, one in enumerate(told):
        [file_id] = one.evidence
        assert stand.files[file_id] == ("image/jpeg", b"picture %d" % number)
    # What the platform has, the node keeps no longer.
    assert list(tmp_path.glob("event-*")) == []  # noqa: ASYNC240


async def test_an_alarm_does_not_wait_for_its_picture(tmp_path: Path) -> None:
    async with PlatformStand().open() as stand, uplink_of(stand, tmp_path) as uplink:
        stand.away = True
        uplink.put(letter(tmp_path, 1))
        uplink.put(letter(tmp_path, 1, film=True))
        await stand.until(lambda: bool(stand.told("falling_object")))
        assert stand.told("falling_object")[0].evidence == []
        stand.away = False
        await stand.until(lambda: len(stand.told("falling_object_clip")) == 2)
    late = stand.told("falling_object_clip")
    assert {one.data["of"] for one in late} == {"event-1"}
    assert {stand.files[file_id][0] for one in late for file_id in one.evidence} == {
        "image/jpeg",
        "video/mp4",
    }


async def test_a_refused_picture_does_not_hold_up_the_alarm(tmp_path: Path) -> None:
    async with PlatformStand().open() as stand, uplink_of(stand, tmp_path) as uplink:
        stand.refuses_files = True
        uplink.put(letter(tmp_path, 1))
        await stand.until(lambda: bool(stand.told("falling_object")))
        await eventually(_empty(Outbox(tmp_path / "outbox")))
    assert len(stand.told()) == 1


async def test_a_send_that_was_not_acknowledged_is_the_same_event_again(tmp_path: Path) -> None:
    async with PlatformStand().open() as stand:
        stand.door.ingest.held = True
        async with uplink_of(stand, tmp_path) as uplink:
            uplink.put(letter(tmp_path, 7))
            await stand.door.ingest.until_waiting(1)
        # The node ends before the platform committed: after its restart it tells it again.
        stand.door.ingest.held = False
        stand.door.ingest.commit()
        async with uplink_of(stand, tmp_path):
            await stand.until(lambda: len(stand.told()) == 2)
            await eventually(_empty(Outbox(tmp_path / "outbox")))
    first, second = stand.told()
    assert first.id == second.id == "event-7"
    assert first.evidence == second.evidence, "the picture was handed over once"
    assert len(stand.files) == 1


def _empty(outbox: Outbox) -> "_Empty":
    return _Empty(outbox)


class _Empty:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def __call__(self) -> bool | None:
        return True if not self._outbox.waiting() else None


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = street((320, 192))
    path = tmp_path_factory.mktemp("films") / "street.mp4"
    return make_clip(path, lambda number: noisy(scene, number), frames=50)


def camera(film: Path, code: str = CAMERA) -> CameraPlan:
    return CameraPlan(
        code=code,
        device_id="d",
        title="大门",
        source=Source(kind=SourceKind.FILE, url=str(film), loop=True),
        record=Recording(segment_s=2),
    )


async def test_a_killed_camera_process_comes_back_and_the_others_never_notice(
    film: Path, tmp_path: Path
) -> None:
    async with PlatformStand().open() as stand:
        stand.plan(camera(film), camera(film, "YG-02"))
        async with running(stand, tmp_path) as node:
            cameras = node.cameras.by_code

            async def both_run() -> tuple[int, int] | None:
                one, two = cameras.get(CAMERA), cameras.get("YG-02")
                if one is None or two is None or not (one.connected and two.connected):
                    return None
                return (one.pid or 0, two.pid or 0)

            first, second = await eventually(both_run)
            shelf = CameraShelf(tmp_path, CAMERA)
            begun = await eventually(_Recorded(shelf))
            os.kill(first, signal.SIGKILL)

            async def came_back() -> int | None:
                one = cameras[CAMERA]
                return one.pid if one.connected and one.pid not in {None, first} else None

            await eventually(came_back)
            assert cameras[CAMERA].restarts == 1
            assert cameras["YG-02"].pid == second
            # The recording that was cut off is whole again, up to the kill.
            assert begun in [segment.span.begin for segment in shelf.segments()]


class _Recorded:
    """Since when something is being recorded of which a player shows at least a picture."""

    def __init__(self, shelf: CameraShelf) -> None:
        self._shelf = shelf

    async def __call__(self) -> int | None:
        for begin_ms, path in self._shelf.parts():
            with contextlib.suppress(Unplayable):  # the first fragment is not written yet
                if any(True for _ in stored(path)):
                    return begin_ms
        return None


async def test_a_broken_camera_is_a_fault_and_offline_at_the_platform(tmp_path: Path) -> None:
    async with PlatformStand().open() as stand:
        stand.plan(camera(tmp_path / "nothing.mp4"))
        async with running(stand, tmp_path):
            await stand.until(lambda: bool(stand.told("picture_fault")))
            state = f"linli/v1/child/{CAMERA}/state"
            await stand.until(lambda: bool(stand.said(state)))
        [told] = stand.told("picture_fault")
        assert told.data == {"fault": "offline", "detail": "文件不存在"}
        assert stand.said(state)[0]["online"] is False
        assert not stand.said(f"linli/v1/child/{CAMERA}/telemetry")


async def test_faults_are_told_when_they_begin_and_when_they_end(
    film: Path, tmp_path: Path
) -> None:
    async with PlatformStand().open() as stand:
        stand.plan(camera(film))
        async with running(stand, tmp_path) as node:
            telemetry = f"linli/v1/child/{CAMERA}/telemetry"
            await stand.until(lambda: bool(stand.said(telemetry)))
            node.health(CAMERA, PictureHealth(1, (("covered", "九成"), ("degraded", "慢"))))
            node.health(CAMERA, PictureHealth(2, (("degraded", "慢"),)))
            node.health(CAMERA, PictureHealth(3, ()))
            await stand.until(lambda: len(stand.told("picture_restored")) == 2)
            await stand.until(lambda: len(stand.said(telemetry)) >= 4)
        assert [one.data["fault"] for one in stand.told("picture_fault")] == ["covered", "degraded"]
        codes = [_values(body)["picture_fault"] for body in stand.said(telemetry)]
        assert codes[-3:] == [6, 9, 0]


def _values(body: dict[str, object]) -> dict[str, object]:
    values = body["values"]
    assert isinstance(values, dict)
    return {str(name): value for name, value in values.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON


async def test_an_event_of_a_camera_reaches_the_platform_with_its_evidence(
    film: Path, tmp_path: Path
) -> None:
    async with PlatformStand().open() as stand:
        stand.plan(camera(film))
        async with running(stand, tmp_path) as node:
            folder = tmp_path / "evidence" / "e1"
            folder.mkdir(parents=True)
            (folder / "still.jpg").write_bytes(b"jpeg")
            node.seen(
                CAMERA,
                Seen(
                    id="e1",
                    event="falling_object",
                    at_ms=1_795_000_000_000,
                    fields={"grade": "suspected"},
                    files=(FileMade(str(folder / "still.jpg"), "image/jpeg"),),
                ),
            )
            await stand.until(lambda: bool(stand.told("falling_object")))
        [told] = stand.told("falling_object")
        assert stand.files[told.evidence[0]] == ("image/jpeg", b"jpeg")
