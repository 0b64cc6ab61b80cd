"""Looking takes many requests: a player seeks, a wall asks each second. One look is one entry."""

from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

AGAIN_AFTER = timedelta(minutes=10)
MOST = 20_000


class Lately:
    """Who looked at what lately, in this process; remembers a bounded number of looks."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[UUID, UUID], datetime] = OrderedDict()

    def is_new(self, account_id: UUID, subject_id: UUID, now: datetime) -> bool:
        """Whether this look is one to be recorded (the last was ten minutes ago); remembers it."""
        key = (account_id, subject_id)
        last = self._seen.get(key)
        if last is not None and timedelta() <= now - last < AGAIN_AFTER:
            return False
        self._seen[key] = now
        self._seen.move_to_end(key)
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return True
