"""The rules this scene brings."""

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules.contracts import Comparison, EventSeen, RuleDraft, Switched, Threshold

RULES = (
    RuleDraft(
        code="gate_forced",
        title="门禁被强行打开",
        kinds=("gate_controller",),
        condition=EventSeen("forced_open"),
        category=Category.ACCESS,
        severity=Severity.DANGER,
        what="门禁被强行打开",
        action="请到现场查看",
        duty="security",
    ),
    RuleDraft(
        code="gate_forced_state",
        title="门禁处于强开状态",
        kinds=("gate_controller",),
        condition=Switched("forced"),
        category=Category.ACCESS,
        severity=Severity.DANGER,
        what="门禁被强行打开",
        action="请到现场查看",
        duty="security",
    ),
    RuleDraft(
        code="gate_held",
        title="大门敞开过久",
        kinds=("gate_controller",),
        condition=Threshold("open", Comparison.EQUAL, 1, for_s=300),
        category=Category.ACCESS,
        severity=Severity.WARNING,
        what="大门敞开超过5分钟",
        action="请到现场关门查看",
        duty="security",
    ),
    RuleDraft(
        code="door_held",
        title="通道门敞开过久",
        kinds=("door_contact",),
        condition=Threshold("open", Comparison.EQUAL, 1, for_s=1800),
        category=Category.ACCESS,
        severity=Severity.NOTICE,
        what="通道门敞开超过30分钟",
        action="请到现场关门",
        duty="security",
    ),
)
