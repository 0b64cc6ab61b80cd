"""The rules this scene brings."""

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules.contracts import EventSeen, RuleDraft

RULES = (
    RuleDraft(
        code="falling_object",
        title="高空抛物",
        kinds=("falling_object_camera",),
        condition=EventSeen("falling_object", "confidence", 0.2),
        category=Category.FALLING_OBJECT,
        severity=Severity.CRITICAL,
        what="发现高空抛物",
        action="请立即到现场查看有无人员受伤并保护证据",
        duty="security",
    ),
)
