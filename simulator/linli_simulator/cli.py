"""The command line: live gently for ever, play one scene, or list the scenes."""

import argparse
import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linli_simulator import registration
from linli_simulator.clock import Clock
from linli_simulator.control import Control
from linli_simulator.deeds import FallSilent
from linli_simulator.life import Life, happen_in_county, have_faults, play_by_timetable
from linli_simulator.line import Door
from linli_simulator.registration import Register, UnreadableEstate, read_estate
from linli_simulator.scenes import BY_CODE, SCENES
from linli_simulator.stage import CannotPlay, Manner, Stage
from linli_simulator.told_time import ahead_of_wall

HOUR = 3600
MINUTE = 60
CONNECTED_WITHIN = 15.0
COUNTY = "county"
LOOK_EVERY_S = 3.0
TAKE_IN_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

    folder: Path
    seed: int
    speed: float
    since_hours: float
    scene: str | None
    device: str | None
    whole: bool
    faults: bool
    scene_every_minutes: float | None

    async def clock(self, register: Register) -> Clock:
        """The estate's clock, ahead of the wall's as far as linli's own is."""
        ahead = await ahead_of_wall(register.http)
        return Clock(ago=self.since_hours * HOUR, speed=self.speed, ahead=ahead)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator; the exit code is 0, or 1 when a scene could not be played, or 2."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        for scene in SCENES:
            print(f"{scene.code:18} {scene.title}: {scene.words}")
        return 0
    if given.data is None:
        parser.error("--data DIR is needed: the folder that holds estate.json")
    if given.scene is not None and given.scene not in BY_CODE:
        parser.error(f"no scene {given.scene}; --list shows them")
    wish = Wish(
        folder=given.data,
        seed=given.seed,
        speed=given.speed,
        since_hours=given.since,
        scene=given.scene,
        device=given.device,
        whole=given.whole,
        faults=given.faults,
        scene_every_minutes=given.scene_every,
    )
    try:
        register = registration.read(wish.folder)
        return asyncio.run(_until_told_to_stop(wish, register))
    except UnreadableEstate as reason:
        print(reason, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linli_simulator", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with estate.json")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another estate life")
    parser.add_argument(
        "--speed",
        type=_positive,
        default=1.0,
        help="with --since: how fast the past is played; without: how fast scenes are",
    )
    parser.add_argument(
        "--since", type=float, default=0.0, metavar="HOURS", help="begin so many hours ago"
    )
    parser.add_argument("--scene", help="play this one and end")
    parser.add_argument("--device", help="the code of the device that shall play --scene")
    parser.add_argument(
        "--whole", action="store_true", help="wait until --scene has put things right again"
    )
    parser.add_argument("--list", action="store_true", help="list the scenes")
    parser.add_argument(
        "--no-faults", dest="faults", action="store_false", help="nothing goes wrong by itself"
    )
    parser.add_argument(
        "--scene-every", type=_positive, metavar="MINUTES", help="play the scenes in turn"
    )
    return parser


def _positive(words: str) -> float:
    value = float(words)
    if value <= 0:
        raise ValueError(words)
    return value


def _make_films(folder: Path) -> None:
    """The films of the estate's cameras, made beside by a process that leaves others the time."""
    command = [sys.executable, "-m", "linli_simulator.footage.demo", str(folder)]
    subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own module


async def _until_told_to_stop(wish: Wish, register: Register) -> int:
    """SIGTERM and SIGINT cancel everything; connections say good-bye on the way out."""
    if wish.scene is None and register.control is not None:
        _make_films(wish.folder / "footage")
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - we are inside asyncio.run
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        if wish.scene is not None:
            return await _play_one(wish, register, wish.scene)
        await _live(wish, register)
    return 0


async def _live(wish: Wish, register: Register) -> None:
    clock = await wish.clock(register)
    stage = Stage(register, clock, Manner(seed=wish.seed))
    control = register.control
    names = sorted({terminal.device.connection for terminal in stage.terminals.values()})
    print(f"{len(register.devices)} devices on {len(names)} connections", flush=True)
    async with asyncio.TaskGroup() as group:
        stage.open(group, names)
        life = Life(stage, clock, wish.seed)
        group.create_task(life.live(group))
        group.create_task(take_in_county(stage, life, wish.folder / COUNTY, group))
        door = Door(register.mqtt_host, register.mqtt_port)
        if control is not None:
            group.create_task(Control(control, door, stage, clock).listen(group))
        for estate, account in register.controls.items():
            group.create_task(Control(account, door, stage, clock, estate).listen(group))
        if wish.faults:
            group.create_task(have_faults(stage, clock))
            group.create_task(happen_in_county(stage, clock, wish.seed))
        if wish.scene_every_minutes is not None:
            every = wish.scene_every_minutes * MINUTE
            group.create_task(play_by_timetable(stage, clock, every))


async def take_in_county(stage: Stage, life: Life, folder: Path, group: asyncio.TaskGroup) -> None:
    """Play every estate that is put into the folder, those that are there first."""
    known: set[Path] = set()
    while True:
        for path in await asyncio.to_thread(_unknown, folder, known):
            known.add(path)
            try:
                estate = await asyncio.to_thread(read_estate, path)
            except UnreadableEstate as reason:
                print(reason, file=sys.stderr, flush=True)
                continue
            life.take_in(stage.take_in(group, estate))
            await asyncio.sleep(TAKE_IN_EVERY_S)
        await asyncio.sleep(LOOK_EVERY_S)


def _unknown(folder: Path, known: set[Path]) -> list[Path]:
    return sorted(set(folder.glob("*.json")) - known)


async def _play_one(wish: Wish, register: Register, scene: str) -> int:
    """Play a scene on a connection of its own, beside a simulator that may be running."""
    stage = Stage(register, await wish.clock(register), Manner(seed=wish.seed, alone=True))
    try:
        chosen, terminal = stage.prepare(scene, wish.device)
    except CannotPlay as reason:
        print(reason, file=sys.stderr)
        return 1
    if chosen.needs_time or FallSilent() in chosen.deeds:
        print(f"“{chosen.title}”只能由运行中的模拟器来演，请在演示页面点它", file=sys.stderr)
        return 1
    async with asyncio.TaskGroup() as group:
        stage.open(group, [terminal.device.connection])
        try:
            async with asyncio.timeout(CONNECTED_WITHIN):
                await stage.lines[terminal.device.connection].up.wait()
            played = await stage.play(scene, wish.device)
            if wish.whole:
                await stage.finish()
        except TimeoutError:
            print("linli does not let us in: wrong address or token", file=sys.stderr)
            return 1
        finally:
            stage.end()
    print(f"{played.scene}: {played.device}, {played.arrived} of {played.sent} acknowledged")
    return 0 if played.arrived == played.sent else 1
