"""How a vision node gives way when its cameras ask for more than the machine has.

`python -m benchmarks.vision_load [--cameras 8] [--seconds 150]`

A whole node runs with so many 1080p25 cameras that look for falls (one synthetic film, again and
again), with the platform away. Printed: every step by which analysis gives way, with the load and
the lateness at that moment; at the end how each camera stands, whether its pictures still come and
are recorded, and what waits to be told to the platform.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from benchmarks.falling_objects.splits import fall_wish
from benchmarks.falling_objects.watching import facades_of
from linli.sensing.vision.node.capacity import Level
from linli.sensing.vision.node.node import PLAN_FILE, Node
from linli.sensing.vision.node.outbox import Outbox
from linli.sensing.vision.node.settings import NodeSettings
from linli.sensing.vision.node.shelf import CameraShelf
from linli.sensing.vision.plan import (
    CameraPlan,
    Duty,
    Recording,
    Source,
    SourceKind,
    VisionPlan,
)
from linli_simulator.footage.film import film
from linli_simulator.footage.scene import made
from linli_simulator.footage.truth import load

CLIP = 500
LOOK_S = 1.0
# Nothing listens there: the node works without its platform.
NOWHERE = 9


def main() -> None:
    parser = argparse.ArgumentParser(description="How a vision node gives way under load.")
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=150)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(Path(name), wanted.cameras, wanted.seconds))


async def run(folder: Path, cameras: int, seconds: int) -> None:
    clip = folder / "film.mp4"
    await asyncio.to_thread(
        lambda: film(made(fall_wish("test", CLIP)), clip).save(clip.with_suffix(".json"))
    )
    facades = facades_of(load(clip.with_suffix(".json")))
    plan = VisionPlan(
        version="1",
        view_key="",
        cameras=tuple(
            CameraPlan(
                code=f"C{number:02d}",
                device_id=str(number),
                title=f"camera {number}",
                source=Source(kind=SourceKind.FILE, url=str(clip), loop=True),
                work=(Duty.FALLING, Duty.HEALTH),
                record=Recording(segment_s=10),
                facades=facades,
                priority=1 + number % 9,
            )
            for number in range(cameras)
        ),
    )
    (folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))
    node = Node(
        NodeSettings(
            platform=f"http://127.0.0.1:{NOWHERE}",
            mqtt=f"mqtt://127.0.0.1:{NOWHERE}",
            connection="bench",
            folder=folder,
            token="bench",  # noqa: S106 (nobody is there to take it)
            keep_free=0,
        )
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(node.run(stop))
        await node.ready.wait()
        print(f"{cameras} cameras of 1080p25 that look for falls, {seconds} s, synthetic film")
        print("| after | full | half | off | longest behind |\n|---|---|---|---|---|")
        await _watch(node, seconds)
        _tell(node, folder)
        stop.set()


async def _watch(node: Node, seconds: int) -> None:
    began, before = time.monotonic(), Counter[Level]()
    while (past := time.monotonic() - began) < seconds:
        levels = Counter(one.level for one in node.cameras.by_code.values())
        if levels != before:
            behind = max(
                (one.beat.behind_s for one in node.cameras.by_code.values() if one.beat),
                default=0.0,
            )
            full, half, off = (levels[one] for one in (Level.FULL, Level.HALF, Level.OFF))
            print(f"| {past:.0f} s | {full} | {half} | {off} | {behind:.1f} s |", flush=True)
            before = levels
        await asyncio.sleep(LOOK_S)


def _tell(node: Node, folder: Path) -> None:
    print("\n| camera | priority | analysis | pictures a second | behind | recorded | restarts |")
    print("|---|---|---|---|---|---|---|")
    for code, one in node.cameras.by_code.items():
        kept = sum(s.span.end - s.span.begin for s in CameraShelf(folder, code).segments()) / 1000
        rate, behind = (one.beat.frames_per_second, one.beat.behind_s) if one.beat else (0.0, 0.0)
        print(
            f"| {code} | {one.plan.priority} | {one.level.name.lower()} | {rate:.1f} "
            f"| {behind:.1f} s | {kept:.0f} s | {one.restarts} |"
        )
    told = Counter(
        (letter.event, str(letter.fields.get("fault", "")))
        for letter in Outbox(folder / "outbox").waiting()
    )
    lines = [f"{event} {fault} × {count}" for (event, fault), count in sorted(told.items())]
    print("\nto be told:", ", ".join(lines))


if __name__ == "__main__":
    main()
