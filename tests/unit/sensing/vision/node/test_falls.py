"""A thing falls in a film: the node tells it at once, with still and track; the film follows."""

from pathlib import Path

import msgspec
import pytest
from tests.support.clips import frames_in
from tests.support.vision_node import running
from tests.support.vision_platform import PlatformStand

from linli.sensing.vision.contracts import Facade
from linli.sensing.vision.plan import (
    CameraPlan,
    ClipSpan,
    Duty,
    Recording,
    Source,
    SourceKind,
    TrackFile,
)
from linli.sensing.vision.video import jpeg_size
from linli_simulator.footage.film import film
from linli_simulator.footage.scene import Wish, made
from linli_simulator.footage.truth import Truth
from linli_simulator.footage.walls import Light


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """Twelve seconds of a façade by day, with one clear fall."""
    path = tmp_path_factory.mktemp("footage") / "fall.mp4"
    wish = Wish(
        seed=11,
        seconds=12.0,
        falls=1,
        light=Light.DAY,
        distractions=(),
        size_px=(14.0, 20.0),
        contrast=(60.0, 90.0),
        size=(960, 540),
    )
    return path, film(made(wish), path)


async def test_a_fall_is_told_at_once_and_its_film_follows(
    footage: tuple[Path, Truth], tmp_path: Path
) -> None:
    path, truth = footage
    plan = CameraPlan(
        code="YG-GK-01",
        device_id="d",
        title="3号楼南立面",
        source=Source(kind=SourceKind.FILE, url=str(path), loop=True),
        work=(Duty.FALLING, Duty.HEALTH),
        blind=truth.blind,
        record=Recording(enabled=False),
        clip=ClipSpan(before_s=2, after_s=2),
        facades=tuple(Facade(building_id="b", **msgspec.to_builtins(wall)) for wall in truth.walls),
    )
    async with PlatformStand().open() as stand:
        stand.plan(plan)
        async with running(stand, tmp_path):
            await stand.until(lambda: bool(stand.told("falling_object_clip")), 60)
        told = stand.told("falling_object")[0]
        clip = stand.told("falling_object_clip")[0]
    assert told.camera == "YG-GK-01"
    assert told.data["grade"] in {"confirmed", "suspected"}
    fall = truth.falls[0]
    assert abs(float(told.data["storey"]) - fall.storey) <= 1
    assert abs(float(told.data["column"]) - fall.column) <= 1
    kinds = {stand.files[one][0]: stand.files[one][1] for one in told.evidence}
    assert jpeg_size(kinds["image/jpeg"]) == (960, 540)
    track = msgspec.json.decode(kinds["application/json"], type=TrackFile)
    assert track.event_id == told.id
    assert len(track.fallen.points) >= 5
    assert clip.data["of"] == told.id
    assert 80 <= frames_in(stand.files[clip.evidence[0]][1]) <= 250
    # The picture in the clip and the track's points lie on one clock.
    began = float(clip.data["clip_from"]) / 1000
    assert began <= track.fallen.released_at - 1.9 <= float(clip.data["clip_to"]) / 1000
