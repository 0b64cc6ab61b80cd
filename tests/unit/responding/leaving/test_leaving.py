"""Somebody leaves: the door is shut that moment, and what they had in hand is somebody's."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from tests.unit.directory.browser import browser, signed_in
from tests.unit.directory.town import CIPHER, PASSWORD, Offices, Town

from linli.directory.identity.contracts import AccountDraft, GrantDraft, Role, TargetKind
from linli.directory.identity.events import AccountLeft
from linli.directory.identity.handlers import leaves
from linli.directory.identity.leaving import LEAVES
from linli.directory.identity.public import create_account, grant_role, staff_of
from linli.directory.key_people import handlers as key_people
from linli.directory.key_people.contracts import Basis, KeyDraft
from linli.directory.key_people.public import enter, plan
from linli.directory.people.contracts import PersonDraft, Relation
from linli.directory.people.public import register_person
from linli.kernel.deadlines import claim_due
from linli.responding.alerts.contracts import Category, Severity
from linli.responding.dispatch import handlers as dispatch
from linli.responding.incidents import handlers as incidents
from linli.responding.incidents.contracts import IncidentMove, Report
from linli.responding.incidents.policy import Asked
from linli.responding.incidents.service import move, offer_order, report, rights_on
from linli.responding.tasks import handlers as tasks
from linli.responding.tasks.contracts import TaskDraft
from linli.responding.tasks.public import give


async def colleague(desks: Offices, town: Town, role: Role, name: str) -> UUID:
    """Somebody new beside the old one: of the company, or of the community."""
    of_company = role is Role.PROPERTY_STAFF
    home = town.property_company if of_company else town.communities[0]
    async with desks.machine.work() as work:
        account = await create_account(
            work,
            CIPHER,
            AccountDraft(login=f"heir-{town.tag}", display_name=name, organisation_id=home.id),
            password_hash=await desks.passwords.hashed(PASSWORD),
            must_change=False,
        )
        await grant_role(
            work,
            account.id,
            GrantDraft(
                role=role,
                target_kind=TargetKind.COMPANY if of_company else TargetKind.ORGANISATION,
                target_id=home.id,
                valid_from=work.now,
                basis="接任",
            ),
        )
    return account.id


async def matter(desks: Offices, town: Town) -> UUID:
    """An incident that the duty officer has taken, with an order for the repairman."""
    async with desks.as_account(town.accounts["shequ"]) as work:
        incident = await report(
            work,
            Report(town.estates[0].id, town.home, Category.WATER, Severity.WARNING, "漏水", ()),
        )
        take = Asked(IncidentMove.TAKE, "", rights_on(work, incident))
        await move(work, incident.id, take, expected_version=None)
        await offer_order(
            work,
            incident.id,
            company_id=town.property_company.id,
            assignee_id=town.accounts["weixiu"],
            words="去看看",
            expected_version=None,
        )
    return incident.id


async def hand_on(desks: Offices, gone: UUID, heir: UUID | None) -> None:
    """What the worker does with the event; twice, as it may."""
    for _ in range(2):
        async with desks.machine.work() as work:
            event = AccountLeft(
                estate_id=None, happened_at=work.now, account_id=gone, successor_id=heir
            )
            await dispatch.account_left(work, event)
            await incidents.account_left(work, event)


async def in_hand(desks: Offices, incident: UUID) -> tuple[str, list[tuple[str, str]]]:
    """Who has taken the incident, and its orders: state and whose."""
    async with desks.machine.work() as work:
        taken = await work.connection.scalar(
            text("SELECT taken_by FROM responding_incident WHERE id = :id"), {"id": incident}
        )
        rows = await work.connection.execute(
            text(
                "SELECT state, offer->>'assignee_name' AS who FROM responding_order"
                " WHERE subject_id = :id ORDER BY code"
            ),
            {"id": incident},
        )
        return str(taken), [(row.state, row.who or "") for row in rows]


async def test_the_door_is_shut_and_the_orders_go_to_the_heir(desks: Offices, town: Town) -> None:
    heir = await colleague(desks, town, Role.PROPERTY_STAFF, "小李")
    incident = await matter(desks, town)
    gone = town.accounts["weixiu"]
    async with signed_in(desks, town, "weixiu") as page, signed_in(desks, town, "admin") as admin:
        path = f"/api/accounts/{gone}/leave"
        wrong = {"successor_id": str(town.accounts["shequ"]), "reason": "辞职"}
        refused = await admin.post(path, wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "wrong_successor")
        answer = await admin.post(path, {"successor_id": str(heir), "reason": "辞职"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "left"
        assert answer.json()["grants"] == []
        assert answer.json()["leaving"]["successor_name"] == "小李"
        assert (await page.get("/api/session")).status_code == 401
        async with browser(page.app, f"back {town.tag}") as back:
            assert (await back.sign_in(town.login("weixiu"))).status_code == 423
        assert (await admin.post(path, {"reason": "再次"})).status_code == 409
        unlock = await admin.post(f"/api/accounts/{gone}/unlock")
        assert unlock.status_code == 409
    assert await desks.events("account_left") >= 1
    await hand_on(desks, gone, heir)
    taken, orders = await in_hand(desks, incident)
    assert taken == "某人"
    assert orders == [("transferred", "weixiu的人"), ("offered", "小李")]
    async with desks.machine.work() as work:
        staff = await staff_of(work, town.property_company.id, town.estates[0].id, "do_orders")
    assert gone not in {one.account_id for one in staff}


async def test_incidents_go_to_the_heir_who_may_handle_them(desks: Offices, town: Town) -> None:
    heir = await colleague(desks, town, Role.DUTY_OFFICER, "小王")
    incident = await matter(desks, town)
    await hand_on(desks, town.accounts["shequ"], heir)
    taken, _ = await in_hand(desks, incident)
    assert taken == "小王"


async def test_without_an_heir_the_company_and_the_desk_have_it(desks: Offices, town: Town) -> None:
    incident = await matter(desks, town)
    await hand_on(desks, town.accounts["weixiu"], None)
    await hand_on(desks, town.accounts["shequ"], town.accounts["weixiu"])
    taken, orders = await in_hand(desks, incident)
    assert taken == ""
    assert orders[-1] == ("offered", "")


async def test_visits_go_to_the_heir(desks: Offices, town: Town) -> None:
    heir = await colleague(desks, town, Role.GRID_WORKER, "小孙")
    gone = town.accounts["wangge"]
    async with desks.machine.work() as work:
        person = await register_person(
            work,
            CIPHER,
            PersonDraft(
                home_id=town.home, name="刘奶奶", relation=Relation.OWNER, valid_from=work.now
            ),
        )
    async with desks.as_account(town.accounts["shequ"]) as work:
        draft = KeyDraft(person_id=person, category="elder_alone", basis=Basis.STATUTORY_DUTY)
        key = (await enter(work, CIPHER, draft)).id
        await plan(work, CIPHER, key, every_days=7, visitor_id=gone)

    async def visitor() -> str:
        async with desks.machine.work() as work:
            return str(
                await work.connection.scalar(
                    text("SELECT visitor_name FROM directory_key_person WHERE id = :id"),
                    {"id": key},
                )
            )

    assert await visitor() == "wangge的人"
    async with desks.machine.work() as work:
        event = AccountLeft(
            estate_id=None, happened_at=work.now, account_id=gone, successor_id=heir
        )
        await key_people.account_left(work, event)
    assert await visitor() == "小孙"


async def test_tasks_go_to_the_heir_of_the_house(desks: Offices, town: Town) -> None:
    heir = await colleague(desks, town, Role.PROPERTY_STAFF, "小李")
    gone = town.accounts["weixiu"]
    async with desks.as_account(town.accounts["wuye"]) as work:
        task = await give(
            work,
            TaskDraft(
                organisation_id=town.property_company.id,
                assignee_id=gone,
                title="换门禁电池",
                words="",
                due_at=work.now + timedelta(days=2),
                place_id=None,
            ),
        )

    async def whose() -> str:
        async with desks.machine.work() as work:
            return str(
                await work.connection.scalar(
                    text("SELECT assignee_name FROM responding_task WHERE id = :id"),
                    {"id": task.id},
                )
            )

    for successor, name in ((None, "weixiu的人"), (heir, "小李"), (None, "小李")):
        async with desks.machine.work() as work:
            event = AccountLeft(
                estate_id=None, happened_at=work.now, account_id=gone, successor_id=successor
            )
            await tasks.account_left(work, event)
        assert await whose() == name


async def test_who_leaves_later_works_until_then_and_may_stay(desks: Offices, town: Town) -> None:
    gone = town.accounts["weixiu"]
    async with signed_in(desks, town, "admin") as admin:
        path = f"/api/accounts/{gone}/leave"
        at = desks.clock.now() + timedelta(days=3)
        body = {"leaves_at": at.isoformat(), "reason": "合同到期"}
        noted = await admin.post(path, body)
        assert noted.json()["state"] == "active"
        assert (await admin.delete(path)).json()["leaving"] is None
        assert (await admin.delete(path)).status_code == 404
        assert (await admin.post(path, body)).status_code == 200
    desks.clock.move(timedelta(days=4))
    async with desks.machine.work() as work:
        due = await claim_due(work.connection, work.now)
        (ours,) = [one for one in due if one.kind == LEAVES and one.subject_id == gone]
        await leaves(work, ours)
        await leaves(work, ours)
    async with signed_in(desks, town, "admin") as admin:
        assert (await admin.get(f"/api/accounts/{gone}")).json()["state"] == "left"
        assert (await admin.delete(path)).status_code == 404


async def test_nobody_leaves_by_their_own_hand_or_a_strangers(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as admin:
        own = f"/api/accounts/{town.accounts['admin']}/leave"
        assert (await admin.post(own, {"reason": "我走"})).status_code == 403
    async with signed_in(desks, town, "jiedao") as street:
        county = f"/api/accounts/{town.accounts['xian']}/leave"
        assert (await street.post(county, {"reason": "请走"})).status_code in {403, 404}
