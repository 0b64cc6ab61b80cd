"""A street lets its training estate burn, and sees how well it was handled."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from uuid import UUID

import pytest
from tests.support.demo import CIPHER, SeededDatabase
from tests.unit.directory.town import database_beside
from tests.unit.responding.office import Office, office_on

from linli.app.demo.training import ACCOUNTS, Entrance, is_there, seed_training
from linli.app.engine.roles import DatabaseUrls
from linli.directory.identity.contracts import GrantDraft, Role, TargetKind
from linli.directory.identity.public import HashCost, Passwords, grant_role
from linli.directory.organisation.contracts import ContractDraft, Duty
from linli.directory.organisation.policy import TrainingApart
from linli.directory.organisation.public import sign_contract
from linli.kernel.errors import Forbidden, IllegalMove, NotFound
from linli.responding.alerts.contracts import Category
from linli.responding.dispatch.contracts import OrderMove
from linli.responding.drills import handlers, policy, service, store
from linli.responding.drills.contracts import Drill, DrillState
from linli.responding.incidents.contracts import Incident, IncidentMove
from linli.sensing.devices.public import commands_of, devices_coded

SMOKE = "lx-1-502-smoke"
OTHER = "lx-2-401-smoke"


@pytest.fixture
async def office(database: DatabaseUrls, morning: SeededDatabase) -> AsyncGenerator[Office]:
    """The demo with a training county beside it; the estate is the one to train in."""
    async with (
        database_beside(database, morning.template) as urls,
        office_on(urls, events=handlers.EVENTS, deadlines=handlers.DEADLINES) as office,
    ):
        async with office.machine.work() as work:
            assert not await is_there(work)
            entrance = Entrance({one.login: "a known one" for one in ACCOUNTS}, must_change=True)
            await seed_training(work, CIPHER, Passwords(HashCost(8, 1)), entrance)
            assert await is_there(work)
        rows = await office.rows("SELECT login, id, display_name FROM directory_account")
        office.accounts = {login: (account_id, name) for login, account_id, name in rows}
        ((office.estate_id,),) = await office.rows(
            "SELECT id FROM directory_estate WHERE code='LX'"
        )
        await office.settle()
        yield office


async def device_of(office: Office, code: str) -> UUID:
    ((found,),) = await office.rows("SELECT id FROM sensing_device WHERE code = :code", code=code)
    return UUID(str(found))


async def started(office: Office, code: str = SMOKE, login: str = "lx-jiedao") -> Drill:
    device_id = await device_of(office, code)
    async with office.as_(login) as work:
        drill = await service.start(work, office.estate_id, "smoke", device_id)
    await office.settle()
    return drill


async def as_it_is(office: Office, drill: Drill) -> Drill:
    async with office.as_("lx-jiedao") as work:
        return (await service.drill_of(work, drill.id))[0]


async def alarm(office: Office, code: str = SMOKE) -> Incident:
    """What the simulator's smoke alarm leads to."""
    office.later(timedelta(seconds=3))
    return await office.alarm(code, category=Category.FIRE, duty="property")


async def test_a_fire_is_played_handled_and_scored(office: Office) -> None:
    drill = await started(office)
    async with office.machine.work() as work:
        player = (await devices_coded(work, office.estate_id, ["simulator"]))["simulator"]
        (command,) = await commands_of(work, player.id, most=5)
    assert (command.name, command.params) == ("play_scene", {"scene": "smoke", "device": SMOKE})
    assert drill.place_path == "1号楼 1单元 502"

    incident = await alarm(office)
    running = await as_it_is(office, drill)
    assert (running.state, running.incident_id) == (DrillState.RUNNING, incident.id)
    office.later(timedelta(seconds=40))
    order = await office.dispatch(incident.id, "lx-shequ")
    await office.order("lx-weixiu", order, OrderMove.ACCEPT)
    office.later(timedelta(minutes=5))
    await office.order("lx-weixiu", order, OrderMove.ARRIVE)
    async with office.as_("lx-jiedao") as work:
        _, so_far = await service.drill_of(work, drill.id)
    assert so_far is not None
    assert so_far.points == policy.ACCEPT + policy.ARRIVE
    office.later(timedelta(minutes=10))
    await office.order("lx-weixiu", order, OrderMove.FIX, "灶上烧干锅，已关火开窗", photo=True)
    await office.order("lx-wuye", order, OrderMove.VERIFY)
    await office.move("lx-shequ", incident.id, IncidentMove.CONFIRM)

    over = await as_it_is(office, drill)
    assert (over.state, over.points, over.grade) == (DrillState.SCORED, 100, "优秀")
    assert {mark.code for mark in over.marks} >= {"accept", "arrive", "fix", "proof"}
    audit = await office.rows(
        "SELECT action FROM support_audit_entry WHERE subject_id = :id ORDER BY id", id=drill.id
    )
    assert [row[0] for row in audit] == ["drill_started", "drill_ended"]
    for login in ("lx-weixiu", "lx-wuye", "lx-shequ"):
        assert await told(office, login) == [
            ("演练评分：100 分，优秀", "住户家中冒烟 · 1号楼 1单元 502。每一项都拿满了。")
        ]
    assert await told(office, "lx-jiedao") == []


