"""`linli demo --county`: asked of a demo that is running, and told estate by estate."""

import asyncio
from collections.abc import Callable

from linli.app.access import database_access
from linli.app.demo.asking import require_running_demo
from linli.app.demo.county import asking, store
from linli.app.demo.county.contracts import County, CountyState
from linli.app.demo.county.policy import UNDER_WAY
from linli.app.keys import read_keys
from linli.app.problems import Problem
from linli.app.settings import Settings
from linli.kernel.database import engine_for
from linli.kernel.errors import Refusal
from linli.kernel.time import SystemClock
from linli.kernel.work import Workshop

LOOK_EVERY_S = 1.0


async def ask_for_county(settings: Settings, say: Callable[[str], None]) -> int:
    """Ask for the full county and wait until the worker is through; returns the exit code.

    Raises:
        Problem: this is no demo, it does not run, or the county is there already.
    """
    require_running_demo(settings)
    async with database_access(settings, read_keys(settings.data)) as urls:
        engine = engine_for(urls.gateway, connections=2)
        try:
            ended = await follow(Workshop(engine, SystemClock()), say)
        finally:
            await engine.dispose()
    say(_told(ended))
    return 0 if ended.state is CountyState.DONE else 1


async def follow(workshop: Workshop, say: Callable[[str], None]) -> County:
    """Ask, and say each estate as it comes.

    Raises:
        Problem: the county is there already, or on its way.
    """
    try:
        async with workshop.work() as work:
            county = await asking.ask(work)
    except Refusal as refusal:
        raise Problem(
            refusal.message,
            f"refused ({refusal.code})",
            remedy_chinese="进度在“演示”页上",
            remedy_english="the demo's page shows how far it is",
        ) from refusal
    told = 0
    while county.state in UNDER_WAY:
        async with workshop.engine.connect() as connection:
            county = await store.read(connection)
        if county.at != told and county.title:
            say(f"已载入 / loaded  {county.title}（{county.at}/{county.of}）")
            told = county.at
        await asyncio.sleep(LOOK_EVERY_S)
    return county


def _told(ended: County) -> str:
    many = ended.counts.get("residents", 0)
    match ended.state:
        case CountyState.DONE:
            return f"全县已载入 / done: {ended.of + 1} 个小区 / estates, {many} 人 / people"
        case CountyState.CANCELLED:
            return f"已取消 / cancelled: {ended.at}/{ended.of}"
        case _:
            return f"没有载完 / stopped: {ended.at}/{ended.of}：{ended.words}"
