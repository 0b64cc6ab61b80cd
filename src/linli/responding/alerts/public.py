"""The door of alerts."""

from linli.responding.alerts.policy import REPEAT_WINDOW
from linli.responding.alerts.service import clear_alerts, raise_alerts, silence
from linli.responding.alerts.store import found_since, named, of_rule

__all__ = [
    "REPEAT_WINDOW",
    "clear_alerts",
    "found_since",
    "named",
    "of_rule",
    "raise_alerts",
    "silence",
]
