"""The rules this scene brings."""

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules.contracts import EventSeen, RuleDraft, UsedLess

HOUR = 3600

RULES = (
    RuleDraft(
        code="sos",
        title="一键呼救",
        kinds=("sos_button",),
        condition=EventSeen("sos_pressed"),
        category=Category.RESCUE,
        severity=Severity.CRITICAL,
        what="老人按下呼救按钮",
        action="请立即上门查看",
        duty="security",
    ),
    RuleDraft(
        code="no_water_12_h",
        title="12小时用水少于10升",
        kinds=("water_meter",),
        condition=UsedLess("water_total", 12 * HOUR, 0.010),
        category=Category.ELDER,
        severity=Severity.DANGER,
        what="12小时几乎没有用水",
        action="请先电话联系，无人接听立即上门查看",
        duty="property",
    ),
)
