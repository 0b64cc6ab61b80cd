"""What `linli doctor` says about the systems that are told by web hooks."""

from linli.app.doctor_hooks import judged_hooks
from linli.app.findings import Verdict
from linli.responding.hooks.contracts import HookStanding


def test_where_nobody_is_told_nothing_is_said() -> None:
    assert list(judged_hooks(HookStanding(hooks=0))) == []


def test_hooks_that_deliver_are_good_and_say_what_waits() -> None:
    [finding] = judged_hooks(HookStanding(hooks=2, waiting=3))
    assert finding.verdict is Verdict.GOOD
    assert "等待发送 / waiting 3" in str(finding)


def test_each_trouble_is_named_with_its_remedy() -> None:
    found = HookStanding(
        hooks=9,
        suspended=tuple(f"系统{n}" for n in range(7)),
        failing=("城运平台",),
        waiting=40,
        overdue=6,
        failed=2,
    )
    said = [str(one) for one in judged_hooks(found)]
    assert [one.verdict for one in judged_hooks(found)] == [Verdict.WARNING] * 4
    for words, remedy in zip(
        ("系统4 等 7 个", "正在失败：城运平台", "2 条通知没有送达", "6 条通知到时间没有发出"),
        ("点“恢复”", "LINLI_HOOK_NETWORKS", "点“重发”", "worker"),
        strict=True,
    ):
        assert any(words in one and remedy in one for one in said), words
