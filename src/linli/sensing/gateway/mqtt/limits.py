"""What keeps one loud or hostile client from being felt by the others. Pure; times come in."""

from collections import OrderedDict
from dataclasses import dataclass


class TokenBucket:
    """An average rate with a burst; may be overdrawn, and then says how long to wait."""

    __slots__ = ("_burst", "_level", "_rate", "_seen")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._seen = now

    def take(self, amount: float, now: float) -> bool:
        """Take what was used; False when more than was there."""
        self._level = min(self._burst, self._level + (now - self._seen) * self._rate) - amount
        self._seen = now
        return self._level >= 0


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: float
    blocked_until: float


@dataclass(frozen=True, slots=True)
class ThrottleRule:
    """After `free` failures each further one blocks twice as long, from `first` up to `longest`.

    `forget` seconds without a failure wipe the slate.
    """

    free: int
    first: float
    longest: float
    forget: float


class Throttle:
    """Counts failed sign-ins by key and says who has to wait; remembers a bounded number."""

    def __init__(self, rule: ThrottleRule, capacity: int = 10_000) -> None:
        self._rule = rule
        self._capacity = capacity
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def blocked(self, key: str, now: float) -> bool:
        """Tell whether this key has to wait."""
        known = self._failures.get(key)
        return known is not None and now < known.blocked_until

    def failed(self, key: str, now: float) -> None:
        """Count a failure."""
        rule = self._rule
        known = self._failures.pop(key, None)
        if known is None or now - known.last_at > rule.forget:
            known = _Failures(0, now, 0.0)
        known.count += 1
        known.last_at = now
        over = known.count - rule.free
        if over > 0:
            known.blocked_until = now + min(rule.longest, rule.first * 2.0 ** min(over - 1, 30))
        self._failures[key] = known
        while len(self._failures) > self._capacity:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Wipe the slate."""
        self._failures.pop(key, None)
