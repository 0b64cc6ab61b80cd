"""What can be asked of a demo: a scene, or to go ahead in time."""

from datetime import datetime, timedelta
from uuid import UUID

from linli.app.demo import policy, store
from linli.app.demo.contracts import ClockState, Walk
from linli.app.demo.entering import CONTROL
from linli.app.demo.scenes import scene_coded
from linli.directory.organisation.public import is_training
from linli.directory.places.public import all_estates
from linli.kernel.errors import IllegalMove, NotFound
from linli.kernel.time import on_wall
from linli.kernel.work import Work
from linli.sensing.devices.contracts import Device
from linli.sensing.devices.public import command_device, devices_coded
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

PLAY = "play_scene"


class AlreadyForwarding(IllegalMove):
    """One forwarding at a time."""

    code = "already_forwarding"
    text = "演示时间正在快进，请等它结束，或先取消"


async def play(work: Work, code: str) -> UUID:
    """Let the simulator play a scene, and go ahead in time if the scene needs it.

    Returns the command to the simulator.

    Raises:
        NotFound: no such scene, or no simulator here.
        AlreadyForwarding: the scene needs time, and time is on its way already.
    """
    scene = scene_coded(code)
    if scene is None:
        raise NotFound("没有这个演示场景")
    simulator = await simulator_of(work)
    command = await command_device(work, simulator.id, PLAY, {"scene": code})
    await _noted(work, scene.title)
    if scene.forward:
        await _set_out(work, work.now + scene.forward)
    return command.id


async def forward(work: Work, by: timedelta) -> ClockState:
    """Ask to go ahead in time; a worker does it in steps.

    Raises:
        BadInput: not ahead, or too far.
        AlreadyForwarding: it is going on.
        NotFound: no simulator here.
    """
    await simulator_of(work)
    ahead = (await store.read_clock(work.connection)).shift.ahead
    goal = policy.goal_after(work.now, by, ahead)
    await _noted(work, f"演示时间快进到 {on_wall(goal)}")
    return await _set_out(work, goal)


async def cancel(work: Work) -> ClockState:
    """Stop after the present step; nothing happens when nothing goes on."""
    state = await store.lock_clock(work.connection)
    if state.walk is not None and not state.walk.cancelled:
        walk = state.walk
        await store.write_walk(
            work.connection,
            Walk(walk.from_at, walk.goal_at, walk.from_event, walk.asked_by_name, cancelled=True),
        )
        await _noted(work, "取消演示时间快进")
    return await store.read_clock(work.connection)


async def simulator_of(work: Work) -> Device:
    """The simulator's own device; that of a training estate for those who see no other.

    Raises:
        NotFound: there is none.
    """
    found: list[tuple[bool, Device]] = []
    for estate in await all_estates(work):
        there = await devices_coded(work, estate.id, [CONTROL])
        if CONTROL in there:
            found.append((await is_training(work, estate.id), there[CONTROL]))
    if not found:
        raise NotFound("这里没有模拟器")
    return min(found, key=lambda one: one[0])[1]


async def _set_out(work: Work, goal: datetime) -> ClockState:
    state = await store.lock_clock(work.connection)
    if state.walk is not None:
        raise AlreadyForwarding
    newest = await store.newest_event(work.connection)
    walk = Walk(work.now, goal, newest, work.actor.name)
    await store.write_walk(work.connection, walk)
    return await store.read_clock(work.connection)


async def _noted(work: Work, title: str) -> None:
    await record(
        work,
        action=Action.DEMO_PLAYED,
        subject_kind="scene",
        subject_id=None,
        subject_title=title,
    )


__all__ = ["AlreadyForwarding", "cancel", "forward", "play", "simulator_of"]
