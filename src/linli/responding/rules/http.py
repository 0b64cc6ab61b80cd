"""Rules over HTTP: the list, and switching or turning one."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from linli.directory.modules.contracts import Module
from linli.directory.modules.public import off, switches_of
from linli.kernel.errors import NotFound
from linli.kernel.web import CurrentWork, require, router
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.alerts.public import found_since
from linli.responding.rules import policy, service
from linli.responding.rules.contracts import Rule
from linli.sensing.devices.public import devices_named
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

api = router("/api/rules", tag="rules")
LOOK_BACK = timedelta(days=30)


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class SettingShape(Shape):
    """A figure that may be turned, within its bounds."""

    name: str
    title: str
    value: float
    unit: str
    low: float
    high: float


class RuleShape(Shape):
    """A rule as staff see it; `sentence` says it in plain words."""

    id: UUID
    code: str
    title: str
    kinds: list[str]
    kind: str | None
    kind_title: str
    category: Category
    category_title: str
    severity: Severity
    severity_title: str
    version: int
    enabled: bool
    sentence: str
    what: str
    action: str
    duty: str
    settings: list[SettingShape]
    condition_kind: str
    changed_at: datetime
    found_30d: int
    last_found_at: datetime | None


class RuleChange(Shape):
    """What to change; what is absent stays."""

    expected_version: int
    enabled: bool | None = None
    severity: Severity | None = None
    settings: dict[str, float] | None = None


class HushedRuleShape(Shape):
    """Alerts of one rule that did not ring."""

    title: str
    times: int
    first_at: datetime
    last_at: datetime


class HushedShape(Shape):
    """A time a module was off (`on_at` null: still) and what did not ring of one device."""

    switch_id: UUID
    module: Module
    module_title: str
    life_safety: bool
    off_at: datetime
    on_at: datetime | None
    off_by: str
    reason: str
    times: int
    rules: list[HushedRuleShape]


class HushedCountShape(Shape):
    """How many alerts did not ring by one switch."""

    switch_id: UUID
    times: int


def _shape(rule: Rule, found: tuple[int, datetime] | None) -> RuleShape:
    draft = rule.draft
    kind = service.kind_of(rule)
    return RuleShape(
        id=rule.id,
        code=draft.code,
        title=draft.title,
        kinds=list(draft.kinds),
        kind=kind.code if kind else None,
        kind_title=kind.title if kind else "各类设备",
        category=draft.category,
        category_title=draft.category.words,
        severity=draft.severity,
        severity_title=draft.severity.words,
        version=rule.version,
        enabled=rule.enabled,
        sentence=policy.explain(rule, kind),
        what=draft.what,
        action=draft.action,
        duty=draft.duty,
        settings=[
            SettingShape(
                name=setting.name,
                title=setting.title,
                value=setting.value,
                unit=setting.unit,
                low=setting.low,
                high=setting.high,
            )
            for setting in policy.settings_of(rule, kind)
        ],
        condition_kind=str(type(draft.condition).__struct_config__.tag),
        changed_at=rule.changed_at,
        found_30d=found[0] if found else 0,
        last_found_at=found[1] if found else None,
    )


@api.get("")
async def list_rules(work: CurrentWork, kind: str | None = None) -> list[RuleShape]:
    """All rules, or those for one device kind, with what each found in thirty days."""
    require(work, "see_rules")
    found = await found_since(work.connection, work.now - LOOK_BACK)
    rules = await service.all_rules(work)
    return [
        _shape(rule, found.get(rule.id))
        for rule in rules
        if kind is None or not rule.draft.kinds or kind in rule.draft.kinds
    ]


@api.get("/hushed")
async def list_hushed(work: CurrentWork, device_id: UUID) -> list[HushedShape]:
    """The times a module of this device was off, and how many of its alerts did not ring then.

    Also where none was missed, as long as the module is off. 404 out of reach.
    """
    require(work, "see_devices")
    device = (await devices_named(work, [device_id])).get(device_id)
    if device is None:
        raise NotFound
    hushed = await service.hushed_at(work, device_id)
    heard = await service.modules_heard(work, device.kind)
    here = [one for one in await off(work) if one.estate_id == device.estate_id]
    switches = {one.id: one for one in here if one.module in heard}
    if hushed:
        known = {one.id: one for one in await switches_of(work, device.estate_id)}
        switches |= {one.switch_id: known[one.switch_id] for one in hushed}
    return [
        HushedShape(
            switch_id=switch.id,
            module=switch.module,
            module_title=switch.module.sheet.title,
            life_safety=switch.module.sheet.life_safety,
            off_at=switch.off_at,
            on_at=switch.on_at,
            off_by=switch.off_by,
            reason=switch.reason,
            times=sum(one.times for one in hushed if one.switch_id == switch.id),
            rules=[
                HushedRuleShape(
                    title=one.finding.rule.title,
                    times=one.times,
                    first_at=one.first_at,
                    last_at=one.last_at,
                )
                for one in hushed
                if one.switch_id == switch.id
            ],
        )
        for switch in sorted(switches.values(), key=lambda one: one.off_at, reverse=True)
    ]


@api.get("/hushed/counts")
async def count_hushed(work: CurrentWork, estate_id: UUID) -> list[HushedCountShape]:
    """Per time a module was off in an estate, how many alerts did not ring."""
    require(work, "see_devices", estate_id)
    counts = await service.hushed_counts(work, estate_id)
    return [HushedCountShape(switch_id=one, times=times) for one, times in counts.items()]


@api.patch("/{rule_id}")
async def change_rule(work: CurrentWork, rule_id: UUID, asked: RuleChange) -> RuleShape:
    """Switch a rule on or off, or turn its severity and figures; a new version is kept.

    404 unknown, 409 changed meanwhile, 422 a figure is unknown or out of bounds (named).
    """
    require(work, "manage_rules")
    rule = await service.change(
        work,
        rule_id,
        expected_version=asked.expected_version,
        enabled=asked.enabled,
        severity=asked.severity,
        settings=asked.settings,
    )
    await record(
        work,
        action=Action.RULE_CHANGED,
        subject_kind="rule",
        subject_id=rule.id,
        subject_title=f"{rule.draft.title}（第 {rule.version} 版）",
    )
    found = await found_since(work.connection, work.now - LOOK_BACK)
    return _shape(rule, found.get(rule.id))
