"""How long it is known what was sent to other systems."""

from datetime import datetime

from linli.kernel.retention import Purpose
from linli.kernel.work import Work
from linli.responding.hooks import store


async def forget_deliveries(work: Work, before: datetime) -> int:
    """Notices made before `before`, with their tries."""
    return await store.forget(work.connection, before)


PURPOSES = (
    Purpose(
        code="hooks",
        title="发给对接系统的通知",
        why="查得到通知有没有送到，可以重发",
        law="个人信息保护法第十九条：保存期限为实现目的所必要的最短时间",
        days=30,
        forget=forget_deliveries,
    ),
)
