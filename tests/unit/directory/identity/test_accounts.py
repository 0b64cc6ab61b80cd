"""Accounts and grants as the pages of an administrator use them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from tests.unit.directory.browser import application, browser, signed_in
from tests.unit.directory.town import CIPHER, Offices, Town

from linli.directory.identity.handlers import (
    contract_changed,
    forget_tries,
    grant_turns,
)
from linli.directory.identity.public import grants_of, holders, names_of, phones_of
from linli.directory.identity.retention import forget_sessions
from linli.directory.organisation.events import ServiceContractChanged
from linli.kernel.deadlines import claim_due

COMPANY_STAFF = {"wuye", "weixiu"}


def newcomer(town: Town, organisation_id: UUID) -> dict[str, str]:
    return {
        "login": town.login("Xin.Ren"),
        "display_name": "新人",
        "phone": "139-0000-0009",
        "organisation_id": str(organisation_id),
    }


async def test_a_new_account_signs_in_with_the_password_that_is_shown_once(
    desks: Offices, town: Town
) -> None:
    async with signed_in(desks, town, "admin") as page:
        made = await page.post("/api/accounts", newcomer(town, town.property_company.id))
        assert made.status_code == 201, made.text
        account, first = made.json()["account"], made.json()["first_password"]
        assert account["phone_masked"] == "139****0009"
        assert (account["grants"], account["state"]) == ([], "active")
        listed = (await page.get("/api/accounts", q="新人")).json()["items"]
        assert first not in str(listed)
        twice = await page.post("/api/accounts", newcomer(town, town.property_company.id))
        assert (twice.status_code, twice.json()["code"]) == (422, "login_taken")
    async with browser(application(desks), f"new {town.tag}") as page:
        me = (await page.sign_in(town.login("xin.ren"), first)).json()
        assert me["account"]["must_change_password"]
        assert me["permissions"] == []
        done = await page.post(
            "/api/session/password", {"current": first, "new": "mi-fen-zheng-rou"}
        )
        assert done.status_code == 204
        again = (await page.get("/api/session")).json()
        assert not again["account"]["must_change_password"]
    async with desks.machine.work() as work:
        kept = await work.connection.scalar(
            text("SELECT count(*) FROM kernel_idempotency WHERE body::text LIKE :first"),
            {"first": f"%{first.encode().hex()}%"},
        )
    assert kept == 0


async def test_a_repeated_creation_keeps_no_password_for_replay(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "admin") as page:
        page.client.headers["Idempotency-Key"] = f"key-{town.tag}"
        first = await page.post("/api/accounts", newcomer(town, town.property_company.id))
        second = await page.post("/api/accounts", newcomer(town, town.property_company.id))
    assert (first.status_code, second.status_code) == (201, 422)


async def test_a_repeated_grant_is_given_once(desks: Offices, town: Town) -> None:
    body = {
        "role": "grid_worker",
        "target_kind": "estate",
        "target_id": str(town.estates[0].id),
        "basis": "任命文件",
    }
    path = f"/api/accounts/{town.accounts['shequ']}/grants"
    async with signed_in(desks, town, "admin") as page:
        page.client.headers["Idempotency-Key"] = f"key-{town.tag}"
        first, second = await page.post(path, body), await page.post(path, body)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["id"] == second.json()["id"]
    async with desks.machine.work() as work:
        held = (await grants_of(work, [town.accounts["shequ"]]))[town.accounts["shequ"]]
    assert len(held) == 2


async def test_lists_show_whom_one_manages(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "jiedao") as page:
        listed = (await page.get("/api/accounts")).json()
    assert {a["login"].partition("-")[0] for a in listed["items"]} == {
        "jiedao",
        "shequ",
        "wangge",
    }
    async with signed_in(desks, town, "admin") as page:
        everybody: list[str] = []
        cursor = ""
        while True:
            query = {"limit": 3, "cursor": cursor} if cursor else {"limit": 3}
            answer = (await page.get("/api/accounts", **query)).json()
            everybody += [a["login"] for a in answer["items"]]
            if answer["next_cursor"] is None:
                break
            cursor = answer["next_cursor"]
        assert everybody == sorted(town.login(name) for name in town.accounts)
        assert answer["total"] == len(everybody)
        found = (await page.get("/api/accounts", q=town.login("weixiu"))).json()["items"]
        assert [a["organisation"]["title"] for a in found] == ["安居物业"]
        assert (await page.get("/api/accounts", q="%")).json()["total"] == 0
        one = (await page.get(f"/api/accounts/{town.accounts['weixiu']}")).json()
        assert [g["role_title"] for g in one["grants"]] == ["物业员工"]
    for name in ("shequ", "wuye", "weixiu"):
        async with signed_in(desks, town, name) as page:
            assert (await page.get("/api/accounts")).status_code == 403
            other = f"/api/accounts/{town.accounts['wangge']}/reset-password"
            assert (await page.post(other)).status_code == 403


async def test_a_reset_password_ends_sessions_and_old_passwords(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "wangge") as page, signed_in(desks, town, "admin") as admin:
        reset = await admin.post(f"/api/accounts/{town.accounts['wangge']}/reset-password")
        first = reset.json()["first_password"]
        assert (await page.get("/api/session")).status_code == 401
        assert (await page.sign_in(town.login("wangge"))).status_code == 401
        assert (await page.sign_in(town.login("wangge"), first)).status_code == 200


async def test_locking_and_unlocking_over_http(desks: Offices, town: Town) -> None:
    path = f"/api/accounts/{town.accounts['wangge']}"
    async with signed_in(desks, town, "jiedao") as page:
        assert (await page.post(f"{path}/lock")).json()["state"] == "locked"
        again = await page.post(f"{path}/lock")
        assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
        assert (await page.post(f"{path}/unlock")).json()["state"] == "active"
        own = await page.post(f"/api/accounts/{town.accounts['jiedao']}/lock")
        assert (own.status_code, own.json()["code"]) == (403, "not_yourself")


async def test_roles_say_which_one_may_hand_out(desks: Offices, town: Town) -> None:
    offered: dict[str, set[str]] = {}
    for name in ("admin", "jiedao", "weixiu"):
        async with signed_in(desks, town, name) as page:
            roles = (await page.get("/api/roles")).json()
        offered[name] = {role["code"] for role in roles if role["may_hand_out"]}
    assert "administrator" in offered["admin"]
    assert offered["jiedao"] == {
        "duty_officer",
        "grid_worker",
        "property_manager",
        "property_staff",
    }
    assert offered["weixiu"] == set()


async def test_a_script_in_a_name_stays_a_name(desks: Offices, town: Town) -> None:
    name = "<script>alert(1)</script>'; DROP TABLE x;--"
    async with signed_in(desks, town, "admin") as page:
        body = {**newcomer(town, town.county.id), "display_name": name[:40]}
        made = await page.post("/api/accounts", body)
        assert made.json()["account"]["display_name"] == name[:40]
        found = (await page.get("/api/accounts", q="<script>")).json()
        assert name[:40] in {a["display_name"] for a in found["items"]}


async def test_holders_of_a_level_are_its_own_people(desks: Offices, town: Town) -> None:
    async with desks.machine.work() as work:
        levels = {
            organisation.title: {
                staff.display_name
                for staff in await holders(work, organisation.id, "handle_incidents")
            }
            for organisation in (
                town.property_company,
                town.communities[0],
                town.streets[0],
                town.county,
            )
        }
    assert levels == {
        "安居物业": {"wuye的人"},
        "仁里社区": {"shequ的人"},
        "怀远街道": {"jiedao的人"},
        "示范县": {"xian的人"},
    }


async def test_names_are_known_to_colleagues_and_phones_to_linli(
    desks: Offices, town: Town
) -> None:
    manager = town.accounts["wuye"]
    async with desks.as_account(town.accounts["shequ"]) as work:
        assert await names_of(work, [manager]) == {manager: "wuye的人"}
        assert await phones_of(work, CIPHER, [manager]) == {}
    async with desks.machine.work() as work:
        assert await phones_of(work, CIPHER, [manager]) == {manager: "13812340001"}


async def test_a_changed_contract_wakes_the_companys_people(desks: Offices, town: Town) -> None:
    told = await desks.events("grant_changed")
    async with desks.machine.work() as work:
        event = ServiceContractChanged(
            estate_id=town.estates[0].id,
            happened_at=work.now,
            contract_id=town.contract.id,
            company_id=town.property_company.id,
        )
        await contract_changed(work, event)
    assert await desks.events("grant_changed") == told + len(COMPANY_STAFF)


async def test_a_grant_that_ends_by_the_clock_wakes_its_pages(desks: Offices, town: Town) -> None:
    ends = desks.clock.now() + timedelta(hours=1)
    async with signed_in(desks, town, "admin") as page:
        given = await page.post(
            f"/api/accounts/{town.accounts['shequ']}/grants",
            {
                "role": "grid_worker",
                "target_kind": "estate",
                "target_id": str(town.estates[0].id),
                "valid_to": ends.isoformat(),
                "basis": "代班",
            },
        )
    told = await desks.events("grant_changed")
    desks.clock.at = ends
    async with desks.machine.work() as work:
        due = await claim_due(work.connection, work.now)
        (ours,) = [one for one in due if str(one.subject_id) == given.json()["id"]]
        await grant_turns(work, ours)
    assert await desks.events("grant_changed") == told + 1


async def test_old_tries_and_sessions_are_forgotten(desks: Offices, town: Town) -> None:
    async with signed_in(desks, town, "shequ") as page:
        await page.sign_in(f"nobody-{town.tag}", "wrong-password")
        async with desks.machine.work() as work:
            await forget_tries(work)
            await forget_sessions(work, work.now - timedelta(days=30))
        assert (await page.get("/api/session")).status_code == 200
    desks.clock.move(timedelta(days=60))
    async with desks.machine.work() as work:
        assert await forget_tries(work) >= 1
        assert await forget_sessions(work, work.now - timedelta(days=30)) >= 1
        assert await forget_tries(work) == 0
        assert await forget_sessions(work, work.now - timedelta(days=30)) == 0
