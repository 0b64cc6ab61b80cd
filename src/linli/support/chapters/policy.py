"""How moments and days are said. Pure."""

from datetime import date, datetime

from linli.kernel.time import SHANGHAI


def said(at: datetime | date | None) -> str:
    """`2026-11-23 08:00`, `2026-11-23`, or nothing."""
    if at is None:
        return ""
    if isinstance(at, datetime):
        return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return at.isoformat()
