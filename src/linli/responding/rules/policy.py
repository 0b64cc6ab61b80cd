"""Decisions about rules. Pure: a state and something new go in, a verdict comes out.

Two sorts of conditions exist. Those over a single reading or event are judged as it arrives, in
the transaction that stores it. Those over a span of time (`Looked`) are looked at when a deadline
comes due, because silence sends no message.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from linli.directory.modules.contracts import Module, Switch
from linli.kernel.errors import BadInput
from linli.kernel.time import SHANGHAI
from linli.responding.alerts.contracts import Category, Explanation, Fact, Finding, RuleName
from linli.responding.alerts.public import REPEAT_WINDOW
from linli.responding.rules.contracts import (
    ClockOff,
    Comparison,
    Condition,
    EventSeen,
    Flooding,
    FlowWithoutPause,
    Hushed,
    Looked,
    Phase,
    Rule,
    RuleBook,
    RuleDraft,
    RuleSetting,
    RuleState,
    SensedClock,
    SensedDevice,
    SensedEvent,
    SensedFlood,
    SensedValue,
    Silence,
    Stuck,
    Switched,
    Threshold,
    UsedLess,
    UsedMore,
)
from linli.sensing.devices.public import DeviceKind, all_kinds

MINUTE = 60
HOUR = 3600
DAY = 86400
LATE_PATIENCE = timedelta(minutes=5)
LOOK_SHARE = 12
"""A condition over a window is looked at again after a twelfth of it, at most an hour."""
LOOK_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows: the new state (None: normal), a finding, an alert to clear, a time to look."""

    state: RuleState | None
    finding: Finding | None = None
    cleared: bool = False
    look_at: datetime | None = None


