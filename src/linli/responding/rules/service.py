"""Verbs on rules, inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from linli.directory.modules import public as modules
from linli.directory.modules.contracts import Module
from linli.kernel.deadlines import Deadline, clear_deadlines, set_deadline
from linli.kernel.errors import NotFound, StaleVersion
from linli.kernel.work import Work
from linli.responding.alerts.contracts import Finding, Severity
from linli.responding.rules import policy, store
from linli.responding.rules.contracts import (
    ClockOff,
    Hushed,
    Judgement,
    Looked,
    Phase,
    Rule,
    RuleBook,
    RuleDraft,
    RuleState,
    Sensed,
    SensedDevice,
    Threshold,
)
from linli.responding.rules.events import RuleChanged
from linli.responding.rules.looking import see
from linli.sensing.devices.contracts import DeviceFault
from linli.sensing.devices.public import DeviceKind, all_kinds, clear_fault, note_fault

LOOK = "rule.look"
HOLD = "rule.hold"


async def load_book(work: Work) -> RuleBook:
    """The rules in force now."""
    rules = await store.all_rules(work.connection)
    off = await modules.off(work)
    return policy.compile_book(rules, all_kinds(), await _serial(work), off)


async def book_is_stale(work: Work, book: RuleBook) -> bool:
    return await _serial(work) != book.serial


async def _serial(work: Work) -> int:
    """Grows with every change of a rule and every switching of a module."""
    return await store.serial(work.connection) + await modules.serial(work)


@dataclass(slots=True)
class _Bench:
    """What one batch works on: the states as found and as they will be."""

    states: dict[store.StateKey, RuleState]
    changed: dict[store.StateKey, RuleState | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    cleared: list[store.StateKey] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    faults: list[DeviceFault] = field(default_factory=list)
    mended: list[tuple[UUID, str]] = field(default_factory=list)

    def state(self, key: store.StateKey) -> RuleState | None:
        return self.states.get(key)

    def accept(self, rule: Rule, device_id: UUID, verdict: policy.Verdict, *, kind: str) -> None:
        key = (rule.id, device_id)
        before = self.states.get(key)
        if verdict.state is None:
            self.states.pop(key, None)
        else:
            self.states[key] = verdict.state
        if verdict.state != before:
            self.changed[key] = verdict.state
        if verdict.finding is not None:
            self.findings.append(verdict.finding)
        if verdict.cleared:
            self.cleared.append(key)
        if rule.draft.fault:
            self._note_fault(rule.draft.fault, device_id, verdict, before)
        if verdict.look_at is not None:
            self.deadlines.append(Deadline(kind, device_id, verdict.look_at, detail=str(rule.id)))

    def _note_fault(
        self, code: str, device_id: UUID, verdict: policy.Verdict, before: RuleState | None
    ) -> None:
        was_active = before is not None and before.phase is Phase.ACTIVE
        if verdict.finding is not None and not was_active:
            explained = verdict.finding.explanation
            since = explained.since or verdict.finding.found_at
            self.faults.append(DeviceFault(device_id, code, since, explained.sentence))
        elif verdict.cleared:
            self.mended.append((device_id, code))

    async def save(self, work: Work, book: RuleBook) -> Judgement:
        kept = [state for state in self.changed.values() if state is not None]
        gone = [key for key, state in self.changed.items() if state is None]
        await store.save_states(work.connection, kept, gone)
        for deadline in self.deadlines:
            await set_deadline(work, deadline)
        for fault in self.faults:
            await note_fault(work, fault)
        for device_id, code in self.mended:
            await clear_fault(work, device_id, code)
        if book.off and self.cleared:
            await store.end_hushed(work.connection, self.cleared)
        findings = await _ringing(work, book, self.findings)
        return Judgement(findings=findings, cleared=tuple(self.cleared))


async def _ringing(work: Work, book: RuleBook, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that ring; the ones of modules that are off are counted instead."""
    if not (book.off and findings):
        return tuple(findings)
    ringing, quiet = policy.parted(book, findings)
    if quiet:
        keys = {store.hushed_key(switch_id, finding) for switch_id, _, finding in quiet}
        known = await store.hushed(work.connection, keys)
        for switch_id, module, finding in quiet:
            key = store.hushed_key(switch_id, finding)
            known[key] = policy.counted(known.get(key), switch_id, module, finding)
        await store.save_hushed(work.connection, known.values())
    return ringing


