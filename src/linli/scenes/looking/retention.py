"""How long it is known that somebody looked unusually."""

from datetime import datetime

from linli.kernel.retention import Purpose
from linli.kernel.work import Work
from linli.scenes.looking import store


async def forget_unusual(work: Work, before: datetime) -> int:
    """Unusual looking found before."""
    return await store.forget(work.connection, before)


PURPOSES = (
    Purpose(
        code="unusual_looks",
        title="异常查看的记录",
        why="核查有没有人滥用查看权限",
        law="个人信息保护法第五十六条：处理情况记录至少保存三年",
        days=3 * 365 + 1,
        least=3 * 365 + 1,
        forget=forget_unusual,
    ),
)