async def told(office: Office, login: str) -> list[tuple[str, str]]:
    """The scores one has been told."""
    rows = await office.rows(
        "SELECT title, words FROM support_message"
        " WHERE account_id = :who AND template = 'drill_scored' ORDER BY id",
        who=office.accounts[login][0],
    )
    return [(title, words) for title, words in rows]


async def test_the_same_news_twice_scores_once_and_a_real_fire_is_no_drill(office: Office) -> None:
    drill = await started(office)
    incident = await alarm(office)
    other = await alarm(office, OTHER)
    async with office.machine.work() as work:
        await service.follow(work, incident.id)
        await service.follow(work, other.id)
    await office.move("lx-shequ", incident.id, IncidentMove.MARK_FALSE_ALARM, "没有烟")
    over = await as_it_is(office, drill)
    assert (over.state, over.points) == (DrillState.SCORED, 0)
    ((_, words),) = await told(office, "lx-shequ")
    assert "到场 0/20（把演练的险情当作误报办结了）" in words
    async with office.machine.work() as work:
        await service.follow(work, incident.id)
    assert await as_it_is(office, drill) == over


async def test_a_device_plays_one_drill_at_a_time_and_none_while_its_incident_is_open(
    office: Office,
) -> None:
    await alarm(office, OTHER)
    with pytest.raises(IllegalMove, match="还有没办结的事件 LX-"):
        await started(office, OTHER)
    first = await started(office)
    with pytest.raises(IllegalMove, match="正在演练中"):
        await started(office)
    async with office.as_("lx-shequ") as work:
        cancelled = await service.end(work, first.id, "演示机出了问题")
    assert (cancelled.state, cancelled.remark) == (DrillState.CANCELLED, "演示机出了问题")
    assert (await started(office)).state is DrillState.CALLED


async def test_nobody_waits_for_an_alarm_that_does_not_come(office: Office) -> None:
    drill = await started(office)
    office.later(policy.HEARD_WITHIN)
    await office.look_at_deadlines()
    failed = await as_it_is(office, drill)
    assert failed.state is DrillState.FAILED
    assert "模拟器没有运行" in failed.remark
    await alarm(office)
    assert await as_it_is(office, drill) == failed


async def test_a_drill_that_nobody_ends_is_scored_as_far_as_it_came(office: Office) -> None:
    drill = await started(office)
    await alarm(office)
    office.later(policy.LONGEST)
    await office.look_at_deadlines()
    over = await as_it_is(office, drill)
    assert (over.state, over.points) == (DrillState.SCORED, 0)
    assert any(mark.code == "risen" and mark.points < 0 for mark in over.marks)
    assert "自动结束" in over.remark


async def test_no_drill_on_a_real_estate_and_none_by_who_may_not_lead(office: Office) -> None:
    ((real,),) = await office.rows("SELECT id FROM directory_estate WHERE code = 'YG'")
    sos = await device_of(office, "yg-1-1-201-sos")
    async with office.as_("jiedao") as work:
        with pytest.raises(policy.NotForTraining):
            await service.start(work, real, "sos", sos)
        with pytest.raises(policy.NotForTraining):
            await service.playable(work, real)
    smoke = await device_of(office, SMOKE)
    async with office.as_("lx-weixiu") as work:
        with pytest.raises(Forbidden):
            await service.start(work, office.estate_id, "smoke", smoke)
    async with office.as_("lx-jiedao") as work:
        with pytest.raises(policy.WrongDevice):
            await service.start(work, office.estate_id, "sos", smoke)
        with pytest.raises(policy.NoSuchScenario):
            await service.start(work, office.estate_id, "earthquake", smoke)


async def test_the_real_county_and_the_one_for_training_do_not_see_each_other(
    office: Office,
) -> None:
    drill = await started(office)
    await alarm(office)
    for login in ("xian", "jiedao", "shequ", "wuye", "admin", "shuju"):
        async with office.as_(login) as work:
            with pytest.raises(NotFound):
                await service.drill_of(work, drill.id)
            assert not await store.listed(work.connection, store.DrillQuery())
            assert office.estate_id not in {
                one for ids in work.scope.estates.values() for one in ids
            }
    async with office.as_("lx-jiedao") as work:
        reached = {one for ids in work.scope.estates.values() for one in ids}
    assert reached == {office.estate_id}


async def test_what_is_for_training_cannot_be_tied_to_what_is_real(office: Office) -> None:
    rows = await office.rows(
        "SELECT kind, training, id FROM directory_organisation WHERE kind IN ('company', 'street')"
    )
    ids = {(kind, training): UUID(str(found)) for kind, training, found in rows}
    async with office.machine.work() as work:
        with pytest.raises(TrainingApart):
            await sign_contract(
                work,
                ContractDraft(
                    company_id=ids["company", False],
                    estate_id=office.estate_id,
                    duties=frozenset(Duty),
                    valid_from=work.now,
                ),
            )
        with pytest.raises(TrainingApart):
            await grant_role(
                work,
                office.accounts["jiedao"][0],
                GrantDraft(
                    role=Role.STREET_OFFICER,
                    target_kind=TargetKind.ORGANISATION,
                    target_id=ids["street", True],
                    valid_from=work.now,
                    basis="看看练习",
                ),
            )
