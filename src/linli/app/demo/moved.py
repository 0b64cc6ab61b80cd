"""Only a demo's clock may be moved: a real installation refuses data whose time is not real."""

from sqlalchemy import text

from linli.app.engine.roles import connected
from linli.app.problems import Problem
from linli.app.settings import Settings

_MOVED = text("SELECT EXISTS (SELECT FROM app_demo_clock WHERE ahead > interval '0')")


async def refuse_moved_clock(settings: Settings, admin_url: str) -> None:
    """Refuse to serve data of a forwarded demo as a real installation.

    Raises:
        Problem: the clock of these data was moved ahead.
    """
    if not settings.demo and await was_moved(admin_url):
        raise Problem(
            "这份数据来自快进过时间的演示，里面的时间不是真实时间，不能作为正式安装运行",
            "these data come from a demo whose clock was moved ahead; a real installation keeps "
            "real time and does not serve them",
            remedy_chinese="正式安装请用 linli init 建新的数据文件夹；演示请用 linli up --demo",
            remedy_english="make a real installation in a new folder with linli init, or run it "
            "as a demo with linli up --demo",
        )


async def was_moved(admin_url: str) -> bool:
    """Say whether the clock of these data was ever moved ahead."""
    async with connected(admin_url) as connection:
        known = await connection.scalar(text("SELECT to_regclass('app_demo_clock') IS NOT NULL"))
        return bool(known and await connection.scalar(_MOVED))
