"""Rules and their conditions, as others may see and declare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from linli.directory.modules.contracts import Module
from linli.responding.alerts.contracts import Category, Finding, Severity


class Comparison(StrEnum):
    """How a value is held against a limit."""

    ABOVE = "above"
    BELOW = "below"
    EQUAL = "equal"
    NOT_EQUAL = "not_equal"

    @property
    def words(self) -> str:
        return _COMPARISON_WORDS[self]


_COMPARISON_WORDS = {
    Comparison.ABOVE: "高于",
    Comparison.BELOW: "低于",
    Comparison.EQUAL: "等于",
    Comparison.NOT_EQUAL: "不等于",
}


class Threshold(msgspec.Struct, frozen=True, tag="threshold"):
    """A property compares with `value`, for `for_s` seconds on end (0: at once)."""

    property: str
    comparison: Comparison
    value: float
    for_s: int = 0


class Switched(msgspec.Struct, frozen=True, tag="switched"):
    """A switch property changes to `to` (1 on, 0 off); it clears when it changes back."""

    property: str
    to: float = 1.0


class EventSeen(msgspec.Struct, frozen=True, tag="event_seen"):
    """A device reports an event; with `field`, only where that field is at least `at_least`."""

    event: str
    field: str = ""
    at_least: float = 0.0


class Silence(msgspec.Struct, frozen=True, tag="silence"):
    """Nothing was received from a device for `window_s` seconds (0: what its kind allows)."""

    window_s: int = 0


class UsedLess(msgspec.Struct, frozen=True, tag="used_less"):
    """A counter grew by less than `amount` in the last `window_s` seconds."""

    property: str
    window_s: int
    amount: float


class UsedMore(msgspec.Struct, frozen=True, tag="used_more"):
    """A counter grew by more than `amount` in the last `window_s` seconds."""

    property: str
    window_s: int
    amount: float


class FlowWithoutPause(msgspec.Struct, frozen=True, tag="flow_without_pause"):
    """A counter grew in every slot of `slot_s` seconds for `window_s` seconds: a leak."""

    property: str
    slot_s: int
    window_s: int


class Stuck(msgspec.Struct, frozen=True, tag="stuck"):
    """Readings keep coming but the value has been the same for `window_s` seconds."""

    property: str
    window_s: int


class ClockOff(msgspec.Struct, frozen=True, tag="clock_off"):
    """A device's clock differs from ours by more than `more_than_s` seconds."""

    more_than_s: int


class Flooding(msgspec.Struct, frozen=True, tag="flooding"):
    """A device sends more than `most` messages within `window_s` seconds.

    Old ones that it makes up for do not count.
    """

    most: int
    window_s: int


Condition = (
    Threshold
    | Switched
    | EventSeen
    | Silence
    | UsedLess
    | UsedMore
    | FlowWithoutPause
    | Stuck
    | ClockOff
    | Flooding
)
Looked = Silence | UsedLess | UsedMore | FlowWithoutPause | Stuck
"""Conditions over a span of time: a worker looks at them when a deadline comes due."""


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as a scene declares it. `kinds` are device kinds; empty means every kind."""

    code: str
    title: str
    kinds: tuple[str, ...]
    condition: Condition
    category: Category
    severity: Severity
    what: str
    action: str
    duty: str
    fault: str = ""
    """When set, the finding is also noted on the device as this fault."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in force: a draft with identity, version and switch."""

    id: UUID
    draft: RuleDraft
    version: int
    enabled: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """One figure of a rule that staff may turn, within its bounds."""

    name: str
    title: str
    value: float
    unit: str
    low: float
    high: float


class Phase(StrEnum):
    """Whether a condition holds for long enough, or not yet."""

    PENDING = "pending"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class RuleState:
    """Where a rule stands with a device. No state: all is normal."""

    rule_id: UUID
    device_id: UUID
    phase: Phase
    since: datetime
    value: float | None = None


@dataclass(frozen=True, slots=True)
class SensedDevice:
    """What a rule needs to know of the device it judges."""

    id: UUID
    kind: str
    code: str
    title: str
    estate_id: UUID
    place_id: UUID | None


@dataclass(frozen=True, slots=True)
class SensedValue:
    """A new reading."""

    device: SensedDevice
    property: str
    value: float
    observed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SensedEvent:
    """A new device event."""

    device: SensedDevice
    event: str
    fields: tuple[tuple[str, str | float | bool | None], ...]
    observed_at: datetime
    received_at: datetime
    evidence: tuple[UUID, ...] = ()
    external_id: str = ""
    """The device's own name of this event."""


@dataclass(frozen=True, slots=True)
class SensedClock:
    """A device's clock, `offset_s` ahead of ours (negative: behind)."""

    device: SensedDevice
    offset_s: float
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SensedFlood:
    """A device has sent this many messages since `since`, more than `rule_id` lets pass."""

    device: SensedDevice
    rule_id: UUID
    messages: int
    since: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, found by what they listen to. `serial` grows with every change."""

    serial: int
    rules: Mapping[UUID, Rule]
    by_property: Mapping[tuple[str, str], tuple[Rule, ...]]
    by_event: Mapping[tuple[str, str], tuple[Rule, ...]]
    by_clock: Mapping[str, tuple[Rule, ...]]
    by_flood: Mapping[str, tuple[Rule, ...]]
    looked: Mapping[str, tuple[Rule, ...]]
    """Per device kind, the rules over a span of time."""
    totals: Mapping[tuple[str, str], tuple[Rule, ...]]
    """Of those, the ones over a counter, which a new reading may decide."""
    off: Mapping[tuple[UUID, Module], UUID] = field(default_factory=dict[tuple[UUID, Module], UUID])
    """Per estate and module that is off there, the switch by which it is: its rules do not ring."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a batch led to: findings to raise, and (rule, device) pairs that are normal again."""

    findings: tuple[Finding, ...] = ()
    cleared: tuple[tuple[UUID, UUID], ...] = ()


@dataclass(frozen=True, slots=True)
class Sensed:
    """All that is new in one committed batch."""

    values: tuple[SensedValue, ...] = ()
    events: tuple[SensedEvent, ...] = ()
    clocks: tuple[SensedClock, ...] = ()
    """Clocks that are off; the devices in `in_time` showed a right one."""
    floods: tuple[SensedFlood, ...] = ()
    calm: frozenset[tuple[UUID, UUID]] = frozenset()
    """(Rule, device) whose last window of messages was within what the rule lets pass."""
    heard: frozenset[UUID] = frozenset()
    in_time: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Hushed:
    """Alerts that did not ring, because their module was off (`switch_id`).

    `times` counts them as alerts would have been: what is said again within the window of a
    repeat is one. `finding` is the last; `ended` when its condition is over.
    """

    switch_id: UUID
    module: Module
    finding: Finding
    times: int
    first_at: datetime
    last_at: datetime
    ended: bool = False
