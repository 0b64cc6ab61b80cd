"""How long it is known who asked for what, and who agreed."""

from datetime import datetime

from linli.kernel.retention import Purpose
from linli.kernel.work import Work
from linli.support.approvals import service


async def forget_approvals(work: Work, before: datetime) -> int:
    """Requests that ended before that."""
    return await service.forget_before(work, before)


PURPOSES = (
    Purpose(
        code="approvals",
        title="批量导出和删除的审批记录",
        why="证明批量导出、删除个人信息经过了第二个人同意",
        law="个人信息保护法第五十六条：处理情况记录至少保存三年",
        days=3 * 365 + 1,
        least=3 * 365 + 1,
        forget=forget_approvals,
    ),
)