async def judge(work: Work, book: RuleBook, sensed: Sensed) -> Judgement:
    """Judge all that is new in a batch, in order, and keep where every rule now stands."""
    kinds = all_kinds()
    states = await store.states(work.connection, sensed.heard) if sensed.heard else {}
    bench = _Bench(states)
    by_property = book.by_property
    for value in sensed.values:
        device = value.device
        for rule in by_property.get((device.kind, value.property), ()):
            key = (rule.id, device.id)
            verdict = policy.on_value(rule, bench.state(key), value, kinds[device.kind])
            if verdict is not None:
                bench.accept(rule, device.id, verdict, kind=HOLD)
    for event in sensed.events:
        for rule in book.by_event.get((event.device.kind, event.event), ()):
            finding = policy.on_event(rule, event, kinds[event.device.kind])
            if finding is not None:
                bench.findings.append(finding)
    for clock in sensed.clocks:
        for rule in book.by_clock.get(clock.device.kind, ()):
            key = (rule.id, clock.device.id)
            verdict = policy.on_clock(rule, bench.state(key), clock)
            if verdict is not None:
                bench.accept(rule, clock.device.id, verdict, kind=HOLD)
    for flood in sensed.floods:
        rule = book.rules.get(flood.rule_id)
        verdict = rule and policy.on_flood(rule, bench.state((rule.id, flood.device.id)), flood)
        if rule and verdict:
            bench.accept(rule, flood.device.id, verdict, kind=HOLD)
    _floods_over(book, sensed, bench)
    _clocks_right_again(book, sensed, bench)
    _look_soon(work, book, sensed, bench)
    return await bench.save(work, book)


def _floods_over(book: RuleBook, sensed: Sensed, bench: _Bench) -> None:
    for key in sensed.calm:
        rule, state = book.rules.get(key[0]), bench.state(key)
        if rule is not None and state is not None:
            bench.accept(rule, key[1], policy.over(state), kind=HOLD)


def _clocks_right_again(book: RuleBook, sensed: Sensed, bench: _Bench) -> None:
    for rule_id, device_id in list(bench.states):
        rule = book.rules.get(rule_id)
        if rule and device_id in sensed.in_time and isinstance(rule.draft.condition, ClockOff):
            verdict = policy.clock_right_again(bench.states[rule_id, device_id])
            bench.accept(rule, device_id, verdict, kind=HOLD)


def _look_soon(work: Work, book: RuleBook, sensed: Sensed, bench: _Bench) -> None:
    """A message may end an alert over a span of time, or push a total over its limit."""
    wanted = {
        (rule.id, value.device.id)
        for value in sensed.values
        for rule in book.totals.get((value.device.kind, value.property), ())
    }
    for rule_id, device_id in bench.states:
        rule = book.rules.get(rule_id)
        if rule and isinstance(rule.draft.condition, Looked):
            wanted.add((rule_id, device_id))
    for rule_id, device_id in sorted(wanted):
        bench.deadlines.append(Deadline(LOOK, device_id, work.now, detail=str(rule_id)))


async def look(work: Work, book: RuleBook, device: SensedDevice, rule_id: UUID) -> Judgement:
    """Look at one device over a rule's span of time, because its deadline came due."""
    rule = book.rules.get(rule_id)
    if rule is None:
        return Judgement()
    key = (rule_id, device.id)
    bench = _Bench(await store.states(work.connection, [device.id]))
    kind = all_kinds()[device.kind]
    condition = rule.draft.condition
    if isinstance(condition, Looked):
        seen = await see(work, condition, device, kind)
        verdict = policy.on_look(rule, bench.state(key), device, seen, kind)
        bench.accept(rule, device.id, verdict, kind=LOOK)
    elif isinstance(condition, Threshold):
        state = bench.state(key)
        held = state and policy.held_long_enough(rule, state, device, kind, work.now)
        if held:
            bench.accept(rule, device.id, held, kind=HOLD)
    return await bench.save(work, book)


