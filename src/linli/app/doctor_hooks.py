"""What `linli doctor` says about web hooks: who is not told any more, and what waits."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from linli.app.engine.roles import connected
from linli.app.findings import Finding, Verdict, good
from linli.app.problems import Problem
from linli.responding.hooks.contracts import HookStanding
from linli.responding.hooks.public import standing

SUBJECT = "事件推送 / web hooks"
MOST_NAMED = 5


async def hooks(url: str, now: datetime) -> list[Finding]:
    """Look at the subscriptions of other systems; `url` is linli's own way into the database."""
    async with connected(url) as connection:
        there = "SELECT to_regclass('public.responding_hook') IS NOT NULL"
        if not await connection.scalar(text(there)):
            return []
        return list(judged_hooks(await standing(connection, now)))


def judged_hooks(found: HookStanding) -> Iterator[Finding]:
    """Judge how the hooks stand; where there are none nothing is said."""
    if found.hooks == 0:
        return
    counted = f"{SUBJECT}: {found.hooks}，等待发送 / waiting {found.waiting}"
    if not (found.suspended or found.failing or found.failed or found.overdue):
        yield good(counted)
        return
    if found.suspended:
        yield _warned(
            f"{len(found.suspended)} 个推送三天没有送到，已自动停止：{_named(found.suspended)}",
            f"{len(found.suspended)} failed for three days and are suspended",
            remedy_chinese="修好对方系统后，在“系统对接 → 事件推送”点“恢复”，没送到的会补发",
            remedy_english="mend the receiver, then press 恢复 on the page 系统对接 → 事件推送;"
            " what waits is sent then",
        )
    if found.failing:
        yield _warned(
            f"{len(found.failing)} 个推送正在失败：{_named(found.failing)}",
            f"{len(found.failing)} are failing now",
            remedy_chinese="检查对方的网址、证书和防火墙，点“试一下”看对方怎么回答；"
            "内网地址要写进 LINLI_HOOK_NETWORKS。三天不通会自动停止",
            remedy_english="check the receiver's address, certificate and firewall, press 试一下 to"
            " see its answer; addresses inside go into LINLI_HOOK_NETWORKS. After three days they"
            " are suspended",
        )
    if found.failed:
        yield _warned(
            f"{found.failed} 条通知没有送达，不再重试",
            f"{found.failed} notices were given up",
            remedy_chinese="在“系统对接 → 事件推送 → 发送记录”里点“重发”，或让对方按编号来读",
            remedy_english="press 重发 in the sending record of the hook, or let the receiver read"
            " the matters by their ids",
        )
    if found.overdue:
        yield _warned(
            f"{found.overdue} 条通知到时间没有发出（等待发送共 {found.waiting} 条）",
            f"{found.overdue} notices are due and nobody sends them ({found.waiting} wait)",
            remedy_chinese="看 worker 进程是否在运行（linli up 会带起它），起来以后自动补发",
            remedy_english="see whether the worker runs (linli up starts it); it sends them then",
        )


def _named(titles: tuple[str, ...]) -> str:
    more = f" 等 {len(titles)} 个" if len(titles) > MOST_NAMED else ""
    return "、".join(titles[:MOST_NAMED]) + more


def _warned(chinese: str, english: str, *, remedy_chinese: str, remedy_english: str) -> Finding:
    problem = Problem(
        chinese, english, remedy_chinese=remedy_chinese, remedy_english=remedy_english
    )
    return Finding(SUBJECT, Verdict.WARNING, problem)
