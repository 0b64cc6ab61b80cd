"""A camera that never comes is a fault. Run by hand: now and then nothing is told for a minute."""

from pathlib import Path

from tests.support.vision_node import running
from tests.support.vision_platform import PlatformStand

from linli.sensing.vision.plan import CameraPlan, Recording, Source, SourceKind

CAMERA = "YG-GK-01"


def camera(film: Path, code: str = CAMERA) -> CameraPlan:
    return CameraPlan(
        code=code,
        device_id="d",
        title="大门",
        source=Source(kind=SourceKind.FILE, url=str(film), loop=True),
        record=Recording(segment_s=2),
    )


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
