"""What an estate has switched off does not ring there, is counted, and is lost nowhere else."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.responding.findings import AT, SMOKE
from tests.unit.responding.office import Office, office_on

from linli.app.engine.roles import DatabaseUrls
from linli.directory.modules.contracts import Module, Switch
from linli.directory.modules.http import list_modules, list_past
from linli.directory.modules.public import ModuleOff, require_on, switch_off, switch_on
from linli.directory.modules.service import ask_off
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.responding.alerts.contracts import Category, Finding, Severity
from linli.responding.incidents import handlers, service
from linli.responding.rules import policy
from linli.responding.rules.contracts import Sensed, SensedEvent, SensedValue
from linli.responding.rules.http import list_hushed
from linli.responding.rules.public import book_is_stale, judge, load_book
from linli.responding.rules.service import all_rules
from linli.scenes.falling_objects.http import list_falls
from linli.sensing.devices.public import devices_named
from linli.support.approvals.public import SecondPairNeeded
from linli.support.approvals.service import decide

ESTATES = [UUID(int=n) for n in range(1, 4)]


@pytest.fixture
async def office(morning_database: DatabaseUrls) -> AsyncGenerator[Office]:
    async with office_on(morning_database) as office:
        yield office


off_anywhere = st.sets(st.tuples(st.sampled_from(ESTATES), st.sampled_from(list(Module))))


def _finding(estate_id: UUID, code: str, category: Category) -> Finding:
    rule = replace(SMOKE.rule, code=code)
    return replace(SMOKE, estate_id=estate_id, category=category, rule=rule)


findings = st.lists(
    st.builds(
        _finding,
        st.sampled_from(ESTATES),
        st.sampled_from(["smoke", "charging_smoke", "lift_smoking", "device_offline", "mine"]),
        st.sampled_from(list(Category)),
    )
)


@given(off_anywhere, findings)
def test_nothing_of_a_module_that_is_off_rings_and_nothing_else_is_lost(
    off: set[tuple[UUID, Module]], found: list[Finding]
) -> None:
    switches = [
        Switch(id=UUID(int=n), estate_id=estate, module=module, off_at=AT, off_by="", reason="")
        for n, (estate, module) in enumerate(sorted(off), start=100)
    ]
    book = policy.compile_book((), {}, 1, switches)
    ringing, quiet = policy.parted(book, found)

    def is_off(finding: Finding) -> bool:
        module = policy.module_of(finding.rule.code, finding.category)
        return (finding.estate_id, module) in off

    assert list(ringing) == [one for one in found if not is_off(one)]
    assert [one for _, _, one in quiet] == [one for one in found if is_off(one)]
    by_id = {one.id: one for one in switches}
    for switch_id, module, one in quiet:
        assert (by_id[switch_id].estate_id, by_id[switch_id].module) == (one.estate_id, module)


@given(st.lists(st.integers(0, 600), min_size=1))
def test_what_did_not_ring_is_counted_as_it_would_have_rung(gaps_s: list[int]) -> None:
    hushed, at, times = None, AT, 0
    for n, gap in enumerate(gaps_s):
        at += timedelta(seconds=gap)
        times += n == 0 or gap > 120
        hushed = policy.counted(hushed, UUID(int=9), Module.FIRE, replace(SMOKE, received_at=at))
    assert hushed is not None
    assert (hushed.times, hushed.first_at, hushed.last_at) == (
        times,
        AT + timedelta(seconds=gaps_s[0]),
        at,
    )


def test_a_condition_that_ended_and_came_back_counts_again() -> None:
    first = policy.counted(None, UUID(int=9), Module.FIRE, SMOKE)
    assert policy.counted(first, UUID(int=9), Module.FIRE, SMOKE).times == 1
    again = policy.counted(replace(first, ended=True), UUID(int=9), Module.FIRE, SMOKE)
    assert (again.times, again.ended) == (2, False)
    mild = replace(first, finding=replace(SMOKE, severity=Severity.NOTICE))
    assert policy.counted(mild, UUID(int=9), Module.FIRE, SMOKE).times == 2


async def test_every_rule_but_the_upkeep_of_devices_belongs_to_a_module(office: Office) -> None:
    async with office.machine.work() as work:
        drafts = [rule.draft for rule in await all_rules(work)]
    assert drafts
    for draft in drafts:
        module = policy.module_of(draft.code, draft.category)
        assert (module is None) is (draft.category is Category.DEVICE_FAULT), draft.code


async def _event(office: Office, kind: str, event: str, fields: dict[str, float]) -> int:
    """A device of this kind tells of an event; answers how many findings ring."""
    async with office.machine.work() as work:
        device = await _device(office, kind)
        now = office.clock.now()
        told = SensedEvent(device, event, tuple(fields.items()), now, now)
        judgement = await judge(
            work, await load_book(work), Sensed(events=(told,), heard=frozenset({device.id}))
        )
        await service.respond(work, judgement)
    await office.settle()
    return len(judgement.findings)


async def _value(office: Office, kind: str, code: str, value: float) -> int:
    async with office.machine.work() as work:
        device = await _device(office, kind)
        now = office.clock.now()
        told = SensedValue(device, code, value, now, now)
        judgement = await judge(
            work, await load_book(work), Sensed(values=(told,), heard=frozenset({device.id}))
        )
        await service.respond(work, judgement)
    await office.settle()
    return len(judgement.findings)


async def _device(office: Office, kind: str) -> handlers.SensedDevice:
    ((device_id,),) = await office.rows(
        "SELECT id FROM sensing_device WHERE kind = :kind ORDER BY code LIMIT 1", kind=kind
    )
    async with office.machine.work() as work:
        return handlers.sensed_device((await devices_named(work, [device_id]))[device_id])


async def test_lifts_switched_off_do_not_ring_and_say_how_often(office: Office) -> None:
    async with office.as_("shequ") as work:
        await switch_off(work, office.estate_id, Module.LIFTS, "电梯大修两周")
        with pytest.raises(IllegalMove):
            await switch_off(work, office.estate_id, Module.LIFTS, "电梯大修两周")
    for _ in range(3):
        office.later(timedelta(minutes=6))
        assert not await _event(office, "lift_camera", "e_bike_entered", {"confidence": 0.9})
    assert not await office.rows("SELECT id FROM responding_alert")
    # A fall in the same lift is the rescue's, which is on.
    assert await _event(office, "lift_camera", "person_fell", {"confidence": 0.9}) == 1
    device = await _device(office, "lift_camera")
    async with office.as_("wuye") as work:
        (said,) = await list_hushed(work, device.id)
    assert (said.module, said.times, said.reason) == (Module.LIFTS, 3, "电梯大修两周")
    assert said.on_at is None
    async with office.as_("shequ") as work:
        await switch_on(work, office.estate_id, Module.LIFTS, "修好了")
    office.later(timedelta(minutes=6))
    assert await _event(office, "lift_camera", "e_bike_entered", {"confidence": 0.9}) == 1
    async with office.as_("wuye") as work:
        (said,) = await list_hushed(work, device.id)
    assert said.times == 3
    assert said.on_at is not None


async def test_a_device_says_that_its_module_is_off_before_anything_was_missed(
    office: Office,
) -> None:
    async with office.as_("jiedao") as work:
        await switch_off(work, office.estate_id, Module.WATER, "水表更换")
    meter, camera = await _device(office, "water_meter"), await _device(office, "lift_camera")
    async with office.as_("wuye") as work:
        (said,) = await list_hushed(work, meter.id)
        assert (said.module, said.times) == (Module.WATER, 0)
        assert await list_hushed(work, camera.id) == []
        with pytest.raises(NotFound):
            await list_hushed(work, UUID(int=7))


async def test_what_still_holds_rings_when_the_module_is_on_again(office: Office) -> None:
    async with office.as_("shequ") as work:
        await switch_off(work, office.estate_id, Module.COVERS, "道路施工")
    assert not await _value(office, "manhole_cover", "open", 1)
    assert not await office.rows("SELECT id FROM responding_incident")
    async with office.as_("shequ") as work:
        await switch_on(work, office.estate_id, Module.COVERS, "施工结束")
    await office.settle()
    assert await office.rows("SELECT state FROM responding_alert") == [("ringing",)]
    assert await office.rows("SELECT category FROM responding_incident") == [("cover",)]


async def test_what_is_over_by_then_stays_quiet(office: Office) -> None:
    async with office.as_("shequ") as work:
        await switch_off(work, office.estate_id, Module.COVERS, "道路施工")
    await _value(office, "manhole_cover", "open", 1)
    office.later(timedelta(minutes=1))
    await _value(office, "manhole_cover", "open", 0)
    async with office.as_("shequ") as work:
        await switch_on(work, office.estate_id, Module.COVERS, "施工结束")
    await office.settle()
    assert not await office.rows("SELECT id FROM responding_alert")


async def test_open_incidents_go_on_to_their_end(office: Office) -> None:
    assert await _value(office, "manhole_cover", "open", 1) == 1
    async with office.as_("shequ") as work:
        await switch_off(work, office.estate_id, Module.COVERS, "道路施工")
    await office.settle()
    office.later(timedelta(minutes=1))
    await _value(office, "manhole_cover", "open", 0)
    assert await office.rows("SELECT state FROM responding_alert") == [("cleared",)]
    assert await office.rows("SELECT state FROM responding_incident") == [("open",)]


async def test_a_running_gateway_sees_that_its_rules_are_old(office: Office) -> None:
    async with office.machine.work() as work:
        book = await load_book(work)
    for switch in (switch_off, switch_on):
        async with office.as_("shequ") as work:
            await switch(work, office.estate_id, Module.LIFTS, "电梯大修")
        async with office.machine.work() as work:
            assert await book_is_stale(work, book)
            book = await load_book(work)
            assert not await book_is_stale(work, book)
    assert not book.off


async def test_the_worker_keeps_quiet_as_the_gateway_does(office: Office) -> None:
    """A door held open is found by a deadline, not by a message."""
    async with office.as_("shequ") as work:
        await switch_off(work, office.estate_id, Module.ACCESS, "门禁改造")
    await _value(office, "door_contact", "open", 1)
    office.later(timedelta(minutes=31))
    await office.look_at_deadlines()
    assert not await office.rows("SELECT id FROM responding_alert WHERE category = 'access'")
    ((times,),) = await office.rows("SELECT sum(times) FROM responding_rule_hushed")
    assert times == 1


async def test_lives_depend_on_it_so_a_second_person_agrees(office: Office) -> None:
    async with office.as_("shequ") as work:
        with pytest.raises(SecondPairNeeded):
            await switch_off(work, office.estate_id, Module.FIRE, "烟感更换")
        asked = await ask_off(work, office.estate_id, Module.FIRE, "烟感更换")
    async with office.as_("jiedao") as work:
        await decide(work, asked.id, approve=True, answer="", expected_version=asked.version)
    async with office.as_("shequ") as work:
        with pytest.raises(SecondPairNeeded):
            await switch_off(work, office.estate_id, Module.FIRE, "别的原因")
        switch = await switch_off(work, office.estate_id, Module.FIRE, "烟感更换")
    assert switch.approved_by == office.accounts["jiedao"][1]
    assert not await _value(office, "smoke_alarm", "smoke", 1)
    assert await office.rows(
        "SELECT action, reason FROM support_audit_entry WHERE action = 'module_off'"
    ) == [("module_off", "烟感更换")]


async def test_who_may_not_switch_and_what_is_refused(office: Office) -> None:
    async with office.as_("wuye") as work:
        with pytest.raises(Forbidden):
            await switch_off(work, office.estate_id, Module.LIFTS, "太吵了不想听")
    async with office.as_("shequ") as work:
        with pytest.raises(BadInput):
            await switch_off(work, office.estate_id, Module.LIFTS, "  ")
        with pytest.raises(IllegalMove):
            await switch_on(work, office.estate_id, Module.LIFTS, "")
        await require_on(work, office.estate_id, Module.FALLING_OBJECTS)
        await switch_off(work, office.estate_id, Module.FALLING_OBJECTS, "摄像机拆除")
        with pytest.raises(ModuleOff, match="阳光花园关闭了“高空抛物”模块：摄像机拆除"):
            await require_on(work, office.estate_id, Module.FALLING_OBJECTS)


async def test_the_pages_of_a_module_that_is_off_refuse_for_this_estate(office: Office) -> None:
    async with office.as_("shequ") as work:
        assert (await list_falls(work, estate_id=office.estate_id, limit=5)).items == []
        await switch_off(work, office.estate_id, Module.FALLING_OBJECTS, "摄像机拆除")
        with pytest.raises(ModuleOff):
            await list_falls(work, estate_id=office.estate_id, limit=5)
        assert (await list_falls(work, incident_id=UUID(int=3), limit=5)).items == []
        await switch_on(work, office.estate_id, Module.FALLING_OBJECTS, "")
        assert (await list_falls(work, estate_id=office.estate_id, limit=5)).items == []
        told = await list_modules(work)
        assert told.off == []
        assert [one.may_switch for one in told.estates] == [True]
        (past,) = await list_past(work, office.estate_id)
    assert (past.module, past.reason) == (Module.FALLING_OBJECTS, "摄像机拆除")