async def arm(work: Work, book: RuleBook, devices: Iterable[SensedDevice]) -> int:
    """Set the first look of every rule over a span of time; returns how many were set."""
    armed = 0
    for device in devices:
        for rule in book.looked.get(device.kind, ()):
            await set_deadline(
                work,
                Deadline(LOOK, device.id, work.now, detail=str(rule.id)),
                keep=True,
            )
            armed += 1
    return armed


async def disarm(work: Work, device_id: UUID) -> None:
    """The device is gone: nothing is looked at any more."""
    await clear_deadlines(work, device_id, kind="rule.")


async def declare(work: Work, drafts: Sequence[RuleDraft]) -> int:
    """Put rules into force that are not there yet; what staff have changed stays as it is."""
    rules = [
        Rule(id=work.new_id(), draft=draft, version=1, enabled=True, changed_at=work.now)
        for draft in drafts
    ]
    new = await store.insert_new(work.connection, rules)
    for rule in rules:
        if rule.id in new:
            await store.remember_version(work.connection, rule, work.actor.name)
            work.outbox.add(_changed(rule))
    return len(new)


async def change(
    work: Work,
    rule_id: UUID,
    *,
    expected_version: int,
    enabled: bool | None = None,
    severity: Severity | None = None,
    settings: Mapping[str, float] | None = None,
) -> Rule:
    """Switch or turn a rule; the new version is kept beside the old and judges from now on.

    Raises NotFound, StaleVersion, BadInput.
    """
    rule = await store.locked(work.connection, rule_id)
    if rule is None:
        raise NotFound
    if rule.version != expected_version:
        raise StaleVersion
    draft = rule.draft
    if settings:
        kind = all_kinds().get(draft.kinds[0]) if draft.kinds else None
        draft = policy.turned(draft, settings, kind)
    if severity is not None:
        draft = replace(draft, severity=severity)
    changed = Rule(
        id=rule.id,
        draft=draft,
        version=rule.version + 1,
        enabled=rule.enabled if enabled is None else enabled,
        changed_at=work.now,
    )
    await store.overwrite(work.connection, changed)
    await store.remember_version(work.connection, changed, work.actor.name)
    work.outbox.add(_changed(changed))
    return changed


def _changed(rule: Rule) -> RuleChanged:
    return RuleChanged(
        estate_id=None, happened_at=rule.changed_at, rule_id=rule.id, version=rule.version
    )


async def start_afresh(work: Work, rule_id: UUID) -> tuple[store.StateKey, ...]:
    """After a change: forget where the rule stood, so that its new version judges from now on."""
    return tuple(await store.forget_states(work.connection, rule_id))


async def all_rules(work: Work) -> Sequence[Rule]:
    return await store.all_rules(work.connection)


def kind_of(rule: Rule) -> DeviceKind | None:
    """The device kind a rule speaks of, when it speaks of one."""
    return all_kinds().get(rule.draft.kinds[0]) if len(rule.draft.kinds) == 1 else None


async def still_held(work: Work, switch_id: UUID) -> tuple[Finding, ...]:
    """What a switch kept from ringing and is not over: the module is on again, so it rings now."""
    hushed = await store.hushed_by(work.connection, switch_id)
    states = await store.states(work.connection, {one.finding.device_id for one in hushed})
    return tuple(
        replace(one.finding, received_at=work.now)
        for one in hushed
        if not one.ended
        and (state := states.get((one.finding.rule.id, one.finding.device_id)))
        and state.phase is Phase.ACTIVE
    )


async def hushed_at(work: Work, device_id: UUID) -> Sequence[Hushed]:
    """What did not ring of this device because its module was off, the last first."""
    return await store.hushed_at(work.connection, device_id)


async def hushed_counts(work: Work, estate_id: UUID) -> Mapping[UUID, int]:
    """Per switch of an estate, how many alerts did not ring."""
    return await store.hushed_counts(work.connection, estate_id)


async def modules_heard(work: Work, kind: str) -> frozenset[Module]:
    """The modules whose rules listen to devices of this kind."""
    drafts = [rule.draft for rule in await store.all_rules(work.connection) if rule.enabled]
    found = {policy.module_of(one.code, one.category) for one in drafts if kind in one.kinds}
    return frozenset(one for one in found if one is not None)
