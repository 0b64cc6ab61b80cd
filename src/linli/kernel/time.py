"""Time: aware and in UTC inside; Asia/Shanghai only where a person reads it."""

from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Where the present moment comes from. Everything that needs the time takes one."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the machine's clock


def on_wall(moment: datetime) -> str:
    """The moment as people here read it: `2026-11-22 16:05:09`, Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
