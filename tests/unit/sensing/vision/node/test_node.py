"""A whole node against the real MQTT door: pictures come in, and can be seen, kept and trusted."""

import asyncio
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.support.clips import frames_in, make_clip, noisy, street
from tests.support.vision_node import eventually, running
from tests.support.vision_platform import PlatformStand, ticket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from linli.sensing.vision.plan import CameraPlan, Recording, Source, SourceKind
from linli.sensing.vision.tickets import View
from linli.sensing.vision.video import jpeg_size

CAMERA = "YG-GK-01"
FOREVER = int(time.time() * 1000) + 3_600_000


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = street((320, 192))
    path = tmp_path_factory.mktemp("films") / "street.mp4"
    return make_clip(path, lambda number: noisy(scene, number), frames=50)


def camera(film: Path, code: str = CAMERA, **changes: object) -> CameraPlan:
    plan = CameraPlan(
        code=code,
        device_id="d",
        title="3号楼南立面",
        source=Source(kind=SourceKind.FILE, url=str(film), loop=True),
        record=Recording(segment_s=2),
    )
    return msgspec.structs.replace(plan, **changes)


async def test_a_camera_is_seen_kept_and_shown(film: Path, tmp_path: Path) -> None:
    async with PlatformStand().open() as stand:
        stand.plan(camera(film))
        async with (
            running(stand, tmp_path) as node,
            httpx.AsyncClient(trust_env=False, timeout=30) as client,
        ):
            base = f"http://127.0.0.1:{node.port}"

            async def still() -> bytes | None:
                answer = await client.get(
                    f"{base}/still/{CAMERA}", headers=ticket(CAMERA, View.STILL, FOREVER)
                )
                return answer.content if answer.is_success else None

            picture = await eventually(still)
            assert jpeg_size(picture) == (320, 192)

            async with connect(
                f"ws://127.0.0.1:{node.port}/live/{CAMERA}",
                additional_headers=ticket(CAMERA, View.LIVE, FOREVER),
                proxy=None,
            ) as live:
                assert msgspec.json.decode(await live.recv()) == {
                    "mime": 'video/mp4; codecs="avc1.42c00c"'
                }
                parts = [await live.recv() for _ in range(30)]
            assert frames_in(b"".join(part for part in parts if isinstance(part, bytes))) >= 25

            began = int(time.time() * 1000)

            async def clip() -> bytes | None:
                answer = await client.get(
                    f"{base}/clip/{CAMERA}?from={began - 1500}&to={began + 500}",
                    headers=ticket(CAMERA, View.CLIP, FOREVER),
                )
                return answer.content if answer.is_success else None

            await asyncio.wait_for(stand.door.ingest.until(1), 20)
            assert 20 <= frames_in(await eventually(clip)) <= 90

            async def recorded() -> dict[str, list[dict[str, object]]] | None:
                answer = await client.get(
                    f"{base}/recordings/{CAMERA}?from={began - 60_000}&to={began + 60_000}",
                    headers=ticket(CAMERA, View.RECORDINGS, FOREVER),
                )
                found = msgspec.json.decode(answer.content, type=dict[str, list[dict[str, object]]])
                return found if len(found["segments"]) > 1 else None

            listed = await eventually(recorded)
            assert [gap["why"] for gap in listed["gaps"]] == ["node_down"]
        state = stand.said("linli/v1/state")[0]
        assert state["vision_address"] == base


async def test_nobody_looks_without_a_ticket_for_this_camera(film: Path, tmp_path: Path) -> None:
    async with PlatformStand().open() as stand:
        stand.plan(camera(film))
        async with (
            running(stand, tmp_path) as node,
            httpx.AsyncClient(trust_env=False, timeout=30) as client,
        ):
            base = f"http://127.0.0.1:{node.port}"
            await stand.until(lambda: 304 in stand.asked)
            wrong = [
                {},
                {"Authorization": "Bearer nonsense"},
                ticket("other", View.STILL, FOREVER),
                ticket(CAMERA, View.CLIP, FOREVER),
                ticket(CAMERA, View.STILL, int(time.time() * 1000) - 1),
            ]
            for headers in wrong:
                answer = await client.get(f"{base}/still/{CAMERA}", headers=headers)
                assert answer.status_code == 401
                with pytest.raises((InvalidStatus, ConnectionClosed)):
                    async with connect(
                        f"ws://127.0.0.1:{node.port}/live/{CAMERA}",
                        additional_headers=headers,
                        proxy=None,
                    ) as live:
                        await live.recv()
