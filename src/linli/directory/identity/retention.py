"""How long it is known where somebody was signed in."""

from datetime import datetime

from linli.directory.identity import store
from linli.kernel.retention import Purpose
from linli.kernel.work import Work


async def forget_sessions(work: Work, before: datetime) -> int:
    """Sessions that ended before; who signed in when stays in the audit."""
    return await store.forget_sessions(work.connection, before)


PURPOSES = (
    Purpose(
        code="sessions",
        title="登录会话（登录地址和时间）",
        why="让本人查看在哪里登录过，查清冒用",
        law="个人信息保护法第十九条：保存期限应当为实现处理目的所必要的最短时间",
        days=30,
        forget=forget_sessions,
    ),
)
