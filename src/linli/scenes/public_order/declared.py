"""The rules this scene brings."""

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules.contracts import Comparison, RuleDraft, Switched, Threshold

RULES = (
    RuleDraft(
        code="cover_tilted",
        title="井盖倾斜",
        kinds=("manhole_cover",),
        condition=Threshold("tilt", Comparison.ABOVE, 15),
        category=Category.COVER,
        severity=Severity.DANGER,
        what="井盖倾斜或移位",
        action="请立即围挡并复位",
        duty="repair",
    ),
    RuleDraft(
        code="cover_open",
        title="井盖打开",
        kinds=("manhole_cover",),
        condition=Switched("open"),
        category=Category.COVER,
        severity=Severity.DANGER,
        what="井盖被打开",
        action="请立即围挡并复位",
        duty="repair",
    ),
    RuleDraft(
        code="cover_flooded",
        title="井下水位过高",
        kinds=("manhole_cover",),
        condition=Threshold("water_level", Comparison.ABOVE, 80),
        category=Category.COVER,
        severity=Severity.WARNING,
        what="井下水位过高",
        action="请查看是否堵塞",
        duty="repair",
    ),
)
