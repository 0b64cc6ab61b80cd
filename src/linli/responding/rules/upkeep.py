"""The rules every device lives under: silent, weak, stuck, or its clock wrong (H01)."""

from linli.responding.alerts.contracts import Category, Severity
from linli.responding.rules.contracts import (
    ClockOff,
    Comparison,
    RuleDraft,
    Silence,
    Stuck,
    Switched,
    Threshold,
)

DAY = 86400

RULES = (
    RuleDraft(
        code="device_offline",
        title="设备离线",
        kinds=(),
        condition=Silence(),
        category=Category.DEVICE_FAULT,
        severity=Severity.WARNING,
        what="设备离线",
        action="请检查供电和网络",
        duty="repair",
        fault="offline",
    ),
    RuleDraft(
        code="battery_low",
        title="电量低",
        kinds=(),
        condition=Threshold("battery", Comparison.BELOW, 15),
        category=Category.DEVICE_FAULT,
        severity=Severity.NOTICE,
        what="设备电量低",
        action="请更换电池",
        duty="repair",
        fault="battery",
    ),
    RuleDraft(
        code="clock_wrong",
        title="设备时钟错误",
        kinds=(),
        condition=ClockOff(300),
        category=Category.DEVICE_FAULT,
        severity=Severity.NOTICE,
        what="设备时钟错误",
        action="请校准设备时间",
        duty="repair",
        fault="clock",
    ),
    RuleDraft(
        code="temperature_stuck",
        title="读数长时间不变",
        kinds=("smoke_alarm",),
        condition=Stuck("temperature", 2 * DAY),
        category=Category.DEVICE_FAULT,
        severity=Severity.NOTICE,
        what="设备读数长时间不变，可能失灵",
        action="请现场测试",
        duty="repair",
        fault="stuck",
    ),
    RuleDraft(
        code="picture_lost",
        title="摄像机画面异常",
        kinds=("lift_camera", "falling_object_camera"),
        condition=Switched("picture_ok", 0.0),
        category=Category.DEVICE_FAULT,
        severity=Severity.WARNING,
        what="摄像机画面异常",
        action="请检查镜头和线路",
        duty="repair",
        fault="picture",
    ),
)
