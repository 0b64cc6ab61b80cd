"""The rules this scene brings."""

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules.contracts import Comparison, RuleDraft, Switched, Threshold

RULES = (
    RuleDraft(
        code="charging_overheat",
        title="充电桩过热",
        kinds=("charging_pile",),
        condition=Threshold("temperature", Comparison.ABOVE, 70),
        category=Category.CHARGING,
        severity=Severity.DANGER,
        what="充电桩温度过高",
        action="请立即断电查看",
        duty="fire",
    ),
    RuleDraft(
        code="charging_smoke",
        title="充电桩冒烟",
        kinds=("charging_pile",),
        condition=Switched("smoke"),
        category=Category.CHARGING,
        severity=Severity.CRITICAL,
        what="充电桩冒烟",
        action="请立即断电并灭火，拨打119",
        duty="fire",
    ),
)
