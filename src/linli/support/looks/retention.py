"""How long it is known who looked."""

from datetime import datetime

from linli.kernel.retention import Purpose
from linli.kernel.work import Work
from linli.support.looks import store


async def forget_looks(work: Work, before: datetime) -> int:
    """Looks older than `before`."""
    return await store.forget(work.connection, before)


PURPOSES = (
    Purpose(
        code="looks",
        title="查看个人信息的记录",
        why="让本人和数据管理员知道谁看过、为什么看",
        law="个人信息保护法第五十六条：处理情况记录至少保存三年",
        days=3 * 365 + 1,
        least=3 * 365 + 1,
        forget=forget_looks,
    ),
)
