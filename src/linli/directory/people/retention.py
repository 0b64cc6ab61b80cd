"""How long people's own wishes are kept once they are decided."""

from datetime import datetime

from linli.directory.people import store
from linli.kernel.retention import Purpose
from linli.kernel.work import Work


async def forget_corrections(work: Work, before: datetime) -> int:
    """Corrections decided before, with the values that were asked for."""
    return await store.forget_corrections(work.connection, before)


PURPOSES = (
    Purpose(
        code="corrections",
        title="已办结的更正申请",
        why="证明本人的更正申请得到了处理",
        law="个人信息保护法第五十六条：处理情况记录至少保存三年",
        days=3 * 365 + 1,
        least=3 * 365 + 1,
        forget=forget_corrections,
    ),
)
