"""`linli demo --forward 12h`, `linli demo --scene …`: asked of a demo that is running."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from linli.app.access import database_access
from linli.app.demo import playing, policy, store
from linli.app.demo.clock import DemoClock
from linli.app.demo.contracts import ClockState, Ended, Outcome
from linli.app.health import State, read_health
from linli.app.keys import read_keys
from linli.app.problems import Problem
from linli.app.settings import FILE, Settings
from linli.kernel.database import engine_for
from linli.kernel.errors import Refusal
from linli.kernel.time import on_wall
from linli.kernel.work import Workshop

TOMORROW = "tomorrow"
SHAPE = re.compile(r"(\d+)([mh])", re.ASCII)
LOOK_EVERY_S = 1.0
TELL_EVERY = timedelta(minutes=30)


def duration_of(words: str) -> timedelta | None:
    """`30m`, `12h`; `tomorrow` is None: until tomorrow 08:00.

    Raises:
        Problem: it is none of them.
    """
    if words == TOMORROW:
        return None
    found = SHAPE.fullmatch(words)
    if found is None:
        raise Problem(
            f"看不懂要快进多久：{words}",
            f"how far ahead is {words}?",
            remedy_chinese="写成 30m、12h 或 tomorrow",
            remedy_english="write 30m, 12h or tomorrow",
        )
    number, unit = int(found[1]), found[2]
    return timedelta(hours=number) if unit == "h" else timedelta(minutes=number)


def require_running_demo(settings: Settings) -> None:
    """Only a demo is asked such things, and only while it runs.

    Raises:
        Problem: this is no demo, or it does not run.
    """
    mark = settings.data / FILE
    if not mark.exists() or "demo = true" not in mark.read_text(encoding="utf-8"):
        raise Problem(
            f"{settings.data} 不是演示：只有演示可以快进和载入全县",
            f"{settings.data} is no demo: only a demo goes ahead in time or takes in the county",
            remedy_chinese="用 --data 指定演示的文件夹，或先执行 linli demo",
            remedy_english="name the demo's folder with --data, or run linli demo first",
        )
    health = read_health(settings.run_folder)
    running = (
        {one.name for one in health.processes if one.state is State.RUNNING}
        if health is not None and health.supervised
        else set[str]()
    )
    if not {"worker", "simulator"} <= running:
        raise Problem(
            f"{settings.data} 里的演示没有在运行",
            f"the demo in {settings.data} is not running",
            remedy_chinese="先在另一个终端执行 linli demo",
            remedy_english="run linli demo in another terminal first",
        )


async def ask_of_demo(
    settings: Settings, scene: str | None, by: timedelta | None, say: Callable[[str], None]
) -> int:
    """Play a scene, or without one go ahead (None: until tomorrow 08:00), and wait for the end.

    Returns the exit code. Raises Problem when it is refused.
    """
    require_running_demo(settings)
    keys = read_keys(settings.data)
    async with database_access(settings, keys) as urls:
        engine = engine_for(urls.gateway, connections=2)
        try:
            ended = await _asked(Workshop(engine, DemoClock()), scene, by, say)
        finally:
            await engine.dispose()
    say(_told(ended))
    return 0 if ended.outcome is Outcome.DONE else 1


async def _asked(
    workshop: Workshop, scene: str | None, by: timedelta | None, say: Callable[[str], None]
) -> Ended:
    clock = workshop.clock
    state = await _look(workshop)
    if isinstance(clock, DemoClock):
        clock.learn(state.shift)
    try:
        async with workshop.work() as work:
            if scene is not None:
                await playing.play(work, scene)
            else:
                await playing.forward(work, policy.until_morning(work.now) if by is None else by)
    except Refusal as refusal:
        raise Problem(
            refusal.message,
            f"refused ({refusal.code})",
            remedy_chinese=refusal.remedy or "稍后再试",
            remedy_english="see above",
        ) from refusal
    told: datetime | None = None
    while (state := await _look(workshop)).walk is not None:
        now = policy.demo_time(state.shift, DemoClock().machine.now())
        if told is None or now - told >= TELL_EVERY:
            say(f"演示时间 / demo time  {on_wall(now)}  → {on_wall(state.walk.goal_at)}")
            told = now
        await asyncio.sleep(LOOK_EVERY_S)
    if state.ended is None:
        raise LookupError("a walk that is over has an end")
    return state.ended


async def _look(workshop: Workshop) -> ClockState:
    async with workshop.engine.connect() as connection:
        return await store.read_clock(connection)


def _told(ended: Ended) -> str:
    now = on_wall(ended.ended_at)
    match ended.outcome:
        case Outcome.DONE:
            return f"演示时间到了 / now {now}，其间响了 {ended.rang} 个报警 / alerts"
        case Outcome.CANCELLED:
            return f"已取消，演示时间 / cancelled at {now}"
        case Outcome.FAILED:
            return f"没有走完 / stopped at {now}：{ended.words}"