def span(seconds: float) -> str:
    """`43200` → `12小时`, `90` → `90秒`, `1800` → `30分钟`."""
    for size, word in ((DAY, "天"), (HOUR, "小时"), (MINUTE, "分钟")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{word}"
    return f"{seconds:g}秒"


def holds(comparison: Comparison, value: float, limit: float) -> bool:
    match comparison:
        case Comparison.ABOVE:
            return value > limit
        case Comparison.BELOW:
            return value < limit
        case Comparison.EQUAL:
            return value == limit
        case Comparison.NOT_EQUAL:
            return value != limit


def _finding(
    rule: Rule,
    device: SensedDevice,
    *,
    sentence: str,
    facts: tuple[Fact, ...],
    since: datetime | None,
    found_at: datetime,
    received_at: datetime,
    evidence: tuple[UUID, ...] = (),
) -> Finding:
    draft = rule.draft
    return Finding(
        rule=RuleName(id=rule.id, code=draft.code, title=draft.title, version=rule.version),
        estate_id=device.estate_id,
        place_id=device.place_id,
        device_id=device.id,
        category=draft.category,
        severity=draft.severity,
        what=draft.what,
        action=draft.action,
        duty=draft.duty,
        found_at=found_at,
        received_at=received_at,
        explanation=Explanation(sentence=sentence, facts=facts, since=since),
        evidence=evidence,
    )


def breaches(rule: Rule, value: float) -> bool | None:
    """Whether a reading is what the rule waits for; None when no single reading tells."""
    condition = rule.draft.condition
    if isinstance(condition, Switched):
        return value == condition.to
    if isinstance(condition, Threshold):
        return holds(condition.comparison, value, condition.value)
    return None


def on_value(
    rule: Rule, state: RuleState | None, sensed: SensedValue, kind: DeviceKind
) -> Verdict | None:
    """Judge a new reading; None when nothing changes."""
    breached = breaches(rule, sensed.value)
    if breached is None:
        return None
    condition = rule.draft.condition
    for_s = condition.for_s if isinstance(condition, Threshold) else 0
    if not breached:
        if state is None:
            return None
        return Verdict(state=None, cleared=state.phase is Phase.ACTIVE)
    if state is not None and sensed.observed_at < state.since:
        return None
    since = state.since if state is not None else sensed.observed_at
    if state is not None and state.phase is Phase.ACTIVE:
        # A device that goes on saying so is one alert, seen again, and not a new one.
        return Verdict(state=state, finding=_value_finding(rule, sensed, since, kind))
    due = sensed.received_at + timedelta(seconds=for_s)
    if state is not None:
        due = state.since + timedelta(seconds=for_s)
    if for_s and sensed.observed_at < since + timedelta(seconds=for_s):
        pending = RuleState(rule.id, sensed.device.id, Phase.PENDING, since, sensed.value)
        return Verdict(state=pending, look_at=due if state is None else None)
    active = RuleState(rule.id, sensed.device.id, Phase.ACTIVE, since, sensed.value)
    return Verdict(state=active, finding=_value_finding(rule, sensed, since, kind))


def _value_finding(rule: Rule, sensed: SensedValue, since: datetime, kind: DeviceKind) -> Finding:
    return _finding(
        rule,
        sensed.device,
        sentence=explain(rule, kind),
        facts=(value_fact(sensed.property, sensed.value, sensed.observed_at, kind),),
        since=since,
        found_at=sensed.observed_at,
        received_at=sensed.received_at,
    )


def value_fact(code: str, value: float, observed_at: datetime, kind: DeviceKind) -> Fact:
    sheet = kind.properties[code]
    return Fact(
        title=sheet.title, value=sheet.words(float(value)), unit="", observed_at=observed_at
    )


def held_long_enough(
    rule: Rule, state: RuleState, device: SensedDevice, kind: DeviceKind, now: datetime
) -> Verdict | None:
    """A pending threshold whose time has run out without another reading: it holds still."""
    condition = rule.draft.condition
    if state.phase is not Phase.PENDING or not isinstance(condition, Threshold):
        return None
    value = state.value if state.value is not None else condition.value
    active = RuleState(rule.id, device.id, Phase.ACTIVE, state.since, state.value)
    finding = _finding(
        rule,
        device,
        sentence=explain(rule, kind),
        facts=(value_fact(condition.property, value, state.since, kind),),
        since=state.since,
        found_at=now,
        received_at=now,
    )
    return Verdict(state=active, finding=finding)


def on_event(rule: Rule, sensed: SensedEvent, kind: DeviceKind) -> Finding | None:
    """Judge a new device event."""
    condition = rule.draft.condition
    if not isinstance(condition, EventSeen) or condition.event != sensed.event:
        return None
    fields = dict(sensed.fields)
    if condition.field:
        said = fields.get(condition.field)
        # A device that does not say how sure it is counts as sure: better one look too many.
        if isinstance(said, int | float) and said < condition.at_least:
            return None
    sheet = kind.events[sensed.event]
    facts = tuple(
        Fact(
            title=sheet.fields[name].title if name in sheet.fields else name,
            value=_field_words(value),
            unit=(sheet.fields[name].unit or "") if name in sheet.fields else "",
            observed_at=sensed.observed_at,
        )
        for name, value in sensed.fields
    )
    return _finding(
        rule,
        sensed.device,
        sentence=explain(rule, kind),
        facts=(Fact("事件", sheet.title, "", sensed.observed_at), *facts),
        since=None,
        found_at=sensed.observed_at,
        received_at=sensed.received_at,
        evidence=sensed.evidence,
    )


def _field_words(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:g}" if isinstance(value, int | float) else str(value or "")


def on_clock(rule: Rule, state: RuleState | None, sensed: SensedClock) -> Verdict | None:
    """Judge a clock that is off.

    Times ahead of ours can only be wrong. Times behind may be old readings sent late, so a clock
    counts as slow only when it still is after `LATE_PATIENCE`.
    """
    condition = rule.draft.condition
    if not isinstance(condition, ClockOff) or abs(sensed.offset_s) <= condition.more_than_s:
        return None
    if state is not None and state.phase is Phase.ACTIVE:
        return None
    since = state.since if state is not None else sensed.received_at
    behind = sensed.offset_s < 0
    if behind and sensed.received_at - since < LATE_PATIENCE:
        pending = RuleState(rule.id, sensed.device.id, Phase.PENDING, since, sensed.offset_s)
        return Verdict(state=pending)
    way = "慢" if behind else "快"
    finding = _finding(
        rule,
        sensed.device,
        sentence=f"设备时钟比平台{way}，超过{span(condition.more_than_s)}",
        facts=(Fact("时钟偏差", f"{way} {abs(sensed.offset_s):.0f} 秒", "", sensed.received_at),),
        since=since,
        found_at=sensed.received_at,
        received_at=sensed.received_at,
    )
    active = RuleState(rule.id, sensed.device.id, Phase.ACTIVE, since, sensed.offset_s)
    return Verdict(state=active, finding=finding)


def clock_right_again(state: RuleState) -> Verdict:
    """The device has shown a right clock."""
    return Verdict(state=None, cleared=state.phase is Phase.ACTIVE)


def on_flood(rule: Rule, state: RuleState | None, sensed: SensedFlood) -> Verdict | None:
    """Judge a device that sends without end; None when that is known."""
    condition = rule.draft.condition
    if not isinstance(condition, Flooding) or sensed.messages <= condition.most:
        return None
    if state is not None and state.phase is Phase.ACTIVE:
        return None
    fact = Fact("收到的消息", f"{sensed.messages} 条", "", sensed.received_at)
    finding = _finding(
        rule,
        sensed.device,
        sentence=explain(rule, None),
        facts=(fact,),
        since=sensed.since,
        found_at=sensed.received_at,
        received_at=sensed.received_at,
    )
    active = RuleState(
        rule.id, sensed.device.id, Phase.ACTIVE, sensed.since, float(sensed.messages)
    )
    return Verdict(state=active, finding=finding)


def over(state: RuleState) -> Verdict:
    """The device is within bounds again."""
    return Verdict(state=None, cleared=state.phase is Phase.ACTIVE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look over a window of time sees.

    `used` is the growth of the counter in the window (None: too few readings to tell), `steps`
    its growth per slot, `unchanged_since` since when the last value has stood. `away`: those who
    live there said that they are not at home in this time.
    """

    now: datetime
    last_received_at: datetime | None
    first_observed_at: datetime | None = None
    used: float | None = None
    steps: tuple[float, ...] = ()
    unchanged_since: datetime | None = None
    last_value: float | None = None
    away: bool = False


def window_of(condition: Looked, kind: DeviceKind) -> timedelta:
    """How far back a look goes."""
    if isinstance(condition, Silence) and not condition.window_s:
        return kind.offline_after
    return timedelta(seconds=condition.window_s)


def next_look(condition: Looked, seen: Seen, kind: DeviceKind) -> datetime:
    """When to look again: for silence exactly when it would be long enough, else by and by."""
    window = window_of(condition, kind)
    if isinstance(condition, Silence) and seen.last_received_at is not None:
        due = seen.last_received_at + window
        if due > seen.now:
            return due
    if isinstance(condition, UsedLess) and seen.first_observed_at is not None:
        full = seen.first_observed_at + window
        if full > seen.now:
            return full
    return seen.now + max(min(window / LOOK_SHARE, LOOK_MOST), timedelta(seconds=30))


def on_look(
    rule: Rule, state: RuleState | None, device: SensedDevice, seen: Seen, kind: DeviceKind
) -> Verdict:
    """Judge a span of time. Always says when to look again."""
    condition = rule.draft.condition
    if not isinstance(condition, Looked):
        raise TypeError(condition)
    look_at = next_look(condition, seen, kind)
    breached = _breached(condition, seen, kind)
    if breached is None:
        return Verdict(state=state, look_at=look_at)
    if not breached:
        return Verdict(state=None, cleared=state is not None, look_at=look_at)
    if state is not None:
        return Verdict(state=state, look_at=look_at)
    since = seen.now - window_of(condition, kind)
    if isinstance(condition, Silence) and seen.last_received_at is not None:
        since = seen.last_received_at
    if isinstance(condition, Stuck) and seen.unchanged_since is not None:
        since = seen.unchanged_since
    finding = _finding(
        rule,
        device,
        sentence=explain(rule, kind),
        facts=_look_facts(condition, seen, kind),
        since=since,
        found_at=seen.now,
        received_at=seen.now,
    )
    active = RuleState(rule.id, device.id, Phase.ACTIVE, since, seen.used)
    return Verdict(state=active, finding=finding, look_at=look_at)


def _breached(condition: Looked, seen: Seen, kind: DeviceKind) -> bool | None:
    """Whether the condition holds; None when too little is known to say either way."""
    window = window_of(condition, kind)
    start = seen.now - window
    if seen.last_received_at is None:
        # A device that has never spoken is "not yet installed", and not a fault.
        return None
    match condition:
        case Silence():
            return seen.last_received_at <= start
        case UsedLess(amount=amount):
            if seen.away:
                # Nobody at home uses nothing, and nobody need look.
                return False
            # A meter that says nothing is offline; whether water ran cannot be known.
            silent = seen.last_received_at <= seen.now - kind.offline_after
            unknown = silent or seen.used is None or seen.first_observed_at is None
            if unknown or (seen.first_observed_at is not None and seen.first_observed_at > start):
                return None
            return seen.used is not None and seen.used < amount
        case UsedMore(amount=amount):
            return None if seen.used is None else seen.used > amount
        case FlowWithoutPause():
            return bool(seen.steps) and all(step > 0 for step in seen.steps) if seen.steps else None
        case Stuck():
            talking = seen.last_received_at > seen.now - kind.offline_after
            if not talking or seen.unchanged_since is None:
                return None
            return seen.unchanged_since <= start


def _look_facts(condition: Looked, seen: Seen, kind: DeviceKind) -> tuple[Fact, ...]:
    at = seen.last_received_at or seen.now
    facts: list[Fact] = []
    if isinstance(condition, UsedLess | UsedMore) and seen.used is not None:
        sheet = kind.properties[condition.property]
        facts.append(Fact(f"{span(condition.window_s)}用量", sheet.words(seen.used), "", seen.now))
    if isinstance(condition, FlowWithoutPause):
        least = min(seen.steps)
        sheet = kind.properties[condition.property]
        facts.append(Fact("最小的一段用量", sheet.words(least), "", seen.now))
    if isinstance(condition, Stuck) and seen.last_value is not None:
        facts.append(value_fact(condition.property, seen.last_value, at, kind))
    wall = at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    facts.append(Fact("最后收到数据", wall, "", at))
    return tuple(facts)


def _amount(kind: DeviceKind | None, code: str, value: float) -> str:
    """A limit in the words of its property; small volumes of water are said in litres."""
    sheet = kind.properties.get(code) if kind else None
    if sheet is None:
        return f"{value:g}"
    if sheet.unit == "m³" and value < 1:
        return f"{value * 1000:g}升"
    if sheet.labels and float(value).is_integer() and int(value) in sheet.labels:
        return sheet.labels[int(value)]
    return f"{value:g} {sheet.unit}" if sheet.unit else f"{value:g}"


def _example_of(condition: Condition) -> DeviceKind | None:
    """A kind that has what a rule for all kinds speaks of, for its words and units."""
    code = getattr(condition, "property", None)
    return next((kind for kind in all_kinds().values() if code in kind.properties), None)


def explain(rule: Rule, kind: DeviceKind | None) -> str:
    """The rule in one plain sentence: 水表12小时用水少于10升."""
    condition = rule.draft.condition
    device = kind.title if kind and len(rule.draft.kinds) == 1 else "设备"
    if kind is None:
        kind = _example_of(condition)

    def title(code: str) -> str:
        return kind.properties[code].title if kind and code in kind.properties else code

    match condition:
        case Threshold(property=code, comparison=comparison, value=value, for_s=for_s):
            lasting = f"，持续{span(for_s)}" if for_s else ""
            return f"{device}的{title(code)}{comparison.words}{_amount(kind, code, value)}{lasting}"
        case Switched(property=code, to=to):
            return f"{device}的{title(code)}变为“{_amount(kind, code, to)}”"
        case EventSeen(event=event, field=field, at_least=at_least):
            name = kind.events[event].title if kind and event in kind.events else event
            sure = f"，把握不低于{at_least:.0%}" if field else ""
            return f"{device}报告“{name}”{sure}"
        case Silence(window_s=window_s):
            return f"{device}超过{span(window_s) if window_s else '该类设备允许的时间'}没有消息"
        case UsedLess(property=code, window_s=window_s, amount=amount):
            return f"{device}{span(window_s)}用量少于{_amount(kind, code, amount)}"
        case UsedMore(property=code, window_s=window_s, amount=amount):
            return f"{device}{span(window_s)}用量超过{_amount(kind, code, amount)}"
        case FlowWithoutPause(slot_s=slot_s, window_s=window_s):
            return f"{device}{span(window_s)}内每{span(slot_s)}都在走水，没有停过"
        case Stuck(property=code, window_s=window_s):
            return f"{device}的{title(code)}{span(window_s)}没有变化"
        case ClockOff(more_than_s=more_than_s):
            return f"{device}的时钟与平台相差超过{span(more_than_s)}"
        case Flooding(most=most, window_s=window_s):
            return f"{device}{span(window_s)}内发来超过{most}条消息"


def compile_book(
    rules: Iterable[Rule],
    kinds: Mapping[str, DeviceKind],
    serial: int,
    off: Iterable[Switch] = (),
) -> RuleBook:
    """Index the enabled rules by what they listen to; a rule without kinds listens to all."""
    by_property: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    by_event: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    by_clock: dict[str, list[Rule]] = defaultdict(list)
    by_flood: dict[str, list[Rule]] = defaultdict(list)
    looked: dict[str, list[Rule]] = defaultdict(list)
    totals: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    enabled = [rule for rule in rules if rule.enabled]
    for rule in enabled:
        condition = rule.draft.condition
        for kind in rule.draft.kinds or tuple(kinds):
            sheet = kinds.get(kind)
            if sheet is None:
                continue
            match condition:
                case Threshold(property=code) | Switched(property=code):
                    if code in sheet.properties:
                        by_property[kind, code].append(rule)
                case EventSeen(event=event):
                    if event in sheet.events:
                        by_event[kind, event].append(rule)
                case ClockOff():
                    by_clock[kind].append(rule)
                case Flooding():
                    by_flood[kind].append(rule)
                case Silence():
                    looked[kind].append(rule)
                case UsedLess(property=code) | UsedMore(property=code):
                    if code in sheet.properties:
                        looked[kind].append(rule)
                        totals[kind, code].append(rule)
                case FlowWithoutPause(property=code) | Stuck(property=code):
                    if code in sheet.properties:
                        looked[kind].append(rule)
    return RuleBook(
        serial=serial,
        rules={rule.id: rule for rule in enabled},
        by_property={key: tuple(found) for key, found in by_property.items()},
        by_event={key: tuple(found) for key, found in by_event.items()},
        by_clock={key: tuple(found) for key, found in by_clock.items()},
        by_flood={key: tuple(found) for key, found in by_flood.items()},
        looked={key: tuple(found) for key, found in looked.items()},
        totals={key: tuple(found) for key, found in totals.items()},
        off={(one.estate_id, one.module): one.id for one in off if one.on_at is None},
    )


@dataclass(frozen=True, slots=True)
class Turn:
    """A figure of a condition that staff may turn: its field, its name, unit and bounds."""

    field: str
    title: str
    unit: str
    low: float
    high: float


def turns_of(condition: Condition, kind: DeviceKind | None) -> tuple[Turn, ...]:
    """Which figures of the condition may be turned."""
    window = Turn("window_s", "时间段", "秒", 60, 30 * DAY)
    match condition:
        case Threshold(property=code):
            sheet = kind.properties.get(code) if kind else None
            low, high = (sheet.low, sheet.high) if sheet else (-1e9, 1e9)
            unit = (sheet.unit or "") if sheet else ""
            lasting = Turn("for_s", "持续时间", "秒", 0, DAY)
            return (Turn("value", "界限", unit, low, high), lasting)
        case Switched():
            return ()
        case EventSeen(field=field):
            return (Turn("at_least", "最低把握", "", 0, 1),) if field else ()
        case Silence():
            return (Turn("window_s", "时间段（0 为按设备类型）", "秒", 0, 30 * DAY),)
        case UsedLess(property=code) | UsedMore(property=code):
            sheet = kind.properties.get(code) if kind else None
            unit = (sheet.unit or "") if sheet else ""
            return (Turn("amount", "用量", unit, 0, 1e6), window)
        case FlowWithoutPause():
            return (Turn("slot_s", "每段时长", "秒", 300, 6 * HOUR), window)
        case Stuck():
            return (window,)
        case ClockOff():
            return (Turn("more_than_s", "允许偏差", "秒", 1, DAY),)
        case Flooding():
            return (
                Turn("most", "最多消息数", "条", 10, 1e6),
                Turn("window_s", "时间段", "秒", 1, HOUR),
            )


def settings_of(rule: Rule, kind: DeviceKind | None) -> tuple[RuleSetting, ...]:
    condition = rule.draft.condition
    if kind is None:
        kind = _example_of(condition)
    return tuple(
        RuleSetting(
            name=turn.field,
            title=turn.title,
            value=float(getattr(condition, turn.field)),
            unit=turn.unit,
            low=turn.low,
            high=turn.high,
        )
        for turn in turns_of(condition, kind)
    )


def turned(draft: RuleDraft, settings: Mapping[str, float], kind: DeviceKind | None) -> RuleDraft:
    """The draft with these figures. Raises BadInput naming the figure that is unknown or off."""
    condition = draft.condition
    kind = kind or _example_of(condition)
    allowed = {turn.field: turn for turn in turns_of(condition, kind)}
    changes: dict[str, float] = {}
    for name, value in settings.items():
        turn = allowed.get(name)
        if turn is None:
            raise BadInput(f"这条规则没有“{name}”这一项", field=f"settings.{name}")
        if not turn.low <= value <= turn.high:
            raise BadInput(
                f"“{turn.title}”应在 {turn.low:g} 到 {turn.high:g} {turn.unit} 之间",
                field=f"settings.{name}",
                remedy="请填写范围内的数值",
            )
        changes[name] = int(value) if name.endswith("_s") else value
    return replace(draft, condition=msgspec.structs.replace(condition, **changes))


# ── modules that are off ──

_MODULES = {
    Category.FIRE: Module.FIRE,
    Category.RESCUE: Module.SOS,
    Category.LIFT: Module.LIFT_RESCUE,
    Category.E_BIKE: Module.LIFTS,
    Category.FALLING_OBJECT: Module.FALLING_OBJECTS,
    Category.ACCESS: Module.ACCESS,
    Category.WATER: Module.WATER,
    Category.ELDER: Module.ELDER_CARE,
    Category.COVER: Module.COVERS,
    Category.CHARGING: Module.CHARGING,
}
# Where the sort of matter says too little: lives depend on the first, not on the others.
_OWN_MODULES = {
    "charging_smoke": Module.FIRE,
    "lift_door_blocked": Module.LIFTS,
    "lift_smoking": Module.LIFTS,
}


def module_of(code: str, category: Category) -> Module | None:
    """The module a rule belongs to; None for the upkeep of devices, which is never off."""
    return _OWN_MODULES.get(code) or _MODULES.get(category)


def hushing(book: RuleBook, finding: Finding) -> tuple[UUID, Module] | None:
    """The switch by which this finding does not ring, and its module; None when it rings."""
    module = module_of(finding.rule.code, finding.category)
    switch_id = book.off.get((finding.estate_id, module)) if module else None
    return (switch_id, module) if switch_id and module else None


Quiet = tuple[UUID, Module, Finding]
"""A finding that does not ring, with the switch that keeps it quiet."""


def parted(
    book: RuleBook, findings: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Quiet, ...]]:
    """The findings that ring, and those of modules that are off in their estate."""
    ringing: list[Finding] = []
    quiet: list[Quiet] = []
    for finding in findings:
        off = hushing(book, finding)
        if off is None:
            ringing.append(finding)
        else:
            quiet.append((*off, finding))
    return tuple(ringing), tuple(quiet)


def counted(known: Hushed | None, switch_id: UUID, module: Module, finding: Finding) -> Hushed:
    """One more finding that did not ring."""
    at = finding.received_at
    if known is None:
        return Hushed(switch_id, module, finding, times=1, first_at=at, last_at=at)
    worse = finding.severity.rank > known.finding.severity.rank
    repeat = not worse and at - known.last_at <= REPEAT_WINDOW[known.finding.severity]
    return replace(
        known,
        finding=finding,
        times=known.times if repeat and not known.ended else known.times + 1,
        last_at=max(known.last_at, at),
        ended=False,
    )
